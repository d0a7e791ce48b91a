"""Both languages: who reads which, how one switches, and how numbers and dates are written in each."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest

from core.base.demo import DOMAIN, PASSWORD
from core.i18n.catalogs import LANGUAGES
from tests.web import kit
from tests.web.conftest import on_sqlite

LEADS = "/app/crm.lead"
PAGES = (
    "/", LEADS, f"{LEADS}/1", f"{LEADS}/1/edit", f"{LEADS}/new", "/app/base.partner", "/app/base.partner/1",
    "/app/base.user", "/app/base.tag", "/app/nope", f"{LEADS}?sort=nope",
)  # fmt: skip
ENGLISH = (
    "Leads", "Contacts", "Users", "Teams", "Sign out", "Save", "Cancel", "Edit", "Per page",
    "Sort by", "Owner", "required", "Skip to content", "Keyboard shortcuts", "Expected revenue",
    "How to reach them", "New lead", "Go to the home page",
)  # fmt: skip
"""Texts of those pages that Indonesian says otherwise; Home is also a key."""


def lang_of(answer: kit.Answer) -> str:
    """The language that a page says it is in."""
    return answer.page.one("html")["lang"]


@on_sqlite
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("en", "en"),
        ("id", "id"),
        ("en-US,en;q=0.9,id;q=0.8", "en"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("de,fr;q=0.9", "id"),
        ("de,en;q=0.5", "en"),
        ("", "id"),
        ("*", "id"),
        ("en;q=0", "id"),
        ("x" * 5_000, "id"),
        ("\u00e9,;;q=x,en", "en"),
    ],
)
def test_before_sign_in_the_browser_decides(shared: kit.Served, asked: str, expected: str) -> None:
    answer = shared.visitor(asked).get("/login")
    assert lang_of(answer) == expected
    assert answer.main.one("h1").text == {"id": "Masuk", "en": "Sign in"}[expected]


def test_after_sign_in_the_user_s_own_language_holds(shared: kit.Served) -> None:
    assert lang_of(_signed_in(shared, "dewi", "en").get("/")) == "id"
    assert lang_of(_signed_in(shared, "yohanes", "id").get("/")) == "en"


def _signed_in(served: kit.Served, person: str, browser: str) -> kit.Visitor:
    visitor = served.sign_in(person)
    visitor.lang = browser
    return visitor


def test_who_switches_stays_on_the_page_in_the_other_language(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi")
    here = f"{LEADS}?sort=title&page=2"
    shown = visitor.get(here)
    links = {
        link["hreflang"]: link
        for link in shown.page.one("header", class_="side").all("a")
        if link.get("hreflang")
    }
    assert set(links) == set(LANGUAGES)
    assert [code for code, link in links.items() if link.get("aria-current")] == ["id"]
    assert links["en"]["lang"] == "en" and links["en"].text == "English"
    answer = visitor.get(links["en"]["href"])
    assert (answer.status_code, answer.headers["Location"]) == (302, here)
    again = visitor.get(here)
    assert lang_of(again) == "en"
    assert again.main.one("h1").text == "Leads"
    assert lang_of(visitor.get("/")) == "en", "and on every page from now on"


def test_the_choice_made_before_sign_in_holds_after_it(shared: kit.Served) -> None:
    visitor = shared.visitor("id")
    visitor.get("/language/en")
    answer = visitor.fill("/login", {"email": f"dewi@{DOMAIN}", "password": PASSWORD})
    assert answer.status_code == 302
    assert lang_of(visitor.get("/")) == "en"


@on_sqlite
@pytest.mark.parametrize("code", ["de", "EN", "id-ID", "x" * 500, "..", "en%00"])
def test_a_language_that_is_none(shared: kit.Served, code: str) -> None:
    visitor = shared.visitor("id")
    assert visitor.get(f"/language/{code}").status_code in (400, 404)
    assert lang_of(visitor.get("/login")) == "id"


@on_sqlite
@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_page_is_in_one_language_from_top_to_bottom(shared: kit.Served, lang: str) -> None:
    visitor = shared.sign_in("made", lang=lang)
    everything = ""
    for path in PAGES:
        answer = visitor.get(path)
        assert lang_of(answer) == lang, path
        everything += f" {_words(answer)} "
    found = [text for text in ENGLISH if re.search(rf"(?<![\w-]){re.escape(text)}(?![\w-])", everything)]
    assert found == (list(ENGLISH) if lang == "en" else [])


def _words(answer: kit.Answer) -> str:
    """What is read and what is spoken: texts, labels, titles."""
    spoken = [
        item.get(name) or ""
        for item in answer.page.walk()
        for name in ("aria-label", "title", "data-l", "alt")
    ]
    return " ".join([answer.page.text, *spoken])


def test_labels_of_addons_come_from_the_addon_s_own_texts(shared: kit.Served) -> None:
    """In list, form and record, of base and of crm, and choices as well as fields."""
    indonesian, english = shared.sign_in("made", lang="id"), shared.sign_in("made", lang="en")
    for path, expected in (
        (LEADS, ("Expected revenue", "Sorted by Created")),
        ("/app/base.partner", ("Works for", "Tags")),
    ):
        heads = [_words(visitor.get(path)) for visitor in (indonesian, english)]
        assert not any(text in heads[0] for text in expected)
        assert all(text in heads[1] for text in expected)
    form = english.get(f"{LEADS}/new").main
    assert [option.text for option in form.one("select", id="f-kind").all("option")] == [
        "Person",
        "Organisation",
    ]
    other = indonesian.get(f"{LEADS}/new").main
    assert [option.text for option in other.one("select", id="f-kind").all("option")] == [
        "Perorangan",
        "Organisasi",
    ]
    assert [option["value"] for option in other.one("select", id="f-kind").all("option")] == [
        "person",
        "organisation",
    ]


def test_amounts_are_written_and_read_as_the_reader_does(served: kit.Served) -> None:
    indonesian, english = served.sign_in("dewi", lang="id"), served.sign_in("made", lang="en")
    key = served.first("crm.lead")
    path = f"{LEADS}/{key}"
    for visitor, typed, shown, again in (
        (indonesian, "1.234.567,50", "Rp1.234.567,50", "1.234.567,5"),
        (english, "1,234,567.50", "Rp1,234,567.50", "1,234,567.5"),
    ):
        assert visitor.fill(f"{path}/edit", {"revenue": typed}).status_code == 303
        assert served.value("crm.lead", key, "revenue") == Decimal("1234567.50")
        assert shown in visitor.get(path).main.text
        assert visitor.get(f"{path}/edit").main.one("input", id="f-revenue")["value"] == again
    assert indonesian.fill(f"{path}/edit", {"revenue": "1.500"}).status_code == 303
    assert served.value("crm.lead", key, "revenue") == 1500
    assert english.fill(f"{path}/edit", {"revenue": "-1,500"}).status_code == 422, "read as less than nothing"
    assert served.value("crm.lead", key, "revenue") == 1500


def test_moments_are_shown_in_the_reader_s_zone_and_words(served: kit.Served) -> None:
    """Dewi reads in Jakarta, Made in Makassar, an hour further on."""
    moment = dt.datetime(2026, 8, 17, 16, 30, tzinfo=dt.UTC)
    with served.env() as env:
        env.create(env["crm.lead"], [{"title": "Tujuh belasan", "created_at": moment}])
    for person, lang, expected in (
        ("dewi", "id", "17 Agu 2026 23.30"),
        ("dewi", "en", "17 Aug 2026 23:30"),
        ("made", "id", "18 Agu 2026 00.30"),
        ("made", "en", "18 Aug 2026 00:30"),
    ):
        table = served.sign_in(person, lang=lang).get(f"{LEADS}?sort=-id").main.one("tbody")
        [row] = [row for row in table.all("tr") if "Tujuh belasan" in row.text]
        times = [item.text for item in row.all("time")]
        assert times == [expected]
        assert row.one("time")["datetime"] == f"{moment:%Y-%m-%dT%H:%MZ}"


def test_dates_are_read_as_people_write_them(sample: kit.Served) -> None:
    visitor = sample.sign_in("dewi", lang="id")
    for text in ("30/11/2026", "30-11-2026", "2026-11-30", "30 Nov 2026", "30 november 2026"):
        answer = visitor.fill("/app/sample.thing/new", {"name": "x", "day": text})
        key = int(answer.headers["Location"].rsplit("/", 1)[1])
        assert sample.value("sample.thing", key, "day") == dt.date(2026, 11, 30), text
        assert "30 Nov 2026" in visitor.get(answer.headers["Location"]).main.text


def test_messages_are_in_the_reader_s_language(shared: kit.Served) -> None:
    new = f"{LEADS}/new"
    texts = {}
    for lang in LANGUAGES:
        answer = shared.sign_in("dewi", lang=lang).fill(new, {"title": "", "email": "x", "revenue": "x"})
        assert answer.status_code == 422
        texts[lang] = [answer.main.one("p", id=f"f-{name}-e").text for name in ("title", "email", "revenue")]
        assert lang_of(answer) == lang
    assert all(indonesian != english for indonesian, english in zip(texts["id"], texts["en"], strict=True))
