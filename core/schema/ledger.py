"""The ledger: which addon owns which table, column and index, written in the transaction that makes them.

The owners of data rows are in `data_row`, beside what was shipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.errors import SchemaBehind
from core.i18n.lazy import _
from core.schema import tables
from core.schema.plan import Plan, Step

if TYPE_CHECKING:
    from core.orm.registry import Registry


def record(connection: sa.Connection, plan: Plan) -> None:
    """Writes down everything that a plan made."""
    add(connection, list(plan.steps()))


def add(connection: sa.Connection, steps: Sequence[Step]) -> None:
    """Writes down what is there now. What somebody dropped by hand, and is made anew, stood there already."""
    if steps:
        forget(connection, steps)
        connection.execute(tables.ledger.insert(), [_row(step) for step in steps])


def settle(connection: sa.Connection, registry: Registry) -> None:
    """Writes down as owners those that the models name: a field may have gone from one addon to another."""
    found = tables.ledger.c
    owners = _owners(registry)
    rows = connection.execute(sa.select(found.id, found.kind, found.table_name, found.name, found.addon))
    moved = [
        {"row": row.id, "owner": owner}
        for row in rows
        if (owner := owners.get((row.kind, row.table_name, row.name), row.addon)) != row.addon
    ]
    if moved:
        statement = tables.ledger.update().where(found.id == sa.bindparam("row"))
        connection.execute(statement.values(addon=sa.bindparam("owner")), moved)


def _owners(registry: Registry) -> dict[tuple[str, str, str], str]:
    steps = Plan(tables=list(registry.metadata.tables.values())).steps()
    return {(step.kind, step.table, step.name): step.addon for step in steps}


def forget(connection: sa.Connection, steps: Sequence[Step]) -> None:
    """Takes what is there no more off the ledger, one thing at least."""
    found = tables.ledger.c
    statement = tables.ledger.delete().where(
        found.kind == sa.bindparam("of"),
        found.table_name == sa.bindparam("in_table"),
        found.name == sa.bindparam("called"),
    )
    values = [{"of": step.kind, "in_table": step.table, "called": step.name} for step in steps]
    connection.execute(statement, values)


def owned(connection: sa.Connection, addon: str = "") -> list[Step]:
    """What an addon brought, by default each of them, by table and name."""
    found = tables.ledger.c
    statement = sa.select(found.kind, found.table_name, found.name, found.addon, found.places)
    statement = statement.where(sa.true() if not addon else found.addon == addon, found.kind != "script")
    return [
        Step(*row) for row in connection.execute(statement.order_by(found.table_name, found.kind, found.name))
    ]


def check(connection: sa.Connection, registry: Registry) -> None:
    """Raises SchemaBehind where the code needs what nobody made. What was made is read in one statement: a plan, which
    looks at the tables themselves, takes a hundred times longer."""
    needed = [table for part in (tables.metadata, registry.metadata) for table in part.tables.values()]
    found = tables.ledger.c
    made = {tuple(row) for row in connection.execute(sa.select(found.kind, found.table_name, found.name))}
    missing = [step for step in Plan(tables=needed).steps() if (step.kind, step.table, step.name) not in made]
    if missing:
        raise SchemaBehind(
            _(
                "The database is older than the program: %(names)s is missing. "
                "Run “lumbung addons upgrade”, which keeps all data, then go on.",
                names=_names(missing),
            )
        )


def _names(missing: Sequence[Step]) -> str:
    first = missing[0]
    name = first.name if first.kind == "table" else f"{first.table}.{first.name}"
    return f"{name} (+{len(missing) - 1})" if len(missing) > 1 else name


def _row(step: Step) -> dict[str, str | None]:
    row = asdict(step)
    return {"table_name": row.pop("table"), **row}
