"""What the door costs: a list of 80 under a rule, against the same statement with the condition written by hand.

    python -m benchmarks.door [database URL]

Prints a JSON line for rows and one for records: the median of each in milliseconds of this process's own time, as
other programs may run beside it. The time of a database server is not in it: it is the same.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from addons.crm import Lead
from addons.crm.hooks import models as crm_models
from core import CurrentUser, Env, Model
from core.access.rights import Policy
from core.base.hooks import models, rules
from core.orm.database import Database
from core.orm.env import open_env
from core.orm.registry import Registry
from core.schema.tables import metadata
from core.sql import unindexed

SHOWN = 80
ROWS = 4_000
ROUNDS = 400
SELLER = CurrentUser(7, "seller", roles=frozenset({"crm.manager", "crm.user", "base.user"}), companies=(1, 2))
"""Sees all leads of two companies."""


def main() -> None:
    """Measures on the database of the address given, which must be empty, else on SQLite in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'door.db'}"
        with closing(Database(url)) as database:
            registry = filled(database)
            cls: Any = registry[Lead]
            columns = [
                cls.id,
                cls.title,
                cls.company_name,
                cls.state,
                cls.revenue,
                cls.owner_id,
                cls.created_at,
            ]
            for name, asked in {"rows": columns, "records": [cls]}.items():
                hand, door = measured(registry, database, partial(page, cls, asked))
                print(json.dumps({"measure": name, "hand_ms": hand, "door_ms": door}))


def filled(database: Database) -> Registry:
    """The registry of base and crm, and leads in the database."""
    published: dict[str, Sequence[type[Model]]] = {"base": models(), "crm": crm_models()}
    registry = Registry(published, {"crm": frozenset({"base"})})
    registry.policy = Policy(registry, rules())
    with database.writing.begin() as connection:
        metadata.create_all(connection)
        registry.metadata.create_all(connection)
    with open_env(registry, database) as env:
        env.create(Lead, [{"title": f"Lead {number}", "company_name": "PT Contoh"} for number in range(ROWS)])
    return registry


def page(cls: Any, asked: Any) -> sa.Select[Any]:
    """A page of the list."""
    return (
        sa.select(*asked).where(cls.archived.is_(False)).order_by(cls.created_at.desc(), cls.id).limit(SHOWN)
    )


def by_hand(cls: Any, env: Env) -> sa.ColumnElement[bool]:
    """The rule of companies."""
    company = unindexed(env, cls.company_id)
    return sa.or_(company.is_(None), company.in_(SELLER.companies))


def measured(
    registry: Registry, database: Database, make: Callable[[], sa.Select[Any]]
) -> tuple[float, float]:
    """The time of a statement by hand and through the door, in turns so that both meet the same weather."""
    cls: Any = registry[Lead]
    with open_env(registry, database, SELLER, readonly=True) as env, orm.Session(database.reading) as plain:
        ways: list[tuple[Any, Callable[[], Any]]] = [
            (plain, lambda: make().where(by_hand(cls, env))),
            (env.session, make),
        ]
        times: list[list[float]] = [[], []]
        gc.disable()
        for _round in range(ROUNDS):
            for (session, statement), taken in zip(ways, times, strict=True):
                session.expunge_all()
                begun = time.thread_time()
                assert len(session.execute(statement()).all()) == SHOWN
                taken.append((time.thread_time() - begun) * 1000)
        gc.enable()
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    main()
