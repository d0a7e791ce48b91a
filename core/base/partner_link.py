"""Who is what for an organisation: the people to turn to, each in a role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from core import Char, Email, Many2one, Model, Select, UserError, _
from core.base import partner as partners
from core.base.linked import key_of, targets
from core.base.repeats import repeats

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
        lambda: partners.Partner, required=True, ondelete="cascade", label=_("Contact person"), list=True
    )
    company: Many2one[partners.Partner] = Many2one(
        lambda: partners.Partner, required=True, ondelete="cascade", label=_("Organisation"), list=True
    )
    role = Select(ROLES, required=True, default="other", label=_("Role"), list=True)
    job_title = Char(120, label=_("Job title"), list=True, search=True)
    email = Email(
        label=_("Email at work"), help=_("Where it differs from the person's own."), list=True, search=True
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
    """Raises UserError where the ends of a link are not what it says, or where a person has the role there already."""
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
    for link in repeats(links, "person", "company", "role"):
        raise UserError(_("This person has this role there already."), "role", link)


def _apart(first: Any, second: Any) -> bool:
    """Whether two partners are of two companies of ours."""
    owners = {key_of(first, "company"), key_of(second, "company")} - {None}
    return len(owners) > 1
