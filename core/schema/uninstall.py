"""Uninstalling addons: what it would park is said first, then all of it is parked, in one transaction or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.access.overrides import raise_version
from core.catalogue import BASE, dependants
from core.errors import UserError
from core.i18n.lazy import TextLike, _
from core.orm.env import SYSTEM, Env
from core.orm.session import Session
from core.schema import ledger, parking, tables
from core.schema.install import PlanChanged, Progress, patiently
from core.schema.plan import Plan, Step, bringer_of
from core.schema.preparing import PARKED, installed, versions
from core.schema.shape import Shape
from core.schema.turns import turn
from core.schema.versions import version
from core.texts import index as texts

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.catalogue import Catalogue
    from core.orm.database import Database
    from core.plugins import Contribution


@dataclass
class Removal:
    """What uninstalling addons would do: `tables` with their label and number of rows, `columns` of tables that stay
    with the number of their values, what vanishes from sight, and how many rows are archived, by the model's plural.
    """

    names: list[str]
    tables: list[tuple[str, TextLike, int]] = field(default_factory=list)
    columns: list[tuple[str, str, int]] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    menus: list[TextLike] = field(default_factory=list)
    roles: list[TextLike] = field(default_factory=list)
    rows: list[tuple[TextLike, int]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """The same as plain values."""
        return {
            "addons": self.names,
            "tables": [
                {"table": name, "label": str(label), "rows": rows} for name, label, rows in self.tables
            ],
            "columns": [
                {"table": table, "column": name, "values": values} for table, name, values in self.columns
            ],
            "views": self.views,
            "menus": [str(label) for label in self.menus],
            "roles": [str(label) for label in self.roles],
            "archived": [{"model": str(label), "rows": rows} for label, rows in self.rows],
        }


def needing(catalogue: Catalogue, here: Collection[str], names: Collection[str]) -> dict[str, str]:
    """The installed addons that cannot be without `names`, each with what it needs; `names` themselves left out."""
    found: dict[str, str] = {}
    for name in names:
        found |= dependants(catalogue, name, here)
    return {name: needs for name, needs in found.items() if name not in names}


def outlook(connection: sa.Connection, catalogue: Catalogue, names: Sequence[str]) -> Removal:
    """What uninstalling would do. Raises UserError where these addons cannot go, or others need them."""
    with _removal(connection, catalogue, names) as (found, _after):
        return found


def uninstall(
    database: Database,
    catalogue: Catalogue,
    names: Sequence[str],
    progress: Progress = lambda text: None,
    *,
    dry_run: bool = False,
    seen: Collection[str] | None = None,
) -> Removal:
    """Parks addons: their tables, columns, roles and rows are out of sight and out of use, and come back with them.

    All or nothing; a dry run does all of it and rolls back. Raises UserError where they cannot go, DatabaseError where
    a table stays locked, and PlanChanged where others would go than those that were `seen`.
    """
    if seen is not None and not set(names) <= set(seen):
        raise PlanChanged(_("What is to be uninstalled has changed meanwhile. Look at the report again."))

    def work(_is_last: bool) -> Removal:
        with (
            turn(database, reshapes=True, dry_run=dry_run) as connection,
            _removal(connection, catalogue, names) as (found, after),
        ):
            progress(_("Parking the data of %(addons)s ...", addons=", ".join(found.names)))
            _carry_out(connection, database, found, after)
            return found

    return patiently(work)


def _carry_out(connection: sa.Connection, database: Database, found: Removal, after: Assembly) -> None:
    parking.park(connection, found.steps)
    ledger.settle(connection, after.registry)
    known = tables.addon
    connection.execute(known.update().where(known.c.name.in_(found.names)).values(state=PARKED))
    connection.execute(tables.addon_failure.delete().where(tables.addon_failure.c.addon.in_(found.names)))
    session = Session(bind=connection, expire_on_commit=False)
    env = Env(after.registry, database, session, SYSTEM, readonly=False)
    with contextlib.closing(session):
        parking.archive_rows(env, found.names)
        texts.forget_models(connection, {step.table for step in found.steps if step.kind == "table"})
        texts.bring_up_to_date(env)
        raise_version(connection)
        env.flush()


@contextlib.contextmanager
def _removal(
    connection: sa.Connection, catalogue: Catalogue, names: Sequence[str]
) -> Iterator[tuple[Removal, Assembly]]:
    """What would be done, and the addons that stay put together."""
    from core.assembly import assemble

    here = installed(connection)
    _check(connection, catalogue, here, names)
    after = assemble(catalogue, [name for name in here if name not in names])
    try:
        before = assemble(catalogue, here)
        try:
            yield _look(connection, before, after, [name for name in here if name in names]), after
        finally:
            before.dispose()
    finally:
        after.dispose()


def _check(
    connection: sa.Connection, catalogue: Catalogue, here: Sequence[str], names: Sequence[str]
) -> None:
    """Raises UserError where the addons cannot go."""
    if BASE in names:
        raise UserError(_("base cannot be uninstalled: everything else is built on it."))
    for name in names:
        if name not in here:
            raise UserError(_("%(addon)s is not installed.", addon=name))
    if others := needing(catalogue, here, names):
        raise UserError(
            _("%(others)s cannot be without it. Uninstall them as well: lumbung addons uninstall %(all)s",
              others=", ".join(sorted(others)), all=" ".join([*names, *sorted(others)])))  # fmt: skip
    for name, noted in versions(connection).items():
        found = catalogue.addons.get(name)
        if found is not None and name not in names and version(noted) != version(found.addon.version):
            raise UserError(
                _("%(addon)s is installed in version %(old)s and found in version %(new)s. "
                  "Run “lumbung addons upgrade” first.",
                  addon=name, old=noted, new=found.addon.version))  # fmt: skip


def _look(connection: sa.Connection, before: Assembly, after: Assembly, names: list[str]) -> Removal:
    steps = _parting(connection, before, after)
    whole = {step.table for step in steps if step.kind == "table"}
    shape = Shape(connection)
    labels = {info.table.name: info.plural for info in before.registry}
    alone = [step for step in steps if step.kind == "column" and step.table not in whole]
    return Removal(
        names,
        tables=[(table, labels.get(table, ""), shape.count(table)) for table in sorted(whole)],
        columns=[(step.table, step.name, shape.count(step.table, step.name)) for step in alone],
        views=sorted(before.views.keys() - after.views.keys()),
        menus=_without(before.menus, after.menus),
        roles=_without(before.roles, after.roles),
        rows=_shipped(connection, after, names),
        steps=steps,
    )


def _without(before: Sequence[Contribution[Any]], after: Sequence[Contribution[Any]]) -> list[TextLike]:
    stay = {item.value.name for item in after}
    return [item.value.label for item in before if item.value.name not in stay]


def _parting(connection: sa.Connection, before: Assembly, after: Assembly) -> list[Step]:
    """What no model that stays needs, whosever it is by the ledger, but for addons that are at fault and stay."""
    staying = {tables.OWNER, *after.quarantined}
    known = [*after.registry.metadata.tables.values(), *tables.metadata.tables.values()]
    needed = {(step.kind, step.table, step.name) for step in Plan(tables=known).steps()}
    gone = [
        replace(step, addon=bringer_of(before.registry, step.kind, step.table, step.name) or step.addon)
        for step in ledger.owned(connection)
        if step.addon not in staying and (step.kind, step.table, step.name) not in needed
    ]
    present = {table: Shape(connection).columns(table) for table in {step.table for step in gone}}
    return [
        step
        for step in gone
        if present[step.table] and (step.kind != "column" or step.name in present[step.table])
    ]


def _shipped(
    connection: sa.Connection, after: Assembly, names: Collection[str]
) -> list[tuple[TextLike, int]]:
    row = tables.data_row.c
    counted = sa.select(row.model, sa.func.count()).where(row.addon.in_(sorted(names))).group_by(row.model)
    counts = dict(map(tuple, connection.execute(counted).all()))
    return [(info.plural, counts[info.name]) for info in after.registry if info.name in counts]
