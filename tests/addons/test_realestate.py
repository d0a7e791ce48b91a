"""Real estate: units that are promised once, the property of a deal, and the map; installed on top of crm."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from importlib.metadata import EntryPoint
from typing import Any

import pytest
import sqlalchemy as sa

from addons.crm import Deal, Lead
from addons.realestate import Hold, Project, Unit
from core import CurrentUser, Env, UserError
from core.access.sessions import current_user
from core.base import Partner
from core.base.demo import DOMAIN
from core.loader import GROUP
from core.orm.env import SYSTEM, open_env
from core.orm.integrity import explain
from core.orm.undo import undo as undo_of
from core.schema.plan import plan
from core.web.dispatcher import Sites
from tests.addons.conftest import Undo
from tests.copies import POSTGRESQL, SQLITE, Copies
from tests.web import kit
from tests.web.test_actions import said, undo

CLIENTS = 50
MILLION = 1_000_000
KINDS = [SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres)]


# ----------------------------------------------------------------- a served database
@pytest.fixture(scope="module")
def sites() -> Sites:
    return Sites(kit.found(EntryPoint("realestate", "addons.realestate", GROUP)), kit.SECRET)


@pytest.fixture(scope="module")
def copies(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str, sites: Sites
) -> Iterator[Copies]:
    def fill(url: str, _content: str) -> None:
        kit.fill(url, sites.catalogue, ("crm", "realestate"), demo=False)
        with (
            closing(kit.dispatcher({"*": url}, sites)) as dispatcher,
            kit.Served(url, dispatcher).env() as env,
        ):
            _people(env)
            _project(env)

    folder = tmp_path_factory.mktemp("estate")
    made = Copies(folder, f"{worker}_estate", lambda: request.getfixturevalue("postgres"), fill)
    yield made
    made.drop()


def _people(env: Env) -> None:
    """Ayu and Bima sell."""
    role = env.scalar(sa.select(env["base.role"]).where(env["base.role"].name == "crm.user"))
    for name in ("Ayu Lestari", "Bima Putra"):
        mail = f"{name.split()[0].lower()}@{DOMAIN}"
        env.create(env["base.user"], [{"name": name, "email": mail, "roles": [role]}])


def _project(env: Env) -> None:
    """Cluster Melati, with three units in two blocks."""
    melati = env.create(Project, [{"name": "Cluster Melati", "street": "Jl. Melati 1"}])[0]
    rows = [("B-10", 90), ("B-07", 105), ("C-01", 120)]
    env.create(
        Unit,
        [
            {"project": melati, "code": code, "land_area": land, "building_area": 90, "bedrooms": 3,
             "bathrooms": 2, "certificate": "shm", "price": Decimal(1_675 * MILLION)}
            for code, land in rows
        ],
    )  # fmt: skip
    env.create(Partner, [{"name": "Budi Santoso", "kind": "person"}, {"name": "Sari Dewi", "kind": "person"}])


@pytest.fixture(params=KINDS)
def served(request: pytest.FixtureRequest, copies: Copies, sites: Sites) -> Iterator[kit.Served]:
    """A served database of the test's own."""
    with copies.copy(request.param) as url, closing(kit.dispatcher({"*": url}, sites)) as dispatcher:
        made = kit.Served(url, dispatcher)
        yield made


@pytest.fixture(scope="module", params=KINDS)
def shared(request: pytest.FixtureRequest, copies: Copies, sites: Sites) -> Iterator[kit.Served]:
    """One that keeps nothing of what a test writes."""
    with copies.copy(request.param) as url, closing(kit.dispatcher({"*": url}, sites)) as dispatcher:
        yield kit.Served(url, dispatcher)


@pytest.fixture
def env(shared: kit.Served) -> Iterator[Env]:
    """An env whose writes are undone."""
    with suppress(Undo), shared.env() as made:
        yield made
        raise Undo


@contextmanager
def signed_in(served: kit.Served, mail: str) -> Iterator[Env]:
    """An env of somebody."""
    with open_env(served.site.assembly.registry, served.database, who(served, mail)) as env:
        yield env


def who(served: kit.Served, mail: str) -> CurrentUser:
    registry = served.site.assembly.registry
    users = registry.info("base.user").table
    with served.database.reading.connect() as connection:
        row = connection.execute(sa.select(users).where(users.c.email == f"{mail}@{DOMAIN}")).one()
        return current_user(connection, registry, row._mapping)


def unit(env: Env, code: str = "B-07") -> Any:
    cls: Any = env[Unit]
    return env.scalars(sa.select(cls).where(cls.code == code)).one()


def partner(env: Env, name: str = "Budi Santoso") -> Any:
    cls: Any = env[Partner]
    return env.scalars(sa.select(cls).where(cls.name == name)).one()


def hold(env: Env, code: str = "B-07", **values: Any) -> Any:
    made = env.create(Hold, [{"unit": unit(env, code), "partner": partner(env), **values}])[0]
    env.flush()
    return made


@contextmanager
def refused(env: Env, field: str) -> Iterator[pytest.ExceptionInfo[UserError]]:
    with pytest.raises(UserError) as caught:
        yield caught
        env.flush()
    assert field in [fault.field for fault in caught.value.faults]
    env.session.rollback()


# ----------------------------------------------------------------- units
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("building_area", {"building_area": 900}),
        ("building_area", {"property_type": "land"}),
        ("land_area", {"land_area": -1}),
        ("bedrooms", {"bedrooms": -3}),
        ("price", {"price": Decimal(-1)}),
        ("code", {"code": " b-10"}),
    ],
)
def test_what_no_unit_can_be_is_refused_beside_the_field(
    env: Env, field: str, values: dict[str, Any]
) -> None:
    with refused(env, field):
        env.write([unit(env)], values)


def test_two_units_of_one_batch_have_two_codes(env: Env) -> None:
    whose = unit(env).project
    with refused(env, "code"):
        env.create(Unit, [{"project": whose, "code": code} for code in ("D-01", "d-01")])


def test_a_unit_is_of_the_company_of_its_project_and_in_the_block_of_its_code(env: Env) -> None:
    ours = env.create(env["base.company"], [{"name": "Griya Sentosa"}])[0]
    project = env.create(Project, [{"name": "Taman Cendana", "company": ours}])[0]
    made = env.create(Unit, [{"project": project, "code": "F-03"}])[0]
    env.flush()
    assert (made.company, made.block, made.display_label()) == (ours, "F", "F-03")
    with refused(env, "company"):
        project.company = None


def test_nobody_sets_the_state_of_a_unit_past_its_holds(served: kit.Served) -> None:
    with pytest.raises(UserError, match="reservasi"), signed_in(served, "dewi") as env:
        unit(env).state = "sold"


def test_a_unit_begins_available(served: kit.Served) -> None:
    with pytest.raises(UserError, match="reservasi"), signed_in(served, "dewi") as env:
        env.create(Unit, [{"project": unit(env).project, "code": "D-01", "state": "held"}])


def test_a_project_with_units_stays_with_its_company(env: Env) -> None:
    home, rupiah = unit(env).project, env.get(env["base.currency"], 1)
    other = env.create(env["base.company"], [{"name": "PT Lain", "currency": rupiah}])[0]
    empty = env.create(Project, [{"name": "Taman Cendana"}])[0]
    env.flush()
    empty.company = other
    home.company = home.company
    env.flush()
    assert empty.company is other
    ours = home.company
    env.session.expire(home)
    home.company = ours  # the same, over what nobody read
    env.flush()
    with refused(env, "company"):
        home.company = other


# ----------------------------------------------------------------- holds
@pytest.mark.parametrize(
    ("field", "values"),
    [("partner", {"partner": None}), ("ends", {"ends": None, "state": "held"}), ("unit", {})],
)
def test_a_hold_keeps_what_it_was_made_with(env: Env, field: str, values: dict[str, Any]) -> None:
    """Its unit, and for whom and until when it is."""
    one = hold(env)
    with refused(env, field):
        env.write([one], values or {"unit": unit(env, "B-10")})


def test_a_hold_does_not_go_back(env: Env) -> None:
    one = hold(env, state="booked", fee=Decimal(MILLION))
    with refused(env, "state") as caught:
        one.state = "held"
    assert "Terjual" in str(caught.value) or "Sold" in str(caught.value), "what it may become is said"


def test_a_unit_follows_its_hold_from_held_to_sold(env: Env) -> None:
    one = hold(env)
    home = unit(env)
    assert (home.state, home.buyer) == ("held", None)
    assert home.held_until == one.ends
    with refused(env, "fee"):
        one.state = "booked"
    one, home = hold(env), unit(env)
    env.write([one], {"state": "booked", "fee": Decimal(10 * MILLION)})
    env.flush()
    assert (home.state, home.held_until, one.ends, home.buyer) == ("booked", None, None, one.partner)
    one.state = "sold"
    env.flush()
    assert home.state == "sold"
    with refused(env, "state"):
        one.state = "released"


def test_a_released_hold_frees_the_unit_and_says_when(env: Env) -> None:
    one = hold(env)
    one.state = "released"
    env.flush()
    assert one.ends <= env.now()
    assert unit(env).state == "available"
    hold(env, partner=partner(env, "Sari Dewi"))
    with refused(env, "state"):
        one.state = "held"


def test_a_hold_that_is_deleted_frees_the_unit(env: Env) -> None:
    env.delete([hold(env)])
    assert unit(env).state == "available"


def over(env: Env, code: str = "B-07") -> Any:
    """A hold that was written in time, and is over since yesterday; nobody has written anything since."""
    one = hold(env, code, begins=env.now() - dt.timedelta(days=4))
    ended = env.now() - dt.timedelta(days=1)
    with env.sudo("as time does") as su:
        su.write([su.as_own(one)], {"ends": ended})
        su.flush()
        su.write([su.as_own(one.unit)], {"state": "held", "held_until": ended})
    return one


def test_a_hold_is_over_by_time_alone(env: Env) -> None:
    one = over(env)
    home = unit(env)
    assert (home.state, one.state) == ("available", "released") and home.is_free
    cls, holds = env[Unit], env[Hold]
    counted = sa.select(cls.state, sa.func.count()).group_by(cls.state)
    assert dict(env.execute(counted).all()) == {"available": 3}
    assert env.scalars(sa.select(cls).where(cls.state == "held")).all() == []
    assert env.scalar(sa.select(holds.id).where(holds.state.in_(["released"]))) == one.id


def test_what_a_lapsed_hold_wrote_goes_with_the_next_one(env: Env) -> None:
    over(env)
    home = unit(env)
    hold(env, "C-01")
    assert home.held_until is None, "it is freed along with the next hold of any unit"
    assert hold(env, partner=partner(env, "Sari Dewi")).unit is home
    assert home.state == "held"


def test_a_lapsed_hold_is_seen_nowhere_as_a_held_unit(served: kit.Served) -> None:
    """List, filter, group, board, form, map and file, before anybody writes the next hold."""
    with served.env() as env:
        over(env)
        hold(env, "C-01")
        with env.sudo("as it was before the next hold was written") as su:
            ended = env.now() - dt.timedelta(days=1)
            su.write([su.as_own(unit(env))], {"state": "held", "held_until": ended})
        key = unit(env).id
    dewi, units = served.sign_in("dewi"), "/app/realestate.unit"
    assert served.value("realestate.unit", key, "state") == "available"

    def codes(address: str) -> list[str]:
        return sorted(
            link.text for link in dewi.get(address).main.all("a") if (link.get("id") or "").startswith("r")
        )

    assert codes(f"{units}?state__eq=held") == ["C-01"]
    assert codes(f"{units}?state__in=available,sold") == codes(f"{units}?state__ne=held") == ["B-07", "B-10"]
    lines = dewi.get(f"{units}?format=csv&sort=code").text.splitlines()
    assert [("Tersedia" in line, "Ditahan" in line) for line in lines[1:]] == [
        (True, False), (True, False), (False, True),
    ]  # fmt: skip
    grouped = dewi.get(f"{units}?group=state").main
    assert [head.text.split()[0] for head in grouped.all("th", scope="rowgroup")] == ["Tersedia", "Ditahan"]
    board = dewi.get(f"{units}?view=kanban").main
    counts = {
        lane.one("h2").text: lane.one("header").one("span").text
        for lane in board.all("section", class_="lane")
    }
    assert counts == {"Tersedia": "2", "Ditahan": "1", "Dipesan": "0", "Terjual": "0"}
    assert "Ditahan" not in board.one("li", id=f"c{key}").text
    form = dewi.get(f"{units}/{key}").main
    assert "Tersedia" in form.one("section", id="section-standing").text
    lots = {lot.one("a").text: lot.one("span", class_="lot-state").text
            for lot in dewi.get("/realestate/map").main.all("li", class_="lot")}  # fmt: skip
    assert lots == {"B-07": "Tersedia", "B-10": "Tersedia", "C-01": "Ditahan"}


def test_who_has_the_unit_is_named_beside_it(env: Env) -> None:
    hold(env)
    with refused(env, "unit") as caught:
        hold(env, partner=partner(env, "Sari Dewi"))
    assert "Budi Santoso" in str(caught.value)


def test_who_has_it_is_not_told_to_who_may_not_read_that(served: kit.Served) -> None:
    with served.env() as env:
        hold(env)
        rights: Any = env["base.access_right"]
        role = env.scalar(sa.select(env["base.role"].id).where(env["base.role"].name == "crm.user"))
        env.create(
            rights, [{"role_id": role, "model": "realestate.hold", "read_scope": "own", "may_create": True}]
        )
    with signed_in(served, "ayu") as env, refused(env, "unit") as caught:
        hold(env, partner=partner(env, "Sari Dewi"))
    assert "Budi" not in str(caught.value)


HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("begins", "ends", "is_free"),
    [
        (-2, 0, True),
        (-2, 1, False),
        (0, 2, False),
        (1, 1, True),
        (1, None, False),
        (2, 4, True),
        (-3, None, False),
    ],
)
def test_claims_are_half_open(env: Env, begins: int, ends: int | None, is_free: bool) -> None:
    """Against a hold from 0 to 2."""
    now = env.now()
    booked = {"state": "booked", "fee": Decimal(1)} if ends is None else {"ends": now + ends * HOUR}
    hold(env, begins=now, ends=now + 2 * HOUR)
    other = {"begins": now + begins * HOUR, "partner": partner(env, "Sari Dewi"), **booked}
    if is_free:
        hold(env, **other)
        return
    with refused(env, "unit"):
        hold(env, **other)


def test_a_claim_does_not_end_before_it_begins(env: Env) -> None:
    with refused(env, "ends"):
        hold(env, ends=env.now() - HOUR)


def test_claims_of_one_batch_are_held_against_each_other(env: Env) -> None:
    row = {"unit": unit(env), "partner": partner(env)}
    with refused(env, "unit"):
        env.create(Hold, [row, row])


def test_a_statement_over_many_rows_is_refused_too(env: Env) -> None:
    hold(env)
    hold(env, "C-01")
    cls: Any = env[Hold]
    with pytest.raises((UserError, sa.exc.IntegrityError)):
        env.execute(sa.update(cls).values(unit_id=unit(env).id))
    env.session.rollback()


@pytest.mark.postgres
def test_the_database_itself_refuses_and_the_plan_is_empty(copies: Copies, sites: Sites) -> None:
    with copies.copy(POSTGRESQL) as url, closing(kit.dispatcher({"*": url}, sites)) as dispatcher:
        served = kit.Served(url, dispatcher)
        registry = served.site.assembly.registry
        with served.env() as env:
            hold(env)
        table = registry.info(Hold).table
        with served.database.writing.connect() as connection:
            row = dict(connection.execute(sa.select(table)).mappings().one())
            row["id"] += 1
            with pytest.raises(sa.exc.IntegrityError, match="ex_realestate_hold") as caught:
                connection.execute(sa.insert(table).values(row))
            told = explain(caught.value, registry)
            assert told is not None and told.field == "unit"
            connection.rollback()
            assert list(plan(connection, registry).steps()) == []


# ----------------------------------------------------------------- on the web
def deal(served: kit.Served, person: str = "ayu", code: str = "B-07", **values: Any) -> int:
    with signed_in(served, person) as env:
        row = {"title": "Rumah tipe 90", "partner": partner(env), "unit": unit(env, code), **values}
        made = env.create(Deal, [row])[0]
        env.flush()
        return made.id


def test_a_deal_takes_over_what_its_unit_says(served: kit.Served) -> None:
    with served.env() as env:
        one = env.create(Deal, [{"title": "Rumah", "unit": unit(env), "land_area": 110}])[0]
        env.flush()
        assert (one.property_type, one.land_area, one.building_area) == ("landed", 110, 90)
        assert one.amount == Decimal(1_675 * MILLION)
        env.write([one], {"unit": unit(env, "C-01"), "bedrooms": 5})
        env.flush()
        assert (one.land_area, one.bedrooms, one.bathrooms) == (110, 5, 2), "what was said otherwise holds"


def test_the_form_of_a_deal_has_a_section_of_real_estate(served: kit.Served) -> None:
    values = {"payment": "mortgage", "down_payment": Decimal(335 * MILLION), "tenor": 15}
    key, ayu = deal(served, **values), served.sign_in("ayu")
    shown = ayu.get(f"/app/crm.deal/{key}?edit=property").main.one("section", id="section-property")
    for text in (
        "Addon Real Estat",
        "Tersedia · harga daftar Rp1.675.000.000",
        "20% dari nilai",
        "Cicilan ±",
    ):
        assert text in shown.text
    wrong = ayu.fill(f"/app/crm.deal/{key}?edit=property", {"building_area": "900"})
    assert wrong.status_code == 422
    assert "luas tanah × 2, yaitu 210 m²" in wrong.main.one(id="f-building_area-e").text
    assert "900" in wrong.text
    read = served.sign_in("ayu", "en").get(f"/app/crm.deal/{key}").main.one("section", id="section-property")
    for text in ("Addon Real estate", "Way of payment", "Mortgage", "20% of the amount", "a month"):
        assert text in read.text


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("tenor", {"tenor": 0}),
        ("tenor", {"tenor": 99}),
        ("down_payment", {"down_payment": Decimal(2_000 * MILLION)}),
    ],
)
def test_what_nobody_pays_is_refused(env: Env, field: str, values: dict[str, Any]) -> None:
    with refused(env, field):
        env.create(Deal, [{"title": "Rumah", "unit": unit(env), **values}])


def test_a_unit_is_held_and_booked_from_its_deal_and_the_second_is_told(served: kit.Served) -> None:
    mine, other = deal(served), deal(served, "bima")
    ayu, bima = served.sign_in("ayu"), served.sign_in("bima")
    assert f"/realestate/deal/{mine}/hold" in ayu.get(f"/app/crm.deal/{mine}").text
    path = f"/realestate/deal/{other}/hold"
    late = bima.get(path)
    for wrong in ("0", "31", "tiga", ""):
        assert ayu.fill(f"/realestate/deal/{mine}/hold", {"days": wrong}).status_code == 422
    assert ayu.fill(f"/realestate/deal/{mine}/hold").status_code == 303
    refused = bima.send(late, {"fee": "5.000.000"})
    assert refused.status_code == 422
    assert "Budi Santoso" in refused.main.text
    assert "5.000.000" in refused.text
    assert "/hold" not in bima.get(f"/app/crm.deal/{other}").main.text
    key = served.first("realestate.unit", code="B-07")
    assert served.value("realestate.unit", key, "state") == "held"
    assert ayu.get(f"/realestate/deal/{other}/hold").status_code in (403, 404)


def test_a_hold_is_taken_back_by_one_button_and_comes_back_only_if_it_can(served: kit.Served) -> None:
    path, key = f"/realestate/deal/{deal(served)}/hold", served.first("realestate.unit", code="B-07")
    ayu = served.sign_in("ayu")
    undo(ayu, said(ayu, ayu.fill(path)))
    assert served.value("realestate.unit", key, "state") == "available"
    mine = served.first("realestate.hold")
    assert served.value("realestate.hold", mine, "archived")
    with served.env() as env:
        hold(env, partner=partner(env, "Sari Dewi"))
    with signed_in(served, "ayu") as env, refused(env, "unit") as caught:
        env.write(env.read(Hold, [mine]), {"archived": False})
    assert "Sari Dewi" in str(caught.value)


def test_the_map_shows_each_unit_with_its_state(served: kit.Served) -> None:
    with served.env() as env:
        hold(env)
        hold(env, "C-01", state="booked", fee=Decimal(MILLION))
        env.create(Project, [{"name": "Taman Cendana"}])
    page = served.sign_in("ayu").get("/realestate/map").main
    assert [one.text for one in page.all("h2")] == ["Blok B", "Blok C"]
    lots = [one.text for one in page.all("li") if (one.get("class") or "").startswith("lot ")]
    assert [text.split()[0][:4] for text in lots] == ["B-07", "B-10", "C-01"], "in the order of numbers"
    assert ["Ditahan" in lots[0], "Tersedia" in lots[1], "Dipesan" in lots[2]] == [True] * 3
    assert "105 / 90 m²" in lots[0]
    english = served.sign_in("dewi", "en").get("/realestate/map?project=nothing").main
    assert "Held" in english.text and "Block B" in english.text
    [other] = [one["href"] for one in page.all("a") if one.text == "Taman Cendana"]
    assert "belum punya unit" in served.sign_in("ayu").get(other).main.text
    style = served.visitor().get("/static/realestate/map.css")
    assert (style.status_code, style.mimetype) == (200, "text/css")


def test_a_map_without_a_project_and_of_more_units_than_it_draws(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("addons.realestate.site_map.MOST", 2)
    page = served.sign_in("ayu").get("/realestate/map").main
    lots = [one for one in page.all("li") if (one.get("class") or "").startswith("lot ")]
    assert len(lots) == 2
    with served.env() as env:
        key = unit(env).project.id
        unit(env).project.archived = True
    assert f"/app/realestate.unit?project__eq={key}" in [one["href"] for one in page.all("a")]
    assert not served.sign_in("ayu").get("/realestate/map").main.all("li", class_="lot")


def test_the_map_is_for_those_who_sell(served: kit.Served) -> None:
    with served.env() as env:
        env.create(env["base.user"], [{"name": "Tamu", "email": f"tamu@{DOMAIN}"}])
    assert served.sign_in("tamu").get("/realestate/map").status_code == 403


def test_who_sells_looks_and_who_leads_changes(served: kit.Served) -> None:
    key = served.first("realestate.unit", code="B-07")
    ayu, dewi = served.sign_in("ayu"), served.sign_in("dewi")
    assert ayu.get(f"/app/realestate.unit/{key}").status_code == 200
    assert ayu.get(f"/app/realestate.unit/{key}/edit").status_code == 403
    assert dewi.fill(f"/app/realestate.unit/{key}/edit", {"bedrooms": "4"}).status_code == 303
    assert served.value("realestate.unit", key, "bedrooms") == 4


def test_the_unit_of_a_lead_goes_on_to_its_deal(served: kit.Served) -> None:
    with signed_in(served, "ayu") as env:
        row = {
            "title": "Rumah pertama",
            "contact_name": "Rina",
            "mobile": "+6281220457781",
            "state": "qualified",
        }
        lead = env.create(Lead, [{**row, "unit": unit(env), "budget": Decimal(MILLION)}])[0]
        env.flush()
        key = lead.id
    path = f"/crm/lead/{key}/convert"
    assert served.sign_in("ayu").fill(path, action=path).status_code == 303
    made = served.first("crm.deal", lead_id=key)
    assert served.value("crm.deal", made, "unit") == served.first("realestate.unit", code="B-07")
    assert served.value("crm.deal", made, "land_area") == 105


def test_a_viewing_is_planned_like_a_call(served: kit.Served) -> None:
    path = f"/app/base.activity/new?of=crm.deal/{deal(served)}"
    ayu = served.sign_in("ayu")
    assert "Survei lokasi" in ayu.get(path).main.one("select", name="kind").text
    sent = ayu.fill(path, {"kind": "viewing", "title": "Lihat B-07", "due": "31/12/2099 09:00"})
    assert sent.status_code == 303
    assert served.value("base.activity", served.first("base.activity", kind="viewing"), "kind") == "viewing"


@pytest.mark.parametrize("model", ["project", "unit", "hold"])
def test_lists_and_forms_stand_in_both_languages(served: kit.Served, model: str) -> None:
    with served.env() as env:
        hold(env)
    for lang in ("id", "en"):
        dewi = served.sign_in("dewi", lang)
        key = served.first(f"realestate.{model}")
        board = [] if model == "project" else ["?view=kanban"]
        for path in ("", *board, "/new", f"/{key}", f"/{key}/edit"):
            assert dewi.get(f"/app/realestate.{model}{path}").status_code == 200


def test_instalments_are_without_interest(env: Env) -> None:
    row = {"title": "Bertahap", "payment": "instalments", "amount": Decimal(120 * MILLION), "tenor": 2}
    made = env.create(Deal, [{**row, "down_payment": Decimal(24 * MILLION)}])[0]
    env.flush()
    assert made.instalment == Decimal(4 * MILLION)
    made.payment = "cash"
    env.flush()
    assert made.instalment is None


def test_the_estimate_goes_by_the_rate_of_the_project(env: Env) -> None:
    row = {"payment": "mortgage", "amount": Decimal(1_000 * MILLION), "tenor": 15}
    with_unit = env.create(Deal, [{"title": "Dengan unit", "unit_id": unit(env).id, **row}])[0]
    without = env.create(Deal, [{"title": "Tanpa unit", **row}])[0]
    env.flush()
    assert unit(env).project.rate == Decimal("8.5")
    assert with_unit.instalment == without.instalment == Decimal(9_847_000)
    for rate, monthly in ((5, 7_908_000), (0, 5_556_000)):
        unit(env).project.rate = Decimal(rate)
        env.flush()
        assert (with_unit.instalment, without.instalment) == (Decimal(monthly), Decimal(9_847_000))
    with refused(env, "rate"):
        unit(env).project.rate = Decimal(-1)


@pytest.mark.parametrize(
    ("lang", "told"), [("id", ("Cara bayar", "KPR")), ("en", ("Way of payment", "Mortgage"))]
)
def test_the_way_of_payment_is_chosen_by_radio_buttons(
    served: kit.Served, lang: str, told: tuple[str, str]
) -> None:
    """A group with its name; what is chosen can be chosen away again, without a script."""
    key, ayu = deal(served, payment="mortgage", tenor=15), served.sign_in("ayu", lang)
    page, path = f"/app/crm.deal/{key}?edit=property", f"/app/crm.deal/{key}/edit"
    group = ayu.get(page).main.one("fieldset", role="radiogroup")
    assert group.one("legend").text == told[0]
    assert group["aria-labelledby"] == group.one("legend")["id"]
    radios = group.all("input", type="radio", name="payment")
    assert [radio["value"] for radio in radios] == ["mortgage", "instalments", "cash", ""]
    assert [radio["value"] for radio in radios if radio.get("checked") is not None] == ["mortgage"]
    assert told[1] in group.text and radios[0]["id"] == "f-payment"
    for chosen, kept in (("cash", "cash"), ("", None)):
        assert ayu.fill(page, {"payment": chosen}, action=path).status_code == 303
        assert served.value("crm.deal", key, "payment") == kept
    wrong = ayu.fill(page, {"payment": "gold"}, action=path)
    assert wrong.status_code == 422
    group = wrong.main.one("fieldset", role="radiogroup")
    assert (
        group["aria-invalid"] == "true"
        and group["aria-describedby"] == wrong.main.one(id="f-payment-e")["id"]
    )
    assert [link["href"] for link in wrong.main.one("div", class_="errs").all("a")] == ["#f-payment"]


# ----------------------------------------------------------------- selling
def stage(env: Env, kind: str) -> int:
    """A stage of that kind of the shipped pipeline of crm."""
    cls: Any = env["crm.stage"]
    first = env.scalar(sa.select(sa.func.min(cls.pipeline_id)))
    wanted = sa.select(cls.id).where(cls.pipeline_id == first, cls.kind == kind).order_by(cls.position)
    return int(env.scalars(wanted).first() or 0)


def about(env: Env, **values: Any) -> Any:
    """An open deal about B-07."""
    first = stage(env, "open")
    whose = env.get(env["crm.stage"], first).pipeline_id
    row = {"title": "Rumah Pak Budi", "unit_id": unit(env).id, "partner": partner(env), "stage_id": first}
    made = env.create(Deal, [{**row, "pipeline_id": whose, **values}])[0]
    env.flush()
    return made


def go(env: Env, deal: Any, kind: str) -> None:
    reason = env.scalar(sa.select(env["crm.lost_reason"].id).limit(1)) if kind == "lost" else None
    env.write([deal], {"stage_id": stage(env, kind), "lost_reason_id": reason})
    env.flush()


FEE = Decimal(10 * MILLION)


@pytest.mark.parametrize("is_of_deal", [True, False])
def test_a_deal_that_is_won_sells_its_unit_and_one_that_is_reopened_books_it(
    env: Env, is_of_deal: bool
) -> None:
    """The hold is of the deal, or of no deal and for its contact."""
    one = about(env)
    kept = hold(env, state="booked", fee=FEE, **({"deal": one} if is_of_deal else {}))
    go(env, one, "won")
    assert (kept.state, unit(env).state, unit(env).buyer, kept.deal) == ("sold", "sold", partner(env), one)
    go(env, one, "open")
    assert (kept.state, unit(env).state) == ("booked", "booked")
    go(env, one, "lost")
    assert (kept.state, unit(env).state) == ("released", "available")
    assert kept.ends <= env.now()


def test_a_deal_that_is_lost_lets_go_of_its_unit_only(env: Env) -> None:
    one, other = about(env), about(env, unit_id=unit(env, "C-01").id)
    kept, theirs = hold(env, deal=one), hold(env, "C-01", deal=about(env))
    go(env, one, "lost")
    go(env, other, "lost")
    assert (kept.state, unit(env).state) == ("released", "available")
    assert (theirs.state, unit(env, "C-01").state) == ("held", "held")


@pytest.mark.parametrize("standing", ["nobody", "held", "over", "another"])
def test_what_is_not_booked_for_the_deal_is_not_sold_by_it(env: Env, standing: str) -> None:
    one = about(env)
    if standing == "held":
        hold(env, deal=one)
    elif standing == "over":
        over(env).deal = one
    elif standing == "another":
        hold(env, deal=about(env), state="booked", fee=FEE)
    before = unit(env).state
    with refused(env, "stage") as caught:
        go(env, one, "won")
    assert "B-07" in str(caught.value)
    assert before != "sold"


def test_a_deal_without_a_unit_is_won_as_ever(env: Env) -> None:
    one = about(env, unit_id=None)
    go(env, one, "won")
    assert one.state == "won"


@pytest.mark.parametrize(
    ("kind", "whose", "after", "back"),
    [
        ("won", "ayu", ("sold", "sold"), ("booked", "booked")),
        ("won", "bima", ("sold", "sold"), ("booked", "booked")),
        ("lost", "ayu", ("released", "available"), ("booked", "booked")),
        ("lost", "bima", ("released", "available"), ("released", "available")),
    ],
)
def test_one_undo_takes_back_the_deal_and_its_unit(
    served: kit.Served, kind: str, whose: str, after: tuple[str, str], back: tuple[str, str]
) -> None:
    """A colleague's hold that was let go of is not taken again in their name; the unit may be held anew."""
    with served.env() as env:
        one = about(env, owner_id=who(served, "ayu").id)
        kept = hold(env, deal=one, state="booked", fee=FEE, owner_id=who(served, whose).id)
        key, before, told = (
            one.id,
            one.stage_id,
            [("realestate.hold", kept.id), ("realestate.unit", unit(env).id)],
        )
    with signed_in(served, "ayu") as env:
        mine: Any = env.get(Deal, key)
        go(env, mine, kind)
        number = env.session.unit
    assert tuple(served.value(model, one, "state") for model, one in told) == after
    with signed_in(served, "ayu") as env:
        undo_of(env, number)
    assert served.value("crm.deal", key, "stage_id") == before
    assert tuple(served.value(model, one, "state") for model, one in told) == back


def test_a_card_that_is_moved_to_won_sells_and_the_button_takes_it_back(served: kit.Served) -> None:
    with served.env() as env:
        one = about(env, owner_id=who(served, "ayu").id)
        hold(env, deal=one, state="booked", fee=FEE, owner_id=who(served, "ayu").id)
        key, move = unit(env).id, f"{one.id}.{one.stage_id}.{stage(env, 'won')}"
    ayu = served.sign_in("ayu")
    sent = {"csrf_token": ayu.token("/app/crm.deal?view=kanban"), "query": "view=kanban", "move": move}
    answer = said(ayu, ayu.post("/app/crm.deal/move", sent))
    assert served.value("realestate.unit", key, "state") == "sold"
    undo(ayu, answer)
    assert served.value("realestate.unit", key, "state") == "booked"


def test_a_card_whose_unit_is_not_booked_stays_and_says_why(served: kit.Served) -> None:
    with served.env() as env:
        one = about(env, owner_id=who(served, "ayu").id)
        move = f"{one.id}.{one.stage_id}.{stage(env, 'won')}"
        key, before = one.id, one.stage_id
    ayu = served.sign_in("ayu")
    sent = {"csrf_token": ayu.token("/app/crm.deal?view=kanban"), "query": "view=kanban", "move": move}
    answer = said(ayu, ayu.post("/app/crm.deal/move", sent))
    assert "B-07 harus dipesan untuk Deal ini sebelum dimenangkan." in answer.text
    assert served.value("crm.deal", key, "stage_id") == before


def test_of_fifty_who_book_and_sell_one_unit_at_once_one_sells_it(served: kit.Served) -> None:
    with served.env() as env:
        keys = [about(env, title=f"Pembeli {number}").id for number in range(CLIENTS)]
    registry, ready = served.site.assembly.registry, threading.Barrier(CLIENTS)

    def client(key: int) -> str:
        ready.wait(20)
        try:
            with open_env(registry, served.database, SYSTEM) as env:
                one: Any = env.get(Deal, key)
                hold(env, deal=one, state="booked", fee=FEE)
                go(env, one, "won")
        except UserError as error:
            return error.field or ""
        return "sold"

    with ThreadPoolExecutor(CLIENTS) as pool:
        found = list(pool.map(client, keys))
    assert sorted(found) == ["sold", *["unit"] * (CLIENTS - 1)]
    with served.env() as env:
        deals, holds = env[Deal], env[Hold]
        assert env.scalar(sa.select(sa.func.count(deals.id)).where(deals.state == "won")) == 1
        assert env.scalar(sa.select(sa.func.count(holds.id)).where(holds.state == "sold")) == 1
        assert unit(env).state == "sold"


def test_of_fifty_who_win_or_lose_one_deal_at_once_all_see_one_end(served: kit.Served) -> None:
    """The unit is sold with a won deal or free with a lost one, whatever the order."""
    with served.env() as env:
        one = about(env)
        hold(env, deal=one, state="booked", fee=FEE)
        key = one.id
    registry, ready = served.site.assembly.registry, threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        ready.wait(20)
        with suppress(UserError), open_env(registry, served.database, SYSTEM) as env:
            go(env, env.locked(Deal, key), "won" if number % 2 else "lost")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    with served.env() as env:
        state = env.get(Deal, key).state
        assert (state, unit(env).state) in [("won", "sold"), ("lost", "available")]


def test_of_fifty_who_sell_or_release_at_once_a_unit_is_sold_or_free(served: kit.Served) -> None:
    """A sale never stands on a hold that was let go of meanwhile."""
    with served.env() as env:
        one = about(env)
        key, hold_key = one.id, hold(env, deal=one, state="booked", fee=FEE).id
    registry, ready = served.site.assembly.registry, threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        ready.wait(20)
        with suppress(UserError), open_env(registry, served.database, SYSTEM) as env:
            if number % 2:
                go(env, env.locked(Deal, key), "won")
            else:
                env.write([env.locked(Hold, hold_key)], {"state": "released"})
                env.flush()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    with served.env() as env:
        deal, kept = env.get(Deal, key), env.get(Hold, hold_key)
        found = (deal.state, kept.state, kept.ends is None, unit(env).state)
        assert found in [("won", "sold", True, "sold"), ("open", "released", False, "available")]


def test_of_fifty_at_once_one_gets_the_unit(served: kit.Served) -> None:
    registry, ready = served.site.assembly.registry, threading.Barrier(CLIENTS)

    def client(number: int) -> str:
        ready.wait(20)
        try:
            with open_env(registry, served.database, SYSTEM) as env:
                hold(env, note=f"client {number}")
        except UserError as error:
            return error.field or ""
        return "mine"

    with ThreadPoolExecutor(CLIENTS) as pool:
        found = list(pool.map(client, range(CLIENTS)))
    assert sorted(found) == ["mine", *["unit"] * (CLIENTS - 1)]
    with served.env() as env:
        assert env.scalar(sa.select(sa.func.count(env[Hold].id))) == 1
        assert unit(env).state == "held"
