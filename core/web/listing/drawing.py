"""The rows as markup, column by column: what the cells of a column have in common is made once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markupsafe import Markup

from core.i18n.formats import Formats
from core.i18n.lazy import _
from core.orm.fields import Field
from core.orm.kinds import Json, RecordKey, Select, Text
from core.orm.links import Many2many, Many2one
from core.orm.numbers import Money
from core.orm.times import Date, DateTime
from core.web.listing.columns import IN_PART, NOT_VISIBLE, Columns
from core.web.listing.labels import PERSON, Label
from core.web.listing.reading import LONGEST_SHOWN, Reading
from core.web.listing.selection import boxes

NUL = "\0"
"""Stands in no text that came in by a door."""


@dataclass
class Values:
    """Rows by column: their keys and what is shown of them. `under` is the small line of the first column."""

    keys: Sequence[int]
    shown: list[Sequence[Any]]
    under: Sequence[str]
    boxes: Sequence[str] = ()
    """Cells to choose the rows by, finished; none for those who may change nothing."""

    def rows(self) -> list[tuple[Any, ...]]:
        """Row by row: the box, the key, the columns, the small line."""
        boxes = self.boxes or [""] * len(self.keys)
        return list(zip(boxes, self.keys, *self.shown, self.under, strict=True))


def draw(path: str, columns: Columns, rows: Sequence[Any]) -> Markup:
    """The rows of `Values.rows` as markup; `path` is where their records are."""
    if not rows:
        return Markup()
    boxes, keys, *shown, under = zip(*rows, strict=True)
    cells: list[Sequence[str]] = [boxes] if boxes[0] else []
    cells += [_first_cells(path, columns, keys, shown[0], under)] if shown else []
    marks = _marks(columns)
    cells += [_cells(columns, place, values, marks[place]) for place, values in enumerate(shown[1:], 1)]
    return Markup("".join(f"<tr>{''.join(row)}</tr>\n" for row in zip(*cells, strict=True)))


# ----------------------------------------------------------------- values
def show(reading: Reading, columns: Columns, found: Sequence[Any], *, choosing: bool) -> Values:
    """What the rows of `Reading.rows` show, with boxes to choose them by where `choosing`."""
    keys = [row[0] for row in found]
    names = [item.name for item in columns.read]
    by_name = dict(zip(names, list(zip(*found, strict=True))[1:], strict=False)) if found else {}
    masks = reading.masks(columns, keys)

    def shown(item: Field[Any]) -> Sequence[Any]:
        if item.name in columns.masked:
            return masks.get(item.name, ())
        values = by_name.get(item.name, ())
        if isinstance(item, Money):
            link = columns.decider(item)
            return _amounts(reading, item, values, by_name.get(link.name, ()) if link is not None else ())
        if isinstance(item, RecordKey):
            return named(reading, values, by_name.get(item.of, ()))
        return _shown(reading, item, keys, values)

    lines = [[text_of(value) for value in shown(item)] for item in columns.below]
    under: Sequence[str] = (
        [next(filter(None, parts), "") for parts in zip(*lines, strict=True)] if lines else [""] * len(keys)
    )
    under = _marked(under) if reading.query.is_archive else under
    values = Values(keys, [shown(item) for item in columns.items], under)
    if choosing and values.shown:
        values.boxes = boxes(keys)
    return values


def _marked(under: Sequence[str]) -> Sequence[str]:
    """The small lines of archived records, which say so."""
    word = str(_("Archived"))
    return [" · ".join(filter(None, (word, line))) for line in under]


def _shown(reading: Reading, item: Field[Any], keys: Sequence[int], values: Sequence[Any]) -> Sequence[Any]:
    """One column's values as `_writer` and the cells take them."""
    formats: Formats = reading.env.formats
    write: Callable[[Any], str] = item.formatter(formats)
    if isinstance(item, Many2one):
        labels = reading.labels.get(item.target_name, values)
        unseen = (str(NOT_VISIBLE), "", "")
        return [None if value is None else labels.get(value, unseen) for value in values]
    if isinstance(item, Many2many):
        linked: Mapping[int, list[str]] = reading.linked(item, keys) if keys else {}
        return [(", ".join(linked[key]), linked[key]) if linked[key] else None for key in keys]
    if isinstance(item, Select) and item.tones:
        tones = {key: f" tone-{name}" for key, name in item.tones.items()}
        return [(write(value), tones.get(value, "")) if value else None for value in values]
    if isinstance(item, Date):
        return [(write(value), value.isoformat()) if value else None for value in values]
    if isinstance(item, DateTime):
        return [(write(value), _minute(value)) if value else None for value in values]
    if isinstance(item, Text | Json):
        return [_cut(write(value)) for value in values]
    return [write(value) for value in values]


def _minute(value: dt.datetime) -> str:
    """A moment as the page says it, to the minute, as machines read it."""
    return value.astimezone(dt.UTC).isoformat(timespec="minutes").replace("+00:00", "Z")


def _amounts(
    reading: Reading, item: Money[Any], values: Sequence[Any], deciders: Sequence[int | None]
) -> Sequence[str]:
    """Amounts, each in the currency of its row."""
    currencies = reading.env.currencies
    writers = {key: currencies.writer(currencies.code(item, key)) for key in {None, *deciders}}
    if len(writers) < 2 or not deciders:
        return list(map(writers[None], values))
    return [writers[key](value) for key, value in zip(deciders, values, strict=True)]


def named(reading: Reading, keys: Sequence[int], models: Sequence[str]) -> Sequence[str]:
    """The labels of records of any model, each by its key; those of one model are asked for at once.

    Without `models`, which may be closed to the reader, nobody knows which they are.
    """
    models, of_model = models or [""] * len(keys), defaultdict[str, set[int]](set)
    for name, key in zip(models, keys, strict=True):
        of_model[name].add(key)
    known = {
        name: reading.labels.get(name, found)
        for name, found in of_model.items()
        if name in reading.env.registry.models
    }
    unseen = Label(str(NOT_VISIBLE), "", "")
    return [known.get(name, {}).get(key, unseen).text for name, key in zip(models, keys, strict=True)]


def text_of(value: Any) -> str:
    """What `show` tells of a value, as plain text."""
    return value if isinstance(value, str) else value[0] if value else ""


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


# ----------------------------------------------------------------- the markup
# Every value that a cell shows is escaped here, by `write` or in its place.
def _first_cells(
    path: str, columns: Columns, keys: Sequence[int], values: Sequence[Any], under: Sequence[str]
) -> list[str]:
    start = f'<td class="two"><a href="{escape(path)}/'
    lines = [f'<br><span class="fnt xs">{line}</span>' if line else "" for line in escaped(under)]
    return [
        f'{start}{key}" id="r{key}">{text or f"#{key}"}</a>{line}</td>'
        for key, text, line in zip(keys, _written(columns, columns.items[0], values), lines, strict=True)
    ]


def _marks(columns: Columns) -> list[str]:
    """What phones leave out: the first cell of class "lo" and those after it but "hi". A class in each weighs more."""
    low = [place for place in range(1, len(columns.items)) if columns.is_low(place)]
    return [
        "lo" if place in low[:1] else "hi" if low and low[0] < place and place not in low else ""
        for place in range(len(columns.items))
    ]


def _cells(columns: Columns, place: int, values: Sequence[Any], mark: str) -> list[str]:
    item, label = columns.items[place], escape(columns.label(place))
    kind = "num" if item.numeric else "tel" if item.widget == "tel" else ""
    start, empty = (_opening(label, kind, mark, faint) for faint in ("", "fnt"))
    return [f"{start}{text}</td>" if text else f"{empty}–</td>" for text in _written(columns, item, values)]


def _opening(label: str, *classes: str) -> str:
    """How a cell begins. An empty one is faint itself: a span in each is a twentieth of a wide list."""
    names = " ".join(filter(None, classes))
    return f'<td class="{names}" data-l="{label}">' if names else f'<td data-l="{label}">'


def _written(columns: Columns, item: Field[Any], values: Sequence[Any]) -> Sequence[str]:
    """A column's values of `_shown` as markup; nothing for one that is empty."""
    write = _mask_writer() if item.name in columns.masked else _writer(item)
    if write is not None:
        return [write(value) if value else "" for value in values]
    return escaped([text_of(value) for value in values])


def _mask_writer() -> Callable[[Any], str]:
    note = f' <span class="vh">({escape(str(IN_PART))})</span>'
    return lambda mask: f"{escape(mask)}{note}"


def escaped(texts: Sequence[str]) -> Sequence[str]:
    """Texts as markup, all at once: a call for each takes a tenth of the page."""
    together = escape(NUL.join(texts)).split(NUL)
    return together if len(together) == len(texts) else [escape(text) for text in texts]


def _writer(item: Field[Any]) -> Callable[[Any], str] | None:
    """How a value becomes markup; None where it is no more than text."""
    if isinstance(item, Select) and item.tones:
        return lambda value: f'<span class="badge dot neu{escape(value[1])}">{escape(value[0])}</span>'
    if isinstance(item, Date | DateTime):
        return lambda value: f'<time datetime="{escape(value[1])}">{escape(value[0])}</time>'
    if isinstance(item, Many2one) and item.target_name == PERSON:
        return _person
    return None


def _person(value: Any) -> str:
    face = f'<span class="ava z22 {escape(value[2])}" aria-hidden="true">{escape(value[1])}</span>'
    return f'<span class="line">{face}{escape(value[0])}</span>'
