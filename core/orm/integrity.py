"""What the database refuses, said as a person would: which field, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.errors import FieldError, UserError
from core.i18n.lazy import _
from core.orm.claims import link_of, taken_text
from core.orm.links import Many2one

if TYPE_CHECKING:
    import sqlalchemy as sa

    from core.orm.registry import Registry

_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (\w+)\.(\w+)")
_SQLITE_EMPTY = re.compile(r"NOT NULL constraint failed: (\w+)\.(\w+)")
UNIQUE, NOT_NULL, FOREIGN_KEY, EXCLUSION = "23505", "23502", "23503", "23P01"
"""What PostgreSQL calls them. SQLite has names only, and for a broken link not even that of a column."""


def explain(error: sa.exc.IntegrityError, registry: Registry) -> UserError | None:
    """The refusal in words, None where it is none that a user can mend."""
    cause: Any = error.orig
    diagnosis = getattr(cause, "diag", None)
    if diagnosis is None:
        return _sqlite(str(cause), registry)
    if cause.sqlstate == FOREIGN_KEY and (error.statement or "").startswith("DELETE"):
        return _broken_link()
    return _postgresql(cause.sqlstate, diagnosis, registry)


def _postgresql(state: str, diagnosis: Any, registry: Registry) -> UserError | None:
    table, name = diagnosis.table_name or "", diagnosis.constraint_name or ""
    if state == UNIQUE:
        return _taken(registry, table, _column_of(registry, table, name))
    if state == NOT_NULL:
        return _empty(registry, table, diagnosis.column_name or "")
    if state == FOREIGN_KEY:
        return _no_record(registry, table, _column_of(registry, table, name))
    return _claimed(registry, table) if state == EXCLUSION else None


def _column_of(registry: Registry, table: str, name: str) -> str:
    """The column of the index or foreign key `name`, which may be too long to hold it."""
    known = registry.metadata.tables.get(table)
    parts: list[Any] = [] if known is None else [*known.indexes, *known.foreign_key_constraints]
    return next((str(part.columns[0].name) for part in parts if part.name == name), "")


def _sqlite(said: str, registry: Registry) -> UserError | None:
    if match := _SQLITE_UNIQUE.search(said):
        return _taken(registry, match[1], match[2])
    if match := _SQLITE_EMPTY.search(said):
        return _empty(registry, match[1], match[2])
    return _broken_link() if "FOREIGN KEY constraint failed" in said else None


def _taken(registry: Registry, table: str, column: str) -> UserError | None:
    item = _field(registry, table, column)
    return item and FieldError(
        _("%(field)s is taken already; it must be unique.", field=item.label), item.name
    )


def _empty(registry: Registry, table: str, column: str) -> UserError | None:
    item = _field(registry, table, column)
    return item and FieldError(_("%(field)s is required.", field=item.label), item.name)


def _no_record(registry: Registry, table: str, column: str) -> UserError:
    item = _field(registry, table, column)
    return (
        FieldError(_("%(field)s: no such record.", field=item.label), item.name) if item else _broken_link()
    )


def _claimed(registry: Registry, table: str) -> UserError | None:
    """A claim that was written past the records (core.orm.claims)."""
    link = next((link_of(info) for info in registry if info.table.name == table), None)
    return None if link is None else FieldError(taken_text(link), link.name)


def _broken_link() -> UserError:
    return UserError(
        _("No such record: one that this refers to is not there any more, or another still needs this one.")
    )


def _field(registry: Registry, table: str, column: str) -> Any:
    for info in registry:
        if info.table.name == table:
            for item in info.own_fields:
                if column in (item.name, item.key if isinstance(item, Many2one) else item.name):
                    return item
    return None
