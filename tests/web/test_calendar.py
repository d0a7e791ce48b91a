"""A list as a month: any model with a date, the days in the zone of the reader, and the filters of the list."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.web import kit
from tests.web.conftest import Statements, forget_together, on_sqlite
from tests.web.test_notes import lead_of
from tests.web.test_query_budget import FRAME, asked

HERE = "/app/base.activity?view=calendar"
LATE = dt.datetime(2026, 11, 30, 16, 30, tzinfo=dt.UTC)
"""23.30 on 30 November in Jakarta, half past midnight on 1 December in Makassar."""


@pytest.fixture(autouse=True)
def _three(served: kit.Served) -> None:
    """Three activities on a lead of Ayu."""
    forget_together(served)
    place = {"model": "crm.lead", "record_id": lead_of(served, "ayu")}
    rows = [
        ("Telepon malam", LATE),
        ("Survei", LATE - dt.timedelta(days=7)),
        ("Akad", LATE - dt.timedelta(days=90)),
    ]
    with served.env() as env:
        env.create(
            env["base.activity"],
            [{**place, "title": title, "due": due, "kind": "call"} for title, due in rows],
        )


def on(answer: kit.Answer, day: str) -> str:
    """What stands on a day, by the name of its link."""
    return next(cell.text for cell in answer.main.all("td") if day in (cell.all("a")[0]["aria-label"]))


@pytest.mark.parametrize(
    ("person", "day", "time"), [("dewi", "30 Nov 2026", "23.30"), ("made", "1 Des 2026", "00.30")]
)
def test_a_record_stands_on_the_day_of_its_reader(
    served: kit.Served, person: str, day: str, time: str
) -> None:
    answer = served.sign_in(person).get(f"{HERE}&month=2026-11")
    assert "Telepon malam" in on(answer, day) and time in on(answer, day)
    assert "Survei" in on(answer, "23 Nov 2026" if person == "dewi" else "24 Nov 2026")
    assert "Akad" not in answer.main.one("table").text
    heads = [head.text for head in answer.main.one("thead").all("th")]
    assert heads == ["Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min"]


def test_filters_hold_and_every_link_leads_somewhere(served: kit.Served) -> None:
    dewi = served.sign_in("dewi")
    answer = dewi.get(f"{HERE}&month=2026-11&title__contains=Survei")
    table = answer.main.one("table")
    assert "Survei" in table.text and "Telepon malam" not in table.text
    links = {a["href"] for a in answer.main.all("a") if a["href"].startswith("/app/")}
    assert any("month=2026-10" in href for href in links) and any("month=2026-12" in href for href in links)
    for href in links:
        assert dewi.get(href).status_code == 200, href
    day = next(a["href"] for a in table.all("a") if "23 Nov 2026" in (a.get("aria-label") or ""))
    assert "Survei" in dewi.get(day).main.one("tbody").text


def test_more_than_a_day_shows_is_said(served: kit.Served) -> None:
    place = {"model": "crm.lead", "record_id": lead_of(served, "ayu")}
    with served.env() as env:
        env.create(env["base.activity"], [{**place, "title": f"Nomor {n}", "due": LATE} for n in range(6)])
    assert "4 lainnya" in on(served.sign_in("dewi").get(f"{HERE}&month=2026-11"), "30 Nov 2026")


@on_sqlite
@pytest.mark.parametrize(
    "address",
    [f"{HERE}&month=2026-13", f"{HERE}&month=x", f"{HERE}&month=0001-01", f"{HERE}&month=9999-01",
     "/app/base.tag?view=calendar", "/app/crm.lead?view=calendar", f"{HERE}s", f"{HERE}&month=2026-11&month=2026-12"],
)  # fmt: skip
def test_a_month_that_cannot_be_is_refused(served: kit.Served, address: str) -> None:
    assert served.sign_in("dewi").get(address).status_code == 400


def test_deals_have_a_calendar_too(served: kit.Served) -> None:
    with served.env() as env:
        env.create(env["crm.deal"], [{"title": "Tutup tipe 60", "close_date": dt.date(2026, 11, 30)}])
    shown = served.sign_in("dewi").get("/app/crm.deal?view=calendar&month=2026-11&title__contains=tipe 60")
    assert "Tutup tipe 60" in on(shown, "30 Nov 2026")


def test_a_seller_of_another_team_sees_nothing_on_any_day(served: kit.Served) -> None:
    assert "Telepon malam" not in served.sign_in("nadia").get(f"{HERE}&month=2026-11").text
    assert "Telepon malam" in served.sign_in("rizky").get(f"{HERE}&month=2026-11").text


def test_a_month_takes_few_statements(served: kit.Served, statements: Statements) -> None:
    dewi = served.sign_in("dewi")
    dewi.get(f"{HERE}&month=2026-11")
    statements.clear()
    dewi.get(f"{HERE}&month=2026-11")
    assert len(asked(statements)) <= FRAME, "\n".join(asked(statements))
