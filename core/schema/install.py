"""Installing addons: tables, ledger, roles and shipped rows, all in one transaction or not at all."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from core.access.overrides import raise_version, version_of
from core.errors import DatabaseError, UserError
from core.faults import blame, did_you_mean, in_words
from core.i18n.lazy import TextLike, _
from core.manifest import Key, Role, Row, Rows
from core.orm.env import SYSTEM, Env
from core.orm.session import Session
from core.schema import ledger, tables
from core.schema.apply import apply, limit_waiting
from core.schema.plan import Plan, is_empty, plan
from core.schema.rows import Counts, Loader
from core.texts import index as texts

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.catalogue import Catalogue
    from core.orm.database import Database
    from core.plugins import Contribution

Progress: TypeAlias = Callable[[TextLike], None]
Finish: TypeAlias = Callable[[Env], None]
"""What is to be done in the same transaction once everything is there."""

INSTALLED = "installed"
ATTEMPTS = 3
PAUSE_SECONDS = 1.0
IN_THE_WAY = frozenset({"55P03", "40P01"})
"""What PostgreSQL calls a lock that was not to be had in time, and one that two wait for in a circle."""
TURN_SECONDS = 30
"""So long an installation waits for another one."""
ADVISORY_LOCK = 0x6C756D62
"""One installation at a time: PostgreSQL's lock for it, on SQLite the write lock is enough."""


@dataclass
class Preparation:
    """What an installation would do: `new` are the addons to come, in order, dependencies first."""

    before: list[str]
    new: list[str]
    versions: Mapping[str, str]
    assembly: Assembly
    plan: Plan


class PlanChanged(UserError):
    """More would be installed than whoever asked has seen."""


@dataclass
class Report:
    """What an installation did."""

    installed: list[str]
    plan: Plan
    rows: Counts = field(default_factory=Counts)


def install(
    database: Database,
    catalogue: Catalogue,
    names: Sequence[str],
    progress: Progress = lambda text: None,
    *,
    finish: Finish = lambda env: None,
    dry_run: bool = False,
    seen: Collection[str] | None = None,
) -> Report:
    """Installs addons with all that they depend on, and brings those that are there up to date.

    Everything, `finish` included, is one transaction; a dry run does all of it and rolls back. Raises
    LoadError for a faulty addon, UserError for an unknown one, DatabaseError where a table stays locked, and
    PlanChanged where other addons would come than those that were `seen`.
    """
    carry_out = partial(_carry_out, database=database, progress=progress, finish=finish, seen=seen)
    attempt = 0
    while True:
        attempt += 1
        is_last = attempt == ATTEMPTS
        try:
            with (
                _ahead(database, catalogue, names) as (ready, mark),
                database.writing.connect() as connection,
                connection.begin() as transaction,
            ):
                _one_at_a_time(connection)
                if _mark(connection) == mark:
                    report = carry_out(ready, connection)
                elif is_last:
                    with prepared(connection, catalogue, names) as ready:
                        report = carry_out(ready, connection)
                else:
                    continue
                if dry_run:
                    transaction.rollback()
                return report
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in IN_THE_WAY:
                raise
            if is_last:
                raise DatabaseError(
                    _("Another program keeps a table in use. Stop it or wait, then try again.")
                ) from error
            time.sleep(PAUSE_SECONDS)


def installed(connection: sa.Connection) -> list[str]:
    """The names of the installed addons; none in a database that was never made."""
    if not sa.inspect(connection).has_table(tables.addon.name):
        return []
    known = tables.addon.c
    return list(
        connection.scalars(sa.select(known.name).where(known.state == INSTALLED).order_by(known.name))
    )


@contextlib.contextmanager
def prepared(connection: sa.Connection, catalogue: Catalogue, names: Iterable[str]) -> Iterator[Preparation]:
    """What installing `names` would do. The models that it composes are given back at the end."""
    from core.assembly import assemble
    from core.catalogue import closure

    before = installed(connection)
    if not before and not is_empty(connection):
        raise UserError(_("This database holds tables of another program. Use an empty one."))
    for name in names:
        _check_known(catalogue, name)
    wanted = closure(catalogue, {*before, *names})
    assembly = assemble(catalogue, wanted)
    try:
        for name in wanted:
            if name in assembly.quarantined:
                raise assembly.quarantined[name]
        yield Preparation(
            before,
            [name for name in wanted if name not in before],
            {name: catalogue.addons[name].addon.version for name in wanted},
            assembly,
            plan(connection, assembly.registry),
        )
    finally:
        assembly.dispose()


def shipped(assembly: Assembly) -> Iterator[tuple[str, Any, Sequence[Row]]]:
    """(addon, model, rows) of all that addons ship, in order; roles first, as rows may refer to them."""
    owners = {role.value.name: role.addon for role in assembly.roles}
    for addon in assembly.names:
        yield addon, "base.role", [_role_row(item, owners) for item in assembly.roles if item.addon == addon]
        for rows in assembly.data:
            if rows.addon == addon:
                yield addon, rows.value.model, _read(assembly, rows)


def _read(assembly: Assembly, rows: Contribution[Rows]) -> Sequence[Row]:
    try:
        return rows.value.read()
    except Exception as error:
        fault = _("The rows of data() cannot be read: %(error)s.", error=in_words(error))
        raise blame(error, rows.addon, assembly.folders[rows.addon], fault, rows.origin) from error


@contextlib.contextmanager
def _ahead(
    database: Database, catalogue: Catalogue, names: Sequence[str]
) -> Iterator[tuple[Preparation, object]]:
    """What installing would do, worked out while everybody else still writes; it holds as long as the mark does."""
    with contextlib.ExitStack() as stack:
        with database.reading.connect() as connection:
            mark = _mark(connection)
            ready = stack.enter_context(prepared(connection, catalogue, names))
        yield ready, mark


def _mark(connection: sa.Connection) -> object:
    """What differs where something was installed since."""
    names = installed(connection)
    return names, version_of(connection) if names else is_empty(connection)


def _carry_out(
    ready: Preparation,
    connection: sa.Connection,
    *,
    database: Database,
    progress: Progress,
    finish: Finish,
    seen: Collection[str] | None,
) -> Report:
    if seen is not None and not set(ready.new) <= set(seen):
        raise PlanChanged(_("What is to be installed has changed meanwhile. Look at the plan again."))
    progress(_("Making tables for %(addons)s ...", addons=", ".join(ready.new) or "–"))
    apply(connection, ready.plan)
    ledger.record(connection, ready.plan)
    _note_addons(connection, ready)
    session = Session(bind=connection, expire_on_commit=False)
    env = Env(ready.assembly.registry, database, session, SYSTEM, readonly=False)
    with contextlib.closing(session):
        texts.prepare(connection)
        counts = _load(env, ready.assembly, progress)
        texts.bring_up_to_date(env)
        if ready.new or any(ready.plan.steps()):
            raise_version(connection)
        finish(env)
        env.flush()
    return Report(ready.new, ready.plan, counts)


def _one_at_a_time(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{TURN_SECONDS}s'")
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    limit_waiting(connection)


def _check_known(catalogue: Catalogue, name: str) -> None:
    if name in catalogue.broken:
        raise catalogue.broken[name]
    if name not in catalogue.addons:
        hint = did_you_mean(
            name, catalogue.addons, _("“lumbung addons list” shows those that can be installed.")
        )
        raise UserError(_("No addon “%(name)s” was found. %(hint)s", name=name, hint=hint))


def _note_addons(connection: sa.Connection, ready: Preparation) -> None:
    now = dt.datetime.now(dt.UTC)
    rows = [
        {"name": name, "version": ready.versions[name], "state": INSTALLED, "installed_at": now}
        for name in ready.new
    ]
    if rows:
        connection.execute(tables.addon.insert(), rows)


def _load(env: Env, assembly: Assembly, progress: Progress) -> Counts:
    loader = Loader(env)
    last = ""
    for addon, model, rows in shipped(assembly):
        if addon != last:
            progress(_("Loading the data of %(addon)s ...", addon=addon))
        last = addon
        loader.load(addon, model, rows)
    return loader.counts


def _role_row(item: Contribution[Role], owners: Mapping[str, str]) -> Row:
    role, implies = item.value, [Key(name, owners[name]) for name in item.value.implies]
    return {"key": role.name, "name": role.name, "label": role.label, "implies": implies, "addon": item.addon}
