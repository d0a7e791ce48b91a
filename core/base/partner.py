"""Partners: everyone one deals with, a person, a company or a public body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import sqlalchemy as sa

from core import Char, Email, Many2many, Many2one, One2many, Phone, Select, Text, Url, UserError, _
from core.base import address, partner_email, partner_link, partner_phone
from core.base.company_owned import CompanyOwned
from core.base.reaching import Contact, contacts_for
from core.base.region import Regency
from core.base.tag import Tag
from core.base.team import Team
from core.base.thread import Thread
from core.base.user import LANGUAGES, User

KINDS = {"person": _("Person"), "company": _("Company"), "public_body": _("Public body")}


CLOSABLE = {"base.user": "rw"}
"""Open to whoever may open the contact, until an administrator closes or masks it for a role."""


class Partner(
    CompanyOwned,
    Thread,
    name="base.partner",
    label=_("Contact"),
    plural=_("Contacts"),
    access={"base.user": "rwc", "base.manager": "rwcd"},
    order="name",
):
    """A person or organisation outside. `email`, `phone` and `mobile` are the preferred ones, further ones are rows.

    `parent` is where a person works; what someone is for an organisation, at work there or not, says a link.
    """

    name = Char(required=True, index=True, label=_("Name"), search=True)
    kind = Select(KINDS, required=True, default="person", label=_("Kind"))
    parent: Many2one[Partner | None] = Many2one(
        lambda: Partner,
        ondelete="set_null",
        tree=True,
        label=_("Works for"),
        help=_("The organisation a person belongs to."),
    )
    email = Email(label=_("Email"), search=True)
    phone = Phone(30, label=_("Phone"), search=True)
    mobile = Phone(30, label=_("Mobile"), search=True)
    website = Url(label=_("Website"))
    lang = Select(LANGUAGES, label=_("Language"))
    city = Many2one(Regency, label=_("City"))
    emails: One2many[partner_email.PartnerEmail] = One2many(
        lambda: partner_email.PartnerEmail, "partner", label=_("Further emails")
    )
    phones: One2many[partner_phone.PartnerPhone] = One2many(
        lambda: partner_phone.PartnerPhone, "partner", label=_("Further phones")
    )
    addresses: One2many[address.Address] = One2many(lambda: address.Address, "partner", label=_("Addresses"))
    contacts: One2many[partner_link.PartnerLink] = One2many(
        lambda: partner_link.PartnerLink, "company", label=_("People and their roles")
    )
    positions: One2many[partner_link.PartnerLink] = One2many(
        lambda: partner_link.PartnerLink, "person", label=_("Roles at organisations")
    )
    employees: One2many[Partner] = One2many(lambda: Partner, "parent", label=_("Staff"))
    tags = Many2many(Tag, label=_("Tags"))
    owner = Many2one(User, ondelete="set_null", label=_("Owner"))
    team = Many2one(Team, ondelete="set_null", label=_("Team"))
    npwp = Char(22, label=_("Tax number (NPWP)"), access=CLOSABLE)
    notes = Text(label=_("Notes"), access=CLOSABLE)

    @classmethod
    def contact_for(cls, records: Sequence[Self], purpose: str) -> dict[int, Contact]:
        """Whom to write to about `purpose` (a key of PURPOSES), by the key of each of `records` that can be reached.

        Of an organisation the person with the role, else its own address of that use, else its preferred or any
        other one, else anyone with a role there; of a person the address of that use, the preferred one, another.
        """
        return contacts_for(records, purpose)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _check_kinds([record for record in records if "kind" in changed[record.id]])


def _check_kinds(partners: Sequence[Any]) -> None:
    """Raises UserError where a person with roles, or an organisation with people, would become the other."""
    if not partners:
        return
    link: Any = partners[0].env[partner_link.PartnerLink]
    for is_person, end in ((False, link.person_id), (True, link.company_id)):
        keys = [partner.id for partner in partners if (partner.kind == "person") is is_person]
        if keys and partners[0].env.scalar(sa.select(link.id).where(end.in_(keys)).limit(1)) is not None:
            raise UserError(
                _("There are roles that this kind of contact cannot have. Delete those first."), "kind"
            )
