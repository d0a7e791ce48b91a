"""Row h as the peers are measured: ten more addons on one model; and what it costs to install one with three models.

    python -m benchmarks.extending PLAIN EXTENDED COUNT ROUNDS

makes the empty databases at both addresses and prints JSON lines: the same partners are made in bulk in turns without
and with ten addons, each of which adds a field and overrides what is done before a record is made; then an addon is
installed. The addons are written into a folder of the run, as an integrator writes them.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.records import ADDON, MODEL, common
from benchmarks.sizes import ADDONS
from core.assembly import assemble
from core.loader import discover
from core.orm.database import Database
from core.orm.env import SYSTEM, open_env
from core.orm.registry import Registry
from core.schema.install import install

TEN = [f"more{number}" for number in range(10)]
EXTENSION = """\
from core import Addon, Char, hookimpl
from bench import Partner as BenchPartner

addon = Addon("{name}", version="1.0", depends=("bench",), label="{name}")


class Partner(BenchPartner):
    {name} = Char(label="{name}")

    @classmethod
    def before_create(cls, records):
        for record in records:
            record.{name} = record.{name} or "x"
        super().before_create(records)


@hookimpl
def models():
    return [Partner]
"""
THREE = "three"
MODELS = """\
from core import Addon, Char, Date, Many2one, Menu, Model, Money, hookimpl
from core.base import Partner

addon = Addon("three", version="1.0", label="Three")


class House(Model, name="three.house", label="House", access={"base.user": "rwcd"}):
    name = Char(required=True, index=True, search=True, label="Name")
    owner = Many2one(Partner, label="Owner")


class Room(Model, name="three.room", label="Room", access={"base.user": "rwcd"}):
    name = Char(required=True, label="Name")
    house = Many2one(House, required=True, label="House")
    price = Money(label="Price")


class Stay(Model, name="three.stay", label="Stay", access={"base.user": "rwcd"}):
    name = Char(required=True, label="Name")
    room = Many2one(Room, required=True, label="Room")
    guest = Many2one(Partner, label="Guest")
    begins = Date(label="Begins")


@hookimpl
def models():
    return [House, Room, Stay]


@hookimpl
def menus():
    return [Menu("three.stays", "Stays", Stay, group="Stays")]
"""


def write(folder: Path) -> None:
    """The eleven addons."""
    for name in TEN:
        (folder / f"{name}.py").write_text(EXTENSION.format(name=name), encoding="utf-8")
    (folder / f"{THREE}.py").write_text(MODELS, encoding="utf-8")


def main(plain: str, extended: str, count: int, rounds: int) -> None:
    """Measures, and prints."""
    with tempfile.TemporaryDirectory() as place:
        write(Path(place))
        catalogue = discover([str(ADDONS), place])
        databases = [Database(plain), Database(extended)]
        makers = []
        for database, names in zip(databases, ([ADDON], [ADDON, *TEN]), strict=True):
            install(database, catalogue, names)
            makers.append(_maker(assemble(catalogue, names).registry, database))
        for number in range(rounds + 1):
            rows = common().partners(number * count, count)
            turn = makers if number % 2 == 0 else makers[::-1]
            found = {makers.index(make): make(rows) for make in turn}
            if number:  # the first one warms both
                print(json.dumps({"measure": "bulk", "plain_s": found[0], "extended_s": found[1]}))
        start = time.perf_counter()
        install(databases[0], catalogue, [THREE])
        print(json.dumps({"measure": "install", "seconds": time.perf_counter() - start}))
        for database in databases:
            database.close()


def _maker(registry: Registry, database: Database) -> Callable[[list[dict[str, Any]]], float]:
    def make(rows: list[dict[str, Any]]) -> float:
        start = time.perf_counter()
        with open_env(registry, database, SYSTEM) as env:
            env.create(env[MODEL], rows)
        return time.perf_counter() - start

    return make


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:5]))  # type: ignore[arg-type]
