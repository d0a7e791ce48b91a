"""Roles: what a user may do is what the roles grant together."""

from __future__ import annotations

from core import Char, Many2many, Model, _


class Role(
    Model,
    name="base.role",
    label=_("Role"),
    plural=_("Roles"),
    access={"base.manager": "r", "base.admin": "rwcd"},
    order="label",
):
    """A role by its technical name; whoever has it has the roles that it implies too."""

    name = Char(80, required=True, unique=True, label=_("Technical name"), list=True, search=True)
    label = Char(translate=True, label=_("Name"), list=True, search=True)
    implies: Many2many[Role] = Many2many(lambda: Role, label=_("Includes"), list=True)
    addon = Char(80, label=_("Addon"), help=_("The addon that ships this role."), readonly=True, list=True)

    def display_label(self) -> str:
        return self.label or self.name
