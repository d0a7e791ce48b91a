"""The session under the env: it stamps records as they are written and remembers what it wrote."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
import sys
from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.access import door
from core.orm.changes import changed_names
from core.orm.happened import Event, Happened
from core.orm.integrity import explain
from core.orm.thrift import collector_paused

if TYPE_CHECKING:
    from core.access.rights import Rights
    from core.orm.changes import Changes
    from core.orm.env import Env
    from core.orm.numbering import Wish

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
        self.changes: Changes | None = None
        """What the flush that is going on writes."""
        self.happened = Happened()
        """What was written since the `record_*` hooks were last called."""
        self.is_telling = False
        """Whether rounds of `record_*` hooks are going on."""
        self.telling: tuple[str, ...] = ()
        """The addons whose hooks are being called, one out of the other: those of the outer env first."""
        self.to_tell: list[Event] = []
        """What `after_commit` is told."""
        self.wishes: list[Wish] = []
        """Numbers to draw at the end of the transaction."""
        self.unit = _unit()
        """The number of this transaction, by which its changes are found together."""
        self.written: dict[type, set[int]] = defaultdict(set)
        """Keys of the rows that this session wrote, by class; None among them for all of the class."""

    @property
    def is_flushing(self) -> bool:
        """Whether a flush is going on, as in a `before_*` method."""
        return self._flushing

    @property
    def is_open_door(self) -> bool:
        """Whether a block of `env.unsafe_sql()` is running."""
        return self.open_doors > 0

    def connection(self, *args: Any, **options: Any) -> sa.Connection:
        """SQLAlchemy's own way to the connection. Raises StatementRefused for everyone else."""
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if not caller.startswith("sqlalchemy.") and not self.is_open_door:
            raise door.StatementRefused("session.connection(): use env.unsafe_sql(why)")
        return super().connection(*args, **options)

    def core_connection(self) -> sa.Connection:
        """The connection, for the core itself: it asks for what no user's rights are about."""
        return super().connection()

    def get_bind(self, *args: Any, **options: Any) -> Any:
        """SQLAlchemy's own way to the engine. Raises StatementRefused for everyone else."""
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if not caller.startswith("sqlalchemy.") and not self.is_open_door:
            raise door.StatementRefused("session.get_bind(): use env.unsafe_sql(why)")
        return super().get_bind(*args, **options)

    def beside(self) -> Session:
        """Another session on the same connection, in sudo and with records of its own; it is not to be flushed."""
        env = self.env
        other = Session(
            bind=self.core_connection(), join_transaction_mode="rollback_only", expire_on_commit=False
        )
        other.autoflush = False
        type(env)(env.registry, env.database, other, env.user, readonly=env.readonly, is_sudo=True)
        return other

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of the transaction: where it fails it is rolled back, and nothing of it is told or numbered."""
        nested = self.begin_nested()  # what is pending is written before, and stays
        happened, told, wished = self.happened.copy(), len(self.to_tell), len(self.wishes)
        try:
            with nested:
                yield
        except BaseException:
            self.happened = happened
            del self.to_tell[told:], self.wishes[wished:]
            raise

    def rollback(self) -> None:
        """Everything that was to follow from what is undone by it is undone too."""
        super().rollback()
        self.happened = Happened()
        self.to_tell.clear()
        self.wishes.clear()
        self.written.clear()

    def refuse_writing(self) -> None:
        """Raises StatementRefused where something is pending in an env that only reads."""
        if self.new or self.deleted or any(map(changed_names, self.dirty)):
            raise door.StatementRefused("this env only reads; what writes needs a writing one")

    def bulk_save_objects(self, *args: Any, **options: Any) -> None:
        """Refused: it skips the door."""
        raise door.StatementRefused("bulk writes skip the door; use env.create() and env.write()")

    bulk_insert_mappings = bulk_update_mappings = bulk_save_objects

    def _save_or_update_state(self, state: Any) -> None:
        """As SQLAlchemy does it, but who holds no relation has none that leads to further records to write.

        To look at each attribute for one takes a tenth of a bulk create, and the more the more addons there are. The
        name is private; where it is gone, only the saving is.
        """
        if state.class_.__lumbung__.relations.isdisjoint(state.dict):
            state._orphaned_outside_of_session = False
            self._save_or_update_impl(state)
        else:
            super()._save_or_update_state(state)

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


def unit_at(moment: dt.datetime) -> int:
    """The smallest number that a transaction of that moment can have: microseconds, then 10 bits by chance."""
    return int(moment.timestamp() * 1_000_000) << 10


def _unit() -> int:
    return unit_at(dt.datetime.now(dt.UTC)) | secrets.randbits(10)


ALL = -1
"""Stands in `Session.written` for every row of a class."""


BULK_FOLLOWERS: list[Callable[[Session, type[Any], frozenset[str]], None]] = []
"""Called after an UPDATE (with the names of what it set) or a DELETE (with none) over many rows of a class."""
