"""Teams, in a tree: who leads a team sees what the teams below it do."""

from __future__ import annotations

from core import Char, Many2one, Model, _
from core.base import user as users
from core.base.company import Company


class Team(
    Model,
    name="base.team",
    label=_("Team"),
    plural=_("Teams"),
    access={"base.user": "r", "base.manager": "rwc", "base.admin": "rwcd"},
    order="name",
):
    """People who work on the same records."""

    name = Char(required=True, label=_("Name"), list=True, search=True)
    parent: Many2one[Team | None] = Many2one(lambda: Team, tree=True, label=_("Part of"), list=True)
    leader: Many2one[users.User | None] = Many2one(
        lambda: users.User, label=_("Leader"), ondelete="set_null", list=True
    )
    company = Many2one(Company, label=_("Our company"), list=True)
