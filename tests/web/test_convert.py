"""A lead becomes a contact, a company and a deal; who is there already is offered; one button takes all back."""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from addons.crm.alike import MOST, normal
from addons.crm.convert import begin, convert
from tests.web import kit
from tests.web.markup import typed
from tests.web.test_actions import said, toast, undo

BUDI = {
    "title": "Rumah tipe 60",
    "contact_name": "Budi Santoso",
    "mobile": "+6281220457781",
    "email": "budi@surat.example",
}
FIRM = {**BUDI, "kind": "organisation", "company_name": "PT Maju Jaya"}


def lead(served: kit.Served, **values: Any) -> int:
    with served.env() as env:
        made = env.create(env["crm.lead"], [{**BUDI, "state": "qualified", **values}])
        env.flush()
        return int(made[0].id)


def partner(served: kit.Served, **values: Any) -> int:
    with served.env() as env:
        made = env.create(env["base.partner"], [values])
        env.flush()
        return int(made[0].id)


def counts(served: kit.Served) -> list[int]:
    with served.env() as env:
        live = [env[name] for name in ("base.partner", "crm.deal")]
        return [
            env.scalar(sa.select(sa.func.count()).select_from(cls).where(cls.archived.is_(False)))
            for cls in live
        ]


def state(served: kit.Served, key: int) -> Any:
    with served.env() as env:
        one = kit.record(env, "crm.lead", key)
        return one.state, one.partner_id


def press(visitor: kit.Visitor, key: int, **changes: str) -> kit.Answer:
    path = f"/crm/lead/{key}/convert"
    return visitor.fill(path, changes, action=path)


@pytest.mark.parametrize("begun", ["new", "working", "qualified"])
def test_a_person_becomes_a_contact_and_a_deal(bare: kit.Served, begun: str) -> None:
    key, dewi = lead(bare, state=begun, revenue=985_000_000), bare.sign_in("dewi")
    shown = dewi.get(f"/app/crm.lead/{key}")
    assert shown.main.one("a", href=f"/crm/lead/{key}/convert").text == "Jadikan Deal"
    answer = said(dewi, press(dewi, key))
    assert "Rumah tipe 60" in toast(answer)
    now, contact = state(bare, key)
    assert now == "converted"
    with bare.env() as env:
        [deal] = env.scalars(sa.select(env["crm.deal"])).all()
        made = kit.record(env, "base.partner", contact)
        assert (made.name, made.email, made.mobile) == (
            "Budi Santoso",
            "budi@surat.example",
            "+6281220457781",
        )
        assert (deal.partner_id, deal.lead_id, deal.amount, deal.state) == (contact, key, 985_000_000, "open")
    assert not dewi.get(f"/app/crm.lead/{key}").main.all("a", href=f"/crm/lead/{key}/convert")


def test_one_button_takes_all_of_it_back(bare: kit.Served) -> None:
    key, dewi = lead(bare, **{**FIRM, "state": "working"}), bare.sign_in("dewi")
    before, was = counts(bare), state(bare, key)
    answer = said(dewi, press(dewi, key))
    assert counts(bare) == [before[0] + 2, before[1] + 1]
    undo(dewi, answer)
    assert (counts(bare), state(bare, key)) == (before, was)


def test_a_lead_leads_on_to_the_deal_that_it_became(bare: kit.Served) -> None:
    key, dewi = lead(bare), bare.sign_in("dewi", "en")
    path = f"/crm/lead/{key}/deal"
    assert dewi.get(path).status_code == 404 and path not in dewi.get(f"/app/crm.lead/{key}").text
    made = press(dewi, key).location
    assert dewi.get(f"/app/crm.lead/{key}").main.one("a", href=path).text == "Open its Deal"
    assert dewi.get(path).location == made
    by_hand = lead(bare, partner_id=partner(bare, name="Rina"))
    bare.change("crm.lead", by_hand, state="converted")
    assert f"/crm/lead/{by_hand}/deal" not in dewi.get(f"/app/crm.lead/{by_hand}").text, "it became none"


def test_who_is_there_already_is_offered_and_taken(bare: kit.Served) -> None:
    same = partner(bare, name="Bapak Budi SANTOSO", mobile="+6281220457781")
    firm = partner(bare, name="Maju Jaya, PT.", kind="company")
    partner(bare, name="Budi Hartono")
    key, dewi = lead(bare, **FIRM), bare.sign_in("dewi")
    shown = dewi.get(f"/crm/lead/{key}/convert")
    chosen = {
        item["name"]: item["value"]
        for item in shown.main.all("input", type="radio")
        if "checked" in item.attrs
    }
    assert chosen == {"contact": str(same), "company": str(firm)}
    assert "Telepon sama" in shown.main.text
    assert "Budi Hartono" not in shown.main.text
    before = counts(bare)
    said(dewi, press(dewi, key))
    assert counts(bare) == [before[0], before[1] + 1]
    assert state(bare, key) == ("converted", firm)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"), ({"amount": "banyak"}, "amount"), ({"amount": "-5"}, "amount"),
        ({"contact_name": ""}, "contact_name"), ({"contact": "none"}, "contact"),
        ({"company": "new", "company_name": ""}, "company_name"), ({"contact": "999"}, "contact"),
        ({"company": "none", "company_name": "PT Lain"}, "company_name"),
        ({"contact": "none", "contact_name": "Orang lain"}, "contact_name"),
        ({"company": "999"}, "company"), ({"pipeline": "999"}, "pipeline"), ({"title": "x" * 201}, "title"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_is_made(
    bare: kit.Served, changes: dict[str, str], field: str
) -> None:
    key, dewi = lead(bare), bare.sign_in("dewi")
    was, before = state(bare, key), counts(bare)
    answer = press(dewi, key, **changes)
    assert answer.status_code == 422
    assert answer.main.one("p", id=f"{field}-e")
    assert (counts(bare), state(bare, key)) == (before, was)
    name, text = next(iter(changes.items()))
    assert name in ("contact", "company", "pipeline") or text in answer.text  # what was typed is kept


def test_it_is_done_once(bare: kit.Served) -> None:
    key, dewi = lead(bare), bare.sign_in("dewi")
    shown = dewi.get(f"/crm/lead/{key}/convert")
    path = f"/crm/lead/{key}/convert"
    assert dewi.send(shown, action=path).status_code == 303
    before = counts(bare)
    assert dewi.send(shown, action=path).status_code == 422
    assert counts(bare) == before


def test_of_two_who_convert_one_lead_the_second_is_told(bare: kit.Served) -> None:
    """The second asks while the first has not committed yet."""
    key, dewi = lead(bare), bare.sign_in("dewi")
    path = f"/crm/lead/{key}/convert"
    data = dict(typed(dewi.get(path).page.one("form", action=path)))
    before = counts(bare)
    with ThreadPoolExecutor(1) as pool:
        with bare.env() as env:
            convert(env, begin(env, env.locked(env["crm.lead"], key)))
            second = pool.submit(
                dewi.client.open, path, method="POST", data=data, base_url=f"http://{bare.host}"
            )
            time.sleep(0.5)
            assert not second.done(), "it waits for the first"
        assert second.result().status_code == 422
    assert counts(bare) == [before[0] + 1, before[1] + 1]


def test_who_has_the_same_email_is_found_behind_many_of_a_like_name(bare: kit.Served) -> None:
    with bare.env() as env:
        env.create(env["base.partner"], [{"name": f"Budi Santoso {number}"} for number in range(MOST)])
    same = partner(bare, name="Ibu Budi", email="Budi@Surat.example")
    shown = bare.sign_in("dewi").get(f"/crm/lead/{lead(bare)}/convert")
    found = {item["value"] for item in shown.main.all("input", type="radio", name="contact")}
    assert found == {str(same), "new", "none"}


@pytest.mark.parametrize("closed", ["", "rw"])
def test_what_is_closed_to_who_converts_is_not_proposed(
    bare: kit.Served, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    same = partner(bare, name="Budi Santoso", email="budi@surat.example")
    key, dewi = lead(bare, revenue=985_000_000, note="Rahasia"), bare.sign_in("dewi")
    registry = bare.site.assembly.registry
    for model, names in (("crm.lead", ("revenue", "note", "email")), ("base.partner", ("email", "mobile"))):
        for name in names if closed else ():
            monkeypatch.setattr(registry.info(model).fields[name], "access", {"base.admin": closed})
    bare.forget()
    shown = dewi.get(f"/crm/lead/{key}/convert")
    assert shown.status_code == 200
    amount = shown.main.one("input", name="amount").get("value")
    assert amount == ("" if closed else "985.000.000") and ("985" in shown.text) is not bool(closed)
    said(dewi, press(dewi, key, contact="new"))
    with bare.env() as env:
        [deal] = env.scalars(sa.select(env["crm.deal"])).all()
        assert deal.partner_id != same
        told = (deal.amount, deal.note, deal.partner.email)
    assert told == ((None,) * 3 if closed else (985_000_000, "Rahasia", "budi@surat.example"))


def test_the_amount_is_in_the_currency_of_the_company_of_the_lead(bare: kit.Served) -> None:
    with bare.env() as env:
        money = {row.code: row for row in env.scalars(sa.select(env["base.currency"]))}
        rows = [{"name": code, "currency": money[code]} for code in ("IDR", "SGD")]
        here, there = env.create(env["base.company"], rows)
        dewi = env.scalars(sa.select(env["base.user"]).where(env["base.user"].name == "Dewi Kartika")).one()
        dewi.company, dewi.companies = here, [here, there]
        env.flush()
        keys = {"Rp": here.id, "SGD": there.id}
    visitor = bare.sign_in("dewi")
    for symbol, company in keys.items():
        page = visitor.get(f"/crm/lead/{lead(bare, company_id=company)}/convert")
        assert [item.text for item in page.main.all("label") if item.get("for") == "amount"] == [
            f"Nilai ({symbol})"
        ]


def test_what_was_written_and_planned_on_a_lead_is_told_on_its_deal(bare: kit.Served) -> None:
    """It stays where it was made: it is changed there, and is told on both."""
    key, dewi = lead(bare), bare.sign_in("dewi")
    of_it = {"model": "crm.lead", "record_id": key, "owner_id": bare.first("base.user", name="Dewi Kartika")}
    with bare.env() as env:
        env.create(env["base.message"], [{**of_it, "body": "Ingin dekat sekolah"}])
        due = env.now() + dt.timedelta(days=2)
        env.create(env["base.activity"], [{**of_it, "title": "Telepon istrinya", "due": due}])
    page = said(dewi, press(dewi, key)).main
    [told] = [item for item in page.one("ol", class_="tl").all("li") if "Ingin dekat sekolah" in item.text]
    assert [a["href"] for a in told.all("a")] == [f"/app/crm.lead/{key}"] and not told.all("form")
    assert "Telepon istrinya" in page.one("ul", class_="plans").text
    deal = bare.first("crm.deal")
    assert "Ingin dekat sekolah" in dewi.get(f"/app/crm.deal/{deal}/timeline").main.text


def test_a_lead_without_contact_is_not_converted_by_hand(bare: kit.Served) -> None:
    key, dewi = lead(bare), bare.sign_in("dewi")
    path = f"/app/crm.lead/{key}/edit"
    answer = dewi.fill(path, {"state": "converted"}, action=path)
    assert answer.status_code == 422
    assert state(bare, key) == ("qualified", None)


def test_sellers_convert_what_they_may_change(served: kit.Served) -> None:
    seller = served.first("base.user", name="Rizky Aditya")
    with served.env() as env:
        team = kit.record(env, "base.user", seller).teams[0].id
    mine, theirs = lead(served, owner_id=seller, team_id=team), lead(served, owner_id=None, team_id=team)
    rizky, bima = served.sign_in("rizky"), served.sign_in("bima")
    assert rizky.get(f"/crm/lead/{theirs}/convert").status_code == 403
    assert bima.get(f"/crm/lead/{mine}/convert").status_code == 404
    assert rizky.get("/crm/lead/999999999999999999999/convert").status_code == 404
    answer = said(rizky, press(rizky, mine))
    assert state(served, mine)[0] == "converted"
    undo(rizky, answer)
    assert state(served, mine) == ("qualified", None)


def test_names_are_compared_without_titles_and_marks() -> None:
    assert normal("PT. Maju  Jaya, Tbk") == normal("maju jaya") == "maju jaya"
    assert normal(None) == normal("Bpk.") == ""
