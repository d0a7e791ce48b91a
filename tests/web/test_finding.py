"""The search over everything and the palette: what is found, by whom, and what it costs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from tests.web import kit
from tests.web.conftest import Statements, on_sqlite
from tests.web.markup import Element, read
from tests.web.test_query_budget import asked

SEARCH, PALETTE = "/search", "/search/palette"
LEAD, PARTNER = "crm.lead", "base.partner"
WORD = "Zamrud"


def find(visitor: kit.Visitor, text: str) -> kit.Answer:
    return visitor.get(f"{SEARCH}?q={quote(text)}")


def options(visitor: kit.Visitor, text: str = "") -> Element:
    """What the palette is told."""
    answer = visitor.get(f"{PALETTE}?q={quote(text)}")
    assert answer.json is not None and answer.mimetype == "application/json"
    return read(answer.json["html"])


def links(page: Element, model: str) -> list[str]:
    """The labels of the records of a model that a page leads to."""
    return [link.text for link in page.all("a") if (link.get("href") or "").startswith(f"/app/{model}/")]


def a_jewel(served: kit.Served, owner: str = "ayu") -> tuple[int, int]:
    """A contact with WORD in the name, and a lead from it whose own texts do not have it."""
    with served.env() as env:
        person = env.get(env["base.user"], served.first("base.user", email=f"{owner}@griyasentosa.example"))
        assert person is not None
        contact = env.create(env[PARTNER], [{"name": f"PT {WORD} Utama", "email": "halo@zamrud.example"}])[0]
        lead = env.create(env[LEAD], [{"title": "Ruko tiga lantai", "contact_name": WORD, "owner": person,
                                       "team": person.teams[0] if person.teams else None}])[0]  # fmt: skip
        env.flush()
        return contact.id, lead.id


# ----------------------------------------------------------------- what is found
def test_one_search_finds_records_of_every_model(served: kit.Served) -> None:
    a_jewel(served)
    answer = find(served.sign_in("dewi"), WORD.lower())
    assert links(answer.main, PARTNER) == [f"PT {WORD} Utama"]
    assert links(answer.main, LEAD) == ["Ruko tiga lantai"]
    heads = [head.text for head in answer.main.all("h2")]
    assert heads == ["Prospek", "Kontak"], "as the menu has them"
    assert f"/app/{LEAD}?q=zamrud" in [link["href"] for link in answer.main.all("a")]
    assert answer.title.startswith("Cari: zamrud")


def test_every_word_must_be_there_in_whatever_form(served: kit.Served) -> None:
    a_jewel(served)
    dewi = served.sign_in("dewi")
    for text, count in {
        "utama zamrud": 1, "ZAMRUD": 1, "zámrud": 1, '"pt zamrud"': 1, '"zamrud pt"': 0, "zamrud kosong": 0,
        "halo@zamrud.example": 1, "zam%": 0, "z_mrud": 0, "' OR 1=1 --": 0, "rud ut": 1, "a*b": 0,
    }.items():  # fmt: skip
        assert len(links(find(dewi, text).main, PARTNER)) == count, text


def test_the_search_counts_as_the_list_does(shared: kit.Served) -> None:
    dewi, compared = shared.sign_in("dewi", "en"), 0
    for text in ("rumah", "kenanga tipe", "pt jaya", "bandung", "san", "example"):
        answer = find(dewi, text)
        assert answer.main.all("section"), text
        for section in answer.main.all("section"):
            [href] = [link["href"] for link in section.one("header").all("a")]
            listed = dewi.get(href).main.one("span", role="status").text.rpartition("of ")[2]
            told = section.one("span", class_="badge").text
            assert told == listed or (told == "100+" and listed not in map(str, range(101))), (text, href)
            compared += 1
    assert compared > 10


def test_a_text_in_too_many_records_asks_for_another_word(
    shared: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.texts.everywhere.MOST", 10)
    answer = find(shared.sign_in("dewi", "en"), "rumah")
    assert answer.status_code == 422
    assert "Add another word" in answer.main.one("p", role="alert").text


def test_what_is_archived_is_not_found(served: kit.Served) -> None:
    contact, _lead = a_jewel(served)
    served.change(PARTNER, contact, archived=True)
    assert links(find(served.sign_in("dewi"), WORD).main, PARTNER) == []


# ----------------------------------------------------------------- by whom
def test_a_seller_of_another_team_finds_nothing(served: kit.Served) -> None:
    _contact, lead = a_jewel(served)
    bima = served.sign_in("bima")
    assert bima.get(f"/app/{LEAD}/{lead}").status_code == 404
    ayu = served.sign_in("ayu")
    assert links(find(bima, WORD).main, LEAD) == links(options(bima, WORD), LEAD) == []
    assert links(find(ayu, WORD).main, LEAD) == ["Ruko tiga lantai"]
    assert len(links(options(ayu, WORD), LEAD)) == 1


def test_models_that_roles_do_not_open_are_not_searched(served: kit.Served) -> None:
    with served.env() as env:
        clerk = env.create(env["base.user"], [{"name": "Klerk", "email": "klerk@griyasentosa.example",
            "roles": [env.get(env["base.role"], served.first("base.role", name="base.user"))]}])  # fmt: skip
        assert clerk
    a_jewel(served)
    answer = find(served.sign_in("klerk"), WORD)
    assert links(answer.main, PARTNER) and not links(answer.main, LEAD)
    entries = options(served.sign_in("klerk"))
    assert not [link for link in entries.all("a") if LEAD in link["href"]]


def test_guests_are_sent_to_sign_in(shared: kit.Served) -> None:
    for path in (SEARCH, PALETTE):
        assert shared.visitor().get(path).status_code == 302


# ----------------------------------------------------------------- the palette
def test_the_palette_has_what_the_user_may_open_and_make(shared: kit.Served) -> None:
    page = options(shared.sign_in("ayu", "en"))
    entries = page.all("a", role="option")
    menu = shared.sign_in("ayu", "en").get("/").page.one("header", id="menu").all("a")
    places = {link["href"] for link in menu if link.parent is not None and link.parent.tag == "nav"}
    assert places <= {option["href"] for option in entries}
    assert {"New lead", "New contact"} <= {option.text for option in entries}
    assert "/app/base.user/new" not in {option["href"] for option in entries}
    assert all(option["aria-selected"] == "false" for option in entries)
    made = options(shared.sign_in("made", "en"))
    assert "/settings/users/invite" in {option["href"] for option in made.all("a", role="option")}


def test_the_palette_shows_a_few_of_each_and_leads_to_all(shared: kit.Served) -> None:
    page = options(shared.sign_in("dewi", "en"), "rumah")
    [group] = [one for one in page.all("div", role="group") if one["aria-label"] == "Leads"]
    hrefs = [option["href"] for option in group.all("a", role="option")]
    assert len(hrefs) == 6 and hrefs[-1] == f"/app/{LEAD}?q=rumah"
    assert "New lead" not in page.text, "commands are there already"


# ----------------------------------------------------------------- what was opened last
def last(visitor: kit.Visitor) -> list[str]:
    """What the palette says that somebody opened last; the page of the search says the same."""
    groups = [one for one in options(visitor).all("div", role="group") if one.get("data-last") is not None]
    found = [option["href"] for group in groups for option in group.all("a", role="option")]
    cards = [one for one in visitor.get(SEARCH).main.all("section") if one["aria-labelledby"] == "last"]
    assert [link["href"] for card in cards for link in card.all("a")] == found
    return found


def test_the_palette_begins_with_what_was_opened_last(served: kit.Served, unchanged: Any) -> None:
    contact, lead = a_jewel(served)
    ayu = served.sign_in("ayu", "en")
    assert last(ayu) == []
    with unchanged(served):
        for path in (
            f"/app/{LEAD}/{lead}",
            f"/app/{PARTNER}/{contact}",
            f"/app/{LEAD}/{lead}",
            f"/app/{LEAD}",
        ):
            ayu.get(path)
    assert last(ayu) == [f"/app/{LEAD}/{lead}", f"/app/{PARTNER}/{contact}"]
    entry = options(ayu).all("div", role="group")[0].all("a")[0]
    assert "Ruko tiga lantai" in entry.text and "Lead" in entry.text
    assert ayu.get(f"/app/{LEAD}/999999999").status_code == 404
    with served.env() as env:
        keys = list(env.scalars(sa.select(env[PARTNER].id).where(env[PARTNER].id != contact).limit(8)))
    for key in keys:
        ayu.get(f"/app/{PARTNER}/{key}")
    assert last(ayu) == [f"/app/{PARTNER}/{key}" for key in reversed(keys)]


def test_what_was_opened_last_is_seen_as_far_as_it_may_be(served: kit.Served, statements: Statements) -> None:
    """One statement for each model; what is gone or closed by now does not show, and nobody has that of another."""
    contact, lead = a_jewel(served)
    ayu = served.sign_in("ayu", "en")
    leads = [served.first(LEAD, owner_id=served.value(LEAD, lead, "owner")), lead]
    for model, key in [(PARTNER, contact), *((LEAD, key) for key in leads)]:
        assert ayu.get(f"/app/{model}/{key}").status_code == 200
    statements.clear()
    options(ayu)
    assert len(asked(statements)) <= 2 + 2, "\n".join(asked(statements))
    with served.env() as env:
        env.delete([kit.record(env, PARTNER, contact)])
        bima = kit.record(env, "base.user", served.first("base.user", email="bima@griyasentosa.example"))
        kit.record(env, LEAD, lead).owner, kit.record(env, LEAD, lead).team = bima, bima.teams[0]
    assert last(ayu) == [f"/app/{LEAD}/{leads[0]}"]
    cookie = ayu.client.get_cookie("lumbung_recent")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax"
    dewi = served.sign_in("dewi", "en")
    for forged in (cookie.value, "x", ""):
        dewi.client.set_cookie("lumbung_recent", forged)
        assert last(dewi) == []


@on_sqlite
def test_what_was_opened_does_not_stay_after_the_sign_out(shared: kit.Served) -> None:
    dewi = shared.sign_in("dewi")
    dewi.get(f"/app/{LEAD}/{shared.first(LEAD)}")
    assert dewi.client.get_cookie("lumbung_recent")
    dewi.send(dewi.get("/"), action="/logout")
    assert dewi.client.get_cookie("lumbung_recent") is None


# ----------------------------------------------------------------- what is wrong, and what it costs
@pytest.mark.parametrize("text", ["x" * 201, " ".join("abcdefghijk"), "pt"])
def test_a_text_that_cannot_be_searched_for_is_said_and_kept(shared: kit.Served, text: str) -> None:
    answer = find(shared.sign_in("dewi"), text)
    assert answer.status_code == 422
    assert answer.main.one("input", name="q")["value"] == text
    assert answer.main.one("p", role="alert").text
    palette = shared.sign_in("dewi").get(f"{PALETTE}?q={quote(text)}")
    assert palette.json is not None and palette.json["error"]


def test_nothing_asked_and_nothing_found(shared: kit.Served) -> None:
    dewi = shared.sign_in("dewi")
    assert not dewi.get(SEARCH).main.all("section")
    assert not find(dewi, "   ").main.all("section")
    assert "zqzqzq" in find(dewi, "zqzqzq").main.one("h2").text


def test_markup_in_a_search_is_text(shared: kit.Served) -> None:
    answer = find(shared.sign_in("dewi"), "<script>alert(1)</script>")
    assert not answer.main.all("script")
    assert "<script>alert(1)</script>" in answer.main.text


def test_a_search_takes_one_statement_and_one_for_each_model_found(
    shared: kit.Served, statements: Statements
) -> None:
    """And one for each link that stands under a record, which is asked for once."""
    dewi = shared.sign_in("dewi")
    find(dewi, "rumah")
    for text in ("rumah", "san", "kenanga melati", "zqzqzq"):
        statements.clear()
        found = len(find(dewi, text).main.all("section"))
        taken = asked(statements)
        assert len(taken) <= 3 + found * 2 + 2, (text, found, "\n".join(taken))
