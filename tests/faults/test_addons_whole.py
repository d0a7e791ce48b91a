"""Addons come, change, go and come back all or nothing: with a fault at each step, and with a kill anywhere.

LUMBUNG_TEST_KILLS says how many kills there are on each database beside one after each commit, LUMBUNG_TEST_SEED where.
Of the faults a run of all tests tries some, the commit among them, and with LUMBUNG_TEST_FAULTS=all every one.
"""

from __future__ import annotations

import os
import random
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import LoadError
from core.i18n import catalogs
from core.orm import database as databases
from core.orm.database import Database
from core.orm.env import Env
from core.schema import install as installing
from core.schema import uninstall as uninstalling
from core.schema.install import install, upgrade
from core.schema.purge import purge
from core.schema.uninstall import uninstall
from tests.core import test_uninstall as toys
from tests.core.test_install import BASE, Site
from tests.core.workshop import workshop
from tests.web.kit import digest

KILLS = int(os.environ.get("LUMBUNG_TEST_KILLS", "3"))
FAULTS = os.environ.get("LUMBUNG_TEST_FAULTS")
SEED = os.environ.get("LUMBUNG_TEST_SEED") or secrets.token_hex(4)
FIRSTS, BETWEEN = 1, 0
"""So many faults in a run of all tests lie at the first statement of some kind, and so many anywhere."""
SECOND = (
    toys.SHOP.replace('version="1.0"', 'version="1.2"')
    .replace(
        "weight = Integer(required=True, default=3, search=True)",
        "heavy = Integer(required=True, default=5, search=True)",
    )
    .replace("        about = Char(required=True, translate=True)\n", "        told = Text(required=True)\n")
)
SCRIPTS = {
    "1.1": """
    def before(tables):
        tables.rename_field("base.tag", "weight", "heavy")
        tables.change_field("base.tag", "heavy")
        tables.drop_field("shop.line", "about")
    """,
    "1.2": """
    from sqlalchemy import select

    def after(env):
        for line in env.scalars(select(env["shop.line"])):
            line.told = "told"
    """,
}
SHAPES = {
    "sqlite": ("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",),
    "postgresql": (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    ),
}
HOOK = """
    @hookimpl
    def record_updated(env, records):
        raise RuntimeError("oh no")
"""
Work = Callable[[Database, Any], object]


class Fault(Exception):
    """Stands for whatever can go wrong."""


@dataclass
class Watch:
    """Counts the statements and the commit of a database that is written to, and does something at one of them."""

    database: Database
    point: int = 0
    act: Callable[[], None] = lambda: None
    count: int = 0
    firsts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sa.event.listen(self.database.writing, "before_cursor_execute", self._statement)
        sa.event.listen(self.database.writing, "commit", self._commit)

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self._next(statement.split()[0].upper())

    def _commit(self, _connection: Any) -> None:
        self._next("COMMIT")

    def _next(self, kind: str) -> None:
        self.count += 1
        self.firsts.setdefault(kind, self.count)
        if self.count == self.point:
            self.act()


def raise_fault() -> None:
    raise Fault


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


STEPS: dict[str, Work] = {
    "install": lambda database, found: install(database, found, ["stall", "beside"]),
    "upgrade": lambda database, found: upgrade(database, found),
    "uninstall": lambda database, found: uninstall(database, found, ["shop", "stall"]),
    "install again": lambda database, found: install(database, found, ["stall"]),
    "purge": lambda database, found: purge(database, found, "shop"),
}


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    """A small base, beside addons that can come."""
    language = catalogs.set_language("en")
    with workshop(tmp_path) as shop:
        made = Site(url, shop.folder)
        (shop.base / "small_base.py").write_text(dedent(BASE), encoding="utf-8")
        made.write(shop=toys.SHOP, stall=toys.STALL, beside=toys.BESIDE, beside__with_shop=toys.WITH_SHOP)
        with closing(made.database):
            made.install("base")
            yield made
    catalogs.reset_language(language)


def before(site: Site, step: str) -> None:
    """What is to be there before a step: people have worked, and there is another version."""
    if step == "purge":
        uninstall(site.database, site.catalogue(), ["shop", "stall"])
    if step != "upgrade":
        return
    site.read(toys.fill, write=True)
    folder = site.folder / "shop" / "upgrades"
    folder.mkdir()
    for version, script in SCRIPTS.items():
        (folder / f"{version}.py").write_text(dedent(script), encoding="utf-8")
    site.write(shop=SECOND)


def state(site: Site) -> Any:
    """Everything: rows, what stands in the ledger, tables, indexes and constraints."""
    with site.database.reading.begin() as connection:
        shapes = [
            connection.exec_driver_sql(statement).all() for statement in SHAPES[connection.dialect.name]
        ]
    return digest(site.database), shapes


def points(watch: Watch, dice: random.Random) -> list[int]:
    """At which statements it is to fail."""
    if FAULTS == "all":
        return list(range(1, watch.count))
    between = (dice.randrange(1, watch.count) for _number in range(BETWEEN))
    return sorted({*dice.sample(sorted(watch.firsts.values()), FIRSTS), *between})


def count(site: Site, work: Work, found: Any) -> Watch:
    """How many statements a step has: it fails at the commit, which is the first of the faults."""
    with closing(Database(site.database.url.render_as_string(hide_password=False))) as database:
        trial = Watch(database)
        sa.event.listen(database.writing, "commit", lambda _connection: raise_fault())
        with pytest.raises(Fault):
            work(database, found)
    return trial


def is_right(site: Site, step: str) -> None:
    """What is there after a step, all of it."""
    assert toys.is_clean(site), step
    states = toys.states(site)
    gone = {"uninstall": "parked", "purge": None}
    assert states.get("shop") == gone.get(step, "installed"), step
    if step in ("upgrade", "install again"):
        assert site.read(_values) == (
            [("green", 3), ("lone", 3), ("red", 9), ("sale", 3)],
            ["told", "told"],
        ), step


def _values(env: Env) -> Any:
    tags = env.scalars(sa.select(env["base.tag"])).all()
    return sorted((tag.name, int(tag.heavy)) for tag in tags), [
        line.told for line in env.scalars(sa.select(env["shop.line"]))
    ]


def test_whatever_fails_or_is_killed_the_state_of_before_is_whole_and_the_next_try_comes_through(
    site: Site,
) -> None:
    """Each kill is kill -9 of a process of its own, before some statement, before the commit or right after it."""
    dice = random.Random(SEED)
    lots = dice.sample(sorted(STEPS), KILLS % len(STEPS))
    for step, work in STEPS.items():
        before(site, step)
        whole, found = state(site), site.catalogue()
        trial = count(site, work, found)
        assert trial.count > 20, step
        assert state(site) == whole, f"{step}, the commit"
        for point in points(trial, dice):
            _fail(site, work, found, point)
            assert state(site) == whole, f"{step}, statement {point} of {trial.count}, seed {SEED}"
        mine = KILLS // len(STEPS) + (step in lots)
        for point in [dice.randrange(1, trial.count + 1) for _kill in range(mine)]:
            _kill(site, work, found, point)
            assert state(site) == whole, f"{step}, killed at {point} of {trial.count}, seed {SEED}"
        _kill(site, work, found, trial.count + 1)
        is_right(site, step)


def _fail(site: Site, work: Work, found: Any, point: int) -> None:
    """Does the work, which fails at the statement `point`."""
    with closing(Database(site.database.url.render_as_string(hide_password=False))) as database:
        Watch(database, point, raise_fault)
        with pytest.raises((Fault, LoadError)):  # in a script it is one of the script
            work(database, found)


def test_a_fault_in_a_hook_or_at_the_version_leaves_the_state_of_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook of an addon that stays is told of what is archived; the version is raised at the very end."""
    for step, work in list(STEPS.items())[:3]:
        before(site, step)
        whole, found = state(site), site.catalogue()
        module = uninstalling if step == "uninstall" else installing
        with monkeypatch.context() as patch:
            patch.setattr(module, "raise_version", lambda _connection: raise_fault())
            with pytest.raises(Fault):
                work(site.database, found)
        assert state(site) == whole, step
        if step != "uninstall":
            work(site.database, found)
    site.write(beside=toys.BESIDE + HOOK)
    with pytest.raises(RuntimeError, match="oh no"):
        uninstall(site.database, site.catalogue(), ["shop", "stall"])
    assert state(site) == whole


def _kill(site: Site, work: Work, found: Any, point: int) -> None:
    """Does the work in a process that dies at the statement `point`, or when the work is done."""
    url = site.database.url.render_as_string(hide_password=False)
    site.database.close()
    child = os.fork()
    if child == 0:
        try:
            databases.SYNCHRONOUS = "FULL"
            database = Database(url)
            Watch(database, point, die)
            work(database, found)
            die()
        finally:
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status
