"""The map of a project: its units in their blocks, with what each is and costs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from addons.realestate.project import Project
from addons.realestate.states import TONES, UNIT_STATES
from addons.realestate.unit import Unit
from core import Env, LazyText, _

MOST = 1_000
"""So many units are drawn."""
SHOWN = ("land_area", "building_area", "price", "held_until")


@dataclass
class Lot:
    """One unit as it is drawn."""

    code: str
    href: str
    state: LazyText
    tone: str
    area: str
    price: str
    until: str


@dataclass
class Block:
    """Units that stand together."""

    name: str
    lots: list[Lot]


@dataclass
class SiteMap:
    """What the template knows as `map`."""

    projects: list[tuple[str, str, bool]]
    project: Any
    legend: list[tuple[LazyText, str, str, str]] = field(default_factory=list)
    """State, tone, number and where those units are listed."""
    blocks: list[Block] = field(default_factory=list)
    more_href: str = ""


def site_map(env: Env, chosen: str) -> SiteMap:
    """The map of the project whose key was chosen, else of the first."""
    cls: Any = env[Project]
    projects = list(env.scalars(sa.select(cls).where(cls.archived.is_(False)).order_by(cls.name, cls.id)))
    project = next((one for one in projects if str(one.id) == chosen), projects[0] if projects else None)
    found = SiteMap(
        [(one.name, f"/realestate/map?project={one.id}", one is project) for one in projects], project
    )
    if project is None:
        return found
    units = _units(env, project)
    if len(units) > MOST:
        found.more_href = f"/app/realestate.unit?project__eq={project.id}"
    states = Counter(unit.state for unit in units)
    found.legend = [
        (label, TONES[state], env.formats.number(states[state]),
         f"/app/realestate.unit?project__eq={project.id}&state__eq={state}")
        for state, label in UNIT_STATES.items()
    ]  # fmt: skip
    draw = _drawer(env)
    found.blocks = [
        Block(name, [draw(unit) for unit in mine])
        for name, mine in groupby(units[:MOST], key=lambda unit: str(unit.block or ""))
    ]
    return found


def _units(env: Env, project: Any) -> Sequence[Any]:
    cls: Any = env[Unit]
    mine = sa.select(cls).where(cls.project_id == project.id, cls.archived.is_(False))
    units = env.scalars(mine.order_by(cls.block, cls.code).limit(MOST + 1)).all()
    return sorted(units, key=lambda unit: (natural(unit.block or ""), natural(unit.code)))


def natural(text: str) -> list[tuple[int, int, str]]:
    """What sorts B-2 before B-10."""
    parts = re.findall(r"\d+|\D+", text.casefold())
    return [(0, int(part[:18]), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _drawer(env: Env) -> Any:
    formats, money = env.formats, env.currencies
    amount: Any = env.registry.info(Unit).fields["price"]
    seen = {name for name in SHOWN if env.may_see(Unit, name)}

    def draw(unit: Any) -> Lot:
        state = str(unit.state)
        told = {name: getattr(unit, name) for name in seen}
        areas = [formats.number(told[name]) if told.get(name) else "–" for name in SHOWN[:2]]
        price = told.get("price")
        short = "" if price is None else formats.money_short(price, money.of(amount, unit))
        until = told.get("held_until") if state == "held" else None
        return Lot(
            unit.code, f"/app/realestate.unit/{unit.id}", UNIT_STATES[state], TONES[state],
            str(_("%(land)s / %(building)s m²", land=areas[0], building=areas[1])), short,
            formats.moment(until) if until else "",
        )  # fmt: skip

    return draw
