"""A database with the toy shop in it, and people who may buy."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import sqlalchemy as sa

from core.access import sessions
from core.assembly import assemble
from core.loader import Catalogue, discover
from core.orm.database import Database
from core.orm.env import open_env
from core.schema.install import install
from tests.faults.books import STOCK
from tests.faults.server import ADDONS

ADDON, BUGS = "toyshop", "toyshop_bugs"
PRODUCTS, CUSTOMERS = 5, 3
"""Few, so that orders meet."""


@dataclass(frozen=True)
class Shop:
    """A filled database, by its address."""

    url: str
    products: tuple[int, ...]
    customers: tuple[int, ...]
    user: int

    def tokens(self, count: int) -> list[str]:
        """So many sessions of the one who buys."""
        with closing(Database(self.url)) as database, database.writing.begin() as connection:
            return [sessions.begin(connection, self.user, "tests", remember=False) for _each in range(count)]


def addons() -> Catalogue:
    """The addons of these tests alone."""
    return discover([str(ADDONS)], entry_points=[])


def fill(url: str, content: str) -> None:
    """Installs the shop with its faults at hand, and what it sells."""
    catalogue = addons()
    with closing(Database(url)) as database:
        install(database, catalogue, [ADDON, BUGS])
        assembly = assemble(catalogue, [ADDON, BUGS])
        try:
            with open_env(assembly.registry, database) as env:
                goods = [{"name": f"Beras {number}", "stock": STOCK} for number in range(PRODUCTS)]
                env.create(env["toyshop.product"], goods)
                env.create(
                    env["toyshop.customer"], [{"name": f"Bu Sri {number}"} for number in range(CUSTOMERS)]
                )
                role = env.scalars(sa.select(env["base.role"]).filter_by(name="base.user")).one()
                buyer = {"name": "Dewi", "email": "dewi@contoh.example", "roles": [role]}
                env.create(env["base.user"], [buyer])
        finally:
            assembly.dispose()


def opened(url: str) -> Shop:
    """The shop in a filled database."""
    with closing(Database(url)) as database, database.reading.connect() as connection:
        keys = [
            tuple(connection.scalars(sa.text(f"SELECT id FROM {table} ORDER BY id")))
            for table in ("toyshop_product", "toyshop_customer", "base_user")
        ]
    return Shop(url, keys[0], keys[1], keys[2][-1])
