"""The ledger: which addon owns which table, column and index, written in the transaction that makes them.

The owners of data rows are in `data_row`, beside what was shipped.
"""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from core.schema import tables
from core.schema.plan import Plan, Step


def record(connection: sa.Connection, plan: Plan) -> None:
    """Writes down everything that a plan made."""
    rows = [_row(step) for step in plan.steps()]
    if rows:
        connection.execute(tables.ledger.insert(), rows)


def owned(connection: sa.Connection, addon: str) -> list[Step]:
    """What an addon brought, by table and name."""
    found = tables.ledger.c
    statement = sa.select(found.kind, found.table_name, found.name, found.addon).where(found.addon == addon)
    return [
        Step(*row) for row in connection.execute(statement.order_by(found.table_name, found.kind, found.name))
    ]


def _row(step: Step) -> dict[str, str]:
    row = asdict(step)
    return {"table_name": row.pop("table"), **row}
