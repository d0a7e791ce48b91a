"""The page and the timeline of a contact of whom there is much to tell, as the page is asked for by a browser.

    python -m benchmarks.timeline URL [items]

fills the empty database at URL and prints a JSON line for each page: the median of wall time in milliseconds, with
the database's and that of the template.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import time
from contextlib import closing

from werkzeug.test import Client

from benchmarks.everywhere import settle, write
from core import Env
from core.access import sessions
from core.assembly import assemble
from core.loader import discover
from core.orm.database import Database
from core.orm.env import open_env
from core.schema.install import install
from core.web.dispatcher import Dispatcher
from core.web.requests import TOKEN_COOKIE

ITEMS, ROUNDS = 5_000, 25
PAGES = {"card": "/app/base.partner/1", "timeline": "/app/base.partner/1/timeline"}
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SECRET = "a secret of a measurement only"


def main() -> None:
    """Fills, measures, prints."""
    url, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ITEMS
    catalogue = discover([])
    with closing(Database(url)) as database:
        install(database, catalogue, ["crm"])
        registry = assemble(catalogue, ["base", "crm"]).registry
        with open_env(registry, database) as env:
            user = fill(env, count)
        settle(database)
        with database.writing.begin() as connection:
            token = sessions.begin(connection, user, "benchmark", remember=True)
    with closing(Dispatcher({"*": url}, SECRET, catalogue)) as dispatcher:
        client = Client(dispatcher)
        client.set_cookie(TOKEN_COOKIE, token)
        for name, path in PAGES.items():
            print(json.dumps({"measure": name, "ms": measured(client, path)}), flush=True)


def measured(client: Client, path: str) -> float:
    """The median of some answers, after one that fills the caches."""
    times = []
    for _round in range(ROUNDS + 1):
        begun = time.perf_counter()
        answer = client.get(path, buffered=True)
        times.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200 and "Catatan" in answer.text
    return statistics.median(times[1:])


def fill(env: Env, count: int) -> int:
    """A contact with notes, activities that were done, changes, leads and deals; the key of who reads it."""
    rupiah, roles = env.get(env["base.currency"], 1), env["base.role"]
    company = env.create(env["base.company"], [{"name": "PT Contoh", "currency": rupiah}])[0]
    seller = [role for role in env.read(roles, range(1, 20)) if role.name == "crm.manager"]
    row = {"name": "Ayu", "email": "ayu@contoh.example", "roles": seller, "company": company}
    user = env.create(env["base.user"], [row])[0]
    env.create(env["base.partner"], [{"name": "Dewi Anggraini"}])
    env.flush()
    place = {"model": "base.partner", "record_id": 1, "owner_id": user.id}
    share = count // 5
    write(
        env, "base.message", ({**place, "kind": "note", "body": f"Catatan {n}"} for n in range(2 * share)), at
    )
    done = {**place, "kind": "call", "state": "done", "result": "Beres"}
    write(env, "base.activity", (
        {**done, "title": f"Telepon {n}", "due": at(n), "done_at": at(n)} for n in range(share)
    ), at)  # fmt: skip
    change = {"model": "base.partner", "record_id": 1, "action": "write", "created_by": user.id}
    write(env, "base.change", (
        {**change, "unit": n + 1, "values": {"notes": [f"Sebelum {n}", f"Sesudah {n}"]}} for n in range(share)
    ), at)  # fmt: skip
    lead = {"partner_id": 1, "kind": "person", "state": "new", "company_id": 1}
    write(env, "crm.lead", ({**lead, "title": f"Prospek {n}"} for n in range(count - 4 * share)), at)
    return int(user.id)


def at(number: int) -> dt.datetime:
    """The moment of the entry of a number."""
    return START + dt.timedelta(minutes=7 * number)


if __name__ == "__main__":
    main()
