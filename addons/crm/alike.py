"""Contacts that may be whom a lead tells of: those with the same email, phone or name, however it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from addons.crm.lead import Lead
from core import Env, LazyText, _
from core.base import Partner, PartnerEmail, PartnerPhone

MOST = 50
"""Contacts that are looked at; a name that more of them have in part is nobody's."""
LEGAL = ("pt", "cv", "ud", "tbk", "persero", "yayasan", "koperasi")
FORMS = frozenset((*LEGAL, "bapak", "bpk", "pak", "ibu", "bu", "dr", "ir", "h", "hj"))
"""What is said before or after a name, and is no part of it."""


class Alike(NamedTuple):
    """A contact, and what it has in common with the lead; the more the better."""

    partner: Partner
    reasons: Sequence[LazyText]

    @property
    def is_person(self) -> bool:
        """Whether it can be the contact; else it can be the company."""
        return self.partner.kind == "person"


def normal(name: str | None) -> str:
    """A name without titles and legal forms, marks and capitals: `PT. Maju Jaya, Tbk` is `maju jaya`."""
    words = re.findall(r"\w+", (name or "").casefold())
    return " ".join(word for word in words if word not in FORMS)


def alike(env: Env, lead: Lead) -> list[Alike]:
    """The contacts that `lead` may tell of, the likeliest first."""
    emails = {text.casefold() for text in _texts(lead, "email", "email_alt")}
    phones = _texts(lead, "phone", "mobile")
    names = {normal(text) for text in _texts(lead, "contact_name", "company_name")} - {""}
    P: Any = env[Partner]
    sure, vague = (
        _sure(env, lead, emails, phones),
        [P.name.icontains(name, autoescape=True) for name in names],
    )
    if not sure and not vague:
        return []
    same = names | {text.casefold().strip() for text in _texts(lead, "contact_name", "company_name")}
    first = sa.case((sa.or_(sa.false(), *sure, sa.func.lower(P.name).in_(same)), 0), else_=1)
    wanted = sa.select(P).where(P.archived.is_(False), sa.or_(*sure, *vague)).order_by(first, P.id)
    found = [_compared(one, lead, emails, phones, names) for one in env.scalars(wanted.limit(MOST))]
    return sorted((one for one in found if one.reasons), key=lambda one: -len(one.reasons))


def _sure(env: Env, lead: Any, emails: set[str], phones: set[str]) -> list[Any]:
    """What only the very same meets: a name is like many."""
    P: Any = env[Partner]
    whose = told(lead, "partner")
    tests = [] if whose is None else [P.id == whose.id]
    asked = (
        ("email", sa.func.lower(P.email), emails),
        ("phone", P.phone, phones),
        ("mobile", P.mobile, phones),
    )
    tests += [text.in_(values) for name, text, values in asked if values and env.may_see(Partner, name)]
    for model, name, values in ((PartnerEmail, "email", emails), (PartnerPhone, "number", phones)):
        if values and env.may(model, "r") and env.may_see(model, name):
            tests.append(P.id.in_(_further(env, model, name, values)))
    return tests


def told(record: Any, name: str) -> Any:
    """What a field holds; None where it is closed to the user."""
    return getattr(record, name) if record.env.may_see(type(record), name) else None


def _texts(record: Any, *names: str) -> set[str]:
    return {text for name in names if (text := told(record, name))}


def _compared(one: Any, lead: Any, emails: set[str], phones: set[str], names: set[str]) -> Alike:
    reasons = []
    if one is told(lead, "partner"):
        reasons += [_("Contact of this lead")] * 3
    if emails & {text.casefold() for text in _texts(one, "email") | _of_lines(one, "emails", "email")}:
        reasons.append(_("Same email"))
    if phones & (_texts(one, "phone", "mobile") | _of_lines(one, "phones", "number")):
        reasons.append(_("Same phone"))
    if normal(one.name) in names:
        reasons.append(_("Same name"))
    return Alike(one, reasons)


def _of_lines(one: Any, lines: str, name: str) -> set[str]:
    return {text for line in told(one, lines) or () for text in _texts(line, name)}


def _further(env: Env, model: Any, field: str, values: Iterable[str]) -> Any:
    cls: Any = env[model]
    return sa.select(cls.partner_id).where(getattr(cls, field).in_(sorted(values)), cls.archived.is_(False))
