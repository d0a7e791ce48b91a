"""Validation: what a row must hold, whoever wrote it. All faults of a flush are told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import FieldError, Refusals
from core.i18n.lazy import _
from core.orm.closed import mapped_key
from core.orm.links import Many2one

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.fields import Field
    from core.orm.info import ModelInfo

MOST_FAULTS = 50
"""So many are named; nobody reads more."""


def validate(changes: Changes) -> None:
    """Brings values to the form in which they are stored. Raises FieldError, of several faults Refusals."""
    faults: list[FieldError] = []
    for info, records in changes.created.items():
        checks = [(item, mapped_key(item)) for item in info.validated]
        for record in records:
            faults += _faults(record, checks, None)
            if len(faults) > MOST_FAULTS:
                break
    for info, changed in changes.updated.items():
        for record, names in changed.items():
            faults += _faults(record, _checks(info, names), names)
    if faults:
        raise faults[0] if len(faults) == 1 else Refusals(faults[:MOST_FAULTS])


def _checks(info: ModelInfo, names: Iterable[str]) -> list[tuple[Field[Any], str]]:
    """The fields of a changed record that have to be looked at."""
    touched = {info.field_of.get(name) for name in names}
    return [(item, mapped_key(item)) for item in info.validated if item.name in touched]


def _faults(
    record: Any, checks: Iterable[tuple[Field[Any], str]], changed: frozenset[str] | None
) -> Iterator[FieldError]:
    values = vars(record)
    for item, key in checks:
        value = values.get(key)
        if changed is not None and isinstance(item, Many2one) and item.name in changed:
            value = None  # the key follows from the record that was set
        if value is None or (value == "" and item.required):
            if item.required and not _is_given(item, key, values, is_new=changed is None):
                yield _fault(FieldError(_("%(field)s is required.", field=item.label), item.name), record)
        elif not isinstance(value, sa.ClauseElement):
            try:
                settled = item.settled(value)
            except FieldError as error:
                yield _fault(error, record)
            else:
                if settled is not value:
                    setattr(record, key, settled)


def _is_given(item: Field[Any], key: str, values: dict[str, Any], *, is_new: bool) -> bool:
    """Whether the row gets a value after all: of the record at a link, or computed once it is there."""
    if isinstance(item, Many2one):
        return values.get(item.name) is not None
    return item.compute is not None or (is_new and key not in values and item.stored_default is not None)


def _fault(error: FieldError, record: Any) -> FieldError:
    error.record = record
    return error
