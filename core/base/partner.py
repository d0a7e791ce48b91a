"""Partners: everyone one deals with, a person, a company or a public body."""

from __future__ import annotations

from core import Char, Email, Many2many, Many2one, One2many, Phone, Select, Text, Url, _
from core.base import address
from core.base.company_owned import CompanyOwned
from core.base.region import Regency
from core.base.tag import Tag
from core.base.team import Team
from core.base.user import LANGUAGES, User

KINDS = {"person": _("Person"), "company": _("Company"), "public_body": _("Public body")}


class Partner(
    CompanyOwned,
    name="base.partner",
    label=_("Contact"),
    plural=_("Contacts"),
    access={"base.user": "rwc", "base.manager": "rwcd"},
    order="name",
):
    """A person or organisation outside; a person may belong to an organisation, its `parent`."""

    name = Char(required=True, index=True, label=_("Name"), search=True)
    kind = Select(KINDS, required=True, default="person", label=_("Kind"))
    parent: Many2one[Partner | None] = Many2one(
        lambda: Partner,
        ondelete="set_null",
        label=_("Works for"),
        help=_("The organisation a person belongs to."),
    )
    email = Email(label=_("Email"), search=True)
    phone = Phone(30, label=_("Phone"), search=True)
    mobile = Phone(30, label=_("Mobile"), search=True)
    website = Url(label=_("Website"))
    lang = Select(LANGUAGES, label=_("Language"))
    city = Many2one(Regency, label=_("City"))
    addresses: One2many[address.Address] = One2many(lambda: address.Address, "partner", label=_("Addresses"))
    employees: One2many[Partner] = One2many(lambda: Partner, "parent", label=_("People"))
    tags = Many2many(Tag, label=_("Tags"))
    owner = Many2one(User, ondelete="set_null", label=_("Owner"))
    team = Many2one(Team, ondelete="set_null", label=_("Team"))
    npwp = Char(22, label=_("Tax number (NPWP)"))
    notes = Text(label=_("Notes"))
