"""A server whose addons change while everybody works: no request fails, and every process follows.

The full figure is `LUMBUNG_TEST_SWAPS=200`; without it there are as many as a run of all tests has time for.
"""

from __future__ import annotations

import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from core.access import sessions
from core.access.overrides import raise_version
from core.base.demo import DOMAIN
from core.orm.database import Database
from core.schema import tables
from core.web.requests import TOKEN_COOKIE
from tests.copies import Copies
from tests.repository import ROOT
from tests.web import kit
from tests.web.markup import read, typed

pytestmark = pytest.mark.slow

SWAPS = int(os.environ.get("LUMBUNG_TEST_SWAPS", "3"))
INSTALLED = 2 if SWAPS < 50 else 8
"""So many of the swaps install something, through the page; the others put addons away and back."""
WORKERS, CLIENTS = 4, 8
PAUSE = 0.1
"""Seconds that a person looks at a page."""
IN_A_ROW = 10
"""So many answers show the new menu before every process is taken to have followed."""
TOY = """\
from core import *
from core.base import Partner as BasePartner, Tag as BaseTag

addon = Addon("toy{n}", version="1.0", label="Toy {n}")

class Toy(Model, name="toy{n}.toy", label="Toy {n}", access={{"base.user": "rwcd"}}):
    name = Char(required=True, label="Name")
    partner = Many2one(BasePartner, label="Contact")

class Wider({wider}):
    toy{n} = Many2one(Toy, label="Toy {n}", list=True)
    toy{n}_size = Integer(label="Size {n}", list=True)

@hookimpl
def models():
    return [Toy, Wider]

@hookimpl
def menus():
    return [Menu("toy{n}.toys", "Toy number {n}.", Toy, group="Toys")]

@hookimpl
def data():
    return [Rows(Toy, [{{"key": f"toy{{k}}", "name": f"Toy {{k}}"}} for k in range(20)])]
"""
"""Those with an even number widen the form that is written all the time. They are never put away: a form with a
field that went meanwhile is refused."""
SERVE = f"import sys; from core.web.server import serve; serve(sys.argv[1], port=int(sys.argv[2]), workers={WORKERS})"


class Browser:
    """One signed-in person; every request opens a connection of its own, and so meets any of the processes."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._cookies = {TOKEN_COOKIE: token}
        self.asked: Counter[str] = Counter()
        self.slowest = 0.0

    def ask(self, path: str, data: Any = None) -> str:
        """The page that answers; whatever is no success is counted in `asked`."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Accept-Language": "en",
        }
        body = None
        if data is not None:
            body, headers["Content-Type"] = urlencode(data, doseq=True), "application/x-www-form-urlencoded"
        began = time.monotonic()
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            connection.request("GET" if data is None else "POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        self.slowest = max(self.slowest, time.monotonic() - began)
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _equals, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        self.asked["ok" if answer.status in (200, 303) else f"{answer.status} {path}"] += 1
        return text

    def fill(self, path: str, **changes: str) -> None:
        """Opens a form and sends it with changes."""
        form = kit.form_in(read(self.ask(path)).one("main"))
        self.ask(form["action"], {**typed(form), **changes})


@contextmanager
def server(url: str, folder: Path) -> Iterator[int]:
    """The real server with its processes, beside toys that could be installed; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "LUMBUNG_SECRET": kit.SECRET,
        "LUMBUNG_ADDONS_PATH": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, url, str(port)],
            env=environment,
            stderr=log,
            stdout=log,
        )
        try:
            yield port
        finally:
            process.terminate()
            process.wait(30)


def wait_for(port: int) -> None:
    for _try in range(300):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not start")


def visit(browser: Browser, number: int, stop: threading.Event) -> None:
    """Works until told to stop: every fourth person writes as well."""
    paths = (
        "/",
        "/app/base.partner",
        "/app/crm.lead",
        "/app/base.tag",
        "/app/base.partner/new",
        "/app/base.partner?q=a",
    )
    turn = number
    while not stop.is_set():
        if number % 4 == 0:
            browser.fill("/app/base.tag/new", name=f"Tag {secrets.token_hex(6)}")
        browser.ask(paths[turn % len(paths)])
        turn += 1
        stop.wait(PAUSE)


def shown(browser: Browser) -> set[str]:
    """The toys in the menu."""
    return set(re.findall(r"Toy number (\d+)\.", browser.ask("/")))


def put(database: Database, names: set[str]) -> None:
    """Lets exactly these toys be installed, as far as the version of the registry tells."""
    known = tables.addon
    with database.writing.begin() as connection:
        toys = known.c.name.like("toy%")
        connection.execute(known.update().where(toys).values(state="parked"))
        connection.execute(known.update().where(toys, known.c.name.in_(names)).values(state="installed"))
        raise_version(connection)


def everyone_shows(browser: Browser, wanted: set[str]) -> None:
    deadline, met = time.monotonic() + 180, 0
    while met < IN_A_ROW:
        met = met + 1 if shown(browser) == wanted else 0
        assert time.monotonic() < deadline, f"not every process shows {sorted(wanted)}"


def swap(browser: Browser, database: Database, number: int) -> None:
    """The next set of toys: first one more each time, by the page, then sets that were not there before."""
    if number < INSTALLED:
        browser.fill(f"/apps/toy{number}")
        everyone_shows(browser, {str(toy) for toy in range(number + 1)})
        return
    odd = range(1, INSTALLED, 2)
    subset = number % 2 ** len(odd)
    toys = {str(toy) for place, toy in enumerate(odd) if subset >> place & 1}
    toys |= {str(toy) for toy in range(0, INSTALLED, 2)}
    put(database, {f"toy{toy}" for toy in toys})
    everyone_shows(browser, toys)


def test_addons_come_and_go_under_load(kind: str, copies: Copies, tmp_path: Path) -> None:
    for n in range(INSTALLED):
        (tmp_path / f"toy{n}.py").write_text(
            TOY.format(n=n, wider=("BaseTag", "BasePartner")[n % 2]), encoding="utf-8"
        )
    with copies.copy(kind, "bare") as url, closing(Database(url)) as database:
        with database.writing.begin() as connection:
            users = sa.table("base_user", sa.column("id"), sa.column("email"))
            key = connection.scalar(sa.select(users.c.id).where(users.c.email == f"made@{DOMAIN}"))
            tokens = [
                sessions.begin(connection, key, "tests", remember=False) for _number in range(CLIENTS + 1)
            ]
        with server(url, tmp_path) as port:
            wait_for(port)
            admin, *browsers = [Browser(port, token) for token in tokens]
            stop = threading.Event()
            threads = [
                threading.Thread(target=visit, args=(browser, number, stop))
                for number, browser in enumerate(browsers)
            ]
            for thread in threads:
                thread.start()
            try:
                for number in range(SWAPS):
                    swap(admin, database, number)
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
        asked = sum((browser.asked for browser in (admin, *browsers)), Counter())
        slowest = max(browser.slowest for browser in browsers)
        print(f"{SWAPS} swaps, {asked['ok']} requests, slowest {slowest:.1f} s")  # noqa: T201 - the figure of the full run
        assert set(asked) == {"ok"}, f"{asked}\n{(tmp_path / 'log').read_text()[-3000:]}"
