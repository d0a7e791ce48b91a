"""Who is what for an organisation: the people to turn to, each in a role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Self

import sqlalchemy as sa

from core import Char, Email, Many2one, Model, Select, UserError, _
from core.base import partner as partners
from core.base.linked import key_of, targets

ROLES = {
    "owner": _("Owner"),
    "director": _("Director"),
    "finance": _("Finance"),
    "purchasing": _("Purchasing"),
    "logistics": _("Logistics"),
    "technical": _("Technical"),
    "other": _("Other role"),
}


class PartnerLink(
    Model,
    name="base.partner_link",
    label=_("Role of a person"),
    plural=_("Roles of people"),
    access={"base.user": "rwcd"},
):
    """A person's role at an organisation; one person may have several, at several organisations."""

    person: Many2one[partners.Partner] = Many2one(
        lambda: partners.Partner, required=True, ondelete="cascade", label=_("Person"), list=True
    )
    company: Many2one[partners.Partner] = Many2one(
        lambda: partners.Partner, required=True, ondelete="cascade", label=_("Organisation"), list=True
    )
    role = Select(ROLES, required=True, default="other", label=_("Role"), list=True)
    job_title = Char(120, label=_("Job title"), list=True, search=True)
    email = Email(
        label=_("Email there"), help=_("Where it differs from the person's own."), list=True, search=True
    )

    def display_label(self) -> str:
        ends: list[partners.Partner | None] = [self.person, self.company]
        names = [end.display_label() for end in ends if end is not None]
        return f"{' · '.join(names)} ({self.job_title or ROLES[self.role]})"

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        _check(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _check(records)


def _check(links: Sequence[Any]) -> None:
    """Raises UserError where the ends of a link are not what it says, or where it is there already."""
    people = targets(links, "person", partners.Partner)
    companies = targets(links, "company", partners.Partner)
    for link, person, company in zip(links, people, companies, strict=True):
        if person is not None and person.kind != "person":
            raise UserError(_("“%(name)s” is not a person.", name=person.name), "person", link)
        if company is not None and company.kind == "person":
            raise UserError(
                _("“%(name)s” is a person, not an organisation.", name=company.name), "company", link
            )
        if person is not None and company is not None and _apart(person, company):
            raise UserError(
                _("%(field)s belongs to another company.", field=_("Organisation")), "company", link
            )
    _refuse_twice(links)


def _apart(first: Any, second: Any) -> bool:
    """Whether two partners are of two companies of ours."""
    owners = {key_of(first, "company"), key_of(second, "company")} - {None}
    return len(owners) > 1


def _refuse_twice(links: Sequence[Any]) -> None:
    """One person has one role at one organisation once. The people stay locked, so that nobody adds it meanwhile."""
    env, cls = links[0].env, type(links[0])
    asked = Counter(_ends(link) for link in links)
    people = sorted({person for person, _company, _role in asked if person})
    partner: Any = env[partners.Partner]
    env.execute(sa.select(partner.id).where(partner.id.in_(people)).order_by(partner.id).with_for_update())
    known = [link.id for link in links if link.id is not None]
    stored = sa.select(cls.person_id, cls.company_id, cls.role)
    asked.update(
        tuple(row) for row in env.execute(stored.where(cls.person_id.in_(people), cls.id.not_in(known)))
    )
    for link in links:
        if asked[_ends(link)] > 1:
            raise UserError(_("This person has this role there already."), "role", link)


def _ends(link: Any) -> tuple[int | None, int | None, str]:
    return key_of(link, "person"), key_of(link, "company"), link.role
