"""Validation: what a row must hold, whoever wrote it. All faults of a flush are told at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from core.errors import FieldError, Refusals
from core.i18n.lazy import _
from core.orm import ends
from core.orm.links import Many2one

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.fields import Field

Checks: TypeAlias = "list[tuple[Field[Any], str, int]]"
"""Each field with the attribute that holds its value, and how long a text may be that needs no look, if any."""
Open: TypeAlias = "list[tuple[Field[Any], str, Set[str]]]"
"""The same for records together, with the texts that need no look."""
MOST_FAULTS = 50
"""So many are named; nobody reads more."""


def validate(changes: Changes, *, computed: bool) -> None:
    """Brings values to the form in which they are stored: those that were given, or those that were computed.

    Raises FieldError, of several faults Refusals.
    """
    faults: list[FieldError] = []
    for info, records in changes.created.items():
        _add_faults(faults, records, info.validated[computed], None)
    for info, changed in changes.updated.items():
        of_names = defaultdict[frozenset[str], list[Any]](list)
        for record, names in changed.items() if info.computed or not computed else ():
            of_names[names].append(record)
        for names, records in of_names.items():
            touched = {info.field_of.get(name) for name in names}
            checks = [check for check in info.validated[computed] if check[0].name in touched]
            _add_faults(faults, records, checks, names)
    if faults:
        raise faults[0] if len(faults) == 1 else Refusals(faults[:MOST_FAULTS])


def _add_faults(
    faults: list[FieldError], records: Sequence[Any], checks: Checks, changed: frozenset[str] | None
) -> None:
    """Adds what is wrong with records; with changed ones, those that differ in the same names."""
    left = list(_left(records, checks))
    for record in records if left else ():
        faults += _faults(record, left, changed)
        if len(faults) > MOST_FAULTS:
            break


def _left(records: Sequence[Any], checks: Checks) -> Iterator[tuple[Field[Any], str, Set[str]]]:
    """The checks that are left when short plain texts were looked at, as nearly all are: each of them once.

    Ten addons more are ten checks more for each record.
    """
    rows = [vars(record) for record in records]
    for item, key, size in checks:
        texts = [value for row in rows if (value := row.get(key)).__class__ is str] if size else []
        distinct = set(texts)
        plain = {text for text in distinct if 0 < len(text) <= size and text.isascii() and "\0" not in text}
        if len(texts) < len(rows) or len(plain) < len(distinct):
            yield item, key, plain


def _faults(record: Any, checks: Open, changed: frozenset[str] | None) -> Iterator[FieldError]:
    """What is wrong with a record; of a changed one with the names of what differs."""
    values = vars(record)
    for item, key, plain in checks:
        value = values.get(key)
        if value.__class__ is str and value in plain:
            continue
        if changed is not None and isinstance(item, Many2one) and item.name in changed:
            value = None  # the key follows from the record that was set
        if value is None or (value == "" and item.required):
            if item.required and not _is_given(record, item, key, is_new=changed is None):
                yield _fault(FieldError(_("%(field)s is required.", field=item.label), item.name), record)
        elif not isinstance(value, sa.ClauseElement):
            try:
                settled = item.settled(value)
            except FieldError as error:
                yield _fault(error, record)
            else:
                if settled is not value:
                    setattr(record, key, settled)


def _is_given(record: Any, item: Field[Any], key: str, *, is_new: bool) -> bool:
    """Whether the row gets a value after all: of the record at a link, or computed once it is there."""
    if isinstance(item, Many2one):
        return ends.given(record, item.name) is not None
    return item.compute is not None or (
        is_new and key not in vars(record) and item.stored_default is not None
    )


def _fault(error: FieldError, record: Any) -> FieldError:
    error.record = record
    return error
