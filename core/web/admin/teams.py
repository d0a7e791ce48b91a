"""The page of teams: the tree as it is, who leads each and who belongs to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.web import requests
from core.web.admin.tabs import TEAMS, Tab, tabs
from core.web.listing.labels import Label, Labels
from core.web.routes import Door, Route
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.orm.env import Env
    from core.web.site import Site

TEAM, USER = "base.team", "base.user"
MOST = 1_000
"""Teams on the page; the list has them all."""
MANAGERS = Door(roles=frozenset({"base.manager"}))


@dataclass
class TeamNode:
    """A team with those below it."""

    key: int
    label: str
    leader: str
    members: Sequence[tuple[int, Label]]
    below: list[TeamNode] = field(default_factory=list)


@dataclass
class TeamsPage:
    """What the template knows as `teams`."""

    tabs: Sequence[Tab]
    roots: Sequence[TeamNode]
    new_href: str | None
    list_href: str


def show() -> ResponseReturnValue:
    """All teams that the user may see."""
    env = requests.env()
    page = TeamsPage(
        tabs=tabs(env, TEAMS),
        roots=_roots(env),
        new_href=f"/app/{TEAM}/new" if env.may(TEAM, "c") else None,
        list_href=f"/app/{TEAM}",
    )
    return render("core/teams.html", env.registry.info(TEAM).plural, teams=page)


def _roots(env: Env) -> list[TeamNode]:
    """The teams that are part of no other, or of one that is not seen, with all below."""
    team: Any = env[TEAM]
    columns = (team.id, team.name, team.parent_id, team.leader_id)
    chosen = sa.select(*columns).where(team.archived.is_(False)).order_by(team.name, team.id).limit(MOST)
    rows = env.execute(chosen).all()
    members = _members(env, [row.id for row in rows])
    labels = Labels(env)
    people = labels.get(
        USER, [row.leader_id for row in rows] + [key for keys in members.values() for key in keys]
    )
    nodes = {}
    for row in rows:
        found = [(key, people[key]) for key in members[row.id] if key in people]
        leader = people[row.leader_id].text if row.leader_id in people else ""
        nodes[row.id] = TeamNode(row.id, row.name, leader, sorted(found, key=lambda one: one[1].text))
    for row in rows:
        if row.parent_id in nodes:
            nodes[row.parent_id].below.append(nodes[row.id])
    return [nodes[row.id] for row in rows if row.parent_id not in nodes]


def _members(env: Env, teams: Sequence[int]) -> dict[int, list[int]]:
    """The keys of the people of each team who may sign in."""
    users = env.registry.info(USER)
    held, found = users.associations["teams"].c, defaultdict[int, list[int]](list)
    statement = (
        sa.select(held.target_id, held.source_id)
        .join(users.table, users.table.c.id == held.source_id)
        .where(users.table.c.active.is_(True), users.table.c.archived.is_(False), held.target_id.in_(teams))
    )
    for team, user in env.session.core_connection().execute(statement):
        found[team].append(user)
    return found


def register(site: Site) -> None:
    """Its address."""
    site.routes.add(Route("teams", TEAMS, show, MANAGERS))
