"""Leads: people and organisations that may become customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from addons.crm.states import STATES, TONES, check_changed, check_new
from core import Char, Email, Env, Many2many, Many2one, Money, Phone, Select, Text, Url, _
from core.base import CompanyOwned, Partner, Regency, Tag, Team, User

KINDS = {"person": _("Person"), "organisation": _("Organisation")}
SOURCES = {
    "web_form": _("Web form"),
    "referral": _("Referral"),
    "exhibition": _("Exhibition"),
    "phone": _("Phone"),
    "walk_in": _("Walk-in"),
    "social_media": _("Social media"),
    "marketplace": _("Marketplace"),
    "email": _("Email"),
}


def _user(env: Env) -> User | None:
    return None if env.user.id is None else env.get(User, env.user.id)


def _team(env: Env) -> Team | None:
    user = _user(env)  # whose own teams: env.user.teams has those below them too
    return user.teams[0] if user is not None and user.teams else None


class Lead(
    CompanyOwned,
    name="crm.lead",
    label=_("Lead"),
    plural=_("Leads"),
    access={"crm.user": "r:team w:own c d:own", "crm.manager": "rwcd"},
    order="-created_at",
):
    """Someone who may buy; `owner` and `team` say who works on it and who sees it, FOLLOWING how `state` goes on."""

    title = Char(required=True, label=_("Title"), help=_("What they want, in a few words."), search=True)
    kind = Select(KINDS, required=True, default="person", label=_("Kind"))
    state = Select(STATES, required=True, default="new", tones=TONES, index=True, label=_("State"))
    partner = Many2one(
        Partner, ondelete="set_null", label=_("Contact"), help=_("The contact this lead comes from.")
    )
    company_name = Char(label=_("Company name"), search=True)
    contact_name = Char(label=_("Contact person"), search=True)
    job_title = Char(label=_("Job title"))
    phone = Phone(30, label=_("Phone"), search=True)
    mobile = Phone(30, label=_("Mobile"), search=True)
    email = Email(label=_("Email"), search=True)
    email_alt = Email(label=_("Second email"), search=True)
    website = Url(label=_("Website"))
    city = Many2one(Regency, label=_("City"))
    revenue = Money(access={"base.user": "rw"}, least=0, label=_("Expected revenue"))
    source = Select(SOURCES, label=_("Source"))
    tags = Many2many(Tag, label=_("Tags"))
    owner = Many2one(User, ondelete="set_null", default=_user, label=_("Owner"))
    team = Many2one(Team, ondelete="set_null", default=_team, label=_("Team"))
    note = Text(label=_("Note"))

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        check_new(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        check_changed(records, changed)
