"""An addon that is upgraded: its first version, what people do with it, and how it is written in another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy as sa

from core.orm.env import Env
from core.schema import tables
from tests.core.test_install import BASE, Site
from tests.core.workshop import workshop

HEAD = """
    from core import *
    from small_base import Tag

"""
OLD = (
    HEAD
    + """
    addon = Addon("depot", version="1.0")

    class House(Model, name="depot.house", label="House", access={"base.user": "rwcd"}):
        name = Char(20, required=True, index=True)
        word = Char(translate=True)
        old = Integer()
        size = Char(10)
        tags = Many2many(Tag)
        next = Many2one(lambda: House)
        owner = Integer()
        code = Char(10, required=True)
        weight = Integer()
        rent = Decimal()

    class Scrap(Model, name="depot.scrap", label="Scrap", access={"base.user": "rwcd"}):
        house = Many2one(House)

    @hookimpl
    def models():
        return [House, Scrap]

    @hookimpl
    def data():
        return [Rows(House, [{"key": "one", "name": "One", "code": "a"}, {"key": "two", "name": "Two", "code": "b"}])]
"""
)
COUNTING = """
    def after(env):
        env.create(env["base.tag"], [{"name": "from 1"}])
"""
COUNTED = """
    from core import *
    addon = Addon("other", version="1.0")
"""


def write(site: Site, source: str, scripts: dict[str, str]) -> None:
    """The addon in another version."""
    folder = site.folder / "depot" / "upgrades"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    site.write(depot=source)
    for version, script in scripts.items():
        (folder / f"{version}.py").write_text(dedent(script), encoding="utf-8")


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    with opened(url, tmp_path) as made:
        yield made


@contextmanager
def opened(url: str, tmp_path: Path) -> Iterator[Site]:
    """The first version, with what people do with it."""
    with workshop(tmp_path) as shop:
        made = Site(url, shop.folder)
        (shop.base / "small_base.py").write_text(dedent(BASE), encoding="utf-8")
        write(made, OLD, {})
        with closing(made.database):
            made.install("depot")
            made.read(fill, write=True)
            yield made


def fill(env: Env) -> None:
    """What people do with the first version."""
    red, blue = env.create(env["base.tag"], [{"name": "red"}, {"name": "blue"}])
    env.flush()
    one, two = env.scalars(sa.select(env["depot.house"]).order_by(env["depot.house"].id)).all()
    one.size, one.old, one.tags, one.owner = "12", 5, [red, blue], blue.id
    two.weight = 9
    two.size, two.next, two.name = "big", one, "Mine"
    env.create(env["depot.scrap"], [{"house": one}])
    env.flush()
    env.delete(env.create(env["depot.house"], [{"name": "gone", "code": "c"}]))


def noted(site: Site) -> dict[str, str]:
    with site.database.reading.connect() as connection:
        return {row.name: row.version for row in connection.execute(sa.select(tables.addon))}


def all_of(env: Env, model: str) -> Any:
    return env.scalars(sa.select(env[model]).order_by(env[model].id)).all()
