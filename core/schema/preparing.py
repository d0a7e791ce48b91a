"""What an installation would do: worked out of what is there, what is found and what the models say."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.errors import LoadError, UserError
from core.faults import did_you_mean
from core.i18n.lazy import _
from core.schema import parking, scripts, tables
from core.schema.parking import Kept
from core.schema.plan import Plan, is_empty, plan
from core.schema.scripts import Script

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.catalogue import Catalogue

INSTALLED, PARKED = "installed", "parked"


@dataclass
class Preparation:
    """What an installation would do: `new` are the addons to come, in order, dependencies first.

    Of those that are there or parked `scripts` are to be run, and `raised` are the versions of before and of now.
    `returning` is what is parked and comes back.
    """

    before: list[str]
    new: list[str]
    versions: Mapping[str, str]
    assembly: Assembly
    plan: Plan
    scripts: list[Script] = field(default_factory=list)
    raised: dict[str, tuple[str, str]] = field(default_factory=dict)
    returning: list[Kept] = field(default_factory=list)

    @property
    def scripted(self) -> set[str]:
        """The addons that have scripts to run."""
        return {script.addon for script in self.scripts}

    @property
    def reshapes(self) -> bool:
        """Whether tables that hold rows may change, so that the plan is known only when they have."""
        return bool(self.scripts or self.returning)


def installed(connection: sa.Connection) -> list[str]:
    """The names of the installed addons; none in a database that was never made."""
    return list(versions(connection))


def versions(connection: sa.Connection, state: str = INSTALLED) -> dict[str, str]:
    """The versions of the installed addons by name; or of those that are parked."""
    if not sa.inspect(connection).has_table(tables.addon.name):
        return {}
    known = tables.addon.c
    rows = connection.execute(
        sa.select(known.name, known.version).where(known.state == state).order_by(known.name)
    )
    return {row.name: row.version for row in rows}


@contextlib.contextmanager
def prepared(connection: sa.Connection, catalogue: Catalogue, names: Iterable[str]) -> Iterator[Preparation]:
    """What installing `names` would do. The models that it composes are given back at the end."""
    from core.assembly import assemble
    from core.catalogue import closure

    here = versions(connection)
    if not here and not is_empty(connection):
        raise UserError(_("This database holds tables of another program. Use an empty one."))
    for name in names:
        check_known(catalogue, name)
    new = [name for name in names if name not in here]
    for name in sorted(here.keys() - catalogue.addons.keys()):
        raise _in_the_way(catalogue.error_of(name), new)
    wanted = closure(catalogue, {*here, *names})
    assembly = assemble(catalogue, wanted)
    try:
        for name in wanted:
            if name in assembly.quarantined:
                error = assembly.quarantined[name]
                raise _in_the_way(error, new) if name in here else error
        ready = Preparation(
            list(here),
            [name for name in wanted if name not in here],
            {name: catalogue.addons[name].addon.version for name in wanted},
            assembly,
            Plan(),
        )
        _look_back(ready, connection, catalogue, here)
        ready.plan = plan(connection, assembly.registry, ready.scripted)
        _without_returning(ready)
        yield ready
    finally:
        assembly.dispose()


def _in_the_way(error: LoadError, new: Sequence[str]) -> LoadError:
    """What is said where an installed addon at fault keeps others from being installed, or all from changes."""
    names = {"addon": error.addon, "names": ", ".join(new), "fault": error.fault}
    if new:
        fault = _(
            "Not installed: %(names)s. The addon %(addon)s, which is installed, is at fault: %(fault)s",
            **names,
        )
    else:
        fault = _(
            "Nothing was changed. The addon %(addon)s, which is installed, is at fault: %(fault)s", **names
        )
    return LoadError(fault, error.remedy, addon=error.addon, origin=error.origin)


def _look_back(
    ready: Preparation, connection: sa.Connection, catalogue: Catalogue, here: Mapping[str, str]
) -> None:
    """What is to be done for addons that were here in an earlier version. Raises UserError where it was a later one."""
    past = {**versions(connection, PARKED), **here}
    for name in ready.versions.keys() & past.keys():
        scripts.check_downgrade(catalogue.addons[name], past[name])
    for name, now in ready.versions.items():
        if name in past:
            ready.scripts += scripts.pending(connection, catalogue.addons[name], past[name])
            if past[name] != now:
                ready.raised[name] = (past[name], now)
    ready.returning = parking.returning(connection, ready.assembly.registry, ready.new)


def _without_returning(ready: Preparation) -> None:
    """Takes out of the plan what comes back, and what is left to scripts: it is looked at anew when they have run."""
    tables_ = {entry.table for entry in ready.returning if entry.kind == "table"}
    columns = {(entry.table, entry.name) for entry in ready.returning}
    found = ready.plan
    found.tables = [table for table in found.tables if table.name not in tables_]
    found.columns = [column for column in found.columns if (column.table.name, column.name) not in columns]
    found.refused = [item for item in found.refused if item.addon not in ready.scripted]


def check_known(catalogue: Catalogue, name: str) -> None:
    """Raises UserError where nothing of that name was found, LoadError where it is broken."""
    if name in catalogue.broken:
        raise catalogue.broken[name]
    if name not in catalogue.addons:
        hint = did_you_mean(
            name, catalogue.addons, _("“lumbung addons list” shows those that can be installed.")
        )
        raise UserError(_("No addon “%(name)s” was found. %(hint)s", name=name, hint=hint))
