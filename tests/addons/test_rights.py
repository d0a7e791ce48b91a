"""Who may do what with base and crm: the demo users, as they sign in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
import sqlalchemy as sa

from addons.crm import Lead
from core import CurrentUser, Env, UserError
from core.access.door import AccessDenied
from core.base import (
    Address,
    Company,
    Currency,
    Partner,
    PartnerEmail,
    PartnerLink,
    PartnerPhone,
    Province,
    Regency,
    Role,
    SavedView,
    Tag,
    Team,
    User,
)
from tests.addons.conftest import Open

SignedIn = Callable[[str], AbstractContextManager[Env]]


def count(env: Env, model: Any) -> int:
    return int(env.scalar(sa.select(sa.func.count(env[model].id))))


def leads(env: Env, **values: Any) -> list[Lead]:
    return list(env.scalars(sa.select(env[Lead]).filter_by(**values).order_by(env[Lead].id)))


@pytest.mark.parametrize("model", [
    Address, Company, Currency, Partner, PartnerEmail, PartnerLink, PartnerPhone, Province, Regency, Tag, Team, User
])  # fmt: skip
def test_everybody_reads_what_work_needs(signed_in: SignedIn, model: Any) -> None:
    with signed_in("ayu") as env:
        assert count(env, model) > 0


def test_a_seller_sees_the_leads_of_the_team_and_no_others(signed_in: SignedIn, demo: Env) -> None:
    homes = [lead.id for lead in leads(demo) if lead.team is not None and lead.team.name == "Penjualan Rumah"]
    with signed_in("ayu") as env:
        assert [lead.id for lead in leads(env)] == homes
    assert 0 < len(homes) < 250


@pytest.mark.parametrize("mail", ["dewi", "made"])
def test_a_manager_sees_all_leads(signed_in: SignedIn, mail: str) -> None:
    with signed_in(mail) as env:
        assert count(env, Lead) == 250


def test_a_seller_changes_own_leads_only(signed_in: SignedIn) -> None:
    with signed_in("ayu") as env:
        own = leads(env, owner_id=env.user.id, state="working")[0]
        own.state = "qualified"
        env.flush()
        foreign = next(lead for lead in leads(env) if lead.owner is not None and lead.owner.id != env.user.id)
        foreign.note = "Bukan milik saya"
        with pytest.raises(AccessDenied):
            env.flush()


def test_a_seller_makes_leads_and_contacts(signed_in: SignedIn) -> None:
    with signed_in("bima") as env:
        partner = env.create(Partner, [{"name": "Hendra Wijaya"}])[0]
        lead = env.create(Lead, [{"title": "Gudang 400 m²", "partner": partner}])[0]
        env.flush()
        assert lead.owner is not None and lead.owner.id == env.user.id
        assert lead.team is not None and lead.team.name == "Penjualan Komersial"
        assert lead.company is partner.company
        assert lead.company is not None


def test_a_lead_of_a_manager_belongs_to_the_managers_own_team(signed_in: SignedIn) -> None:
    with signed_in("dewi") as env:
        lead = env.create(Lead, [{"title": "Rumah dinas 6 unit"}])[0]
        env.flush()
        assert len(env.user.teams) == 3
        assert lead.team is not None and lead.team.name == "Penjualan"


USER = {"name": "Tono", "email": "tono@griyasentosa.example"}
TEAM = {"name": "Penjualan Sewa"}


@pytest.mark.parametrize(
    ("mail", "model", "row", "may"),
    [
        ("ayu", User, USER, False),
        ("dewi", User, USER, False),
        ("made", User, USER, True),
        ("ayu", Team, TEAM, False),
        ("dewi", Team, TEAM, True),
    ],
)
def test_managers_make_teams_and_administrators_users(
    signed_in: SignedIn, mail: str, model: Any, row: dict[str, str], may: bool
) -> None:
    with signed_in(mail) as env:
        env.create(model, [row])
        with nullcontext() if may else pytest.raises(AccessDenied):
            env.flush()


def test_a_seller_deletes_no_contacts_and_a_manager_does(signed_in: SignedIn) -> None:
    with signed_in("ayu") as env:
        partner = env.create(Partner, [{"name": "Salah ketik"}])[0]
        env.flush()
        with pytest.raises(AccessDenied):
            env.delete([partner])
    with signed_in("dewi") as env:
        partner = env.create(Partner, [{"name": "Salah ketik"}])[0]
        env.flush()
        env.delete([partner])
        assert count(env, Partner) == 400


def test_roles_are_not_for_sellers(signed_in: SignedIn) -> None:
    with signed_in("ayu") as env, pytest.raises(AccessDenied):
        count(env, Role)
    with signed_in("dewi") as env:
        assert count(env, Role) == 5


# ----------------------------------------------------------------- saved views
def views(env: Env) -> list[str]:
    return [view.name for view in env.scalars(sa.select(env[SavedView]).order_by(env[SavedView].id))]


def test_views_are_seen_by_their_owner_and_whom_they_are_shared_with(opened: Open) -> None:
    with opened() as env:
        team, other = env.create(Team, [{"name": "Penjualan"}, {"name": "Gudang"}])
        dewi, ayu = env.create(User, [{"name": n, "email": f"{n}@x.example"} for n in ("dewi", "ayu")])
        env.flush()
        rows = [
            {"name": "hers", "owner": dewi},
            {"name": "mine", "owner": ayu},
            {"name": "team", "owner": dewi, "shared": "team", "team": team},
            {"name": "other team", "owner": dewi, "shared": "team", "team": other},
            {"name": "all", "owner": dewi, "shared": "everyone"},
        ]
        env.create(SavedView, [{"model": "crm.lead", **row} for row in rows])
        env.flush()
        user = CurrentUser(ayu.id, roles=frozenset({"base.user"}), teams=(team.id,))
        manager = CurrentUser(dewi.id, roles=frozenset({"base.user", "base.manager"}), teams=(team.id,))
    with opened(user, readonly=True) as env:
        assert views(env) == ["mine", "team", "all"]
    with opened(manager, readonly=True) as env:
        assert views(env) == ["hers", "team", "other team", "all"]
    for name, may in (("mine", True), ("all", False)):
        with opened(user) as env:
            view = env.scalars(sa.select(env[SavedView]).where(env[SavedView].name == name)).one()
            view.position = 1
            with nullcontext() if may else pytest.raises(AccessDenied):
                env.flush()
            env.session.rollback()


def test_managers_share_views_and_sellers_do_not(signed_in: SignedIn) -> None:
    row = {"name": "Deal panas", "model": "crm.lead", "shared": "everyone"}
    for mail, may in (("ayu", False), ("dewi", True)):
        with signed_in(mail) as env:
            view = env.create(SavedView, [row])[0]
            with nullcontext() if may else pytest.raises(UserError):
                env.flush()
                assert view.owner is not None and view.owner.id == env.user.id


def test_a_view_for_a_team_names_the_team(signed_in: SignedIn) -> None:
    with signed_in("dewi") as env, pytest.raises(UserError) as caught:
        env.create(SavedView, [{"name": "Deal panas", "model": "crm.lead", "shared": "team"}])
        env.flush()
    assert caught.value.field == "team"


def test_nobody_makes_a_view_for_somebody_else(signed_in: SignedIn) -> None:
    with signed_in("ayu") as env:
        dewi = env.scalars(sa.select(env[User]).where(env[User].name == "Dewi Kartika")).one()
        env.create(SavedView, [{"name": "Deal panas", "model": "crm.lead", "owner": dewi}])
        with pytest.raises(AccessDenied):
            env.flush()
