"""The demo data: as much as was promised, the same every time, believable, and harmless."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

import phonenumbers
import pytest
import sqlalchemy as sa

from addons.crm import Deal, Lead, demo_deals
from addons.crm import demo as crm_demo
from core import Email, Env, Phone, Scale, Url, UserError
from core.assembly import Assembly
from core.base import (
    Address,
    Company,
    Partner,
    PartnerEmail,
    PartnerLink,
    PartnerPhone,
    Regency,
    Team,
    User,
)
from core.base import demo as base_demo
from core.orm.database import Database
from core.orm.env import open_env
from core.schema.install import install
from tests.addons.conftest import TODAY

STAMPS = ("updated_at",)


def all_of(env: Env, model: Any) -> list[Any]:
    return list(env.scalars(sa.select(env[model]).order_by(env[model].id)))


def values(env: Env, kind: type) -> list[tuple[Any, str]]:
    """Every value of a kind of field, in all models, with its field."""
    return [
        (item, value)
        for info in env.registry
        for item in info.own_fields
        if type(item) is kind
        for value in env.scalars(sa.select(getattr(info.cls, item.name)))
        if value is not None
    ]


def contents(database: Database, assembly: Assembly) -> dict[str, list[Any]]:
    """All rows of all tables of models and links, but for the moments of writing."""
    found = {}
    with database.reading.connect() as connection:
        for table in assembly.registry.metadata.sorted_tables:
            if table.name == "base_change":  # tells when and in which transaction
                continue
            stamps = (*STAMPS, *(() if table.name == "crm_lead" else ("created_at",)))
            columns = [column for column in table.columns if column.name not in stamps]
            found[table.name] = connection.execute(sa.select(*columns).order_by(*table.primary_key)).all()
    return found


# ----------------------------------------------------------------- how much, and the same
def test_as_much_as_was_promised(demo: Env) -> None:
    counts = {
        model: demo.scalar(sa.select(sa.func.count(demo[model].id)))
        for model in (Company, Team, User, Partner, Lead)
    }
    assert counts == {Company: 1, Team: 3, User: 8, Partner: 400, Lead: 250}


def test_every_run_gives_the_same(
    url: str, demo: Env, assembly: Assembly, fill: Callable[[Database], None]
) -> None:
    with closing(Database(url)) as database:
        fill(database)
        again = contents(database, assembly)
    assert again == contents(demo.database, assembly)
    assert len(again["crm_lead"]) == 250


def test_it_is_not_written_twice(url: str, assembly: Assembly, fill: Callable[[Database], None]) -> None:
    with closing(Database(url)) as database:
        fill(database)
        with pytest.raises(UserError, match="Data contoh"), open_env(assembly.registry, database) as env:
            list(base_demo.make(env, Scale()))
        with open_env(assembly.registry, database, readonly=True) as env:
            assert env.scalar(sa.select(sa.func.count(env[Partner].id))) == 400


@pytest.mark.postgres
def test_the_large_one_is_written_in_batches(
    postgres_url: str, catalogue: Any, assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_demo, "LARGE", 3_000)
    monkeypatch.setattr(crm_demo, "LARGE", 1_000)
    monkeypatch.setattr(demo_deals, "LARGE", 1_000)
    statements: list[str] = []
    batches = 0
    with closing(Database(postgres_url)) as database:
        install(database, catalogue, ["crm"])
        sa.event.listen(database.writing, "before_cursor_execute", lambda *said: statements.append(said[2]))
        for item in assembly.demo:
            with open_env(assembly.registry, database) as env:
                progress = list(item.value.make(env, Scale(large=True)))
                total = progress[-1][1]
                assert progress[0][0] == 0 and progress[-1][0] == total
                assert progress == sorted(progress)
                assert len(progress) > total // 500
                batches += len(progress) - 1
        with open_env(assembly.registry, database, readonly=True) as env:
            assert env.scalar(sa.select(sa.func.count(env[Partner].id))) == 3_000
            assert env.scalar(sa.select(sa.func.count(env[Lead].id))) == 1_000
            assert env.scalar(sa.select(sa.func.count(env[Deal].id))) == 1_000
    assert batches < 16
    assert len(statements) < 60 + 25 * batches, Counter(statement[:40] for statement in statements)


# ----------------------------------------------------------------- harmless
def test_no_address_can_reach_anybody(demo: Env) -> None:
    mails, sites = values(demo, Email), values(demo, Url)
    assert len(mails) > 600
    assert len(sites) > 100
    assert [mail for _field, mail in mails if not mail.endswith(".example")] == []
    assert [site for _field, site in sites if not site.endswith(".example")] == []


def test_values_are_as_a_form_would_store_them(demo: Env) -> None:
    for kind in (Email, Url, Phone):
        for item, value in values(demo, kind):
            assert item.read(value) == value


def test_telephone_numbers_are_of_indonesia(demo: Env) -> None:
    found = values(demo, Phone)
    assert len(found) > 700
    for item, value in found:
        number = phonenumbers.parse(value)
        assert phonenumbers.region_code_for_number(number) == "ID", value
        assert phonenumbers.is_valid_number(number), value
        if item.name == "mobile":
            assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE, value


# ----------------------------------------------------------------- people
def test_the_teams_are_one_tree_and_everyone_is_in_one(demo: Env) -> None:
    teams, users = all_of(demo, Team), all_of(demo, User)
    roots = [team for team in teams if team.parent is None]
    assert [team.name for team in roots] == ["Penjualan"]
    assert all(team.parent in roots for team in teams if team not in roots)
    assert all(team in team.leader.teams for team in teams)
    assert all(len(user.teams) == 1 for user in users)
    assert {user.lang for user in users} == {"id", "en"}


def test_everyone_who_can_sign_in_is_listed_with_their_rights(demo: Env) -> None:
    users = {user.email: {role.name for role in user.roles} for user in all_of(demo, User)}
    assert list(users) == [email for email, _job in base_demo.SIGN_INS]
    assert users["made@griyasentosa.example"] == {"base.admin", "crm.manager"}
    assert users["dewi@griyasentosa.example"] == {"base.manager", "crm.manager"}
    sellers = [roles for email, roles in users.items() if not email.startswith(("made", "dewi"))]
    assert sellers == [{"base.user", "crm.user"}] * 6


# ----------------------------------------------------------------- partners
def test_partners_are_people_firms_and_public_bodies(demo: Env) -> None:
    partners = all_of(demo, Partner)
    kinds = Counter(partner.kind for partner in partners)
    assert kinds == {"person": 232, "company": 140, "public_body": 28}
    names = [partner.name for partner in partners if partner.kind != "person"]
    assert len(set(names)) == len(names)
    people = Counter(partner.name for partner in partners if partner.kind == "person")
    assert people.most_common(1)[0][1] <= 3
    assert sum("Dinas" in name for name in names) > 10


def test_people_work_for_organisations_where_they_live(demo: Env) -> None:
    working = [partner for partner in all_of(demo, Partner) if partner.parent]
    assert 80 < len(working) < 150
    for person in working:
        assert person.kind == "person" and person.parent.kind != "person"
        assert person.city is person.parent.city and person.owner is person.parent.owner
        assert person.email.partition("@")[2] == person.parent.email.partition("@")[2]


def test_partners_are_looked_after_by_a_seller_of_the_team(demo: Env) -> None:
    partners = all_of(demo, Partner)
    assert all(partner.team in partner.owner.teams for partner in partners)
    assert len({partner.owner for partner in partners}) == 6


def test_addresses_are_in_real_places(demo: Env) -> None:
    addresses = all_of(demo, Address)
    at_home = {partner for partner in all_of(demo, Partner) if partner.parent is None}
    first = [address.partner for address in addresses if address.use in ("home", "main")]
    assert len(first) == len(at_home) and set(first) == at_home
    assert {address.use for address in addresses} == {"home", "main", "billing", "shipping", "registered"}
    for address in addresses:
        assert address.province is address.regency.province
        assert address.partner.city is address.regency
        assert len(address.postcode) == 5 and address.postcode.isdigit()
    west = demo.scalars(sa.select(demo[Regency]).where(demo[Regency].code.startswith("32."))).all()
    assert sum(address.regency in west for address in addresses) > len(addresses) * 0.4


def test_tax_numbers_have_a_right_check_digit(demo: Env) -> None:
    numbers = [partner.npwp for partner in all_of(demo, Partner) if partner.kind == "company"]
    numbers.append(all_of(demo, Company)[0].npwp)
    for number in numbers:
        assert len(number) == 16 and number.isdigit() and number.startswith("0")
        digits = [int(digit) for digit in number[1:10]]
        total = sum(sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(digits))
        assert total % 10 == 0, number


def test_people_have_roles_at_the_organisations_they_work_for(demo: Env) -> None:
    links = all_of(demo, PartnerLink)
    here = [link for link in links if link.person.parent is link.company]
    assert len(here) > 80
    assert {link.role for link in here} >= {"director", "finance", "purchasing"}
    assert all(link.company.kind != "person" and link.job_title for link in links)


def test_some_organisations_have_three_contacts_and_some_people_two_organisations(demo: Env) -> None:
    links = all_of(demo, PartnerLink)
    firms, people = Counter(link.company for link in links), Counter(link.person for link in links)
    assert sum(count >= 3 for count in firms.values()) >= 5
    assert sum(count == 2 for count in people.values()) >= 10
    assert len({(link.person, link.company, link.role) for link in links}) == len(links)


def test_partners_have_further_ways_to_be_reached(demo: Env) -> None:
    mails, phones = all_of(demo, PartnerEmail), all_of(demo, PartnerPhone)
    assert {mail.use for mail in mails} == {"billing", "orders", "private"}
    assert {phone.use for phone in phones} == {"whatsapp", "home", "work", "fax"}
    assert 50 < len(mails) < 150 and 60 < len(phones) < 150
    firms = [partner for partner in all_of(demo, Partner) if partner.kind == "company"]
    found = demo[Partner].contact_for(firms, "billing")
    assert len(found) == len(firms)
    kinds = Counter(contact.partner.kind for contact in found.values())
    assert kinds["person"] > 5 and kinds["company"] > 50


# ----------------------------------------------------------------- leads
def test_leads_are_linked_to_what_is_there(demo: Env) -> None:
    [griya] = all_of(demo, Company)
    leads = all_of(demo, Lead)
    assert sum(lead.partner is not None for lead in leads) > 100
    for lead in leads:
        assert lead.company is griya and lead.city is not None and lead.team.parent is not None
        assert lead.contact_name and lead.email and lead.mobile
        assert (lead.kind == "organisation") == bool(lead.company_name) == bool(lead.job_title)
        assert lead.owner is None or lead.team in lead.owner.teams
        assert lead.owner is not None or lead.state == "new"
        if lead.partner is not None:
            assert lead.city is lead.partner.city and lead.email == lead.partner.email
    assert any(lead.owner is None for lead in leads)


def test_leads_are_worth_whole_rupiah(demo: Env) -> None:
    worth = [lead.revenue for lead in all_of(demo, Lead)]
    assert 5 < worth.count(None) < 40
    assert all(amount % 1_000_000 == 0 and amount >= 30_000_000 for amount in worth if amount is not None)


def test_leads_came_over_the_last_twelve_months(demo: Env) -> None:
    now = dt.datetime.fromisoformat(TODAY)
    moments = [lead.created_at for lead in all_of(demo, Lead)]
    assert moments == sorted(moments)
    assert all(dt.timedelta() < now - moment < dt.timedelta(days=366) for moment in moments)
    assert len({(moment.year, moment.month) for moment in moments}) >= 12
    zone = dt.timezone(dt.timedelta(hours=7))
    assert all(8 <= moment.astimezone(zone).hour < 17 for moment in moments)


def test_every_state_and_source_is_met(demo: Env) -> None:
    leads = all_of(demo, Lead)
    states, sources = Counter(lead.state for lead in leads), Counter(lead.source for lead in leads)
    assert set(states) == {"new", "working", "qualified", "converted", "junk"}
    assert min(states.values()) >= 15
    assert len(sources) == 8
    assert sources["web_form"] == max(sources.values())
