"""How partners are reached: further numbers, e-mails and addresses, people in roles, and whom a message goes to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from core import CurrentUser, Env, UserError
from core.base import (
    PURPOSES,
    Address,
    Company,
    Currency,
    Partner,
    PartnerEmail,
    PartnerLink,
    PartnerPhone,
    Regency,
)
from tests.addons.conftest import Open, refused

MAJU, SARI, BUDI, TUTI = "PT Maju", "Sari", "Budi", "Tuti"


def one(env: Env, model: Any, **values: Any) -> Any:
    return env.scalars(sa.select(env[model]).filter_by(**values)).one()


def partners(env: Env, *, mail: str | None = "info@maju.example") -> dict[str, Partner]:
    """A company and three people without a role yet."""
    rows = [{"name": MAJU, "kind": "company", "email": mail, "lang": "id"}]
    rows += [{"name": name, "email": f"{name.lower()}@maju.example"} for name in (SARI, BUDI, TUTI)]
    made = env.create(Partner, rows)
    env.flush()
    return {partner.name: partner for partner in made}


def link(env: Env, person: Partner, company: Partner, role: str, **more: Any) -> PartnerLink:
    row = {"person": person, "company": company, "role": role, **more}
    made = env.create(PartnerLink, [row])[0]
    env.flush()
    return made


def field_refused(env: Env, model: Any, row: dict[str, Any]) -> str | None:
    """The field beside which a new record is refused."""
    with refused(env) as caught:
        env.create(model, [row])
    return caught.value.field


# ----------------------------------------------------------------- people and roles
def test_a_company_lists_its_people_with_their_roles(env: Env) -> None:
    made = partners(env)
    roles = (SARI, "director"), (BUDI, "finance"), (TUTI, "purchasing")
    links = [link(env, made[name], made[MAJU], role) for name, role in roles]
    assert made[MAJU].contacts == links
    assert [row.person.name for row in made[MAJU].contacts] == [SARI, BUDI, TUTI]


def test_a_person_belongs_to_two_companies_in_a_role_each(env: Env) -> None:
    made = partners(env)
    other = env.create(Partner, [{"name": "CV Jaya", "kind": "company"}])[0]
    first = link(env, made[SARI], made[MAJU], "finance", job_title="Manajer Keuangan")
    second = link(env, made[SARI], other, "owner")
    assert made[SARI].positions == [first, second]
    assert first.display_label() == "Sari · PT Maju (Manajer Keuangan)"
    assert second.display_label() == "Sari · CV Jaya (Pemilik)"
    env.delete([other])
    assert made[SARI].positions == [first]


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize(("person", "company", "field"), [(MAJU, MAJU, "person"), (SARI, BUDI, "company")])
def test_a_role_is_a_persons_at_an_organisation(
    env: Env, person: str, company: str, field: str, by_key: bool
) -> None:
    made = partners(env)
    row: dict[str, Any] = {"person": made[person], "company": made[company]}
    if by_key:
        row = {f"{name}_id": partner.id for name, partner in row.items()}
    assert field_refused(env, PartnerLink, row) == field


def test_one_person_has_one_role_there_once(env: Env) -> None:
    made = partners(env)
    link(env, made[SARI], made[MAJU], "finance")
    other = link(env, made[SARI], made[MAJU], "owner")
    other.job_title = "Pendiri"
    env.flush()
    with refused(env) as caught:
        other.role = "finance"
    assert caught.value.field == "role"


def test_the_same_role_twice_in_one_batch_is_refused(env: Env) -> None:
    made = partners(env)
    row = {"person": made[SARI], "company": made[MAJU], "role": "owner"}
    with refused(env):
        env.create(PartnerLink, [row, row])


def test_who_has_roles_stays_a_person_and_who_has_people_an_organisation(opened: Open) -> None:
    for name, kind in ((SARI, "company"), (MAJU, "person")):
        with pytest.raises(UserError) as caught, opened() as env:
            made = partners(env)
            link(env, made[SARI], made[MAJU], "owner")
            made[BUDI].kind = "company"  # has no role
            env.flush()
            made[name].kind = kind
            env.flush()
        assert caught.value.field == "kind"


@pytest.mark.parametrize("by_key", [False, True])
def test_nobody_works_for_themselves(env: Env, by_key: bool) -> None:
    made = partners(env)
    made[SARI].parent = made[MAJU]
    env.flush()
    with refused(env) as caught:
        env.write([made[SARI]], {"parent_id": made[SARI].id} if by_key else {"parent": made[SARI]})
    assert caught.value.field == "parent" and "data itu sendiri" in str(caught.value)
    new = env.create(Partner, [{"name": "Selasih"}])[0]
    with refused(env) as caught:
        new.parent = new
        env.flush()
    assert (caught.value.field, caught.value.record) == ("parent", new)


def test_nor_for_whoever_works_for_them(env: Env) -> None:
    """However many are between; who does not lead back may be put anywhere."""
    made = partners(env)
    made[SARI].parent, made[BUDI].parent = made[MAJU], made[SARI]
    env.flush()
    made[TUTI].parent, made[BUDI].parent = made[BUDI], made[MAJU]
    env.flush()
    made[BUDI].parent = made[SARI]
    env.flush()
    with refused(env) as caught:
        made[MAJU].parent = made[TUTI]
    assert (caught.value.field, caught.value.record) == ("parent", made[MAJU])
    assert "kembali ke" in str(caught.value)


@pytest.mark.parametrize("whose", [SARI, MAJU])
def test_a_statement_over_many_rows_makes_no_circle_either(env: Env, whose: str) -> None:
    made = partners(env)
    made[SARI].parent = made[MAJU]
    env.flush()
    partner: Any = env[Partner]
    moved = sa.update(partner).where(partner.id == made[whose].id)
    with refused(env) as caught:
        env.execute(moved.values(parent_id=made[SARI].id))
    assert caught.value.field == "parent" and "kembali ke" in str(caught.value)
    env.execute(sa.update(partner).where(partner.id == made[BUDI].id).values(parent_id=made[SARI].id))


def test_a_role_joins_no_contacts_of_two_companies_of_ours(env: Env) -> None:
    rupiah = one(env, Currency, code="IDR")
    ours = env.create(Company, [{"name": name, "currency": rupiah} for name in ("Griya", "Sentosa")])
    person = env.create(Partner, [{"name": "Sari", "company": ours[0]}])[0]
    firm = env.create(Partner, [{"name": "PT", "kind": "company", "company": ours[1]}])[0]
    env.flush()
    assert field_refused(env, PartnerLink, {"person": person, "company": firm}) == "company"


# ----------------------------------------------------------------- numbers, e-mails, addresses
@pytest.mark.parametrize(
    ("model", "row"),
    [
        (PartnerEmail, {"email": "info@maju.example"}),
        (PartnerEmail, {"email": "tagihan@maju.example"}),
        (PartnerPhone, {"number": "+62215551234"}),
        (PartnerPhone, {"number": "+6281220457781"}),
    ],
)
def test_what_a_partner_has_already_is_no_further_one(env: Env, model: Any, row: dict[str, str]) -> None:
    made = partners(env)
    made[MAJU].phone = "+62215551234"
    env.create(PartnerEmail, [{"partner": made[MAJU], "email": "tagihan@maju.example", "use": "billing"}])
    env.create(PartnerPhone, [{"partner": made[MAJU], "number": "+6281220457781", "use": "whatsapp"}])
    env.create(model, [{"partner": made[SARI], **row}])  # another's is no matter
    env.flush()
    assert field_refused(env, model, {"partner": made[MAJU], **row}) == next(iter(row))


@pytest.mark.parametrize(
    ("model", "name", "values"),
    [
        (PartnerEmail, "email", ("a@maju.example", "b@maju.example")),
        (PartnerPhone, "number", ("+62215551234", "+6281220457781")),
    ],
)
def test_nor_does_one_become_what_is_there(env: Env, model: Any, name: str, values: tuple[str, str]) -> None:
    made = partners(env)
    first, _second = env.create(model, [{"partner": made[MAJU], name: value} for value in values])
    env.flush()
    with refused(env) as caught:
        setattr(first, name, values[1])
    assert caught.value.field == name


def test_further_ways_say_what_they_are_for_and_go_with_their_partner(env: Env) -> None:
    made = partners(env)
    [phone] = env.create(
        PartnerPhone, [{"partner": made[SARI], "number": "+6281220457781", "use": "whatsapp"}]
    )
    [mail] = env.create(
        PartnerEmail, [{"partner": made[SARI], "email": "sari@posel.example", "use": "private"}]
    )
    env.flush()
    assert (phone.display_label(), mail.display_label()) == (
        "0812-2045-7781 (WhatsApp)",
        "sari@posel.example (Pribadi)",
    )
    assert (made[SARI].phones, made[SARI].emails) == ([phone], [mail])
    env.delete([made[SARI]])
    for model in (PartnerPhone, PartnerEmail):
        assert env.scalar(sa.select(sa.func.count(env[model].id))) == 0


def test_an_address_takes_the_province_of_its_regency(env: Env) -> None:
    made = partners(env)
    bandung, semarang = one(env, Regency, code="32.73"), one(env, Regency, code="33.74")
    address = env.create(Address, [{"partner": made[SARI], "regency": bandung, "rt_rw": "3/12"}])[0]
    env.flush()
    assert address.rt_rw == "003/012"
    assert address.province is bandung.province
    address.regency = semarang
    env.flush()
    assert address.province is semarang.province
    with refused(env) as caught:
        address.province = bandung.province
    assert caught.value.field == "province"


def test_what_belongs_to_a_partner_is_seen_by_who_sees_the_partner(opened: Open) -> None:
    with opened() as env:
        rupiah = one(env, Currency, code="IDR")
        ours, theirs = env.create(Company, [{"name": name, "currency": rupiah} for name in ("A", "B")])
        rows = [{"name": "Sari", "company": ours}, {"name": "Budi", "company": theirs}, {"name": "Tuti"}]
        people = env.create(Partner, rows)
        env.create(PartnerEmail, [{"partner": who, "email": f"{who.name}@x.example"} for who in people])
        env.flush()
        reader = CurrentUser(1, roles=frozenset({"base.user"}), companies=(ours.id,))
        foreign = people[1].id
    with opened(reader) as env:
        seen = [row.partner.name for row in env.scalars(sa.select(env[PartnerEmail]))]
        assert seen == ["Sari", "Tuti"]
        assert field_refused(env, PartnerEmail, {"partner_id": foreign, "email": "y@x.example"}) == "partner"


# ----------------------------------------------------------------- whom to write to
def written(env: Env, partner: Partner, purpose: str = "billing") -> tuple[str, str, str | None] | None:
    contact = env[Partner].contact_for([partner], purpose).get(partner.id)
    return None if contact is None else (contact.partner.name, contact.email, contact.lang)


def test_an_invoice_goes_to_who_does_the_finances(env: Env) -> None:
    made = partners(env)
    link(env, made[SARI], made[MAJU], "owner")
    assert written(env, made[MAJU]) == (MAJU, "info@maju.example", "id")
    env.create(
        PartnerEmail,
        [{"partner": made[MAJU], "email": "tagihan@maju.example", "use": "billing", "lang": "en"}],
    )
    env.flush()
    assert written(env, made[MAJU]) == (MAJU, "tagihan@maju.example", "en")
    finance = link(env, made[BUDI], made[MAJU], "finance")
    assert written(env, made[MAJU]) == (BUDI, "budi@maju.example", None)
    finance.email = "budi@keuangan.example"
    env.flush()
    assert written(env, made[MAJU]) == (BUDI, "budi@keuangan.example", None)
    assert written(env, made[MAJU], "general") == (MAJU, "info@maju.example", "id")
    finance.archived = True
    env.flush()
    assert written(env, made[MAJU]) == (MAJU, "tagihan@maju.example", "en")


def test_an_organisation_without_an_address_is_reached_by_its_people(env: Env) -> None:
    made = partners(env, mail=None)
    assert written(env, made[MAJU]) is None
    link(env, made[TUTI], made[MAJU], "purchasing")
    for purpose in PURPOSES:
        assert written(env, made[MAJU], purpose) == (TUTI, "tuti@maju.example", None)


def test_a_person_who_has_no_address_is_passed_over(env: Env) -> None:
    made = partners(env)
    made[BUDI].email = None
    made[TUTI].archived = True
    for name in (BUDI, TUTI, SARI):
        link(env, made[name], made[MAJU], "finance")
    assert written(env, made[MAJU]) == (SARI, "sari@maju.example", None)


def test_a_private_address_is_the_last_resort(env: Env) -> None:
    made = partners(env)
    made[SARI].email = None
    uses = ("private", "other")
    env.create(
        PartnerEmail, [{"partner": made[SARI], "email": f"{use}@x.example", "use": use} for use in uses]
    )
    env.flush()
    assert written(env, made[SARI]) == (SARI, "other@x.example", None)


def test_many_are_asked_for_in_few_statements(env: Env) -> None:
    firms = env.create(Partner, [{"name": f"PT {n}", "kind": "company"} for n in range(60)])
    people = env.create(Partner, [{"name": f"P {n}", "email": f"p{n}@x.example"} for n in range(60)])
    env.flush()
    rows = [
        {"person": who, "company": firm, "role": "finance"} for who, firm in zip(people, firms, strict=True)
    ]
    env.create(PartnerLink, rows)
    env.flush()
    env.session.expire_all()
    firms = env.read(Partner, [firm.id for firm in firms])
    statements: list[str] = []
    sa.event.listen(sa.Engine, "before_cursor_execute", hear := lambda *said: statements.append(said[2]))
    try:
        found = env[Partner].contact_for(firms, "billing")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)
    assert [found[firm.id].email for firm in firms] == [f"p{n}@x.example" for n in range(60)]
    assert len(statements) <= 3, statements


def test_an_unknown_purpose_is_a_mistake_of_the_program(env: Env) -> None:
    with pytest.raises(KeyError):
        env[Partner].contact_for([], "no such")


# ----------------------------------------------------------------- two at once
@pytest.mark.parametrize("model", [PartnerPhone, PartnerEmail, PartnerLink])
def test_of_two_who_add_the_same_at_once_one_is_refused(opened: Open, model: Any) -> None:
    with opened() as env:
        made = partners(env)
        sari, maju = made[SARI].id, made[MAJU].id
    row = {
        PartnerPhone: {"partner_id": sari, "number": "+622220451234"},
        PartnerEmail: {"partner_id": sari, "email": "rumah@sari.example"},
        PartnerLink: {"person_id": sari, "company_id": maju, "role": "finance"},
    }[model]

    def add_too() -> None:
        with opened() as second:
            second.create(model, [row])

    with ThreadPoolExecutor(1) as pool:
        with opened() as env:
            env.create(model, [row])
            env.flush()
            late = pool.submit(add_too)
            with pytest.raises(TimeoutError):  # it waits for the first
                late.result(0.5)
        with pytest.raises(UserError):
            late.result(20)
