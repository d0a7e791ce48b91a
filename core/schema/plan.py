"""The plan: what the tables of a database lack of what the models say.

Only what adds is planned: tables, columns and indexes. Everything else (a column gone, another type) is
refused with its reason, as only a script written for it can know what becomes of the data.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import LoadError
from core.i18n.lazy import LazyText, _
from core.orm.types import Exact
from core.schema import tables

if TYPE_CHECKING:
    from core.orm.registry import Registry

PARKED = "parked__"
"""Begins the names of what is kept of addons that are not installed any more: no name of a model or field does."""
UPGRADE = _("This needs an upgrade script in the folder “upgrades” of the addon.")


@dataclass(frozen=True)
class Step:
    """One thing to be made: `kind` is table, column or index; `addon` will own it.

    `places` is how many places the exact numbers of a column have; empty where it has none, None where nobody knows.
    """

    kind: str
    table: str
    name: str
    addon: str
    places: str | None = None


@dataclass(frozen=True)
class Refusal:
    """A difference that is not made good by itself, and why."""

    addon: str
    table: str
    reason: LazyText
    remedy: LazyText = UPGRADE


@dataclass
class Plan:
    """What is to be made, in this order. `fresh` says that the database has no table at all.

    `filled` are columns that must have a value and will have one in every row once the upgrade scripts have run.
    """

    fresh: bool = False
    tables: list[sa.Table] = field(default_factory=list)
    columns: list[sa.Column[Any]] = field(default_factory=list)
    filled: list[sa.Column[Any]] = field(default_factory=list)
    indexes: list[sa.Index] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def steps(self) -> Iterator[Step]:
        """Every table, column and index to come, those of new tables included."""
        for table in self.tables:
            yield Step("table", table.name, table.name, bringer(table))
            for column in table.columns:
                yield Step("column", table.name, column.name, bringer(column), places(column))
            for index in _sorted(table.indexes):
                yield Step("index", table.name, str(index.name), bringer(index))
        for column in self.columns:
            yield Step("column", column.table.name, column.name, bringer(column), places(column))
        for index in self.indexes:
            yield Step("index", _table_of(index).name, str(index.name), bringer(index))


def plan(
    connection: sa.Connection,
    registry: Registry,
    scripted: Collection[str] = (),
    returning: Collection[str] = (),
) -> Plan:
    """What `connection`'s database lacks. Raises LoadError where a model takes a table of the core.

    The addons `scripted` have upgrade scripts to run, which fill what must have a value; those `returning` have links
    that get their constraints afterwards (core.schema.parking).
    """
    _check_names(registry)
    wanted = [tables.metadata, registry.metadata]
    if is_empty(connection):
        return Plan(fresh=True, tables=[table for part in wanted for table in _ordered(part.tables.values())])
    return _compare(connection, wanted, scripted, returning)


def is_empty(connection: sa.Connection) -> bool:
    """Whether the database has no table."""
    return not sa.inspect(connection).get_table_names()


def owner(item: sa.Table | sa.Column[Any] | sa.Index) -> str:
    """The addon that an item belongs to: its own, else that of its table."""
    if "addon" in item.info or isinstance(item, sa.Table):
        return str(item.info["addon"])
    return owner(_table_of(item))


def bringer(item: sa.Table | sa.Column[Any] | sa.Index) -> str:
    """The addon whose it stays where another one declares the field anew: that which has it first."""
    if "addon" in item.info or isinstance(item, sa.Table):
        return str(item.info.get("brought") or item.info["addon"])
    return bringer(_table_of(item))


def bringer_of(registry: Registry, kind: str, table: str, name: str) -> str:
    """The addon that brings a table or column by the models; nothing where they do not have it."""
    found = registry.metadata.tables.get(table)
    if found is None or kind == "table":
        return "" if found is None else bringer(found)
    return next((bringer(column) for column in found.columns if column.name == name), "")


def places(column: sa.Column[Any]) -> str:
    """How many places the exact numbers of a column have; nothing where it holds none."""
    return str(column.type.scale) if isinstance(column.type, Exact) else ""


def _table_of(item: sa.Column[Any] | sa.Index) -> sa.Table:
    assert isinstance(item.table, sa.Table)
    return item.table


def _ordered(found: Iterable[sa.Table]) -> list[sa.Table]:
    """Tables before those that refer to them; in a circle, by name."""
    pairs = sa.schema.sort_tables_and_constraints(found)  # type: ignore[no-untyped-call]
    return [table for table, _keys in pairs if table is not None]


def _sorted(indexes: Iterable[sa.Index]) -> list[sa.Index]:
    return sorted(indexes, key=lambda index: str(index.name))


def _check_names(registry: Registry) -> None:
    for info in registry:
        if info.table.name in tables.metadata.tables:
            raise LoadError(
                _(
                    "Model %(model)s would lie in the table %(table)s, which the core uses itself.",
                    model=info.name,
                    table=info.table.name,
                ),
                _("Choose another name for the model."),
                addon=info.addon,
                origin=info.fragments[0].__lumbung__.origin,
            )


def _compare(
    connection: sa.Connection,
    wanted: Sequence[sa.MetaData],
    scripted: Collection[str],
    returning: Collection[str],
) -> Plan:
    """The differences that alembic sees. It is imported here only: it takes its time."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    known = {name for part in wanted for name in part.tables}

    def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
        return name in known if kind == "table" else not str(name).startswith(PARKED)

    context = MigrationContext.configure(connection, opts={"include_name": is_ours})
    with warnings.catch_warnings():  # alembic sorts the tables and does not mind models that link in a circle
        warnings.filterwarnings("ignore", "Cannot correctly sort tables", sa.exc.SAWarning)
        differences = compare_metadata(context, wanted)  # type: ignore[arg-type]
    found = Plan(refused=list(_scaled_otherwise(connection, wanted)))
    brought = _brought(connection)
    for difference in differences:
        if not _is_linked_later(difference, wanted, returning):
            _take(difference, found, wanted, scripted, brought)
    found.tables = _ordered(found.tables)
    found.indexes = [index for index in _sorted(found.indexes) if index.table not in found.tables]
    return found


def _brought(connection: sa.Connection) -> dict[tuple[str, str], str]:
    """By table and name, the addon that brought a column or an index."""
    found = tables.ledger.c
    rows = connection.execute(sa.select(found.table_name, found.name, found.addon))
    return {(row.table_name, row.name): row.addon for row in rows}


def _scaled_otherwise(connection: sa.Connection, wanted: Sequence[sa.MetaData]) -> Iterator[Refusal]:
    """Columns whose whole numbers SQLite would read by other powers of ten than they were written by."""
    ledger = tables.ledger
    if connection.dialect.name != "sqlite" or not tables.has_places(connection, ledger):
        return
    written = connection.execute(
        sa.select(ledger.c.table_name, ledger.c.name, ledger.c.places).where(ledger.c.places.is_not(None))
    )
    before = {(row.table_name, row.name): row.places for row in written}
    for column in (column for part in wanted for table in part.tables.values() for column in table.columns):
        old = before.get((column.table.name, column.name))
        if old is not None and old != places(column):
            change = (_numbers(old), _numbers(places(column)))
            yield _changed(change, column)


def _numbers(count: str) -> LazyText:
    return _("exact numbers of %(count)s places", count=count) if count else _("other values")


def _is_linked_later(difference: Any, wanted: Sequence[sa.MetaData], returning: Collection[str]) -> bool:
    """Whether it is a constraint that a link lacks which is of an addon that comes back, or leads to one."""
    if isinstance(difference, list) or difference[0] != "add_fk":
        return False
    table = _find(wanted, difference[1].table.name)
    keys = [
        key for column in difference[1].columns for key in _named(table.columns, column.name).foreign_keys
    ]
    return any(is_of(key, returning) for key in keys)


def is_of(key: sa.ForeignKey, addons: Collection[str]) -> bool:
    """Whether a link is of one of the addons, or leads to a table of one."""
    return bool({owner(key.parent), bringer(key.parent), owner(key.column.table)}.intersection(addons))


def _take(
    difference: Any,
    found: Plan,
    wanted: Sequence[sa.MetaData],
    scripted: Collection[str],
    brought: Mapping[tuple[str, str], str],
) -> None:
    """Puts one difference where it belongs, by the models' own tables: alembic hands out copies of them."""
    if isinstance(difference, list):  # the changes of one column
        for change in difference:
            column = _named(_find(wanted, change[2]).columns, change[3])
            if change[0] == "modify_nullable" and not column.nullable and owner(column) in scripted:
                found.filled.append(column)
            else:
                found.refused.append(_changed(change, column))
        return
    kind, item = difference[0], difference[-1]
    if kind == "add_table":
        found.tables.append(_find(wanted, item.name))
        return
    table = _find(wanted, difference[2] if kind.endswith("_column") else item.table.name)
    if kind == "add_column":
        _take_column(_named(table.columns, item.name), found, scripted)
    elif kind == "add_index":
        found.indexes.append(_named(table.indexes, item.name))
    elif kind != "add_fk" or not {column.name for column in item.columns} <= _coming(table, found):
        places = [(table.name, name) for name in (str(item.name), *_columns(item))]
        by = next((brought[place] for place in places if place in brought), None)
        found.refused.append(_other(kind, table, item, by))


def _find(wanted: Sequence[sa.MetaData], name: str) -> sa.Table:
    return next(part.tables[name] for part in wanted if name in part.tables)


def _named(items: Iterable[Any], name: str) -> Any:
    return next(item for item in items if item.name == name)


def _coming(table: sa.Table, found: Plan) -> set[str]:
    return {column.name for column in found.columns if column.table is table}


def _take_column(column: sa.Column[Any], found: Plan, scripted: Collection[str]) -> None:
    if column.nullable or column.server_default is not None:
        found.columns.append(column)
        return
    if owner(column) in scripted:
        found.columns.append(column)
        found.filled.append(column)
        return
    found.refused.append(
        Refusal(
            owner(column),
            column.table.name,
            _(
                "Column %(table)s.%(column)s must have a value, and the rows of before have none.",
                table=column.table.name,
                column=column.name,
            ),
            _("Give the field a constant default=, or fill it in an upgrade script."),
        )
    )


def _changed(change: Any, column: sa.Column[Any]) -> Refusal:
    names = {"table": column.table.name, "column": column.name}
    if change[0] == "modify_nullable":
        reason = _("Column %(table)s.%(column)s changes whether it may be empty.", **names)
    else:
        old, new = (str(value) for value in change[-2:])
        reason = _("Column %(table)s.%(column)s changes from %(old)s to %(new)s.", old=old, new=new, **names)
    return Refusal(owner(column), column.table.name, reason)


def _label(item: Any) -> str:
    """A column or an index by its name; a constraint by its columns, which mean more to a reader."""
    return ", ".join(_columns(item)) or str(item.name)


def _columns(item: Any) -> list[str]:
    """The columns that a constraint is over."""
    columns = item.columns if isinstance(item, sa.schema.ColumnCollectionConstraint) else ()
    return [column.name for column in columns]


def _other(kind: str, table: sa.Table, item: Any, addon: str | None) -> Refusal:
    """`addon` is who brought the item, where anybody did."""
    names = {"table": table.name, "name": _label(item)}
    if kind == "remove_column":
        reason = _("Column %(table)s.%(name)s is no longer in any model.", **names)
    elif kind == "remove_index":
        reason = _("Index %(name)s of %(table)s is no longer in any model.", **names)
    elif kind == "add_fk":
        reason = _("Table %(table)s is to link %(name)s to other records.", **names)
    else:
        reason = _("Table %(table)s differs in %(name)s (%(kind)s).", kind=kind, **names)
    return Refusal(addon or owner(table), table.name, reason)
