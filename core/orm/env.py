"""The env: one user, one transaction, and every way to read and write records."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy import orm

from core.access.grants import Operation
from core.access.rights import Policy, Rights
from core.errors import FieldError, UserError
from core.i18n import catalogs
from core.i18n.formats import DEFAULT_ZONE, Formats, formats
from core.i18n.lazy import TextLike, _
from core.orm import bulk as _statements_over_many_rows  # noqa: F401 - listens to the session
from core.orm import deleting, events, numbering, writing
from core.orm import flush as _order_of_the_flush  # noqa: F401 - listens to the session
from core.orm.currencies import Currencies
from core.orm.jobs import Jobs
from core.orm.keys import parts
from core.orm.model import Model
from core.orm.session import Session

if TYPE_CHECKING:
    from core.orm.database import Database
    from core.orm.fields import Field
    from core.orm.registry import Registry

M = TypeVar("M", bound=Model)
T = TypeVar("T")
log = logging.getLogger("lumbung.env")

MAX_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """Who acts: a plain value, not a record."""

    id: int | None = None
    name: str = ""
    lang: str = catalogs.DEFAULT_LANGUAGE
    tz: str = DEFAULT_ZONE
    theme: str = ""
    shortcuts: bool = True
    roles: frozenset[str] = frozenset()
    teams: tuple[int, ...] = ()
    companies: tuple[int, ...] = ()


SYSTEM = CurrentUser(name="system")
"""Acts where no person does: commands, jobs, installation."""


class Env:
    """The unit of work. The core opens and commits it; addons only use it."""

    def __init__(
        self,
        registry: Registry,
        database: Database,
        session: Session,
        user: CurrentUser,
        *,
        readonly: bool,
        is_sudo: bool = False,
    ) -> None:
        self.registry = registry
        self.database = database
        self.session = session
        self.user = user
        """Who acts: `id`, `name`, `roles`, `teams`, `companies` and the like; `user_record()` is the record."""
        self.readonly = readonly
        """Whether it only reads, as that of a GET."""
        self.is_sudo = is_sudo or user is SYSTEM
        """Whether no rule narrows it."""
        self.is_undoing = False
        """Whether what is written takes back what was done: it leads to what has been, by whatever way."""
        self.remarks: list[TextLike] = []
        """What the user is told once this is committed, besides that it is done."""
        self.jobs = Jobs(self)
        """The outbox: `jobs.enqueue(name, key)`."""
        self.currencies = Currencies(self)
        """The currency of an amount of a record, and how it is written."""
        session.env = self
        session.rights = None if self.is_sudo else Rights(self, registry.policy or Policy(registry))

    # ------------------------------------------------------------- who, when
    @property
    def lang(self) -> str:
        """The language of the user."""
        return self.user.lang

    @property
    def tz(self) -> str:
        """The time zone of the user."""
        return self.user.tz

    @property
    def company(self) -> int | None:
        """The key of the company that new records belong to."""
        return self.user.companies[0] if self.user.companies else None

    @property
    def companies(self) -> tuple[int, ...]:
        """The keys of the companies that the user has switched on."""
        return self.user.companies

    @property
    def formats(self) -> Formats:
        """Numbers, money and dates as this user writes them."""
        return formats(self.lang, self.tz)

    def now(self) -> dt.datetime:
        """This moment, aware, in UTC."""
        return dt.datetime.now(dt.UTC)

    def today(self) -> dt.date:
        """The day that it is in the time zone of the user; where no person acts, in that of Jakarta."""
        return self.now().astimezone(self.formats.zone).date()

    # ------------------------------------------------------------- reading
    @overload
    def __getitem__(self, key: type[M]) -> type[M]: ...
    @overload
    def __getitem__(self, key: str) -> type[Any]: ...
    def __getitem__(self, key: Any) -> Any:
        """The composed class of a model, with what all addons added to it: for statements."""
        return self.registry[key]

    def scalars(self, statement: sa.Select[T]) -> sa.ScalarResult[T]:
        """The first column of each row: the records of `select(env[Lead])`."""
        return self.session.scalars(statement)

    def scalar(self, statement: Any) -> Any:
        """The first column of the first row, or None."""
        return self.session.scalar(statement)

    def execute(self, statement: Any, values: Mapping[str, Any] | None = None) -> sa.Result[*tuple[Any, ...]]:
        """Rows of a statement over composed classes; `values` for its `bindparam()`s."""
        return self.session.execute(statement, values)

    def get(self, model: type[M], key: int) -> M | None:
        """The record of that key, None where there is none that the user may see."""
        return self.session.get(self.registry[model], key) if 0 < key <= MAX_KEY else None

    def locked(self, model: type[M], key: int) -> M | None:
        """The same record as it is now, held until the transaction ends: for what may be done once only."""
        return writing.locked(self, model, key) if 0 < key <= MAX_KEY else None

    def read(self, model: type[M], keys: Iterable[int]) -> list[M]:
        """The records of those keys, in their order, without those that are not there."""
        cls = self.registry[model]
        wanted = [key for key in dict.fromkeys(keys) if 0 < key <= MAX_KEY]
        found: dict[int, M] = {}
        for part in parts(wanted):
            found.update(
                (record.id, record) for record in self.scalars(sa.select(cls).where(cls.id.in_(part)))
            )
        return [found[key] for key in wanted if key in found]

    def only(self, model: type[M], records: Iterable[Model]) -> list[M]:
        """Those of `records` that are records of `model`, typed so."""
        cls = self.registry[model]
        return [record for record in records if isinstance(record, cls)]

    def as_(self, model: type[M], record: Model) -> M:
        """`record` as another fragment of its model. Raises TypeError where it is of another model."""
        cls = self.registry[model]
        if not isinstance(record, cls):
            raise TypeError(f"{type(record).__name__} {record.id} is not a {self.registry.info(model).name}")
        return record

    # ------------------------------------------------------------- writing
    def create(self, model: type[M], rows: Sequence[Mapping[str, Any]]) -> list[M]:
        """New records, in one batch. Raises FieldError on a name that the model does not have."""
        info = self.registry.info(model)
        self._check_names(model, {name for row in rows for name in row})
        asked = [item for item in info.own_fields if callable(item.default)]
        cls: Any = info.cls
        records = [cls(**self._called(asked, row), **row) for row in rows]
        self.session.add_all(records)
        return records

    def _called(self, fields: Iterable[Field[Any]], row: Mapping[str, Any]) -> dict[str, Any]:
        """What the callable defaults give for that which `row` leaves open; a link may be given by its key."""
        values = {item: item.default(self) for item in fields if item.name not in row and item.key not in row}
        return {item.key if isinstance(value, int) else item.name: value for item, value in values.items()}

    def write(self, records: Iterable[Model], values: Mapping[str, Any]) -> None:
        """Sets the same values on all of `records`."""
        for record in records:
            self._check_names(type(record), values.keys())
            for name, value in values.items():
                setattr(record, name, value)

    def delete(self, records: Iterable[Model]) -> None:
        """Deletes records with what hangs on them as `ondelete` says. Raises UserError naming what uses them."""
        deleting.delete(self, list(records))

    def flush(self) -> None:
        """Writes what is pending into the transaction, and tells those who listen.

        Raises UserError where something is refused, of several faults Refusals.
        """
        events.flush(self)

    def number(self, records: Iterable[Model], field: str, sequence: str) -> None:
        """Writes the next numbers of the sequence of that code into a field of `records`.

        Those of a gap-free sequence at the end of the transaction. Raises UserError where there is no such sequence.
        """
        numbering.assign(self, records, field, sequence)

    def _check_names(self, model: type[Model], names: Iterable[str]) -> None:
        info = self.registry.info(model)
        known = info.cls.__mapper__.all_orm_descriptors  # type: ignore[attr-defined]
        for name in names:
            if name not in known:
                raise FieldError(_("%(model)s has no field “%(field)s”.", model=info.label, field=name), name)

    # ------------------------------------------------------------- rights
    def may(self, model: Any, operation: Operation) -> bool:
        """Whether the user may do this (r, w, c, d) with any record of a model at all."""
        rights = self.session.rights
        return rights is None or rights.may(self.registry.info(model), operation)

    def may_see(self, model: Any, name: str) -> bool:
        """Whether the user may read a field; a link only where its target may be read too."""
        rights = self.session.rights
        return rights is None or rights.readable(self.registry.info(model), name)

    def masked(self, model: Any) -> frozenset[str]:
        """The fields of which the user sees a mask (core.access.masks) and no more: `may_see` denies them."""
        rights = self.session.rights
        return frozenset() if rights is None else rights.masked(self.registry.info(model))

    def may_set(self, model: Any, name: str) -> bool:
        """Whether the user may set a field, as far as the field itself says."""
        rights = self.session.rights
        info = self.registry.info(model)
        return rights is None or rights.may_field(info, info.fields[name], "w")

    def may_with(self, record: Model, operation: Operation) -> bool:
        """Whether the user may do this with this very record, as its row stands."""
        return bool(writing.operations(self, record, (operation,)))

    @contextlib.contextmanager
    def sudo(self, why: str) -> Iterator[Env]:
        """A second env on the same connection, with records of its own, that no rule narrows.

        Entering flushes this env and opens a savepoint; leaving flushes sudo and expires here exactly what
        it wrote; an exception rolls back to the savepoint. Records do not cross: `su.as_own(record)`.
        In an env that only reads there is nothing to roll back, and PostgreSQL has no transaction there.
        """
        log.info("sudo by user %s: %s", self.user.id, why)
        reads, savepoint = self.readonly, self.session.savepoint
        with contextlib.nullcontext() if reads else savepoint():  # what it writes is undone with the rest
            bind, mode = self.session.core_connection(), "rollback_only" if reads else "create_savepoint"
            session = Session(bind=bind, join_transaction_mode=mode, expire_on_commit=False)
            with contextlib.closing(session):
                inner = Env(self.registry, self.database, session, self.user, readonly=reads, is_sudo=True)
                session.unit, session.telling = self.session.unit, self.session.telling
                yield inner
                inner.flush()
                session.commit()
        self.session.expire_written(session.written)
        self.session.wishes += session.wishes
        self.session.to_tell += session.to_tell

    def user_record(self) -> Any:
        """The record of the user, in sudo: for what a user may do with their own. None where no person acts."""
        return self.user.id and self.session.get(self.registry["base.user"], self.user.id)

    def as_own(self, record: M) -> M:
        """`record` of another env, read again in this one. Raises UserError where it is gone."""
        session, identity = orm.object_session(record), sa.inspect(record).identity
        if session is not None and session is not self.session:
            session.flush()
            identity = sa.inspect(record).identity
        cls = self.registry[type(record)]
        own = None if identity is None else self.session.get(cls, identity, populate_existing=True)
        if own is None:
            raise UserError(_("This record is not there any more."))
        return own

    def with_user(self, **changes: Any) -> CurrentUser:
        """The user with other properties: language for a document, company for a batch."""
        return replace(self.user, **changes)

    @contextlib.contextmanager
    def unsafe_sql(self, why: str) -> Iterator[orm.Session]:
        """The session without the door, for statements that no model can say. Logged.

        What workers keep of the database (rights, words, currencies of companies) does not hear of them.
        """
        log.info("unsafe_sql by user %s: %s", self.user.id, why)
        self.session.open_doors += 1
        try:
            yield self.session
        finally:
            self.session.open_doors -= 1


def _finish(env: Env) -> None:
    """Commits, once all who listen have been told and the last numbers are drawn."""
    env.flush()
    while numbering.draw_last(env):
        env.flush()
    env.session.commit()


@contextlib.contextmanager
def open_env(
    registry: Registry, database: Database, user: CurrentUser = SYSTEM, *, readonly: bool = False
) -> Iterator[Env]:
    """An env for a `with` block: a writing one commits at its end, an exception rolls back.

    SYSTEM, which is no person, is not narrowed by rights. The `after_commit` hooks follow in envs of their own.
    """
    with _open(registry, database, user, readonly=readonly) as env:
        yield env
    _tell_committed(env)


def commit(env: Env) -> None:
    """Commits in the middle of a block of `open_env`, and calls the `after_commit` hooks: for tests of addons."""
    _finish(env)
    _tell_committed(env)


def _tell_committed(env: Env) -> None:
    told, env.session.to_tell = env.session.to_tell, []
    if told:
        events.tell_committed(
            env.registry.listeners,
            told,
            env.database,
            lambda: _open(env.registry, env.database, env.user, readonly=False),
        )


@contextlib.contextmanager
def _open(registry: Registry, database: Database, user: CurrentUser, *, readonly: bool) -> Iterator[Env]:
    session = Session(bind=database.reading if readonly else database.writing, expire_on_commit=False)
    token = catalogs.set_language(user.lang)
    try:
        env = Env(registry, database, session, user, readonly=readonly)
        yield env
        if readonly:
            session.flush()  # refuses what was changed and would be lost
        else:
            _finish(env)
    finally:
        session.close()
        catalogs.reset_language(token)
