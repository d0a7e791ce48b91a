"""Purging: what is kept of an uninstalled addon goes for good."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.errors import UserError
from core.i18n.lazy import _
from core.orm.env import SYSTEM, Env
from core.orm.session import Session
from core.schema import parking, tables
from core.schema.install import Progress, patiently
from core.schema.parking import ROW, Kept, kept
from core.schema.preparing import INSTALLED, PARKED, versions
from core.schema.shape import Shape
from core.schema.turns import turn

if TYPE_CHECKING:
    from core.catalogue import Catalogue
    from core.orm.database import Database


@dataclass
class Leftovers:
    """What is kept of an addon: tables with their rows, columns with their values, and archived rows of others' tables.

    `left` are those of the archived rows that a purge could not delete, as something leads to them.
    """

    addon: str
    version: str
    tables: list[tuple[str, int]] = field(default_factory=list)
    columns: list[tuple[str, str, int]] = field(default_factory=list)
    rows: int = 0
    left: int = 0

    def as_json(self) -> dict[str, object]:
        """The same as plain values."""
        return {
            "addon": self.addon,
            "version": self.version,
            "tables": [{"table": name, "rows": rows} for name, rows in self.tables],
            "columns": [
                {"table": table, "column": name, "values": values} for table, name, values in self.columns
            ],
            "archived": self.rows,
        }


def leftovers(connection: sa.Connection, name: str) -> Leftovers:
    """What is kept of an addon. Raises UserError where it is installed, or nothing is kept."""
    if name in versions(connection, INSTALLED):
        raise UserError(_("%(addon)s is installed. Uninstall it first.", addon=name))
    parked = versions(connection, PARKED)
    if name not in parked:
        raise UserError(_("Nothing is kept of %(addon)s.", addon=name))
    shape, entries = Shape(connection), kept(connection, {name})
    return Leftovers(
        name,
        parked[name],
        tables=[(entry.table, shape.count(entry.parked_as)) for entry in entries if entry.kind == "table"],
        columns=[
            (entry.table, entry.name, shape.count(place, entry.parked_as))
            for place, entry in _alone(connection, name)
        ],
        rows=sum(entry.kind == ROW for entry in entries),
    )


def purge(
    database: Database,
    catalogue: Catalogue,
    name: str,
    progress: Progress = lambda text: None,
    *,
    dry_run: bool = False,
) -> Leftovers:
    """Deletes what is kept of an addon, all or nothing; gives what it was. Raises as `leftovers` does."""

    def work(_is_last: bool) -> Leftovers:
        with turn(database, reshapes=True, dry_run=dry_run) as connection:
            found = leftovers(connection, name)
            progress(_("Deleting what is kept of %(addon)s ...", addon=name))
            found.left = _delete_rows(connection, database, catalogue, kept(connection, {name}))
            _drop(connection, name)
            for table in (tables.parked, tables.data_row, tables.addon_failure):
                connection.execute(table.delete().where(table.c.addon == name))
            ledger, addon = tables.ledger, tables.addon
            connection.execute(ledger.delete().where(ledger.c.kind == "script", ledger.c.table_name == name))
            connection.execute(addon.delete().where(addon.c.name == name))
            return found

    return patiently(work)


def _alone(connection: sa.Connection, name: str) -> list[tuple[str, Kept]]:
    """The columns that are kept in tables that are not the addon's own, each with the table in which it lies now."""
    entries = kept(connection)
    own = {entry.table for entry in entries if entry.kind == "table" and entry.addon == name}
    places = {entry.table: entry.parked_as for entry in entries if entry.kind == "table"}
    return [
        (places.get(entry.table, entry.table), entry)
        for entry in entries
        if entry.kind == "column" and entry.addon == name and entry.table not in own
    ]


def _drop(connection: sa.Connection, name: str) -> None:
    shape, columns = Shape(connection), dict[str, list[str]]()
    for place, entry in _alone(connection, name):
        columns.setdefault(place, []).append(entry.parked_as)
    for place, names in columns.items():
        shape.drop_columns(place, names)
    whole = [entry for entry in kept(connection) if entry.kind == "table"]
    for entry in [entry for entry in whole if entry.addon == name]:
        shape.drop_table(entry.parked_as)
        others = [other.addon for other in whole if other.table == entry.table and other.addon != name]
        inside, of = tables.parked.c.table_name == entry.table, tables.parked.c.addon
        connection.execute(tables.parked.delete().where(inside, of.not_in(others)))


def _delete_rows(
    connection: sa.Connection, database: Database, catalogue: Catalogue, entries: Sequence[Kept]
) -> int:
    """Deletes the rows that were archived with the addon and still are; how many are left, as something needs them."""
    from core.assembly import assemble

    rows, left = [entry for entry in entries if entry.kind == ROW], 0
    assembly = assemble(catalogue, list(versions(connection)))
    session = Session(bind=connection, expire_on_commit=False)
    env = Env(assembly.registry, database, session, SYSTEM, readonly=False)
    models = {info.table.name: info.cls for info in assembly.registry}
    try:
        with contextlib.closing(session):
            for entry in rows:
                found = env.get(models[entry.table], int(entry.name)) if entry.table in models else None
                if found is not None and found.archived:
                    try:
                        with session.savepoint():
                            env.delete([found])
                    except (UserError, sa.exc.IntegrityError):
                        left += 1
            parking.forget(connection, rows)
            env.flush()
    finally:
        assembly.dispose()
    return left
