"""Links of records to others of their own model that make a tree: they lead neither to the record itself nor round to
it, over however many records.

It is asked of the rows as they are after the SQL, whoever wrote them; what two people write in one tree is looked at
one after the other, or each would count on a row that the other changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm import ends
from core.orm.closed import CLOSED
from core.orm.links import Many2one
from core.orm.once import per_registry
from core.orm.session import BULK_FOLLOWERS, Session
from core.sql import one_of

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry

LOCK = 20_261
"""Taken on PostgreSQL by whoever changes what is looked at here. On SQLite there is one writer at a time."""


@per_registry
def trees(registry: Registry, model: str) -> tuple[Many2one[Any], ...]:
    """The links of a model that make a tree of its records."""
    fields = registry.models[model].fields.values()
    links = (item for item in fields if isinstance(item, Many2one) and item.tree)
    return tuple(item for item in links if item.target_name == model)


def refuse_itself(session: Session, changes: Changes) -> None:
    """Raises FieldError beside a link of a new or changed record that would lead to this very record."""
    for info in {*changes.created, *changes.updated}:
        for link in trees(session.env.registry, info.name):
            for record in _set(changes, info, link, with_new=True):
                if ends.given(record, link.name) is record or (
                    record.id is not None and ends.key_at(record, link) == record.id
                ):
                    raise FieldError(_itself(link), link.name, record)


def check(session: Session, changes: Changes) -> None:
    """Raises FieldError beside a changed link that leads round in a circle. Nothing leads to a new record yet."""
    for info in changes.updated:
        for link in trees(session.env.registry, info.name):
            moved = {record.id: record for record in _set(changes, info, link)}
            if moved:
                connection = session.core_connection()
                one_at_a_time(connection)
                key = connection.scalar(leads_round(connection, info.table, "id", link.key, moved))
                if key is not None:
                    raise FieldError(_round(link), link.name, moved[key])


def _set(changes: Changes, info: ModelInfo, link: Many2one[Any], *, with_new: bool = False) -> Iterator[Any]:
    """The records of which a link was set."""
    if with_new:
        yield from changes.created.get(info, ())
    for record, names in changes.updated.get(info, {}).items():
        if not names.isdisjoint((link.name, link.key)):
            yield record


def leads_round(
    connection: sa.Connection, table: Any, here: str, there: str, keys: Collection[int] | None
) -> sa.Select[Any]:
    """A key, among `keys` if they are given, from which the links of a table lead back to itself."""
    start = sa.select(table.c[here].label("start"), table.c[there].label("place"))
    if keys is not None:
        start = start.where(one_of(connection.dialect.name, table.c[here], keys))
    walk = start.cte("walk", recursive=True)
    onward = sa.select(walk.c.start, table.c[there]).where(table.c[here] == walk.c.place)
    walk = walk.union(onward)
    return sa.select(walk.c.start).where(walk.c.start == walk.c.place).limit(1)


def one_at_a_time(connection: sa.Connection) -> None:
    """Waits for others who change what has to stay without circles."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def _itself(link: Many2one[Any]) -> Any:
    return _("%(field)s: this is the record itself. Choose another one.", field=link.label)


def _round(link: Many2one[Any]) -> Any:
    return _("%(field)s: this one leads back to the record itself. Choose another one.", field=link.label)


def _follow_many(session: Session, cls: type[Any], names: frozenset[str]) -> None:
    """After an UPDATE over many rows: the same, of all rows."""
    info = cls.__lumbung__
    set_ = {name.removesuffix(CLOSED) for name in names}
    for link in trees(session.env.registry, info.name):
        if set_ & {link.name, link.key}:
            connection = session.core_connection()
            one_at_a_time(connection)
            if connection.scalar(leads_round(connection, info.table, "id", link.key, None)) is not None:
                raise FieldError(_round(link), link.name)


BULK_FOLLOWERS.append(_follow_many)
