"""What real estate gives to the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from addons.realestate import demo as sample
from addons.realestate.activity import Activity
from addons.realestate.deal import Deal
from addons.realestate.hold import Hold
from addons.realestate.lead import Lead
from addons.realestate.partner import Partner
from addons.realestate.project import Project
from addons.realestate.selling import follow
from addons.realestate.stage_need import StageNeed
from addons.realestate.standing import over, settle, units_of
from addons.realestate.traits import Property
from addons.realestate.unit import Unit
from core import Demo, Env, Menu, Model, _, hookimpl


@hookimpl
def models() -> Sequence[type[Model]]:
    """Projects, units and holds, and what they add to leads, deals, contacts and activities."""
    return [Property, Project, Unit, Hold, Lead, Deal, Partner, Activity, StageNeed]


@hookimpl
def menus() -> Sequence[Menu]:
    """What there is to sell, as a map and as lists."""
    group = _("Property")
    return [
        Menu("realestate.map", _("Site map"), "/realestate/map", group=group, icon="pin", order=20),
        Menu("realestate.units", _("Units"), Unit, group=group, icon="home", order=21),
        Menu("realestate.holds", _("Holds"), Hold, group=group, icon="lock", order=22),
        Menu("realestate.projects", _("Projects"), Project, group=group, icon="building", order=23),
    ]


@hookimpl
def record_created(env: Env, records: Sequence[Model]) -> None:
    """A new hold is told by its unit."""
    _settle(env, records)


@hookimpl
def record_updated(env: Env, records: Sequence[Model], changed: Mapping[int, frozenset[str]]) -> None:
    """So is what becomes of it, and a unit follows its deal."""
    _settle(env, records)
    if deals := [deal for deal in env.only(Deal, records) if "state" in changed[deal.id]]:
        follow(env, deals)


def _settle(env: Env, records: Sequence[Model]) -> None:
    """Units follow their holds; those whose hold is over by time are freed along."""
    if holds := env.only(Hold, records):
        settle(env, units_of(holds) | over(env))


@hookimpl
def demo() -> Sequence[Demo]:
    """Two projects with their units, and who holds them."""
    return [Demo(_("Projects and units"), sample.make)]
