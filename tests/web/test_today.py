"""Home: what waits for one person today, and what others did since yesterday."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from tests.web import kit
from tests.web.conftest import Statements, forget_together
from tests.web.test_mentions import note
from tests.web.test_notes import LEAD, lead_of
from tests.web.test_query_budget import asked

MOST = 34
"""Statements of the page: what it shows is asked for as a whole."""


def card(answer: kit.Answer, title: str) -> str:
    return next(part.text for part in answer.main.all("section") if title in part.text)


def test_what_waits_for_a_person_stands_there(served: kit.Served) -> None:
    forget_together(served)
    key, ayu = lead_of(served, "ayu"), served.first("base.user", name="Ayu Lestari")
    lead = {"model": "crm.lead", "record_id": key, "owner_id": ayu}
    with served.env() as env:
        now = env.now()
        rows = [("Yang terlambat", -30), ("Yang nanti", 24 * 9)]
        env.create(env["base.activity"], [
            {**lead, "title": title, "due": now + dt.timedelta(hours=hours)}
            for title, hours in rows
        ])  # fmt: skip
        env.create(
            env["crm.deal"],
            [
                {
                    "title": "Deal punya Ayu",
                    "owner_id": ayu,
                    "amount": 1_650_000_000,
                    "close_date": dt.date(2026, 1, 5),
                }
            ],
        )
    note(served.sign_in("rizky"), f"{LEAD}/{key}", "@Ayu klien minta harga")
    served.sign_in("dewi").fill(f"{LEAD}/{key}/edit", {"note": "Diubah Dewi"})
    home = served.sign_in("ayu").get("/")
    assert "Ayu." in home.main.text and "1 terlambat" in home.main.text
    mine = card(home, "Aktivitas saya")
    assert "Yang terlambat" in mine and "Yang nanti" not in mine and "Besok dan seterusnya: 1" in mine
    deals = card(home, "Deal untuk ditindaklanjuti")
    assert "Deal punya Ayu" in deals and "Rp1,65 miliar" in deals
    assert "@Ayu klien minta harga" in card(home, "Menyebut Anda")
    assert "Diubah Dewi" in card(home, "Yang berubah sejak kemarin")
    for link in {a["href"] for a in home.main.all("a")}:
        assert served.sign_in("ayu").get(link).status_code == 200, link


def test_figures_count_all_and_not_only_what_the_page_has_room_for(served: kit.Served) -> None:
    forget_together(served)
    lead = {"model": "crm.lead", "record_id": lead_of(served, "ayu")}
    lead["owner_id"] = served.first("base.user", name="Ayu Lestari")
    noon = dt.datetime(2026, 11, 30, 5, 0, tzinfo=dt.UTC)
    with served.env() as env:
        for hours, count in ((-30, 25), (2, 3), (24 * 9, 21)):
            row = {**lead, "due": noon + dt.timedelta(hours=hours)}
            env.create(env["base.activity"], [{**row, "title": f"Nomor {key}"} for key in range(count)])
    with time_machine.travel(noon, tick=False):
        for lang, told in (
            ("id", "Selamat siang, Ayu. 25 terlambat. 3 untuk hari ini."),
            ("en", "Good day, Ayu. 25 overdue. 3 for today."),
        ):
            home = served.sign_in("ayu", lang).get("/").main
            assert " ".join(home.one("p", class_="lead").text.split()) == told
            assert ": 21" in home.text


def test_a_seller_of_another_team_finds_none_of_it_at_home(served: kit.Served) -> None:
    key = lead_of(served, "ayu")
    served.sign_in("ayu").fill(f"{LEAD}/{key}/edit", {"note": "Rahasia tim rumah"})
    note(served.sign_in("ayu"), f"{LEAD}/{key}", "@Nadia rahasia tim rumah")
    assert "ahasia tim" not in served.sign_in("nadia").get("/").text
    assert "ahasia tim" in served.sign_in("rizky").get("/").text


@pytest.mark.parametrize("lang", ["id", "en"])
def test_home_takes_few_statements(shared: kit.Served, statements: Statements, lang: str) -> None:
    visitor = shared.sign_in("dewi", lang)
    visitor.get("/")
    statements.clear()
    visitor.get("/")
    assert len(asked(statements)) <= MOST, "\n".join(asked(statements))


def ayus_deals(served: kit.Served, *rows: tuple[str, str, dict[str, Any]]) -> list[int]:
    """Nothing of Ayu's but deals of 400 million, each with its title, what its stage means, and more; their keys."""
    with served.env() as env:
        for name in ("crm.deal", "crm.lead"):
            env.execute(sa.delete(env[name]))
        stage = env["crm.stage"]
        stages = {one.kind: one for one in env.scalars(sa.select(stage).order_by(-stage.id))}
        owner = env.scalars(sa.select(env["base.user"]).where(env["base.user"].name == "Ayu Lestari")).one()
        made = env.create(env["crm.deal"], [
            {"owner": owner, "amount": 400_000_000, "title": title, "stage": stages[kind],
             "pipeline": stages[kind].pipeline, "probability": 25, **more}
            for title, kind, more in rows
        ])  # fmt: skip
        env.flush()
        return [one.id for one in made]


def plan(served: kit.Served, model: str, key: int) -> None:
    with served.env() as env:
        due = env.now() + dt.timedelta(days=3)
        of_it = {"model": model, "record_id": key, "owner_id": served.first("base.user", name="Ayu Lestari")}
        env.create(env["base.activity"], [{**of_it, "title": "Telepon", "due": due}])


def tiles(visitor: kit.Visitor) -> dict[str, list[str]]:
    found = visitor.get("/").main.one("dl", class_="tiles").all("div")
    return {part.one("dt").text: [line.text for line in part.all("dd")] for part in found}


def reasons(visitor: kit.Visitor) -> list[tuple[str, str]]:
    """The titles of the deals to follow up, and why each is there."""
    rows = visitor.get("/").main.one("tbody").all("tr")
    return [(row.all("a")[0].text, row.all("td")[1].text) for row in rows]


def test_figures_of_a_seller_are_their_own(served: kit.Served) -> None:
    """Won this month, which begins where they are, and open; a deal with something planned does not lie idle."""
    this, last = (dt.datetime(2026, 10, 31, *time, tzinfo=dt.UTC) for time in ((17, 1), (16, 59)))
    one, *_others = ayus_deals(
        served, ("Satu", "open", {}), ("Dua", "open", {}), ("Tiga", "won", {}), ("Lama", "won", {}),
        ("Bukan Ayu", "open", {"owner": None}), ("Arsip", "open", {"archived": True}),
    )  # fmt: skip
    plan(served, "crm.deal", one)
    with served.env() as env:
        cls = env["crm.deal"]
        for title, closed in (("Tiga", this), ("Lama", last)):
            env.execute(sa.update(cls).where(cls.title == title).values(closed_at=closed))
        env.create(
            env["crm.lead"], [{"title": "Baru", "owner_id": served.first("base.user", name="Ayu Lestari")}]
        )
    visitor = served.sign_in("ayu")
    with time_machine.travel(dt.datetime(2026, 11, 20, 3, tzinfo=dt.UTC), tick=False):
        assert tiles(visitor) == {
            "Menang bulan ini": ["Rp400 jt", "1 Deal"],
            "Deal saya yang terbuka": ["2", "Rp800 jt, perkiraan Rp200 jt"],
            "Belum ada rencana": ["1", "dari yang terbuka"],
            "Prospek baru": ["1", "0 sedang digarap"],
        }
        assert tiles(served.sign_in("ayu", "en"))["Won this month"] == ["Rp400m", "1 Deal"]
        links = {a.text: a["href"] for a in visitor.get("/").main.one("dl", class_="tiles").all("a")}
        for name, titles in (("Menang bulan ini", {"Tiga"}), ("Deal saya yang terbuka", {"Satu", "Dua"})):
            found = visitor.get(links[name]).main.text
            assert {title for title in ("Satu", "Dua", "Tiga", "Lama") if title in found} == titles


def test_amounts_of_several_currencies_do_not_add_up(served: kit.Served) -> None:
    with served.env() as env:
        money = env.scalars(sa.select(env["base.currency"]).where(env["base.currency"].code == "SGD")).one()
        [there] = env.create(env["base.company"], [{"name": "Singapura", "currency": money}])
        owner = env.scalars(sa.select(env["base.user"]).where(env["base.user"].name == "Ayu Lestari")).one()
        owner.companies = [*owner.companies, there]
        env.flush()
        key = there.id
    ayus_deals(served, ("Satu", "open", {}), ("Dua", "open", {"company_id": key, "amount": 2_000_000}))
    count, amounts = tiles(served.sign_in("ayu"))["Deal saya yang terbuka"]
    assert count == "2" and amounts == "Rp400 jt + SGD 2 jt, perkiraan Rp100 jt + SGD 500.000"


def test_a_closed_amount_stands_nowhere_at_home(served: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    ayus_deals(served, ("Satu", "open", {}), ("Tiga", "won", {}))
    monkeypatch.setattr(
        served.site.assembly.registry.info("crm.deal").fields["amount"], "access", {"base.admin": "rw"}
    )
    served.forget()
    visitor = served.sign_in("ayu")
    told = tiles(visitor)
    assert told["Menang bulan ini"] == ["1"] and told["Deal saya yang terbuka"] == ["1"]
    assert "400" not in visitor.get("/").main.text


def test_deals_stand_there_by_what_presses_most(served: kit.Served) -> None:
    """Overdue, then nothing planned, then soon; what was planned on a lead is planned for its deal."""
    today = dt.datetime.now(dt.UTC).date()
    soon, later, over = (today + dt.timedelta(days=days) for days in (9, 90, -9))
    keys = ayus_deals(
        served, ("Segera", "open", {"close_date": soon}), ("Nanti", "open", {"close_date": later}),
        ("Lewat", "open", {"close_date": over}), ("Kosong", "open", {}), ("Dari prospek", "open", {}),
    )  # fmt: skip
    ayu = served.first("base.user", name="Ayu Lestari")
    with served.env() as env:
        [lead] = env.create(env["crm.lead"], [{"title": "Asal", "owner_id": ayu}])
        env.flush()
        from_lead = lead.id
        env.execute(sa.update(env["crm.deal"]).where(env["crm.deal"].id == keys[4]).values(lead_id=from_lead))
    for key in keys[:3]:
        plan(served, "crm.deal", key)
    plan(served, "crm.lead", from_lead)
    told = reasons(served.sign_in("ayu"))
    assert [title for title, _why in told] == ["Lewat", "Kosong", "Segera"]
    assert [why.split(" ")[0] for _title, why in told] == ["Target", "Belum", "Tutup"]
