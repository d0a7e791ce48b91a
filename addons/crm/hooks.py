"""What crm gives to the core."""

from __future__ import annotations

from collections.abc import Sequence

from addons.crm import demo as sample
from addons.crm.lead import Lead
from addons.crm.partner import Partner
from core import (
    Demo,
    Extension,
    Group,
    Item,
    Menu,
    Model,
    Role,
    Slot,
    View,
    _,
    extend,
    form,
    hookimpl,
    into,
    listing,
)


@hookimpl
def models() -> Sequence[type[Model]]:
    """Leads, and what they add to contacts."""
    return [Lead, Partner]


@hookimpl
def roles() -> Sequence[Role]:
    """Those who sell, and those who lead them."""
    return [
        Role(
            "crm.user", _("Sales"), implies=("base.user",), help=_("Works on own leads and sees the team's.")
        ),
        Role("crm.manager", _("Sales manager"), implies=("crm.user",), help=_("Sees and changes all leads.")),
    ]


@hookimpl
def views() -> Sequence[View | Extension]:
    """The form and the list of leads, and the leads on a contact's form."""
    return [
        View(
            "crm.lead.form",
            Lead,
            form(
                Group("head", Item("title", wide=True), "kind", "state", label=_("Lead")),
                Group("who", "partner", "contact_name", "company_name", "job_title", "city", label=_("Who")),
                Group(
                    "reach", "mobile", "phone", "email", "email_alt", "website", label=_("How to reach them")
                ),
                Group("money", "revenue", "source", "tags", label=_("Expectation")),
                Group("care", "owner", "team", "company", label=_("Who works on it")),
                Group("more", Item("note", wide=True), label=_("More")),
                Slot("footer"),
            ),
        ),
        View(
            "crm.lead.list",
            Lead,
            listing(
                Item("title", sub=("company_name", "partner", "contact_name")),
                "revenue",
                "state",
                Item("source", low=True),
                Item("owner", low=False),
                Item("created_at", low=True),
            ),
        ),
        extend("base.partner.form", into("related", "leads")),
    ]


@hookimpl
def menus() -> Sequence[Menu]:
    """Leads, within reach of the thumb."""
    return [Menu("crm.leads", _("Leads"), Lead, group=_("Sales"), icon="lead", order=10, tabbar=True)]


@hookimpl
def demo() -> Sequence[Demo]:
    """The leads of a year."""
    return [Demo(_("Leads"), sample.make)]
