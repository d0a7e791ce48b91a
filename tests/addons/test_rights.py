"""Who may do what with base and crm: the demo users, as they sign in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
import sqlalchemy as sa

from addons.crm import Lead
from core import Env
from core.access.door import AccessDenied
from core.base import Address, Company, Currency, Partner, Province, Regency, Role, Tag, Team, User

SignedIn = Callable[[str], AbstractContextManager[Env]]


def count(env: Env, model: Any) -> int:
    return int(env.scalar(sa.select(sa.func.count(env[model].id))))


def leads(env: Env, **values: Any) -> list[Lead]:
    return list(env.scalars(sa.select(env[Lead]).filter_by(**values).order_by(env[Lead].id)))


@pytest.mark.parametrize("model", [Address, Company, Currency, Partner, Province, Regency, Tag, Team, User])
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
        own = leads(env, owner_id=env.user.id)[0]
        own.state = "qualified"
        env.flush()
        foreign = next(lead for lead in leads(env) if lead.owner is not None and lead.owner.id != env.user.id)
        foreign.state = "junk"
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
