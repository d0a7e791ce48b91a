"""Users: people who sign in. Passwords and sessions lie in tables of the core, out of reach of forms."""

from __future__ import annotations

from core import Boolean, Char, Email, Env, Many2many, Many2one, Model, Phone, Ref, Select, _
from core.base import team
from core.base.company import Company
from core.base.company_owned import own_company
from core.base.role import Role

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
CLOSED = {"base.admin": "rw"}
"""Of a colleague everyone reads name and teams; the rest is for administrators."""
SHORTCUTS = {"on": _("On"), "off": _("Off")}
THEMES = {"system": _("Like the device"), "light": _("Light"), "dark": _("Dark")}


class User(
    Model,
    name="base.user",
    label=_("User"),
    plural=_("Users"),
    access={"base.user": "r", "base.admin": "rwcd"},
    order="name",
):
    """A person with a sign-in: what they may do, where they work, how they read."""

    name = Char(required=True, label=_("Name"), search=True)
    email = Email(
        required=True, unique=True, label=_("Email"), help=_("Used to sign in."), search=True, access=CLOSED
    )
    phone = Phone(30, label=_("Phone"), access=CLOSED)
    lang = Select(LANGUAGES, required=True, default="id", label=_("Language"), access=CLOSED)
    tz = Select(ZONES, required=True, default="Asia/Jakarta", label=_("Time zone"), access=CLOSED)
    theme = Select(THEMES, required=True, default="system", label=_("Appearance"), access=CLOSED)
    shortcuts = Select(
        SHORTCUTS,
        required=True,
        default="on",
        label=_("Keyboard shortcuts"),
        help=_("Single keys such as C or /. Switch them off if you dictate to the device or use other aids."),
        access=CLOSED,
    )
    active = Boolean(default=True, label=_("May sign in"), access=CLOSED)
    roles = Many2many(Role, label=_("Roles"), access=CLOSED)
    teams: Many2many[team.Team] = Many2many(lambda: team.Team, label=_("Teams"))
    company = Many2one(
        Company, default=own_company, label=_("Our company"), help=_("New records belong to this company.")
    )
    company_id: Ref
    companies = Many2many(Company, label=_("May work for"))


def own_user(env: Env) -> User | None:
    """The record of who acts, None for the system."""
    return None if env.user.id is None else env.get(User, env.user.id)
