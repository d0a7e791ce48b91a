"""Rows c, d and e on Lumbung: the floor's measures under the floor's names, on the addon `bench`.

    python -m benchmarks.records URL [user]

makes the empty database at URL and prints the floor's JSON lines. With `user` all of it is done as somebody
with the rights of a role, whose every statement passes the rules; else as the system, as in a command.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from benchmarks.sizes import ADDONS, floor_folder
from core import Env
from core.assembly import assemble
from core.loader import discover
from core.orm.database import Database
from core.orm.env import SYSTEM, CurrentUser, open_env
from core.schema.install import install
from core.texts.index import matching

Measured = tuple[float, int]
ADDON, MODEL = "bench", "bench.partner"
CLERK = CurrentUser(id=1, name="Clerk", roles=frozenset({"base.user"}))


def common() -> ModuleType:
    """What all peers share: the data, the clock, the output."""
    folder = str(floor_folder())
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module("common")


class Records:
    """The measures, over one database; each does its work once and gives (seconds, number of things)."""

    def __init__(self, database: Database, user: CurrentUser) -> None:
        self.common = common()
        self.database, self.user = database, user
        catalogue = discover([str(ADDONS)])
        install(database, catalogue, [ADDON])
        self.registry = assemble(catalogue, [ADDON]).registry
        self.made, self.turns = 0, 0

    def measures(self) -> dict[str, Callable[[], Measured]]:
        """By name, in the order of the floor; `create_bulk` apart, as it fills the table."""
        return {
            "read": self.read,
            "search": lambda: self.search(self.common.PATTERN),
            "search_rare": lambda: self.search(self.common.RARE),
            "count": self.count,
            "write_many": self.write_many,
            "write_ones": self.write_ones,
            "create_ones": self.create_ones,
        }

    def env(self, *, readonly: bool = False) -> AbstractContextManager[Env]:
        return open_env(self.registry, self.database, self.user, readonly=readonly)

    def _rows(self, count: int) -> list[dict[str, Any]]:
        self.made += count
        rows: list[dict[str, Any]] = self.common.partners(self.made - count, count)
        return rows

    def _clock(self, work: Callable[[], Any], things: int) -> Measured:
        return self.common.clock(work)[0], things

    # ------------------------------------------------------------- c
    def create_bulk(self) -> Measured:
        rows = self._rows(self.common.BULK)

        def work() -> None:
            with self.env() as env:
                env.create(env[MODEL], rows)

        return self._clock(work, len(rows))

    def create_ones(self) -> Measured:
        rows = self._rows(self.common.ONES)

        def work() -> None:
            with self.env() as env:
                for row in rows:
                    env.create(env[MODEL], [row])
                    env.flush()

        return self._clock(work, len(rows))

    # ------------------------------------------------------------- d
    def read(self) -> Measured:
        def work() -> list[Any]:
            with self.env(readonly=True) as env:
                return _values(env, sa.select(env[MODEL]).where(env[MODEL].id.between(1, self.common.BULK)))

        seconds, found = self.common.clock(work)
        assert len(found) == self.common.BULK
        return seconds, len(found)

    def search(self, pattern: str) -> Measured:
        def work() -> list[Any]:
            with self.env(readonly=True) as env:
                partner = env[MODEL]
                found = sa.select(partner).where(matching(env, partner, pattern))
                return _values(env, found.order_by(partner.name).limit(80))

        return self._clock(work, 80)

    def count(self) -> Measured:
        def work() -> Any:
            with self.env(readonly=True) as env:
                partner = env[MODEL]
                found = matching(env, partner, self.common.PATTERN)
                return env.scalar(sa.select(sa.func.count()).select_from(partner).where(found))

        return self._clock(work, 1)

    # ------------------------------------------------------------- e
    def write_many(self) -> Measured:
        self.turns += 1

        def work() -> None:
            with self.env() as env:
                partner = env[MODEL]
                change = sa.update(partner).where(partner.id.between(1, self.common.ONES))
                env.execute(change.values(city=f"Town {self.turns}"))

        return self._clock(work, self.common.ONES)

    def write_ones(self) -> Measured:
        self.turns += 1

        def work() -> None:
            with self.env() as env:
                partner = env[MODEL]
                for record in env.scalars(sa.select(partner).where(partner.id.between(1, self.common.ONES))):
                    record.city = f"City {self.turns}"
                    env.flush()

        return self._clock(work, self.common.ONES)


def _values(env: Env, statement: sa.Select[Any]) -> list[Any]:
    return [(p.id, p.name, p.email, p.phone, p.city) for p in env.scalars(statement)]


def main(url: str, *, as_user: bool = False) -> None:
    """Fills the table in bulks, then measures the rest."""
    database = Database(url)
    records = Records(database, CLERK if as_user else SYSTEM)
    shared, label = records.common, f"lumbung-{database.url.get_backend_name()}"
    shared.run(label, {"create_bulk": records.create_bulk}, reps=shared.BASE // shared.BULK)
    if not database.is_sqlite:
        with database.writing.begin() as connection:
            connection.execute(sa.text("ANALYZE"))
    shared.run(label, records.measures())
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], as_user=sys.argv[2:] == ["user"])
