"""What base gives to the core, by the same hooks as any other addon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core import (
    Demo,
    Env,
    Extension,
    Group,
    Item,
    Menu,
    Model,
    Rows,
    Rule,
    Slot,
    View,
    _,
    form,
    hookimpl,
    listing,
)
from core import Role as ShippedRole
from core.base import (
    AccessRight,
    Address,
    Change,
    Company,
    CompanyOwned,
    Currency,
    Partner,
    Province,
    Regency,
    Role,
    Tag,
    Team,
    User,
)
from core.base import (
    Sequence as NumberSequence,
)
from core.base import demo as sample
from core.base.region import province_rows, regency_rows
from core.sql import unindexed

CURRENCIES = (
    ("IDR", "Rp", "Rupiah", "Indonesian rupiah"),
    ("USD", "US$", "Dolar Amerika Serikat", "US dollar"),
    ("SGD", "S$", "Dolar Singapura", "Singapore dollar"),
    ("MYR", "RM", "Ringgit Malaysia", "Malaysian ringgit"),
    ("EUR", "€", "Euro", "Euro"),
    ("JPY", "¥", "Yen Jepang", "Japanese yen"),
    ("AUD", "A$", "Dolar Australia", "Australian dollar"),
    ("CNY", "CN¥", "Yuan Tiongkok", "Chinese yuan"),
)


@hookimpl
def models() -> Sequence[type[Model]]:
    """The models of base."""
    return [
        Currency,
        Province,
        Regency,
        Company,
        CompanyOwned,
        Role,
        AccessRight,
        Team,
        User,
        Tag,
        Partner,
        Address,
        Change,
        NumberSequence,
    ]


@hookimpl
def roles() -> Sequence[ShippedRole]:
    """Everyone who signs in, those who lead, and those who look after the system."""
    return [
        ShippedRole("base.user", _("User"), help=_("Everyone who signs in.")),
        ShippedRole(
            "base.manager", _("Manager"), implies=("base.user",), help=_("Leads teams and cleans up data.")
        ),
        ShippedRole(
            "base.admin", _("Administrator"), implies=("base.manager",), help=_("Manages users and settings.")
        ),
    ]


@hookimpl
def rules() -> Sequence[Rule]:
    """Whoever may use a company sees its records, and those that belong to none; addresses with their contact."""
    return [
        Rule(CompanyOwned, "rwcd", where=_of_my_companies, name=_("Records of the user's companies")),
        Rule(Address, "rwcd", where=_of_my_contacts, name=_("Addresses of contacts of the user's companies")),
    ]


def _of_my_companies(model: Any, env: Env) -> sa.ColumnElement[bool]:
    company = unindexed(model.company_id)
    return sa.or_(company.is_(None), company.in_(env.companies))


def _of_my_contacts(model: Any, env: Env) -> sa.ColumnElement[bool]:
    partner = env[Partner]
    mine = sa.select(partner.id).where(_of_my_companies(partner, env))
    return model.partner_id.in_(mine)  # type: ignore[no-any-return]


@hookimpl
def views() -> Sequence[View | Extension]:
    """Where the order of declaration would not be pleasant."""
    return [*_partner_views(), *_user_views()]


def _partner_views() -> Sequence[View]:
    return [
        View(
            "base.partner.form",
            Partner,
            form(
                Group("main", "name", "kind", "parent", "tags", label=_("Who")),
                Group(
                    "reach",
                    "mobile",
                    "phone",
                    "email",
                    "website",
                    "city",
                    "lang",
                    label=_("How to reach them"),
                ),
                Group("care", "owner", "team", "company", label=_("Who looks after them")),
                Group("more", "npwp", Item("notes", wide=True), label=_("More")),
                Group("related", "addresses", "employees", label=_("Related")),
                Slot("footer"),
            ),
        ),
        View(
            "base.partner.list",
            Partner,
            listing(
                "name",
                "kind",
                "parent",
                "mobile",
                Item("email", low=True),
                "city",
                Item("tags", low=True),
                Item("owner", low=True),
            ),
        ),
    ]


def _user_views() -> Sequence[View]:
    return [
        View(
            "base.user.form",
            User,
            form(
                Group("main", "name", "email", "phone", "active", label=_("Who")),
                Group("rights", "roles", "teams", "company", "companies", label=_("What they may do")),
                Group("reading", "lang", "tz", "theme", label=_("How they read")),
                Slot("footer"),
            ),
        ),
        View(
            "base.user.list",
            User,
            listing("name", "email", "roles", "teams", Item("company", low=True), "active"),
        ),
    ]


@hookimpl
def menus() -> Sequence[Menu]:
    """Contacts for everyone, and what an administrator manages."""
    manage = _("Manage")
    return [
        Menu(
            "base.contacts", _("Contacts"), Partner, group=_("Customers"), icon="user", order=30, tabbar=True
        ),
        Menu("base.users", _("Users"), User, group=manage, icon="key", order=90),
        Menu("base.teams", _("Teams"), Team, group=manage, icon="users", order=91),
        Menu("base.companies", _("Companies"), Company, group=manage, icon="building", order=92),
        Menu("base.roles", _("Roles"), Role, group=manage, icon="lock", order=93),
        Menu("base.tags", _("Tags"), Tag, group=manage, icon="tag", order=94),
    ]


@hookimpl
def data() -> Sequence[Rows]:
    """Currencies, provinces and regencies."""
    currencies = [
        {"key": f"currency.{code}", "code": code, "symbol": symbol, "name": {"id": indonesian, "en": english}}
        for code, symbol, indonesian, english in CURRENCIES
    ]
    return [Rows(Currency, currencies), Rows(Province, province_rows), Rows(Regency, regency_rows)]


@hookimpl
def demo() -> Sequence[Demo]:
    """A company, its people and everyone it deals with."""
    return [Demo(_("Contacts"), sample.make)]
