"""Closed fields: attributes that ask, whoever reads them of a record, for the right to do so.

The column is mapped under another name, so that whatever way a record was loaded (undeferred, joined,
refreshed), its value is reached through this attribute only. In SQL the door knows it by its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import orm
from sqlalchemy.ext.hybrid import hybrid_property

if TYPE_CHECKING:
    from core.orm.fields import Field

CLOSED = "__closed"
"""Ends the name under which the column is mapped."""


def closed(key: str) -> hybrid_property[Any]:
    """The attribute `key` over the column mapped as `key` + CLOSED. Reading it may raise AccessDenied."""
    inner = key + CLOSED

    def read(record: Any) -> Any:
        _ask(record, key)
        return getattr(record, inner)

    def write(record: Any, value: Any) -> None:
        setattr(record, inner, value)

    def expression(cls: Any) -> Any:
        return getattr(cls, inner)

    return hybrid_property(read, write, expr=expression)


class ClosedLink(orm.InstrumentedAttribute[Any]):
    """The attribute of a closed link: its own of SQLAlchemy, so that statements and options take it, but asking."""

    __slots__ = ()
    inherit_cache = True

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is not None:
            _ask(instance, self.key)
        return super().__get__(instance, owner)


def close_link(cls: type[Any], name: str) -> None:
    """Lets the attribute of a mapped link ask whoever reads it of a record."""
    vars(cls)[name].__class__ = ClosedLink


def _ask(record: Any, key: str) -> None:
    """Raises AccessDenied where the user of the record's env may not read the attribute."""
    from core.access.door import refuse_hidden

    rights = getattr(orm.object_session(record), "rights", None)
    if rights is not None:
        refuse_hidden(rights, type(record).__lumbung__, key)


def mapped_key(item: Field[Any]) -> str:
    """The attribute that holds the stored value of a field, past the one that asks."""
    return item.key + CLOSED if item.access is not None or item.lapses else item.key
