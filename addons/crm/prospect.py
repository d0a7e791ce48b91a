"""The mixin of what sellers work on: where it came from, and whose it is."""

from __future__ import annotations

from core import Char, Env, Many2many, Many2one, Select, Text, _
from core.base import CompanyOwned, Tag, Team, Thread, User
from core.base.user import own_user

WORK = {"crm.user": "r:team w:own c d:own", "crm.manager": "rwcd"}
"""Sellers see what their team works on, and change what is theirs."""
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


def own_team(env: Env) -> Team | None:
    """Their first team sees it."""
    user = own_user(env)  # whose own teams: env.user.teams has those below them too
    return user.teams[0] if user is not None and user.teams else None


class Prospect(CompanyOwned, Thread, abstract=True):
    """What somebody may buy; `owner` and `team` say who works on it and who sees it."""

    title = Char(required=True, label=_("Title"), help=_("What they want, in a few words."), search=True)
    source = Select(SOURCES, label=_("Source"))
    tags = Many2many(Tag, label=_("Tags"))
    owner = Many2one(User, ondelete="set_null", default=own_user, label=_("Owner"))
    team = Many2one(Team, ondelete="set_null", default=own_team, label=_("Team"))
    note = Text(label=_("Note"))
