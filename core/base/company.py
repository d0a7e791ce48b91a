"""The companies that use this database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core import Char, Email, Env, Many2one, Model, Phone, _
from core.base.currency import Currency
from core.base.region import Regency
from core.i18n.formats import DEFAULT_CURRENCY


def usual_currency(env: Env) -> Any:
    """That of the first company there is, else the rupiah."""
    company: Any = env[Company]
    currency: Any = env[Currency]
    first = sa.select(company.currency_id).order_by(company.id).limit(1).scalar_subquery()
    usual = sa.select(currency.id).where(currency.code == DEFAULT_CURRENCY).scalar_subquery()
    return env.scalar(sa.select(currency).where(currency.id == sa.func.coalesce(first, usual)))


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
    currency = Many2one(Currency, required=True, default=usual_currency, label=_("Currency"), list=True)
    street = Char(label=_("Street"))
    regency = Many2one(Regency, label=_("Regency or city"), list=True)
    postcode = Char(10, label=_("Postcode"))
    phone = Phone(30, label=_("Phone"), list=True)
    email = Email(label=_("Email"), list=True)
    npwp = Char(22, label=_("Tax number (NPWP)"))
