"""Models with owners, teams, companies and closed links, and a database in which four people work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa

from core import Boolean, Char, CurrentUser, Env, Many2many, Many2one, Model, Ref, Rule
from core import base as shipped
from core.access.rights import Policy
from core.access.sessions import current_user
from core.base import CompanyOwned, Role, Team, User
from core.base.hooks import rules as base_rules
from core.orm.database import Database
from core.orm.env import open_env
from core.orm.registry import Registry
from core.schema.tables import metadata, registry_version
from tests.copies import filled
from tests.core.orm.toys import World

OWN, TEAM, ALL, BOSS = "office.own", "office.team", "office.all", "office.boss"
EVERYONE = {OWN: "rwcd", TEAM: "rwcd", ALL: "rwcd", BOSS: "rwcd"}
ACCESS = {OWN: "r:own w:own c d:own", TEAM: "r:team w:team", ALL: "r", BOSS: "rwcd"}


class Label(Model, name="office.label", access=EVERYONE):
    name = Char(label="Name")


class Doc(CompanyOwned, name="office.doc", label="Document", plural="Documents", access=ACCESS):
    title = Char(required=True, label="Title")
    owner = Many2one(User, label="Owner")
    owner_id: Ref
    team = Many2one(Team, label="Team")
    team_id: Ref
    parent: Many2one[Doc | None] = Many2one(lambda: Doc, label="Parent")
    parent_id: Ref
    see_also: Many2many[Doc] = Many2many(lambda: Doc, label="See also")
    labels = Many2many(Label, label="Labels")
    chief: Many2one[Label | None] = Many2one(Label, label="Chief", access={BOSS: "rw"})
    marks = Many2many(Label, label="Marks", access={BOSS: "rw"})
    grade = Char(20, default="plain", label="Grade", access={BOSS: "rw"})


class Line(
    Model, name="office.line", label="Line", plural="Lines", access={**EVERYONE, OWN: "r:own d:own c"}
):
    name = Char(label="Name")
    doc = Many2one(Doc, required=True, ondelete="cascade", label="Document")
    doc_id: Ref


class Hold(Model, name="office.hold", label="Hold", plural="Holds", access={**EVERYONE, OWN: "r:own c"}):
    name = Char(label="Name")
    doc = Many2one(Doc, required=True, ondelete="restrict", label="Document")


class Safe(Model, name="office.safe", label="Safe", access={BOSS: "rwcd"}):
    name = Char(label="Name")
    doc = Many2one(Doc, required=True, ondelete="cascade", label="Document")


class Marked(Model, abstract=True):
    torn = Boolean()


class Memo(Marked, name="office.memo", access={OWN: "rwcd", ALL: "rwcd"}):
    name = Char(label="Name")


class Slip(Marked, name="office.slip", access={OWN: "rwcd"}):
    name = Char(label="Name")


@cache
def office_registry() -> Registry:
    """Composed once: tests exchange its policy only."""
    public = [getattr(shipped, name) for name in shipped.__all__]
    fragments = [value for value in public if isinstance(value, type) and issubclass(value, Model)]
    own = [Label, Doc, Line, Hold, Safe, Marked, Memo, Slip]
    registry = Registry({"base": fragments, "office": own}, {"office": frozenset({"base"})})
    registry.policy = policy(registry)
    return registry


def policy(registry: Registry, rules: Iterable[Rule] = ()) -> Policy:
    """The rules of base, and more."""
    return Policy(registry, [*base_rules(), *rules])


@contextmanager
def office(url: str) -> Iterator[World]:
    """Ada and Ben are in the north team, Cid in one below it, Dan in the south; each owns a document of their team."""
    with filled(url, office_registry(), _fill) as database:
        yield World(office_registry(), database)


def _fill(database: Database) -> None:
    registry = office_registry()
    with database.writing.begin() as connection:
        metadata.create_all(connection)
        registry.metadata.create_all(connection)
        connection.execute(registry_version.insert().values(version=1, changed_at=sa.func.now()))
    with open_env(registry, database) as env:
        _make_people(env)


def _make_people(env: Env) -> None:
    roles = {name: env.create(Role, [{"name": name}])[0] for name in ACCESS}
    env.create(Role, [{"name": "office.chief", "implies": [roles[ALL]]}])
    north, south = env.create(Team, [{"name": "north"}, {"name": "south"}])
    below = env.create(Team, [{"name": "below", "parent": north}])[0]
    for name, team in {"ada": north, "ben": north, "cid": below, "dan": south}.items():
        user = env.create(User, [{"name": name, "email": f"{name}@office.example", "teams": [team]}])[0]
        env.create(Doc, [{"title": name, "owner": user, "team": team}])
    env.flush()


def person(world: World, name: str, *roles: str, companies: tuple[int, ...] = ()) -> CurrentUser:
    """Someone of the office as they sign in, with these roles besides those of the database."""
    users = world.registry.info("base.user").table
    with world.database.reading.begin() as connection:
        row = connection.execute(sa.select(users).where(users.c.name == name)).one()
        found: Any = current_user(connection, world.registry, row._mapping)
    return CurrentUser(found.id, name, roles=found.roles | set(roles), teams=found.teams, companies=companies)
