"""The search over everything, among contacts and leads of a large company, by a seller who sees those of their team.

    python -m benchmarks.everywhere URL [records]

fills the empty database at URL and prints a JSON line for each search: the median of wall time in milliseconds, with
the database's.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

from core.assembly import assemble
from core.loader import discover
from core.orm.database import Database
from core.orm.env import CurrentUser, Env, open_env
from core.schema.install import install
from core.texts.index import rebuild
from core.web.finding.records import find
from core.web.site import Site, build_site

Moments = Callable[[int], dt.datetime]
"""The moment of the row of a number."""
RECORDS = 150_000
ROUNDS = 15
SHOWN = 8
TEAMS = 10
SELLER = CurrentUser(1, "Seller", roles=frozenset({"crm.user", "base.user"}), teams=(1,), companies=(1,))
FIRST = (
    "Budi",
    "Siti",
    "Agus",
    "Dewi",
    "Rizky",
    "Putri",
    "Hendra",
    "Maya",
    "Joko",
    "Ratna",
    "Yusuf",
    "Intan",
)
LAST = (
    "Santoso",
    "Wijaya",
    "Lestari",
    "Pratama",
    "Saputra",
    "Halim",
    "Kusuma",
    "Siregar",
    "Nugroho",
    "Tanjung",
)
WANTED = ("Rumah tipe", "Ruko", "Gudang", "Kavling", "Apartemen", "Lahan sekolah")
SEARCHES = {
    "a rare word": "langka77",
    "a name": "hendra 4242",
    "a common word": "budi",
    "two common words": "rumah santoso",
    "two letters beside a name": "pt wijaya",
    "a phone number": "0812-0000-0042",
    "nothing": "zqzqzq",
}
SYMBOLS = {"crm.lead": "lead", "base.partner": "user"}


def main() -> None:
    """Fills, measures, prints."""
    url, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else RECORDS
    catalogue = discover([])
    with closing(Database(url)) as database:
        install(database, catalogue, ["crm"])
        site = build_site(assemble(catalogue, ["base", "crm"]), "a secret of a measurement only")
        with open_env(site.assembly.registry, database) as env:
            fill(env, count)
        settle(database)
        with open_env(site.assembly.registry, database, SELLER, readonly=True) as env:
            for name, text in SEARCHES.items():
                print(json.dumps({"measure": name, "ms": measured(site, env, text)}), flush=True)


def measured(site: Site, env: Env, text: str) -> float:
    """The median of some searches, after one that fills the caches."""
    times = []
    for _round in range(ROUNDS + 1):
        env.session.expunge_all()
        begun = time.perf_counter()
        find(site, env, text, SYMBOLS, SHOWN)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times[1:])


# ----------------------------------------------------------------- the records
def fill(env: Env, count: int) -> None:
    """A third contacts, two thirds leads of several teams, written past the flush, and their texts."""
    contacts = count // 3
    rupiah = env.get(env["base.currency"], 1)
    env.create(env["base.company"], [{"name": "PT Contoh", "currency": rupiah}])
    env.create(env["base.team"], [{"name": f"Tim {number}"} for number in range(TEAMS)])
    env.flush()
    write(env, "base.partner", (contact(number) for number in range(contacts)))
    write(env, "crm.lead", (lead(number, contacts) for number in range(count - contacts)))


def contact(number: int) -> dict[str, Any]:
    """The contact of a number."""
    name = f"{FIRST[number % 12]} {LAST[number // 12 % 10]} {number}"
    return {
        "name": name,
        "kind": "person",
        "mobile": f"+62812{number:08}",
        "email": f"{number}@contoh.example",
    }


def lead(number: int, contacts: int) -> dict[str, Any]:
    """The lead of a number."""
    title = f"{WANTED[number % 6]} {number}{' langka77' if number == 4_711 else ''}"
    return {
        "title": title,
        "kind": "person",
        "state": "new",
        "company_name": f"PT {LAST[number % 10]} Jaya" if number % 5 == 0 else None,
        "contact_name": f"{FIRST[number // 7 % 12]} {LAST[number // 3 % 10]}",
        "partner_id": number % contacts + 1,
        "team_id": number % TEAMS + 1,
        "company_id": 1,
    }


def write(env: Env, model: str, rows: Iterable[dict[str, Any]], at: Moments | None = None) -> None:
    """Rows into the table of a model, each of its moment or all of now, and the texts for the search."""
    info, now = env.registry.info(model), env.now()
    table = []
    for number, row in enumerate(rows):
        moment = now if at is None else at(number)
        table.append({"created_at": moment, "updated_at": moment, "version": 1, "archived": False, **row})
    env.session.core_connection().execute(info.table.insert(), table)
    rebuild(env, info)


def settle(database: Database) -> None:
    """What the databases do by themselves in time: statistics, and PostgreSQL's list of what is new in the index."""
    with database.writing.connect() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        raw.exec_driver_sql("ANALYZE" if connection.dialect.name == "sqlite" else "VACUUM ANALYZE")


if __name__ == "__main__":
    main()
