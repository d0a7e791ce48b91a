"""Saved views: a list with its filters, order, groups and columns, under a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from core import Char, Env, Integer, Many2one, Model, Select, Text, UserError, _
from core.base.linked import key_of
from core.base.team import Team
from core.base.user import User

SHARED = {"private": _("Only me"), "team": _("My team"), "everyone": _("Everyone")}
SHARING = {"base.user": "r", "base.manager": "rw"}
"""Everyone saves views of their own; managers hand them to others."""


def _user(env: Env) -> User | None:
    return None if env.user.id is None else env.get(User, env.user.id)


class SavedView(
    Model,
    name="base.saved_view",
    label=_("Saved view"),
    plural=_("Saved views"),
    access={"base.user": "r w:own c d:own", "base.manager": "rwcd"},
    order="position",
):
    """A view of the list of `model`, seen by its owner and by those whom it is shared with."""

    name = Char(60, required=True, label=_("Name"), list=True, search=True)
    model = Char(120, required=True, index=True, label=_("Model"), list=True)
    query = Text(
        label=_("Filters and order"), help=_("What stands behind the “?” of the address of the list.")
    )
    shared = Select(
        SHARED, required=True, default="private", label=_("Who sees it"), list=True, access=SHARING
    )
    team = Many2one(
        Team,
        ondelete="set_null",
        label=_("Team"),
        help=_("The team that it is shared with."),
        list=True,
        access=SHARING,
    )
    owner = Many2one(User, ondelete="cascade", default=_user, label=_("Owner"), list=True)
    position = Integer(required=True, default=10, label=_("Position"), help=_("Lower numbers come first."))

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        _check_team(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _check_team([record for record in records if "shared" in changed[record.id]])


def _check_team(views: Sequence[Any]) -> None:
    for view in views:
        if view.shared == "team" and key_of(view, "team") is None:
            raise UserError(_("Choose the team that it is shared with."), "team")
