"""What the database refuses, said as a person would: which field, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.errors import FieldError, UserError
from core.i18n.lazy import _
from core.orm.links import Many2one

if TYPE_CHECKING:
    import sqlalchemy as sa

    from core.orm.registry import Registry

_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (\w+)\.(\w+)")
_SQLITE_EMPTY = re.compile(r"NOT NULL constraint failed: (\w+)\.(\w+)")


def explain(error: sa.exc.IntegrityError, registry: Registry) -> UserError | None:
    """The refusal in words, None where it is none that a user can mend."""
    cause: Any = error.orig
    diagnosis = getattr(cause, "diag", None)
    if diagnosis is not None:
        return _postgresql(cause.sqlstate, diagnosis, registry)
    return _sqlite(str(cause), registry)


def _postgresql(state: str, diagnosis: Any, registry: Registry) -> UserError | None:
    table, name = diagnosis.table_name or "", diagnosis.constraint_name or ""
    if state == "23505":
        return _taken(registry, table, name.removeprefix(f"uq_{table}_"))
    if state == "23502":
        return _empty(registry, table, diagnosis.column_name or "")
    return _broken_link() if state == "23503" else None


def _sqlite(said: str, registry: Registry) -> UserError | None:
    if match := _SQLITE_UNIQUE.search(said):
        return _taken(registry, match[1], match[2])
    if match := _SQLITE_EMPTY.search(said):
        return _empty(registry, match[1], match[2])
    return _broken_link() if "FOREIGN KEY constraint failed" in said else None


def _taken(registry: Registry, table: str, column: str) -> UserError | None:
    item = _field(registry, table, column)
    return item and FieldError(_("%(field)s is taken already; it must be unique.", field=item.label), item.name)


def _empty(registry: Registry, table: str, column: str) -> UserError | None:
    item = _field(registry, table, column)
    return item and FieldError(_("%(field)s is required.", field=item.label), item.name)


def _broken_link() -> UserError:
    return UserError(_("No such record: one that this refers to is not there any more, or another still needs this one."))


def _field(registry: Registry, table: str, column: str) -> Any:
    for info in registry:
        if info.table.name == table:
            for item in info.own_fields:
                if column in (item.name, item.key if isinstance(item, Many2one) else item.name):
                    return item
    return None
