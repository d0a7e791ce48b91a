"""A list as a file of comma-separated values: the same filters, columns and order, all pages.

Numbers, days and moments are in machine form. A text that a spreadsheet would take for a formula gets an
apostrophe in front, also in the heads.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.i18n.lazy import _
from core.orm.fields import Field
from core.orm.kinds import RecordKey
from core.orm.links import Many2many, Many2one
from core.orm.times import DateTime
from core.sql import among
from core.web.listing.columns import NOT_VISIBLE, Columns
from core.web.listing.drawing import named
from core.web.listing.reading import Reading
from core.web.listing.refusal import BadRequest

MOST_ROWS = 100_000
BATCH = 1_000
MARK = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""
FORMULA = frozenset("=+-@")
HIDING = ("\t", "\r", "\n", "\0")
QUOTE = "'"


def export(reading: Reading, columns: Columns, keys: Sequence[int]) -> Iterator[str]:
    """The lines of the file with the rows of `keys`, a batch at a time."""
    heads = [safe(columns.label(place)) for place in range(len(columns.items))]
    yield MARK + _lines([heads])
    for start in range(0, len(keys), BATCH):
        yield _lines(_batch(reading, columns, keys[start : start + BATCH]))
        reading.forget()


def keys_of(reading: Reading) -> Sequence[int]:
    """The keys of all rows in order, in one statement: no row comes twice or is left out in between.

    Raises BadRequest where there are more than MOST_ROWS.
    """
    statement = reading.sorted(sa.select(reading.cls.id).where(*reading.where()))
    keys: Sequence[int] = reading.env.scalars(statement.limit(MOST_ROWS + 1)).all()
    if len(keys) > MOST_ROWS:
        most = reading.env.formats.number(MOST_ROWS)
        raise BadRequest(_("A file has at most %(number)s rows. Choose fewer by a filter.", number=most))
    return keys


def _batch(reading: Reading, columns: Columns, keys: Sequence[int]) -> list[list[Any]]:
    statement = reading.rows(columns, whole=True).where(among(reading.env, reading.cls.id, keys))
    found = {row[0]: row for row in reading.env.execute(statement)}
    rows = [found[key] for key in keys if key in found]
    kept = [row[0] for row in rows]
    places = {item.name: place for place, item in enumerate(columns.read, start=1)}
    values = {name: [row[place] for row in rows] for name, place in places.items()}
    masks = reading.masks(columns, kept)
    cells = [
        [safe(mask) for mask in masks.get(item.name, ())]
        if item.name in columns.masked
        else _cells(reading, item, kept, values)
        for item in columns.items
    ]
    return [list(row) for row in zip(*cells, strict=True)]


def _cells(
    reading: Reading, item: Field[Any], keys: Sequence[int], of_row: Mapping[str, Sequence[Any]]
) -> Sequence[Any]:
    """One column's values as the file has them."""
    values = of_row.get(item.name, ())
    if isinstance(item, RecordKey):
        return [safe(text) for text in named(reading, values, of_row.get(item.of, ()))]
    if isinstance(item, Many2one):
        labels = reading.labels.get(item.target_name, values)
        unseen = str(NOT_VISIBLE)
        texts = ["" if key is None else labels[key].text if key in labels else unseen for key in values]
        return [safe(text) for text in texts]
    write = item.formatter(reading.env.formats)
    if isinstance(item, Many2many):
        linked = reading.linked(item, keys)
        return [safe(", ".join(linked[key])) for key in keys]
    machine = _machine(item, reading)
    return (
        [safe(write(value)) for value in values] if machine is None else [machine(value) for value in values]
    )


def _machine(item: Field[Any], reading: Reading) -> Callable[[Any], str] | None:
    """How a number, a day or a moment is written for programs; None for what people read."""
    zone = reading.env.formats.zone
    if item.numeric:
        return lambda value: (
            "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)
        )
    if isinstance(item, DateTime):
        return lambda value: "" if value is None else value.astimezone(zone).isoformat()
    if item.widget == "date":
        return lambda value: "" if value is None else dt.date.isoformat(value)
    return None


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def safe(text: str) -> str:
    """A text that stays a text in every spreadsheet. An import takes off again what is put in front here."""
    return QUOTE + text if text and not text[0].isalnum() and _is_formula(text.lstrip(QUOTE)) else text


def _is_formula(text: str) -> bool:
    """Whether the first letter that is seen begins a formula, or the text begins with what hides one."""
    if text[:1] in HIDING:
        return bool(text)
    for letter in text:
        if unicodedata.normalize("NFKC", letter)[:1] in FORMULA:
            return True
        if unicodedata.category(letter)[0] not in "ZC":
            return False
    return False
