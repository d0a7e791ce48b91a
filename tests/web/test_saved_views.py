"""Saved views: tabs over a list, what was changed since, saving, renaming, sharing and deleting, without script."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.web import kit
from tests.web.conftest import Statements
from tests.web.markup import Element, typed
from tests.web.test_query_budget import asked

LEADS = "/app/crm.lead"
HOT = "state__in=working%2Cqualified&sort=-revenue&group=source&columns=title%2Crevenue"
NAME = "Prospek panas"


def links(page: Element) -> list[Element]:
    [bar] = [nav for nav in page.all("nav") if nav.get("class") == "tabs"]
    return bar.all("a")


def tabs(page: Element) -> list[str]:
    return [link.text for link in links(page) if link.text != "Atur ulang"]


def current(page: Element) -> list[str]:
    return [link.text for link in links(page) if link.get("aria-current")]


def save(visitor: kit.Visitor, query: str = HOT, **more: Any) -> str:
    """Saves a list as a view; the address that one comes to."""
    answer = visitor.fill(f"{LEADS}?{query}", {"name": NAME, **more}, action=f"{LEADS}/views")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def pairs(address: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address).query)


# ----------------------------------------------------------------- opening
def test_a_list_is_saved_under_a_name_and_opened_by_its_tab(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    assert tabs(ayu.get(LEADS).page) == ["Semua"]
    short = save(ayu, f"{HOT}&page=1&limit=20")
    answer = ayu.get(short)
    assert answer.status_code == 302
    whole = answer.headers["Location"]
    assert pairs(whole) == [*pairs(short), *parse_qsl(HOT)]
    opened = ayu.get(whole)
    assert tabs(opened.page) == ["Semua", NAME]
    assert current(opened.page) == [NAME]
    assert "Filter diubah" not in opened.main.text
    heads = [head.text for head in opened.main.one("thead").all("th")]
    assert len(heads) == 3, "the choice of rows, then its two columns"
    assert {row["class"] for row in opened.main.all("tr", **{"class": "grp"})} == {"grp"}


def test_the_tab_of_a_view_keeps_size_and_page_of_the_reader(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    address = save(ayu, "state__eq=working")
    answer = ayu.get(f"{address}&limit=20")
    assert pairs(answer.headers["Location"])[1:] == [("limit", "20"), ("state__eq", "working")]


def test_another_list_has_other_views(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    address = save(ayu)
    assert tabs(ayu.get("/app/base.partner").page) == ["Semua"]
    assert ayu.get(address.replace("crm.lead", "base.partner")).status_code == 404


@pytest.mark.parametrize("key", ["987654", "0", "-1", "x", "1' or 1=1 --", "99999999999999999999", "²"])
def test_a_view_that_is_not_there_is_404_and_what_is_no_number_400(served: kit.Served, key: str) -> None:
    ayu = served.sign_in("ayu")
    answer = ayu.get(LEADS, query_string={"filter": key})
    assert answer.status_code == (404 if key == "987654" else 400)


def test_a_view_that_was_deleted_leaves_its_address_working(served: kit.Served) -> None:
    answer = served.sign_in("ayu").get(f"{LEADS}?filter=987654&state__eq=new")
    assert answer.status_code == 200
    assert "Filter diubah" not in answer.main.text


def test_a_view_that_fits_no_more_says_so_and_can_be_deleted(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    short = save(ayu)
    key = int(short.rpartition("=")[2])
    served.change("base.saved_view", key, query="gone__eq=1")
    shown = ayu.get(ayu.get(short).headers["Location"])
    assert shown.status_code == 200
    assert NAME in shown.main.one("", role="alert").text
    assert current(shown.page) == [NAME]
    ayu.send(shown, action=f"{LEADS}/views/{key}/delete")
    assert served.count("base.saved_view") == 0


def test_all_views_of_a_list_are_in_a_list(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    save(ayu)
    [link] = [link for link in ayu.get(LEADS).main.all("a") if "base.saved_view" in link["href"]]
    rows = ayu.get(link["href"]).main.one("tbody").all("tr")
    assert len(rows) == 1 and NAME in rows[0].text


# ----------------------------------------------------------------- changing
def test_a_changed_filter_is_said_and_saved_or_reset(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    short = save(ayu)
    whole = ayu.get(short).headers["Location"]
    changed = ayu.get(f"{whole}&revenue__gt=100000000")
    assert "Filter diubah" in changed.main.text
    assert current(changed.page) == [NAME]
    [reset] = [link for link in changed.main.all("a") if link.text == "Atur ulang"]
    assert ayu.get(reset["href"]).headers["Location"] == whole
    forms = [form for form in changed.main.all("form") if form.get("id") == "view-save"]
    data = {item["name"]: item["value"] for item in forms[0].all("input")}
    assert ayu.post(forms[0]["action"], data).headers["Location"] == short
    again = ayu.get(short).headers["Location"]
    assert ("revenue__gt", "100000000") in pairs(again)
    assert "Filter diubah" not in ayu.get(again).main.text


def test_nothing_is_stored_until_it_is_saved(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    whole = ayu.get(save(ayu)).headers["Location"]
    before = served.state()
    ayu.get(f"{whole}&revenue__gt=100000000")
    assert served.state() == before


def test_who_drops_every_filter_is_back_at_the_whole_list(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    whole = ayu.get(save(ayu, "state__eq=new")).headers["Location"]
    shown = ayu.get(whole)
    [chip] = [item for item in shown.main.all("span") if item.get("class") == "chip"]
    assert chip.one("a")["href"] == LEADS
    searched = ayu.get(f"{LEADS}?{urlsplit(whole).query.partition('&')[0]}&q=")
    assert searched.status_code == 200 and "Filter diubah" in searched.main.text


def test_a_view_is_renamed_and_deleted_and_its_records_stay(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    short = save(ayu)
    key, leads = short.rpartition("=")[2], served.count("crm.lead")
    whole = ayu.get(short).headers["Location"]
    form = ayu.get(whole).page.one("div", id="view-open").one("form", action=f"{LEADS}/views/{key}")
    data: dict[str, Any] = {**typed(form), "name": "  Panas   sekali "}
    assert ayu.post(form["action"], data).status_code == 303
    assert tabs(ayu.get(whole).page) == ["Semua", "Panas sekali"]
    assert served.value("base.saved_view", int(key), "query") == HOT
    answer = ayu.send(ayu.get(whole), action=f"{LEADS}/views/{key}/delete")
    assert answer.status_code == 303
    assert tabs(ayu.get(LEADS).page) == ["Semua"]
    assert (served.count("base.saved_view"), served.count("crm.lead")) == (0, leads)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_name_that_cannot_be_is_said_beside_it_and_nothing_is_lost(served: kit.Served, name: str) -> None:
    ayu = served.sign_in("ayu")
    answer = ayu.fill(f"{LEADS}?{HOT}", {"name": name}, action=f"{LEADS}/views")
    assert answer.status_code == 422
    field = answer.main.one("input", name="name")
    assert field["value"] == name
    assert field.get("aria-invalid") == "true"
    assert answer.main.one("", id=field["aria-describedby"]).text
    again = ayu.send(answer, {"name": NAME})
    assert again.status_code == 303
    assert pairs(ayu.get(again.headers["Location"]).headers["Location"])[1:] == parse_qsl(HOT)


@pytest.mark.parametrize(
    "query", ["no_such__eq=1", "sort=no_such", "state__eq=1&" * 300, "x" * 9_000, "page=x"]
)
def test_a_forged_query_is_not_kept(served: kit.Served, query: str) -> None:
    ayu = served.sign_in("ayu")
    token = ayu.token(LEADS)
    answer = ayu.post(f"{LEADS}/views", {"csrf_token": token, "name": NAME, "query": query})
    if query == "page=x":  # where one is in the list is no part of a view
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert served.count("base.saved_view") == 0


# ----------------------------------------------------------------- sharing
def test_a_seller_shares_with_their_team_and_nobody_else(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    offered = ayu.get(f"{LEADS}?{HOT}").main.one("select", name="shared").all("option")
    assert [option["value"] for option in offered] == ["private", "team"]
    save(ayu, shared="team")
    mates = served.first("base.team", name="Penjualan Rumah")
    assert served.value("base.saved_view", served.first("base.saved_view"), "team") == mates
    assert tabs(served.sign_in("rizky").get(LEADS).page) == ["Semua", f"{NAME} Ayu Lestari"]
    assert tabs(served.sign_in("bima").get(LEADS).page) == ["Semua"]


def test_what_a_seller_may_not_share_is_said_and_kept(served: kit.Served) -> None:
    ayu = served.sign_in("ayu", "en")
    data = {"csrf_token": ayu.token(LEADS), "name": NAME, "query": HOT, "shared": "everyone"}
    answer = ayu.post(f"{LEADS}/views", data)
    assert answer.status_code == 422 and "Only a manager" in answer.main.text
    assert answer.main.one("input", name="name")["value"] == NAME
    key = int(save(ayu, shared="team").rpartition("=")[2])
    foreign = served.first("base.team", name="Penjualan")
    answer = ayu.fill(f"/app/base.saved_view/{key}/edit", {"team": str(foreign)})
    assert answer.status_code == 422 and "a team of your own" in answer.main.text
    assert tabs(served.sign_in("bima").get(LEADS).page) == ["Semua"]


def test_what_a_manager_shares_is_a_tab_of_others_who_cannot_change_it(served: kit.Served) -> None:
    dewi, ayu = served.sign_in("dewi"), served.sign_in("ayu")
    short = save(dewi, shared="everyone")
    save(dewi, name="Milik Dewi")
    assert tabs(ayu.get(LEADS).page) == ["Semua", f"{NAME} Dewi Kartika"]
    opened = ayu.get(f"{ayu.get(short).headers['Location']}&revenue__gt=1")
    assert "Filter diubah" in opened.main.text
    assert not [form for form in opened.main.all("form") if form["action"].endswith(short.rpartition("=")[2])]
    token, key = ayu.token(LEADS), short.rpartition("=")[2]
    for path, data in ((f"{LEADS}/views/{key}", {"name": "X"}), (f"{LEADS}/views/{key}/delete", {})):
        assert ayu.post(path, {"csrf_token": token, **data}).status_code == 404


def test_a_view_for_the_team_is_seen_by_the_team(served: kit.Served) -> None:
    dewi = served.sign_in("dewi")
    key = int(save(dewi, shared="team").rpartition("=")[2])
    team = served.value("base.saved_view", key, "team")
    assert served.value("base.team", team, "name") == "Penjualan"
    assert tabs(served.sign_in("ayu").get(LEADS).page) == ["Semua"]
    assert tabs(served.sign_in("made").get(LEADS).page) == ["Semua", f"{NAME} Dewi Kartika"]
    homes = served.first("base.team", name="Penjualan Rumah")
    page = dewi.fill(f"/app/base.saved_view/{key}/edit", {"team": str(homes)})
    assert page.status_code == 303
    assert tabs(served.sign_in("ayu").get(LEADS).page) == ["Semua", f"{NAME} Dewi Kartika"]
    assert tabs(served.sign_in("bima").get(LEADS).page) == ["Semua"]


# ----------------------------------------------------------------- cost
def test_the_tabs_are_one_statement_however_many_they_are(served: kit.Served, statements: Statements) -> None:
    ayu, taken = served.sign_in("ayu"), []
    for name in ("a", "b", "c"):
        save(ayu, name=name)
        statements.clear()
        ayu.get(LEADS)
        found = [text for text in asked(statements) if "base_saved_view" in text]
        taken.append(len(found))
    assert taken == [1, 1, 1]


def test_a_view_is_found_by_whatever_number_it_has(shared: kit.Served) -> None:
    """One that is nobody's is not found, and none is refused but what no key can be."""
    ayu = shared.sign_in("ayu")
    assert ayu.get(f"{LEADS}?filter={2**63 - 1}").status_code == 404
    assert ayu.get(f"{LEADS}?filter={2**63}&sort=title").status_code == 400
    assert ayu.get(f"{LEADS}?filter=1234567&sort=title").status_code == 200
