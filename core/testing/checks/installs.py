"""What installing an addon does: alone, with all others, twice; its rows and demo data; how it goes and comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from core.assembly import assemble
from core.errors import LoadError, UserError
from core.faults import in_words
from core.manifest import Scale
from core.orm.database import Database
from core.orm.env import open_env
from core.schema import ledger, scripts
from core.schema.install import install
from core.schema.shipped import unreadable
from core.schema.uninstall import uninstall
from core.testing.subject import Subject


def alone(subject: Subject) -> Iterator[LoadError]:
    """It can be installed into an empty database, with nothing but what it depends on."""
    try:
        _installed = subject.installation.database
    except LoadError as error:
        yield error


def together(subject: Subject) -> Iterator[LoadError]:
    """It can be installed beside all other addons that are found; one that is at fault itself is left out."""
    catalogue, made = subject.stock.catalogue, subject.installation
    if set(catalogue.addons) == set(made.names):
        return
    assembly = assemble(catalogue, sorted(catalogue.addons))
    assembly.dispose()
    if subject.name in assembly.quarantined:
        yield assembly.quarantined[subject.name]
        return
    with made.database.undone():
        try:
            install(made.database, catalogue, assembly.names)
        except LoadError as error:
            yield from [error] if error.addon == subject.name else []


def twice(subject: Subject) -> Iterator[LoadError]:
    """Installed again it makes no table, changes no column and touches no row."""
    made = subject.installation
    with made.database.undone():
        report = install(made.database, made.catalogue, [subject.name])
    steps = [f"{step.kind} {step.table}.{step.name}" for step in report.plan.steps()]
    if steps or report.rows.created or report.rows.updated:
        yield subject.fault(
            None,
            f"Installed a second time it changes something: {', '.join(steps) or report.rows}.",
            "Rows need the same key and values each time; names of columns and indexes may not vary.",
        )


def rows(subject: Subject) -> Iterator[LoadError]:
    """What it ships can be read."""
    yield from unreadable(subject.installation.assembly, [subject.name]).values()


def demo(subject: Subject) -> Iterator[LoadError]:
    """Its demo data is made, after that of what it depends on."""
    made = subject.installation
    if not subject.own(made.assembly.demo):
        return
    with made.database.undone():
        for item in made.assembly.demo:
            try:
                with open_env(made.assembly.registry, made.database) as env:
                    for _progress in item.value.make(env, Scale()):
                        pass
            except Exception as error:
                if item.addon == subject.name:
                    yield subject.fault(
                        item.origin,
                        f"The demo data “{item.value.name}” fails: {in_words(error)}.",
                        "Let it make what it needs, or find it by what its addon ships.",
                    )


def upgrades(subject: Subject) -> Iterator[LoadError]:
    """Its upgrade scripts can be read, and lead to versions up to its own."""
    yield from scripts.faults(subject.found)


def back_again(subject: Subject) -> Iterator[LoadError]:
    """Uninstalled and installed again it has all that it had."""
    made, remedy = subject.installation, "Whatever it brings must be there again, with its rows."
    with made.elsewhere() as database:
        before = _brought(database, subject)
        try:
            uninstall(database, made.catalogue, [subject.name])
            install(database, made.catalogue, [subject.name])
        except (LoadError, UserError, sa.exc.SQLAlchemyError) as error:
            what = f"It cannot be uninstalled and installed again: {in_words(error)}."
            yield subject.fault(None, what, remedy)
            return
        after = _brought(database, subject)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            what = f"Uninstalled and installed again, {name} has {after.get(name)} rows instead of {before.get(name)}."
            yield subject.fault(None, what, remedy)


def _brought(database: Database, subject: Subject) -> Mapping[str, int | None]:
    """What the ledger says to be of the addon: tables with their number of rows."""
    with database.reading.connect() as connection:
        steps = ledger.owned(connection, subject.name)
        tables = {step.table for step in steps if step.kind == "table"}
        count = sa.select(sa.func.count())
        rows = {name: connection.scalar(count.select_from(sa.table(name))) for name in tables}
    return rows | {f"{step.kind} {step.table}.{step.name}": 0 for step in steps if step.kind != "table"}
