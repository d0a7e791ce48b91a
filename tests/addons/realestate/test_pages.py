"""Real estate on the web: the property of a deal and what it costs a month, a unit held from there, and the map."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from addons.crm import Deal, Lead
from addons.realestate import Hold, Project
from core import Env
from core.base.demo import DOMAIN
from tests.addons.realestate.estate import MILLION, hold, partner, refused, signed_in, unit
from tests.web import kit
from tests.web.test_actions import said, undo


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
    assert ayu.get(f"/realestate/deal/{other}/hold").status_code == 404


def test_a_fee_books_the_unit_for_good(served: kit.Served) -> None:
    mine = deal(served)
    ayu = served.sign_in("ayu", "en")
    sent = ayu.fill(f"/realestate/deal/{mine}/hold", {"fee": "5,000,000"})
    assert "is booked." in ayu.get(sent.location).page.text
    booked = served.first("realestate.hold")
    assert served.value("realestate.hold", booked, "state") == "booked"
    assert served.value("realestate.hold", booked, "fee") == 5 * MILLION
    assert served.value("realestate.hold", booked, "ends") is None
    key = served.first("realestate.unit", code="B-07")
    assert served.value("realestate.unit", key, "state") == "booked"


def test_a_deal_leads_on_to_the_hold_where_it_is_booked_and_let_go(served: kit.Served) -> None:
    mine = deal(served)
    ayu, bima = served.sign_in("ayu", "en"), served.sign_in("bima")
    path = f"/realestate/deal/{mine}/held"
    assert ayu.get(path).status_code == 404
    ayu.fill(f"/realestate/deal/{mine}/hold")
    assert ayu.get(f"/app/crm.deal/{mine}").main.one("a", href=path).text == "Open the hold"
    assert bima.get(path).status_code == 404
    assert "/held" not in bima.get(f"/app/crm.deal/{deal(served, 'bima', 'C-01')}").text
    hold_path = ayu.get(path).location
    assert hold_path == f"/app/realestate.hold/{served.first('realestate.hold')}"
    steps = ayu.get(hold_path).main.one("ol", class_="steps")
    assert not steps.all(class_="done"), "a hold is not sold before it is released"
    unit_path = f"/app/realestate.unit/{served.first('realestate.unit', code='B-07')}"
    states = served.sign_in("dewi").get(unit_path).main.one("ol", class_="steps")
    assert not states.all("button"), "a unit is what its holds make it"
    [release] = [button for button in steps.all("button") if button.text == "Released"]
    sent = {"csrf_token": ayu.token(hold_path), "query": "", "page": "1", "move": release["value"]}
    assert ayu.post("/app/realestate.hold/move", sent).location == hold_path
    assert (
        served.value("realestate.unit", served.first("realestate.unit", code="B-07"), "state") == "available"
    )


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
    key = served.first("base.activity", kind="viewing")
    ayu.fill(f"/activities/{key}/done", {"next_kind": "viewing"}, action=f"/activities/{key}/done")
    assert served.value("base.activity", key, "state") == "done"
    assert served.first("base.activity", kind="viewing", state="planned") > key


@pytest.mark.parametrize("model", ["project", "unit", "hold"])
def test_lists_and_forms_stand_in_both_languages(served: kit.Served, model: str) -> None:
    with served.env() as env:
        hold(env)
    titles = {"project": ("Proyek", "Projects"), "unit": ("Unit", "Units"), "hold": ("Reservasi", "Holds")}
    for lang, title in zip(("id", "en"), titles[model], strict=True):
        dewi = served.sign_in("dewi", lang)
        assert dewi.get(f"/app/realestate.{model}").main.one("h1").text == title
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
