"""The timeline of a record: what base and other addons tell, by kind, page by page, and by what hook."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from core.orm import events
from tests.web import kit
from tests.web.conftest import Statements, on_sqlite
from tests.web.test_notes import LEAD, lead_of, note
from tests.web.test_query_budget import asked

pytestmark = pytest.mark.usefixtures("nothing_yet")
PARTNERS = "/app/base.partner"
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def filled(served: kit.Served, count: int = 40) -> int:
    """A contact with notes, of which several are of one moment, and a lead."""
    with served.env() as env:
        ayu = served.first("base.user", name="Ayu Lestari")
        [partner] = env.create(env["base.partner"], [{"name": "PT Garis Waktu", "kind": "company"}])
        env.flush()
        place = {"model": "base.partner", "record_id": partner.id, "owner_id": ayu}
        rows = [
            {**place, "body": f"Catatan {number:04}", "created_at": START + dt.timedelta(hours=number // 7)}
            for number in range(count)
        ]
        env.create(env["base.message"], rows)
        env.create(env["base.activity"], [
            {**place, "title": "Telepon", "due": START, "state": "done", "result": "Beres", "done_at": START}
        ])  # fmt: skip
        env.create(
            env["crm.lead"], [{"title": "Prospek garis", "partner_id": partner.id, "created_at": START}]
        )
        return int(partner.id)


def test_what_was_noted_and_done_on_the_deals_of_a_contact_is_told_too(served: kit.Served) -> None:
    """With the name of the deal; it is changed there, and nobody is told of deals out of reach."""
    key, ayu = filled(served, 1), served.first("base.user", name="Ayu Lestari")
    with served.env() as env:
        deals = env.create(
            env["crm.deal"], [{"title": title, "partner_id": key, "owner_id": ayu} for title in "AB"]
        )
        env.flush()
        on = [{"model": "crm.deal", "record_id": deal.id, "owner_id": ayu} for deal in deals]
        env.create(
            env["base.message"], [{**place, "body": f"Minta diskon {n}"} for n, place in enumerate(on)]
        )
        done = {"due": START, "state": "done", "done_at": START + dt.timedelta(days=90)}
        env.create(env["base.activity"], [{**on[0], **done, "title": "Rapat harga", "result": "Setuju"}])
    path = f"{PARTNERS}/{key}"
    for address in (path, f"{path}/timeline"):
        told = texts(visitor := served.sign_in("ayu"), address)
        assert [text for text in told if "Rapat harga" in text and "Setuju" in text], address
        [one] = [text for text in told if "Minta diskon 1" in text]
        assert "mencatat · Deal B" in one and "Ubah" not in one
    assert f"/app/crm.deal/{deals[1].id}" in {a["href"] for a in visitor.get(path).main.all("a")}
    nadia = served.sign_in("nadia")
    seen = nadia.get(f"{path}/timeline")
    assert seen.status_code == 200
    assert "Minta diskon" not in seen.text and "Rapat harga" not in seen.text


@pytest.mark.parametrize(("field", "is_named"), [("title", False), ("partner", False), ("state", True)])
def test_what_is_closed_of_deals_is_not_told_and_the_rest_is(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch, field: str, is_named: bool
) -> None:
    key = filled(served, 1)
    with served.env() as env:
        deal = env.create(env["crm.deal"], [{"title": "Rumah rahasia", "partner_id": key}])[0]
        env.flush()
        env.create(env["base.message"], [{"model": "crm.deal", "record_id": deal.id, "body": "Minta diskon"}])
    dewi = served.sign_in("dewi")
    monkeypatch.setattr(served.site.assembly.registry.models["crm.deal"].fields[field], "access", {})
    told = " ".join(texts(dewi, f"{PARTNERS}/{key}/timeline"))
    assert ("Rumah rahasia" in told) is ("Minta diskon" in told) is is_named
    assert "Catatan 0000" in told, "of the contact itself"
    assert ("Prospek garis" in told) is (field != "title"), "leads and deals have that field of one mixin"


def texts(visitor: kit.Visitor, path: str) -> list[str]:
    return [item.text for item in visitor.get(path).main.one("ol", class_="tl").all("li")]


def test_everything_is_told_once_page_by_page(served: kit.Served) -> None:
    dewi, path = served.sign_in("dewi"), f"{PARTNERS}/{filled(served)}/timeline"
    found: list[str] = []
    at: str | None = path
    pages = 0
    while at is not None:
        answer, pages = dewi.get(at), pages + 1
        found += [item.text for item in answer.main.one("ol", class_="tl").all("li")]
        at = next((a["href"] for a in answer.main.all("a") if "before=" in a["href"]), None)
    assert pages == 2
    told = [text for text in found if "Catatan 0" in text]
    assert len(told) == len(set(told)) == 40
    assert any("Prospek garis" in text for text in found) and any("Beres" in text for text in found)


@pytest.mark.parametrize(
    ("model", "word"),
    [("base.message", "Catatan 0"), ("base.activity", "Beres"), ("crm.lead", "Prospek garis")],
)
def test_one_kind_is_told_alone(served: kit.Served, model: str, word: str) -> None:
    dewi, path = served.sign_in("dewi"), f"{PARTNERS}/{filled(served)}/timeline"
    assert f"{path}?kind={model}" in {a["href"] for a in dewi.get(path).main.all("a")}
    told = texts(dewi, f"{path}?kind={model}")
    assert told and all(word in text for text in told)


@on_sqlite
@pytest.mark.parametrize("query", ["?before=x", "?before=1", "?kind=no.such", "?who=1"])
def test_an_address_that_cannot_be_is_refused(served: kit.Served, query: str) -> None:
    path = f"{PARTNERS}/{filled(served, 3)}/timeline"
    assert served.sign_in("dewi").get(f"{path}{query}").status_code == 400


def test_a_moment_far_away_is_asked_for(served: kit.Served) -> None:
    path = f"{PARTNERS}/{filled(served, 3)}/timeline"
    assert served.sign_in("dewi").get(f"{path}?before=9999999999999999.9").status_code == 200


def test_a_seller_of_another_team_is_told_nothing(served: kit.Served) -> None:
    """Of a lead out of reach neither the lead, nor on its contact's timeline."""
    key = lead_of(served, "ayu")
    note(served.sign_in("ayu"), f"{LEAD}/{key}", "Rahasia")
    nadia = served.sign_in("nadia")
    assert nadia.get(f"{LEAD}/{key}/timeline").status_code == 404
    with served.env() as env:
        lead = kit.record(env, "crm.lead", key)
        lead.partner, lead.title = kit.record(env, "base.partner", 1), "Rahasia tim rumah"
    path = f"{PARTNERS}/1/timeline"
    assert "Rahasia tim" in served.sign_in("ayu").get(path).text
    assert "Rahasia tim" not in nadia.get(path).text


def test_a_hook_that_fails_is_noted_and_the_page_goes_without_it(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(record: Any) -> Any:
        raise RuntimeError("seeded")

    listeners = served.site.assembly.registry.listeners
    broken = events.Listener("crm", fail, frozenset({"record"}))
    monkeypatch.setitem(listeners._of, "timeline", [broken, *listeners.of("timeline")])
    path = f"{PARTNERS}/{filled(served, 3)}/timeline"
    assert "Catatan 0001" in served.sign_in("dewi").get(path).text
    assert "Gagal saat dipakai" in served.sign_in("made").get("/apps").main.text


def test_a_long_timeline_costs_no_more_statements(served: kit.Served, statements: Statements) -> None:
    dewi, counts = served.sign_in("dewi"), []
    for count in (5, 200):
        path = f"{PARTNERS}/{filled(served, count)}/timeline"
        dewi.get(path)
        statements.clear()
        dewi.get(path)
        counts.append(len(asked(statements)))
    assert counts[0] == counts[1] <= 24, counts


def test_notes_of_others_are_found_by_their_record_alone(served: kit.Served) -> None:
    """The contact 1 and the lead 1 have nothing to do with each other."""
    note(served.sign_in("dewi"), f"{PARTNERS}/1", "Hanya kontak")
    with served.env() as env:
        assert env.scalar(sa.select(env["base.message"].model)) == "base.partner"
    assert "Hanya kontak" not in served.sign_in("dewi").get(f"{LEAD}/1/timeline").text


def test_of_many_records_the_first_stand_on_the_page_and_the_rest_is_linked(served: kit.Served) -> None:
    key, dewi = filled(served, 1), served.sign_in("dewi")
    with served.env() as env:
        env.create(env["crm.lead"], [{"title": f"Prospek ke-{n}", "partner_id": key} for n in range(25)])
    main = dewi.get(f"{PARTNERS}/{key}").main
    assert len([a for a in main.one("section", id="section-related").all("a") if "Prospek" in a.text]) == 20
    [more] = [a["href"] for a in main.all("a") if "partner__eq" in a["href"] and "crm.lead" in a["href"]]
    assert "Prospek ke-24" in dewi.get(f"{more}&sort=-id").main.text
