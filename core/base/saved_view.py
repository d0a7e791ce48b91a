"""Saved views: a list with its filters, order, groups and columns, under a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import sqlalchemy as sa

from core import Char, Env, Integer, Many2one, Model, Select, Text, UserError, _
from core.base.linked import key_of
from core.base.team import Team
from core.base.user import User, own_user
from core.sql import among_few

SHARED = {"private": _("Only me"), "team": _("My team"), "everyone": _("Everyone")}
MANAGER = "base.manager"
"""Everyone shares their views with a team of theirs; managers with other teams, and with everyone."""


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
    shared = Select(SHARED, required=True, default="private", label=_("Who sees it"), list=True)
    team = Many2one(
        Team,
        ondelete="set_null",
        label=_("Team"),
        help=_("The team that it is shared with."),
        list=True,
    )
    owner = Many2one(User, ondelete="cascade", default=own_user, label=_("Owner"), list=True)
    position = Integer(required=True, default=10, label=_("Position"), help=_("Lower numbers come first."))

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        _check_sharing(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _check_sharing([record for record in records if changed[record.id] & {"shared", "team"}])


def mine_or_shared(view: Any, env: Env) -> sa.ColumnElement[bool]:
    """The rule of saved views."""
    return seen_by(view, env.user.id, among_few(env, view.team_id, env.user.teams))


def seen_by(view: Any, person: Any, is_of_team: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Those of a person, those of their teams, and those for everyone."""
    with_team = sa.and_(view.shared == "team", is_of_team)
    return sa.or_(view.owner_id == person, view.shared == "everyone", with_team)


def _check_sharing(views: Sequence[Any]) -> None:
    """Raises UserError where a view would be shared with nobody, or with more than its owner may share with."""
    for view in views:
        env, team = view.env, key_of(view, "team")
        is_free = env.is_sudo or MANAGER in env.user.roles
        if view.shared == "team" and team is None:
            raise UserError(_("Choose the team that it is shared with."), "team", view)
        if view.shared == "team" and not is_free and team not in env.user.teams:
            raise UserError(_("Share it with a team of your own."), "team", view)
        if view.shared == "everyone" and not is_free:
            raise UserError(_("Only a manager shares a view with everyone."), "shared", view)
