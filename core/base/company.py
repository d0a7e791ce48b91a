"""The companies that use this database."""

from __future__ import annotations

from core import Char, Email, Many2one, Model, Phone, _
from core.base.currency import Currency
from core.base.region import Regency


class Company(
    Model,
    name="base.company",
    label=_("Company"),
    plural=_("Companies"),
    access={"base.user": "r", "base.admin": "rwcd"},
    order="name",
):
    """One's own company, not a customer: those are partners."""

    name = Char(required=True, label=_("Name"), list=True, search=True)
    currency = Many2one(Currency, required=True, label=_("Currency"), list=True)
    street = Char(label=_("Street"))
    regency = Many2one(Regency, label=_("Regency or city"), list=True)
    postcode = Char(10, label=_("Postcode"))
    phone = Phone(30, label=_("Phone"), list=True)
    email = Email(label=_("Email"), list=True)
    npwp = Char(22, label=_("Tax number (NPWP)"))
