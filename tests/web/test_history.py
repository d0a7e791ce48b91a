"""History as one reads it: on the record, on its own page, and for a manager by person and day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web import kit

LEAD = "/app/crm.lead"


def first(visitor: kit.Visitor) -> str:
    """The address of a lead in the visitor's list."""
    links = [link["href"] for link in visitor.get(LEAD).main.all("a") if link["href"].startswith(f"{LEAD}/")]
    return next(href for href in links if href.rpartition("/")[2].isdecimal())


def rename(visitor: kit.Visitor, href: str, title: str) -> None:
    assert visitor.fill(f"{href}/edit", {"title": title}).status_code == 303


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_record_tells_who_changed_what(served: kit.Served, lang: str) -> None:
    visitor = served.sign_in("dewi", lang)
    href = first(visitor)
    before = visitor.get(href).page.one("h1").text
    rename(visitor, href, "Gudang di Cikarang")
    page = visitor.get(href).page
    panel = next(part for part in page.all("section") if part.get("aria-labelledby") == "history-h")
    assert "Dewi" in panel.text and before in panel.text and "Gudang di Cikarang" in panel.text
    whole = visitor.get(f"{href}/history").page
    assert "Gudang di Cikarang" in whole.text


def test_a_seller_of_another_team_sees_no_history(served: kit.Served) -> None:
    href = first(served.sign_in("dewi"))
    seller = served.sign_in("ayu")
    mine = first(seller)
    assert seller.get(f"{mine}/history").status_code == 200
    hidden = next(
        link["href"]
        for link in served.sign_in("made").get(f"{LEAD}?limit=80").main.all("a")
        if link["href"].startswith(f"{LEAD}/") and seller.get(link["href"]).status_code == 404
    )
    assert seller.get(f"{hidden}/history").status_code == 404
    assert href


def test_a_manager_sees_what_one_person_did_today(served: kit.Served) -> None:
    made = served.sign_in("made")
    href = first(made)
    rename(made, href, "Ruko tiga lantai")
    page = made.get("/settings/activity").page
    assert "Ruko tiga lantai" in page.text and any(link["href"] == href for link in page.all("a"))
    yesterday = made.get("/settings/activity?day=kemarin").page
    assert "Ruko tiga lantai" not in yesterday.text
    assert served.sign_in("ayu").get("/settings/activity").status_code == 403


@pytest.mark.parametrize(
    ("query", "status"),
    [("day=x", 422), ("user=999999", 404), ("user=x", 404), ("before=x", 400), ("before=-1", 400), ("day=31/02", 422),
     ("user=9223372036854775808", 404), ("day=99999999", 422), ("before=9999999999999999999", 400)],
)  # fmt: skip
def test_what_cannot_be_is_said(shared: kit.Served, query: str, status: int, unchanged: Any) -> None:
    visitor = shared.sign_in("made")
    with unchanged(shared):
        assert visitor.get(f"/settings/activity?{query}").status_code == status


def test_a_page_of_history_takes_few_statements(served: kit.Served, statements: Any) -> None:
    visitor = served.sign_in("dewi")
    href = first(visitor)
    counts = []
    for title in ("eins", "zwei", "drei"):
        rename(visitor, href, title)
        statements.clear()
        visitor.get(f"{href}/history")
        counts.append(len(statements))
    assert counts[0] == counts[1] == counts[2]
