"""A board of five columns over many deals, for a sales manager; the page is loaded by `benchmarks.rows`.

    python -m benchmarks.board URL [deals]

fills the empty database at URL and prints how many statements a page takes.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from contextlib import closing
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from benchmarks.everywhere import contact, settle, write
from benchmarks.pages import EMAIL
from core.assembly import assemble
from core.loader import discover
from core.orm.database import Database
from core.orm.env import Env, open_env
from core.schema.install import install

DEALS, PARTNERS, OWNERS = 50_000, 5_000, 8
PAGE = "/app/crm.deal?view=kanban"


def main() -> None:
    """Fills."""
    url, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else DEALS
    catalogue = discover([])
    with closing(Database(url)) as database:
        install(database, catalogue, ["crm"])
        assembly = assemble(catalogue, ["base", "crm"])
        with open_env(assembly.registry, database) as env:
            fill(env, count)
        settle(database)
        assembly.dispose()
    print(json.dumps({"measure": "deals", "count": count}), flush=True)


def fill(env: Env, count: int) -> None:
    """Deals of the last year, spread over five stages of one pipeline and some owners."""
    rupiah = env.get(env["base.currency"], 1)
    [company] = env.create(env["base.company"], [{"name": "PT Contoh", "currency": rupiah}])
    roles = list(env.scalars(sa.select(env["base.role"]).where(env["base.role"].name == "crm.manager")))
    people = [{"name": f"Penjual {number}", "email": f"{number}@bench.example"} for number in range(OWNERS)]
    people.append({"name": "Clerk", "email": EMAIL})
    users = env.create(
        env["base.user"],
        [{**row, "roles": roles, "company": company, "companies": [company]} for row in people],
    )
    stage = env["crm.stage"]
    stages = env.scalars(sa.select(stage).order_by(stage.position)).all()
    stages[-1].archived = True  # the shipped pipeline has six
    env.flush()
    write(env, "base.partner", (contact(number) for number in range(PARTNERS)))
    keys = [(one.id, one.pipeline_id, one.kind) for one in stages[:-1]]
    owners, now = [user.id for user in users], env.now()
    write(env, "crm.deal", (deal(number, keys, owners, now) for number in range(count)))


def deal(number: int, stages: Any, owners: Any, now: dt.datetime) -> dict[str, Any]:
    """The deal of a number."""
    stage, pipeline, kind = stages[number % len(stages)]
    amount = Decimal(400_000_000 + number % 997 * 1_000_000)
    return {
        "title": f"Rumah tipe {36 + number % 5 * 12} blok {number}",
        "partner_id": number % PARTNERS + 1,
        "pipeline_id": pipeline,
        "stage_id": stage,
        "state": kind,
        "amount": amount,
        "probability": Decimal(40),
        "expected": amount * Decimal("0.4"),
        "owner_id": owners[number % OWNERS],
        "company_id": 1,
        "stage_since": now,
    }


if __name__ == "__main__":
    main()
