"""Leads: people and organisations that may become customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from addons.crm.prospect import WORK, Prospect
from addons.crm.states import STATES, TONES, check_changed, check_new
from core import Char, Email, Many2one, Money, Phone, Select, Url, _
from core.base import Partner, Regency

KINDS = {"person": _("Person"), "organisation": _("Organisation")}


class Lead(
    Prospect,
    name="crm.lead",
    label=_("Lead"),
    plural=_("Leads"),
    access=WORK,
    order="-created_at",
):
    """Someone who may buy; `owner` and `team` say who works on it and who sees it, FOLLOWING how `state` goes on."""

    kind = Select(KINDS, required=True, default="person", label=_("Kind"))
    state = Select(STATES, required=True, default="new", tones=TONES, index=True, label=_("State"))
    partner = Many2one(
        Partner, ondelete="set_null", label=_("Contact"), help=_("The contact this lead comes from.")
    )
    company_name = Char(label=_("Company name"), search=True)
    contact_name = Char(label=_("Contact person"), search=True)
    job_title = Char(label=_("Job title"))
    phone = Phone(30, label=_("Phone"), search=True)
    mobile = Phone(30, label=_("Mobile"), search=True)
    email = Email(label=_("Email"), search=True)
    email_alt = Email(label=_("Second email"), search=True)
    website = Url(label=_("Website"))
    city = Many2one(Regency, label=_("City"))
    revenue = Money(access={"base.user": "rw"}, least=0, label=_("Expected revenue"))

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        check_new(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        check_changed(records, changed)
