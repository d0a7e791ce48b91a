"""The session under the env: it stamps records as they are written and remembers what it wrote."""

from __future__ import annotations

import datetime as dt
import sys
from collections import defaultdict
from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event, orm

from core.access import door
from core.orm import ends, keys
from core.orm.closed import CLOSED
from core.orm.integrity import explain
from core.orm.thrift import collector_paused

if TYPE_CHECKING:
    from core.access.rights import Rights
    from core.orm.env import Env

STAMPS = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by"})
UNCOUNTED = frozenset({"archived"})
"""The other column of the core: changing it is a change, but raises no version."""


class Session(orm.Session):
    """A SQLAlchemy session that knows its env, and lets nothing past the door.

    `rights` are those of the env's user; None in sudo, where nothing is narrowed.
    """

    env: Env

    def __init__(self, **options: Any) -> None:
        super().__init__(autoflush=True, **options)
        self.rights: Rights | None = None
        self.open_doors = 0
        self.written: dict[type, set[int]] = defaultdict(set)
        """Keys of the rows that this session wrote, by class; None among them for all of the class."""

    @property
    def is_open_door(self) -> bool:
        """Whether a block of `env.unsafe_sql()` is running."""
        return self.open_doors > 0

    def connection(self, *args: Any, **options: Any) -> sa.Connection:
        """SQLAlchemy's own way to the connection. Raises StatementRefused for everyone else."""
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if not self.is_open_door and not caller.startswith("sqlalchemy."):
            raise door.StatementRefused("session.connection(): use env.unsafe_sql(why)")
        return super().connection(*args, **options)

    def core_connection(self) -> sa.Connection:
        """The connection, for the core itself: it asks for what no user's rights are about."""
        return super().connection()

    def get_bind(self, *args: Any, **options: Any) -> Any:
        """SQLAlchemy's own way to the engine. Raises StatementRefused for everyone else."""
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if not self.is_open_door and not caller.startswith("sqlalchemy."):
            raise door.StatementRefused("session.get_bind(): use env.unsafe_sql(why)")
        return super().get_bind(*args, **options)

    def bulk_save_objects(self, *args: Any, **options: Any) -> None:
        """Refused: it skips the door."""
        raise door.StatementRefused("bulk writes skip the door; use env.create() and env.write()")

    bulk_insert_mappings = bulk_update_mappings = bulk_save_objects

    def flush(self, objects: Any = None) -> None:
        """Writes what is pending. Raises UserError where the database refuses it, as a value that is taken."""
        try:
            with collector_paused():
                super().flush(objects)
        except sa.exc.IntegrityError as error:
            refusal = explain(error, self.env.registry)
            if refusal is None:
                raise
            raise refusal from error

    def expire_written(self, written: Mapping[type, set[int]]) -> None:
        """Forgets what another session on the same connection wrote, so that it is read again.

        Those rows, and the collections that may have gained or lost one of them.
        """
        for cls, ids in written.items():
            self.written[cls] |= ids
        for record in list(self.identity_map.values()):
            state, ids = sa.inspect(record), written.get(type(record), set())
            if state.identity[0] in ids or ALL in ids:
                self.expire(record)
            elif stale := _collections_of(state, written):
                self.expire(record, stale)


def _collections_of(state: Any, classes: Container[type]) -> list[str]:
    """The loaded collections of a record that hold records of one of `classes`."""
    links = [link for link in state.mapper.relationships if link.uselist and link.key in state.dict]
    return [link.key for link in links if link.mapper.class_ in classes]


ALL = -1
"""Stands in `Session.written` for every row of a class."""


@event.listens_for(Session, "do_orm_execute")
def _pass_door(state: orm.ORMExecuteState) -> sa.Result[Any] | None:
    """Every statement passes the door; what writes many rows at once is then told to those who follow."""
    session: Any = state.session
    door.guard(session, state)
    if not (state.is_update or state.is_delete) or state.bind_mapper is None:
        return None
    cls = state.bind_mapper.class_
    names = frozenset(getattr(key, "key", key) for key in getattr(state.statement, "_values", None) or ())
    result = state.invoke_statement(
        _stamped(session, cls, state.statement, names) if state.is_update else None
    )
    session.written[cls].add(ALL)
    for follow in BULK_FOLLOWERS:
        follow(session, cls, names)
    return result


def _stamped(session: Session, cls: Any, statement: Any, names: frozenset[str]) -> Any:
    """An UPDATE over many rows that says who and when, and raises versions, as a flush does."""
    stamps = {"updated_at": session.env.now(), "updated_by": session.env.user.id}
    if names - UNCOUNTED:
        stamps["version"] = cls.version + 1
    return statement.values(stamps)


BULK_FOLLOWERS: list[Callable[[Session, type[Any], frozenset[str]], None]] = []
"""Called after an UPDATE (with the names of what it set) or a DELETE (with none) over many rows of a class."""


@event.listens_for(Session, "before_flush")
def _stamp(session: Session, context: Any, instances: Any) -> None:
    """Who and when, and the version, which counts changes of fields that a person or addon set."""
    changed = {record: names for record in session.dirty if (names := changed_names(record))}
    if session.env.readonly and (changed or session.new or session.deleted):
        raise door.StatementRefused("this env only reads; what writes needs a writing one")
    now = dt.datetime.now(dt.UTC)
    user = session.env.user.id
    stamps = {"created_by": user, "updated_at": now, "updated_by": user}
    for record in session.new:
        values = vars(record)  # all that a new record holds is inserted: it needs no history
        values.update(stamps)
        if values.get("created_at") is None:  # sample data and imports bring their own
            values["created_at"] = now
        _settle(record)
    for record, names in changed.items():
        record.updated_at, record.updated_by = now, user
        ends.forget_targets(session, record, names)
        _settle(record)
        if names - UNCOUNTED:
            record.version += 1
    keys.draw(session.core_connection(), session.new)


def _settle(record: Any) -> None:
    for item in record.__lumbung__.exact:
        item.settle(record)


def changed_names(record: Any) -> frozenset[str]:
    """The attributes of a record, columns and links that it holds, whose value differs from what was read.

    Stamps do not count, nor do the far ends of links: those are changes of the other record.
    """
    state = sa.inspect(record)
    touched = (name for name in state.committed_state if name not in STAMPS and _is_own(state.mapper, name))
    changed = (name for name in touched if ends.history(record, name).has_changes())
    return frozenset(name.removesuffix(CLOSED) for name in changed)


def _is_own(mapper: Any, name: str) -> bool:
    """Whether an attribute is a column, or the near end of a link."""
    relation = mapper.relationships.get(name)
    if relation is None:
        return name in mapper.columns
    return relation.direction is not orm.interfaces.ONETOMANY


@event.listens_for(Session, "after_flush")
def _remember(session: Session, context: Any) -> None:
    for records in (session.new, session.dirty, session.deleted):
        ends.forget_collections(session, records)
        for record in records:
            session.written[type(record)].add(record.id)
