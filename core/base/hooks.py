"""What base gives to the core, by the same hooks as any other addon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core import (
    Demo,
    Env,
    Menu,
    Model,
    Rows,
    Rule,
    _,
    hookimpl,
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
    PartnerEmail,
    PartnerLink,
    PartnerOwned,
    PartnerPhone,
    Province,
    Regency,
    Role,
    SavedView,
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
        PartnerOwned,
        PartnerPhone,
        PartnerEmail,
        PartnerLink,
        Address,
        SavedView,
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
    """Whoever may use a company sees its records and those of none; what belongs to a contact goes with it."""
    return [
        Rule(CompanyOwned, "rwcd", where=_of_my_companies, name=_("Records of the user's companies")),
        Rule(
            PartnerOwned,
            "rwcd",
            where=_of_my_contacts,
            name=_("What belongs to contacts of the user's companies"),
        ),
        Rule(
            PartnerLink,
            "rwcd",
            where=_between_my_contacts,
            name=_("Roles among contacts of the user's companies"),
        ),
        Rule(SavedView, "rwcd", where=_mine_or_shared, name=_("Own saved views and those that are shared")),
    ]


def _mine_or_shared(model: Any, env: Env) -> sa.ColumnElement[bool]:
    """The user's own views, those of the user's teams, and those for everyone."""
    with_team = sa.and_(model.shared == "team", model.team_id.in_(env.user.teams))
    return sa.or_(model.owner_id == env.user.id, model.shared == "everyone", with_team)


def _of_my_companies(model: Any, env: Env) -> sa.ColumnElement[bool]:
    company = unindexed(env, model.company_id)
    return sa.or_(company.is_(None), company.in_(env.companies))


def _of_my_contacts(model: Any, env: Env) -> sa.ColumnElement[bool]:
    return model.partner_id.in_(_my_contacts(env))  # type: ignore[no-any-return]


def _between_my_contacts(model: Any, env: Env) -> sa.ColumnElement[bool]:
    mine = _my_contacts(env)
    return sa.and_(model.person_id.in_(mine), model.company_id.in_(mine))


def _my_contacts(env: Env) -> sa.Select[tuple[int]]:
    partner: Any = env[Partner]
    return sa.select(partner.id).where(_of_my_companies(partner, env))


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
        Menu("base.roles", _("Roles"), "/settings/roles", group=manage, icon="lock", order=93),
        Menu("base.activity", _("What was done"), "/settings/activity", group=manage, icon="clock", order=89),
        Menu("base.tags", _("Tags"), Tag, group=manage, icon="tag", order=94),
        Menu("base.apps", _("Apps"), "/apps", group=manage, icon="puzzle", order=95),
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
