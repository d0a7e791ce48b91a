"""What an administrator says of a role and a model instead of what was shipped."""

from __future__ import annotations

from core import Boolean, Char, Many2one, Model, Select, _
from core.access.overrides import MASKED
from core.base.role import Role

SCOPES = {"none": _("None"), "own": _("Own"), "team": _("Team"), "all": _("All")}
READ_SCOPES = {**SCOPES, MASKED: _("Masked")}


class AccessRight(
    Model,
    name="base.access_right",
    label=_("Access right"),
    plural=_("Access rights"),
    access={"base.admin": "rwcd"},
    order="model",
):
    """The scopes of one role on one model. With such a row nothing of what was shipped for the two counts.

    `model` may also name a closed field, as “base.user.email”: whether the role reads (all) and sets it,
    or sees a mask of it.
    """

    model = Char(120, required=True, index=True, label=_("Model"), list=True, search=True)
    role = Many2one(Role, required=True, ondelete="cascade", label=_("Role"), list=True)
    read_scope = Select(READ_SCOPES, required=True, default="none", label=_("Read"), list=True)
    write_scope = Select(SCOPES, required=True, default="none", label=_("Change"), list=True)
    delete_scope = Select(SCOPES, required=True, default="none", label=_("Delete"), list=True)
    may_create = Boolean(label=_("Create"), list=True)

    def display_label(self) -> str:
        return f"{self.model} · {self.role.display_label()}"
