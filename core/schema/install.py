"""Installing and upgrading addons: tables, ledger, roles and shipped rows, all in one transaction or not at all."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import sqlalchemy as sa

from core.access.overrides import raise_version, version_of
from core.errors import DatabaseError, LoadError, UserError
from core.i18n.lazy import TextLike, _
from core.orm.env import SYSTEM, Env
from core.orm.session import Session
from core.schema import ledger, parking, scripts, tables
from core.schema.apply import apply
from core.schema.parking import Kept, Lost
from core.schema.plan import Plan, is_empty, owner, plan
from core.schema.preparing import INSTALLED, Preparation, check_known, installed, prepared, versions
from core.schema.rows import Counts, Loader
from core.schema.scripts import Script
from core.schema.shape import Shape
from core.schema.shipped import shipped
from core.schema.turns import is_in_the_way, turn
from core.schema.upgrading import Tables
from core.texts import index as texts

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.catalogue import Catalogue
    from core.orm.database import Database

Progress: TypeAlias = Callable[[TextLike], None]
Finish: TypeAlias = Callable[[Env], None]
"""What is to be done in the same transaction once everything is there."""
T = TypeVar("T")

ATTEMPTS = 3
PAUSE_SECONDS = 1.0


class PlanChanged(UserError):
    """More would be installed than whoever asked has seen."""


@dataclass
class Report:
    """What an installation did; `lost` are links that came back and led to what is no more."""

    installed: list[str]
    plan: Plan
    rows: Counts = field(default_factory=Counts)
    raised: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    scripts: Sequence[Script] = ()
    returned: Sequence[Kept] = ()
    lost: Sequence[Lost] = ()


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

    Everything, `finish` included, is one transaction; a dry run does all of it and rolls back. Raises LoadError for a
    faulty addon or upgrade script, UserError for an addon that is unknown or older than what is installed,
    DatabaseError where a table stays locked, and PlanChanged where others would come than those that were `seen`.
    """
    carry_out = partial(_carry_out, database=database, progress=progress, finish=finish, seen=seen)

    def work(is_last: bool) -> Report | None:
        with (
            _ahead(database, catalogue, names) as (ready, mark),
            turn(database, reshapes=ready.reshapes or is_last, dry_run=dry_run) as connection,
        ):
            if _mark(connection) == mark:
                return carry_out(ready, connection)
            if not is_last:
                return None
            with prepared(connection, catalogue, names) as ready:
                return carry_out(ready, connection)

    return patiently(work)


def upgrade(
    database: Database,
    catalogue: Catalogue,
    names: Sequence[str] = (),
    progress: Progress = lambda text: None,
    *,
    dry_run: bool = False,
) -> Report:
    """Brings installed addons up to the versions that are found, by default all. Raises as `install` does.

    All tables fit all models afterwards, so that others which have scripts to run must be named too: else UserError.
    """
    with database.reading.connect() as connection:
        here = versions(connection)
        for name in names:
            if name not in here:
                check_known(catalogue, name)
                raise UserError(
                    _(
                        "%(addon)s is not installed. Install it by “lumbung addons install %(addon)s”.",
                        addon=name,
                    )
                )
        others = [name for name in _newer(catalogue, here) if names and name not in names]
    if others:
        raise UserError(
            _("There are newer versions of %(others)s as well, and they have to come along: name them too, or none.",
              others=", ".join(others)))  # fmt: skip
    return install(database, catalogue, names, progress, dry_run=dry_run)


def patiently(work: Callable[[bool], T | None]) -> T:
    """Does the work again where a table was in use, or where it says by None that something has changed meanwhile.

    It is told which attempt is the last, which must give something. Raises DatabaseError where the table stays in use.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            done = work(attempt >= ATTEMPTS)
        except sa.exc.OperationalError as error:
            if not is_in_the_way(error):
                raise
            if attempt >= ATTEMPTS:
                raise DatabaseError(
                    _("Another program keeps a table in use. Stop it or wait, then try again.")
                ) from error
            time.sleep(PAUSE_SECONDS)
            continue
        if done is not None:
            return done


def _newer(catalogue: Catalogue, here: Mapping[str, str]) -> list[str]:
    found = catalogue.addons
    return [name for name, version in here.items() if name in found and found[name].addon.version != version]


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
    report = Report(
        ready.new, ready.plan, raised=ready.raised, scripts=ready.scripts, returned=ready.returning
    )
    renamed = _reshape(ready, connection, report, progress)
    if making := dict.fromkeys(step.addon for step in ready.plan.steps()):
        progress(_("Making tables for %(addons)s ...", addons=", ".join(making)))
    apply(connection, ready.plan)
    ledger.record(connection, ready.plan)
    ledger.settle(connection, ready.assembly.registry)
    if ready.returning:
        report.lost = parking.link(connection, ready.assembly.registry, ready.returning)
    _note_addons(connection, ready)
    _name_files(connection)
    session = Session(bind=connection, expire_on_commit=False)
    env = Env(ready.assembly.registry, database, session, SYSTEM, readonly=False)
    with contextlib.closing(session):
        for script in ready.scripts:
            script.run("after", env)
            env.flush()
        _require(connection, ready.plan)
        scripts.remember(connection, ready.scripts)
        parking.bring_back_rows(env, ready.new)
        texts.prepare(connection)
        report.rows = _load(env, ready.assembly, progress, renamed)
        texts.bring_up_to_date(env)
        if ready.new or ready.raised or ready.reshapes or any(ready.plan.steps()):
            raise_version(connection)
        finish(env)
        env.flush()
    return report


def _reshape(
    ready: Preparation, connection: sa.Connection, report: Report, progress: Progress
) -> Mapping[tuple[str, str], str]:
    """Brings back what is parked and runs the first halves of upgrade scripts; then the plan is made anew."""
    shaped = Tables(connection, ready.assembly.registry)
    if not ready.reshapes:
        return shaped.renamed
    parking.adopt(connection, ready.returning)
    for script in ready.scripts:
        progress(_("Upgrading %(addon)s to %(version)s ...", addon=script.addon, version=script.version))
        script.run("before", shaped)
    parking.put_back(connection, ready.assembly.registry, ready.returning)
    owners = parking.owners(ready.returning)
    ready.plan = report.plan = plan(connection, ready.assembly.registry, ready.scripted, owners)
    return shaped.renamed


def _require(connection: sa.Connection, done: Plan) -> None:
    """Lets columns never be empty again that scripts have filled. Raises LoadError where they have not."""
    shape = Shape(connection)
    for column in done.filled:
        table = column.table.name
        if empty := shape.count(table) - shape.count(table, column.name):
            raise LoadError(
                _("%(table)s.%(column)s must have a value, and after all upgrade scripts %(count)s rows have none.",
                  table=table, column=column.name, count=empty),
                _("Nothing was changed. Fill it in after(env) of an upgrade script, then upgrade again."),
                addon=owner(column))  # fmt: skip
        shape.require(table, {column.name})


def _name_files(connection: sa.Connection) -> None:
    """Gives the database the name of the folder of its files, once."""
    if connection.scalar(sa.select(tables.file_store.c.name)) is None:
        connection.execute(tables.file_store.insert().values(name=secrets.token_hex(16)))


def _note_addons(connection: sa.Connection, ready: Preparation) -> None:
    known, now = tables.addon, dt.datetime.now(dt.UTC)
    for name in {**dict.fromkeys(ready.new), **ready.raised}:
        values = {"version": ready.versions[name], "state": INSTALLED, "installed_at": now}
        if not connection.execute(known.update().where(known.c.name == name).values(values)).rowcount:
            connection.execute(known.insert().values(name=name, **values))


def _load(env: Env, assembly: Assembly, progress: Progress, renamed: Mapping[tuple[str, str], str]) -> Counts:
    loader = Loader(env, renamed=renamed)
    last = ""
    for addon, model, rows in shipped(assembly):
        if addon != last:
            progress(_("Loading the data of %(addon)s ...", addon=addon))
        last = addon
        loader.load(addon, model, rows)
    return loader.counts
