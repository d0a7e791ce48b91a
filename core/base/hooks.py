"""What base gives to the core, by the same hooks as any other addon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core import (
    Claim,
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
    Activity,
    Address,
    Attachment,
    Change,
    Company,
    CompanyOwned,
    Currency,
    Follower,
    Message,
    Notification,
    OfRecord,
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
    Thread,
    User,
    Word,
    announcing,
    demo_together,
    of_my_companies,
)
from core.base import (
    Sequence as NumberSequence,
)
from core.base import demo as sample
from core.base.of_record import of_seen_records
from core.base.region import province_rows, regency_rows
from core.base.saved_view import mine_or_shared

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
        Claim,
        Role,
        AccessRight,
        Team,
        User,
        Tag,
        Thread,
        OfRecord,
        Message,
        Follower,
        Notification,
        Activity,
        Attachment,
        Partner,
        PartnerOwned,
        PartnerPhone,
        PartnerEmail,
        PartnerLink,
        Address,
        SavedView,
        Change,
        NumberSequence,
        Word,
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
        Rule(CompanyOwned, "rwcd", where=of_my_companies, name=_("Records of the user's companies")),
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
        Rule(OfRecord, "rwcd", where=of_seen_records, name=_("What goes with records that the user sees")),
        Rule(SavedView, "rwcd", where=mine_or_shared, name=_("Own saved views and those that are shared")),
    ]


def _of_my_contacts(model: Any, env: Env) -> sa.ColumnElement[bool]:
    return model.partner_id.in_(_my_contacts(env))  # type: ignore[no-any-return]


def _between_my_contacts(model: Any, env: Env) -> sa.ColumnElement[bool]:
    mine = _my_contacts(env)
    return sa.and_(model.person_id.in_(mine), model.company_id.in_(mine))


def _my_contacts(env: Env) -> sa.Select[tuple[int]]:
    partner: Any = env[Partner]
    return sa.select(partner.id).where(of_my_companies(partner, env))


@hookimpl
def record_created(env: Env, records: Sequence[Model]) -> None:
    """New notes are told to whom they mention, and to who follows their record."""
    if isinstance(records[0], Message):
        announcing.announce(env.only(Message, records))


@hookimpl
def menus() -> Sequence[Menu]:
    """Contacts for everyone, and what an administrator manages."""
    manage = _("Manage")
    return [
        Menu(
            "base.contacts", _("Contacts"), Partner, group=_("Customers"), icon="user", order=30, tabbar=True
        ),
        Menu("base.activities", _("Activities"), Activity, icon="done", order=5),
        Menu("base.files", _("Files"), Attachment, group=_("Customers"), icon="clip", order=31),
        Menu("base.users", _("Users"), User, group=manage, icon="key", order=90),
        Menu("base.teams", _("Teams"), Team, group=manage, icon="users", order=91),
        Menu("base.companies", _("Companies"), Company, group=manage, icon="building", order=92),
        Menu("base.roles", _("Roles"), "/settings/roles", group=manage, icon="lock", order=93),
        Menu("base.activity", _("What was done"), "/settings/activity", group=manage, icon="clock", order=89),
        Menu("base.tags", _("Tags"), Tag, group=manage, icon="tag", order=94),
        Menu("base.words", _("Words"), Word, group=manage, icon="sliders", order=94),
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
    return [Demo(_("Contacts"), sample.make), Demo(_("Notes and activities"), demo_together.contacts)]
