"""Base: what it ships, how its models hold together, and what happens without the list of regions."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import CurrentUser, Env, UserError
from core.assembly import Assembly
from core.base import Address, Company, Currency, Partner, Province, Regency, Role, Tag, Team, User, region
from core.base.activity import Activity
from core.base.attachment import Attachment
from core.base.notification import Notification
from core.checks.values import icons
from core.errors import LoadError
from core.loader import Catalogue
from core.orm.database import Database
from core.schema.install import install
from core.schema.plan import is_empty
from tests.addons.conftest import Open


def one(env: Env, model: Any, **values: Any) -> Any:
    """The only record of `model` with these values."""
    return env.scalars(sa.select(env[model]).filter_by(**values)).one()


def company(env: Env, name: str = "Griya Sentosa") -> Company:
    return env.create(Company, [{"name": name, "currency": one(env, Currency, code="IDR")}])[0]


def user(env: Env, name: str = "Ayu") -> User:
    return env.create(User, [{"name": name, "email": f"{name.lower()}@griyasentosa.example"}])[0]


def reader(lang: str) -> CurrentUser:
    """Someone who may read what everybody may."""
    return CurrentUser(name="reader", lang=lang, roles=frozenset({"base.user"}))


# ----------------------------------------------------------------- what it ships
def test_the_regions_of_indonesia_are_there(env: Env) -> None:
    P, R = env[Province], env[Regency]
    pairs = env.execute(sa.select(R.code, P.code).join(R.province)).all()
    assert env.scalar(sa.select(sa.func.count(P.id))) == 38
    assert len(pairs) == 514
    assert all(code.partition(".")[0] == province for code, province in pairs)
    assert one(env, Regency, code="32.73").display_label() == "Kota Bandung"
    assert one(env, Province, code="33").name == "Jawa Tengah"


@pytest.mark.parametrize(("lang", "name"), [("id", "Dolar Singapura"), ("en", "Singapore dollar")])
def test_currencies_are_named_in_the_language_of_the_reader(opened: Open, lang: str, name: str) -> None:
    with opened(reader(lang), readonly=True) as env:
        dollar = one(env, Currency, code="SGD")
        assert dollar.name == name
        assert dollar.display_label() == "SGD"
        assert env.scalar(sa.select(sa.func.count(env[Currency].id))) == 8


def test_each_role_includes_the_one_below(env: Env) -> None:
    included = {
        role.name: [other.name for other in role.implies] for role in env.scalars(sa.select(env[Role]))
    }
    assert included == {
        "base.user": [],
        "base.manager": ["base.user"],
        "base.admin": ["base.manager"],
        "crm.user": ["base.user"],
        "crm.manager": ["crm.user"],
    }
    assert one(env, Role, name="base.admin").display_label() == "Administrator"


def test_without_the_list_of_regions_nothing_is_made_and_the_remedy_is_said(
    url: str, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region, "REGIONS", tmp_path)
    with closing(Database(url)) as database:
        with pytest.raises(LoadError, match=re.escape(str(tmp_path / "provinces.csv"))) as caught:
            install(database, catalogue, ["base"])
        assert "make libraries" in str(caught.value)
        with database.reading.connect() as connection:
            assert is_empty(connection)


# ----------------------------------------------------------------- how it is shown
def test_no_addon_is_at_fault(assembly: Assembly) -> None:
    assert assembly.names == ("base", "crm")
    assert assembly.quarantined == {}
    assert [str(finding.text) for finding in assembly.findings] == []


def test_every_field_has_its_place_in_the_form(assembly: Assembly) -> None:
    for info in assembly.registry:
        shown = {node.name for node in assembly.views[f"{info.name}.form"].fields}
        assert {item.name for item in info.own_fields} == shown, info.name


def test_the_icons_of_the_menu_are_in_the_sprite(assembly: Assembly) -> None:
    named = {item.value.icon for item in assembly.menus}
    assert named
    assert named <= icons()


# ----------------------------------------------------------------- how it holds together
def test_an_address_says_street_and_place_and_goes_with_its_partner(env: Env) -> None:
    bandung = one(env, Regency, code="32.73")
    partner = env.create(Partner, [{"name": "Hendra Wijaya"}])[0]
    row = {"partner": partner, "street": "Jl. Melati No. 5", "regency": bandung, "province": bandung.province}
    address = env.create(Address, [row])[0]
    env.flush()
    assert partner.addresses == [address]
    assert address.display_label() == "Jl. Melati No. 5, Kota Bandung"
    env.delete([partner])
    assert env.scalar(sa.select(sa.func.count(env[Address].id))) == 0


def test_people_of_a_firm_stay_when_it_goes(env: Env) -> None:
    firm = env.create(Partner, [{"name": "PT Maju", "kind": "company"}])[0]
    person = env.create(Partner, [{"name": "Sari", "parent": firm}])[0]
    env.flush()
    assert firm.employees == [person]
    env.delete([firm])
    assert person.parent is None


def test_partners_and_teams_stay_when_a_user_goes(env: Env) -> None:
    ayu = user(env)
    team = env.create(Team, [{"name": "Penjualan", "leader": ayu}])[0]
    partner = env.create(Partner, [{"name": "Hendra Wijaya", "owner": ayu, "team": team}])[0]
    env.flush()
    env.delete([ayu])
    assert (team.leader, partner.owner, partner.team) == (None, None, team)


def test_a_company_in_use_is_not_deleted(env: Env) -> None:
    griya = company(env)
    env.create(Partner, [{"name": "Hendra Wijaya", "company": griya}])
    env.flush()
    with pytest.raises(UserError, match="Hendra Wijaya"):
        env.delete([griya])


def test_a_user_begins_as_most_here_work(env: Env) -> None:
    ayu = user(env)
    env.flush()
    assert (ayu.lang, ayu.tz, ayu.theme, ayu.active) == ("id", "Asia/Jakarta", "system", True)


def test_two_users_cannot_share_an_address(opened: Open) -> None:
    with pytest.raises((sa.exc.IntegrityError, UserError)), opened() as env:
        user(env)
        user(env)


def test_tags_are_named_in_both_languages(opened: Open) -> None:
    with opened() as env:
        env.create(Tag, [{"name": {"id": "Pemasok", "en": "Supplier"}, "color": "p5"}])
    for lang, name in (("id", "Pemasok"), ("en", "Supplier")):
        with opened(reader(lang), readonly=True) as env:
            assert one(env, Tag, color="p5").name == name


def planned_for(env: Env, model: str) -> Any:
    row = {"title": "Telepon", "kind": "call", "model": model, "record_id": 1, "due": env.now()}
    made = env.create(Activity, [row])[0]
    env.flush()
    return made


@pytest.mark.parametrize("values", [{"record_id": 2}, {"model": "base.user"}])
def test_what_people_did_stays_with_its_record(opened: Open, values: dict[str, Any]) -> None:
    with pytest.raises(UserError) as caught, opened() as env:
        env.write([planned_for(env, "base.partner")], values)
    assert [fault.field for fault in caught.value.faults] == ["record_id"]


def test_people_work_together_on_some_records_only(opened: Open) -> None:
    with pytest.raises(UserError) as caught, opened() as env:
        planned_for(env, "base.currency")
    assert [fault.field for fault in caught.value.faults] == ["model"]


@pytest.mark.parametrize(
    "value",
    [
        "text",
        {"name": "a.txt"},
        {"name": "a.txt", "type": "text/plain", "size": "4", "digest": "0" * 64},
        {"name": "a.txt", "type": "text/plain", "size": 4, "digest": "../../etc/passwd"},
    ],
)
def test_a_file_is_what_the_store_gave(opened: Open, value: Any) -> None:
    with pytest.raises(UserError) as caught, opened() as env:
        env.create(Attachment, [{"name": "a.txt", "file": value, "model": "base.partner", "record_id": 1}])
    assert [fault.field for fault in caught.value.faults] == ["file"]


def test_a_notice_is_called_by_what_it_tells(env: Env) -> None:
    row = {"owner": user(env), "kind": "mention", "model": "base.partner", "record_id": 1}
    [made] = env.create(Notification, [row])
    assert made.display_label() == str(env.registry.info(Notification).fields["kind"].choices["mention"])
