"""The views of real estate: what is asked first, in the order in which one asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addons.realestate.hold import Hold
from addons.realestate.paying import monthly, offered, share
from addons.realestate.project import Project
from addons.realestate.unit import Unit
from core import Extension, Group, Item, Slot, View, _, after, extend, form, hookimpl, into, kanban, listing

YEARS, SQUARE = _("years"), "m²"


@hookimpl
def views() -> Sequence[View | Extension]:
    """Forms and lists of projects, units and holds, and the property in leads, deals and contacts."""
    return [
        *_projects(),
        *_units(),
        *_holds(),
        extend("crm.deal.form", after("money", _property_of_deals())),
        extend(
            "crm.lead.form",
            after("money", Group("property", "project", "unit", "budget", label=_("Property"))),
        ),
        extend("base.partner.form", into("related", "units", "holds")),
    ]


def _traits() -> Sequence[Any]:
    return (
        "property_type",
        Item("land_area", suffix=SQUARE),
        Item("building_area", suffix=SQUARE),
        "bedrooms",
        "bathrooms",
        "certificate",
    )


def _property_of_deals() -> Any:
    return Group(
        "property",
        Item("unit", help=offered),
        *_traits(),
        Item("payment", radio=True),
        "bank",
        Item("down_payment", help=share),
        Item("tenor", suffix=YEARS, help=monthly),
        Item("instalment", hidden=True),
        label=_("Property"),
    )


def _projects() -> Sequence[View]:
    return [
        View(
            "realestate.project.form",
            Project,
            form(
                Group("main", "name", "state", "developer", "rate", "company", label=_("Project")),
                Group("place", "street", "city", label=_("Where it is")),
                Group("offer", Item("units", inline=False), Item("note", wide=True), label=_("Units")),
                Slot("footer"),
            ),
        ),
        View("realestate.project.list", Project, listing(Item("name", sub=("street",)), "city", "state")),
    ]


def _units() -> Sequence[View]:
    return [
        View(
            "realestate.unit.form",
            Unit,
            form(
                Group("main", "project", "code", "block", "price", label=_("Unit")),
                Group("property", *_traits(), label=_("Property")),
                Group("standing", "state", "held_until", "buyer", Item("holds", inline=False), label=_("Who has it")),
                Group("more", Item("note", wide=True), label=_("More")),
                Slot("footer"),
            ),
        ),
        View(
            "realestate.unit.list",
            Unit,
            listing(
                Item("code", sub=("project",)),
                "state",
                "price",
                Item("property_type", low=True),
                Item("land_area", low=True),
                Item("building_area", low=True),
                Item("held_until", low=True),
            ),
        ),
        View("realestate.unit.kanban", Unit, kanban("state", "code", "project", "price", total="price")),
    ]  # fmt: skip


def _holds() -> Sequence[View]:
    return [
        View(
            "realestate.hold.form",
            Hold,
            form(
                Group("main", "unit", "partner", "deal", "state", "ends", "fee", label=_("Hold")),
                Group("more", "owner", "begins", Item("note", wide=True), label=_("More")),
                Slot("footer"),
            ),
        ),
        View("realestate.hold.kanban", Hold, kanban("state", "unit", "partner", "ends", "fee", total="fee")),
        View(
            "realestate.hold.list",
            Hold,
            listing(Item("unit", sub=("partner",)), "state", "ends", "fee", Item("owner", low=False)),
        ),
    ]
