"""The tabs over the pages of access: people, roles, teams, companies, and how somebody sees all that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.i18n.lazy import TextLike, _

if TYPE_CHECKING:
    from core.orm.env import Env

COUNTED = (
    ("base.user", _("Users")),
    ("base.role", _("Roles")),
    ("base.team", _("Teams")),
    ("base.company", _("Companies")),
)
SEE_AS = "/settings/see-as"
TEAMS = "/settings/teams"
PLACES = {"base.role": "/settings/roles", "base.team": TEAMS}
"""Models whose page is not their list."""


@dataclass
class Tab:
    """A part of access."""

    label: TextLike
    href: str
    number: int | None = None
    current: bool = False


def tabs(env: Env, here: str) -> list[Tab]:
    """The tabs that the user may open, with how many there are; one statement."""
    shown = [(model, label) for model, label in COUNTED if env.may(model, "r")]
    numbers = [_number(env, model) for model, _label in shown]
    counts = env.session.core_connection().execute(sa.select(*numbers)).one() if numbers else ()
    found = [
        Tab(label, PLACES.get(model, f"/app/{model}"), number)
        for (model, label), number in zip(shown, counts, strict=True)
    ]
    found.append(Tab(_("See as"), SEE_AS))
    for tab in found:
        tab.current = tab.href == here
    return found


def _number(env: Env, model: str) -> sa.ScalarSelect[int]:
    table = env.registry.info(model).table
    statement = sa.select(sa.func.count()).select_from(table).where(table.c.archived.is_(False))
    rights = env.session.rights
    condition = None if rights is None else rights.condition(env.registry.info(model), "r")
    return (statement if condition is None else statement.where(condition)).scalar_subquery()
