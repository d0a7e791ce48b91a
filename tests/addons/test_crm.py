"""CRM: what a lead begins with, and how leads and contacts hold together."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from addons.crm import Lead, Partner
from core import CurrentUser, Env
from core.assembly import Assembly, assemble
from core.base import Company, Currency, Team, User
from core.loader import Catalogue
from tests.addons.conftest import Open


def seller(env: Env) -> CurrentUser:
    """A seller with a team and a company of their own."""
    rupiah = env.scalars(sa.select(env[Currency]).where(env[Currency].code == "IDR")).one()
    griya = env.create(Company, [{"name": "Griya Sentosa", "currency": rupiah}])[0]
    team = env.create(Team, [{"name": "Penjualan Rumah", "company": griya}])[0]
    row = {"name": "Ayu Lestari", "email": "ayu@griyasentosa.example", "teams": [team], "companies": [griya]}
    ayu = env.create(User, [row])[0]
    env.flush()
    roles = frozenset({"base.user", "crm.user"})
    return CurrentUser(ayu.id, ayu.name, roles=roles, teams=(team.id,), companies=(griya.id,))


def test_a_lead_belongs_to_whoever_makes_it(opened: Open) -> None:
    with opened() as env:
        user = seller(env)
    with opened(user) as env:
        lead = env.create(
            Lead, [{"title": "Rumah tipe 60 Cluster Kenanga", "revenue": Decimal(985_000_000)}]
        )[0]
        env.flush()
        assert lead.owner is not None and lead.owner.name == "Ayu Lestari"
        assert lead.team is not None and lead.team.name == "Penjualan Rumah"
        assert lead.company is not None and lead.company.name == "Griya Sentosa"
        assert (lead.kind, lead.state) == ("person", "new")
        assert lead.display_label() == "Rumah tipe 60 Cluster Kenanga"


def test_a_lead_that_no_person_makes_waits_for_an_owner(env: Env) -> None:
    lead = env.create(Lead, [{"title": "Ruko 2 lantai"}])[0]
    env.flush()
    assert (lead.owner, lead.team, lead.company) == (None, None, None)


def test_an_owner_who_is_named_is_kept(opened: Open) -> None:
    with opened() as env:
        user = seller(env)
        bima = env.create(User, [{"name": "Bima Saputra", "email": "bima@griyasentosa.example"}])[0]
        env.flush()
        bima_id = bima.id
    with opened(user) as env:
        by_record, by_key, nobody = env.create(
            Lead,
            [
                {"title": "Kavling", "owner": env.get(User, bima_id)},
                {"title": "Gudang", "owner_id": bima_id},
                {"title": "Ruko", "owner": None},
            ],
        )
        env.flush()
        assert by_record.owner is by_key.owner is env.get(User, bima_id)
        assert nobody.owner is None


def test_a_contact_knows_its_leads_and_they_outlive_it(env: Env) -> None:
    hendra = env.create(Partner, [{"name": "Hendra Wijaya"}])[0]
    leads = env.create(Lead, [{"title": "Kavling", "partner": hendra}, {"title": "Ruko", "partner": hendra}])
    env.flush()
    assert env.as_(Partner, hendra).leads == leads
    env.delete([hendra])
    assert [lead.partner for lead in leads] == [None, None]


def test_leads_stand_on_the_form_of_a_contact_only_where_crm_is(
    assembly: Assembly, catalogue: Catalogue
) -> None:
    alone = assemble(catalogue, [])
    try:
        assert "leads" in assembly.views["base.partner.form"].index
        assert "leads" not in alone.views["base.partner.form"].index
        assert "crm.lead" not in alone.registry
    finally:
        alone.dispose()
