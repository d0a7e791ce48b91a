"""Parking: what an addon brought keeps its rows under other names, until it comes back or is purged.

Nothing reads or writes what is parked. Links are parked as plain values, which hold nothing and go with nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from core.errors import UserError
from core.i18n.lazy import _
from core.orm.keys import parts
from core.orm.links import Many2one
from core.orm.names import short
from core.schema import ledger
from core.schema.apply import take
from core.schema.plan import PARKED, Step, bringer_of, is_of
from core.schema.shape import Shape, dangling
from core.schema.tables import data_row, has_places, parked

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.registry import Registry

ROW = "row"
NAMED = 5
"""So many keys are named in a refusal."""


class Kept(NamedTuple):
    """One thing that is kept for an addon: as `Step`, and how it is called meanwhile."""

    addon: str
    kind: str
    table: str
    name: str
    parked_as: str
    places: str | None = None

    @property
    def step(self) -> Step:
        """What it is when it is back."""
        return Step(self.kind, self.table, self.name, self.addon, self.places)


@dataclass(frozen=True)
class Lost:
    """A link that came back, and the keys that it led to and that are no more; `rows` went with what they led to."""

    table: str
    column: str
    keys: Sequence[int]
    gone: bool = False


def kept(connection: sa.Connection, names: Collection[str] | None = None) -> list[Kept]:
    """What is kept of addons, by default of all."""
    columns = [
        column for column in parked.columns if column.name != "places" or has_places(connection, parked)
    ]
    rows = connection.execute(sa.select(*columns).order_by(*parked.primary_key.columns))
    return [Kept(*row) for row in rows if names is None or row.addon in names]


def is_parked(connection: sa.Connection) -> bool:
    """Whether anything is parked; a database of before parking was known has no table for it."""
    return sa.inspect(connection).has_table(parked.name)


# ----------------------------------------------------------------- away
def park(connection: sa.Connection, steps: Sequence[Step]) -> None:
    """Takes everything that the ledger says of `steps` out of sight, and remembers it."""
    if not steps:
        return
    shape, tables = Shape(connection), {step.table: step.addon for step in steps if step.kind == "table"}
    _lock(connection, shape, {step.table for step in steps})
    _drop_indexes(shape, steps)
    for name in sa.inspect(connection).get_table_names():
        alone = {step.name for step in steps if step.kind == "column" and step.table == name}
        ways = shape.links(name)
        shape.drop_links(
            name, ways if name in tables else {way for way in ways if way in alone or ways[way] in tables}
        )
    _make_way(connection, shape, steps)
    entries = [_away(shape, step, tables) for step in steps if step.kind != "index"]
    for table, addon in tables.items():
        shape.rename_table(table, parked_name(addon, table))
    ledger.forget(connection, steps)
    _remember(connection, entries)


def _make_way(connection: sa.Connection, shape: Shape, steps: Sequence[Step]) -> None:
    """What is kept from earlier of what is to be parked is kept on under a name that no model asks for."""
    going = {(step.addon, step.kind, step.table, step.name) for step in steps}
    entries = kept(connection)
    taken = {(entry.addon, entry.kind, entry.name) for entry in entries}
    for old in (entry for entry in entries if entry[:4] in going):
        names = (f"{old.name}__{number}" for number in itertools.count(2))
        name = next(name for name in names if (old.addon, old.kind, name) not in taken)
        values = {"name": name, "parked_as": parked_name(old.addon, name)}
        of = (parked.c.table_name == old.table) & (parked.c.addon == old.addon)
        if old.kind == "table":
            shape.rename_table(old.parked_as, values["parked_as"])
            along = of & (parked.c.parked_as == parked.c.name)
            connection.execute(parked.update().where(along).values(table_name=name))
            values["table_name"] = name
        elif old.parked_as != old.name:
            shape.rename_column(old.table, old.parked_as, values["parked_as"])
        else:  # it goes along with its table
            continue
        this = of & (parked.c.kind == old.kind) & (parked.c.name == old.name)
        connection.execute(parked.update().where(this).values(values))


def parked_name(addon: str, name: str) -> str:
    """How a table or column is called while it is parked."""
    return short(f"{PARKED}{addon}__{name}")


def _away(shape: Shape, step: Step, tables: dict[str, str]) -> Kept:
    """Columns of an addon in its own table stay as they are, as that table goes as a whole."""
    if step.kind == "column" and tables.get(step.table) == step.addon:
        return Kept(step.addon, step.kind, step.table, step.name, step.name, step.places)
    name = parked_name(step.addon, step.name)
    if step.kind == "column":
        shape.rename_column(step.table, step.name, name)
    return Kept(step.addon, step.kind, step.table, step.name, name, step.places)


def _lock(connection: sa.Connection, shape: Shape, names: Collection[str]) -> None:
    """PostgreSQL is asked for all tables at once, those that they lead to among them."""
    if connection.dialect.name == "postgresql":
        ends = {end for name in names for end in shape.links(name).values()}
        take(connection, sorted({*names, *ends}))


def _drop_indexes(shape: Shape, steps: Iterable[Step]) -> None:
    there = {name for table in {step.table for step in steps} for name in shape.indexes(table)}
    for step in steps:
        if step.kind == "index" and step.name in there:
            shape.drop_index(step.name)


def _remember(connection: sa.Connection, entries: Sequence[Kept]) -> None:
    names = [column.name for column in parked.columns]
    if entries:
        connection.execute(parked.insert(), [dict(zip(names, entry, strict=True)) for entry in entries])


# ----------------------------------------------------------------- rows
def archive_rows(env: Env, names: Collection[str]) -> dict[str, int]:
    """Archives what addons shipped into tables that stay, roles among it; how many, by model."""
    connection, found = env.session.core_connection(), data_row.c
    asked = sa.select(found.addon, found.model, found.record_id).where(found.addon.in_(sorted(names)))
    shipped: dict[str, dict[int, str]] = {}
    for row in connection.execute(asked):
        shipped.setdefault(row.model, {})[row.record_id] = row.addon
    counts = {}
    for model in shipped.keys() & env.registry.models.keys():
        info = env.registry.info(model)
        records = [record for record in env.read(info.cls, shipped[model]) if not record.archived]
        env.write(records, {"archived": True})
        owners = [(shipped[model][record.id], record.id) for record in records]
        _remember(connection, [Kept(addon, ROW, info.table.name, str(key), "") for addon, key in owners])
        counts[model] = len(records)
    env.flush()
    return {model: count for model, count in counts.items() if count}


def bring_back_rows(env: Env, names: Collection[str]) -> None:
    """Takes what `archive_rows` archived out of the archive."""
    connection = env.session.core_connection()
    entries = [entry for entry in kept(connection, names) if entry.kind == ROW] if names else []
    models = {info.table.name: info for info in env.registry}
    for table in {entry.table for entry in entries} & models.keys():
        keys = [int(entry.name) for entry in entries if entry.table == table]
        env.write(env.read(models[table].cls, keys), {"archived": False})
    env.flush()
    forget(connection, entries)


# ----------------------------------------------------------------- back
def returning(connection: sa.Connection, registry: Registry, coming: Collection[str]) -> list[Kept]:
    """What is parked and would be adopted: all of the addons that come, and what models need of those that are here.

    What is kept of other addons stays theirs, as does what lies here anew under the same name: that is another's.
    """
    if not is_parked(connection):
        return []
    here, shape = set(registry.publication.order), Shape(connection)
    entries = [entry for entry in kept(connection) if entry.kind != ROW and entry.addon in here]
    entries.sort(key=lambda entry: not _is_owner(registry, entry))
    tables: dict[str, Kept] = {}
    for entry in entries:
        if _is_due(registry, entry, "table", coming) and not shape.has_table(entry.table):
            tables.setdefault(entry.table, entry)
    columns: dict[tuple[str, str], Kept] = {}
    for entry in entries:
        if _is_due(registry, entry, "column", coming) and _has_room(shape, entry, tables.get(entry.table)):
            columns.setdefault((entry.table, entry.name), entry)
    found = {*tables.values(), *columns.values()}
    return [entry for entry in kept(connection) if entry in found]


def _is_owner(registry: Registry, entry: Kept) -> bool:
    """Whether the models say that it is of the addon of which it is kept."""
    return bringer_of(registry, entry.kind, entry.table, entry.name) == entry.addon


def _is_due(registry: Registry, entry: Kept, kind: str, coming: Collection[str]) -> bool:
    if entry.kind != kind:
        return False
    is_along = kind == "column" and entry.parked_as == entry.name
    return entry.addon in coming or is_along or bool(bringer_of(registry, kind, entry.table, entry.name))


def _has_room(shape: Shape, entry: Kept, home: Kept | None) -> bool:
    """Whether the table is here or comes, by `home`, and has no column of that name; its own come with it."""
    if entry.parked_as == entry.name:
        return home is not None and home.addon == entry.addon
    there = shape.columns(home.parked_as if home else entry.table)
    return bool(there) and entry.name not in there


def _names(table: sa.Table) -> set[str]:
    """The names of the columns in the database: of a translated field it is not that of the attribute."""
    return {column.name for column in table.columns}


def adopt(connection: sa.Connection, entries: Sequence[Kept]) -> None:
    """Gives what was parked its names again. Links get their constraints by `link` once upgrade scripts have run."""
    shape = Shape(connection)
    names = {entry.table for entry in entries} | {
        entry.parked_as for entry in entries if entry.kind == "table"
    }
    _lock(connection, shape, names.intersection(sa.inspect(connection).get_table_names()))
    for entry in entries:
        if entry.kind == "table":
            shape.rename_table(entry.parked_as, entry.table)
    for entry in entries:
        if entry.kind == "column" and entry.parked_as != entry.name:
            shape.rename_column(entry.table, entry.parked_as, entry.name)
    forget(connection, entries)
    ledger.add(connection, [entry.step for entry in entries])


def put_back(connection: sa.Connection, registry: Registry, entries: Sequence[Kept]) -> None:
    """Parks again what came back and is in no model: it stood beside another addon, which is not here."""
    shape, known = Shape(connection), registry.metadata.tables
    here = {table: shape.columns(table) for table in {entry.table for entry in entries}}
    park(
        connection,
        [
            entry.step
            for entry in entries
            if (here[entry.table] if entry.kind == "table" else entry.name in here[entry.table])
            and (
                entry.table not in known
                or (entry.kind == "column" and entry.name not in _names(known[entry.table]))
            )
        ],
    )


def forget(connection: sa.Connection, entries: Iterable[Kept]) -> None:
    """Takes entries off the list of what is kept."""
    for entry in entries:
        columns = (parked.c.addon, parked.c.kind, parked.c.table_name, parked.c.name)
        connection.execute(
            parked.delete().where(
                *(column == value for column, value in zip(columns, entry[:4], strict=True))
            )
        )


def link(connection: sa.Connection, registry: Registry, entries: Sequence[Kept]) -> list[Lost]:
    """Gives links that came back their constraints; what their targets are no more is told, and they are emptied.

    Raises UserError where a record that came back cannot be without one that is gone.
    """
    shape, lost, addons = Shape(connection), list[Lost](), owners(entries)
    ways = {
        table: missing
        for table in registry.metadata.tables.values()
        if (missing := _unlinked(shape, table, addons))
    }
    found = True
    while found:  # what goes may be what another one led to
        found = False
        for table, missing in ways.items():
            for column, target in missing.items():
                if keys := list(dangling(connection, table.name, column.name, target)):
                    found = True
                    lost.append(_let_go(connection, registry, table, column, keys))
    for table, missing in ways.items():
        shape.add_links(table, {column.name for column in missing})
    return lost


def owners(entries: Iterable[Kept]) -> set[str]:
    """Whose entries they are."""
    return {entry.addon for entry in entries}


def _unlinked(shape: Shape, table: sa.Table, addons: Collection[str]) -> dict[sa.Column[object], str]:
    """The columns of a table that are to lead to another one and have no constraint; and where to."""
    keys = [key for column in table.columns for key in column.foreign_keys if is_of(key, addons)]
    linked = shape.links(table.name) if keys else {}
    return {key.parent: key.column.table.name for key in keys if key.parent.name not in linked}


def _let_go(
    connection: sa.Connection,
    registry: Registry,
    table: sa.Table,
    column: sa.Column[object],
    keys: Sequence[int],
) -> Lost:
    if column.nullable:
        for part in parts(keys):
            connection.execute(table.update().where(column.in_(part)).values({column: None}))
        return Lost(table.name, column.name, keys)
    if table not in registry.between and _ondelete(registry, table, column) != "cascade":
        raise UserError(
            _(
                "Records of %(table)s cannot come back: they must have %(column)s, and %(keys)s are deleted. "
                "Undo that deletion, or purge what is kept.",
                table=table.name,
                column=column.name,
                keys=", ".join(map(str, keys[:NAMED])),
            )
        )
    for part in parts(keys):
        connection.execute(table.delete().where(column.in_(part)))
    return Lost(table.name, column.name, keys, gone=True)


def _ondelete(registry: Registry, table: sa.Table, column: sa.Column[object]) -> str:
    [info] = [info for info in registry if info.table is table]
    links = (item for item in info.fields.values() if isinstance(item, Many2one))
    return next(item.ondelete for item in links if item.key == column.name)
