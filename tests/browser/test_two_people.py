"""Two people change one lead at once: each field that both changed is asked, and neither loses a word."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stand, provoked
from tests.browser.hands import Hands, Keys, Mouse, come_in
from tests.browser.test_leads import LEADS, NARROW, WIDE, OpenPage, OpenStand, _look
from tests.copies import POSTGRESQL, SQLITE

THEIRS = {
    "title": "Judul Made",
    "note": "Mau pojok, B-07.",
    "company_name": "CV Mereka",
    "contact_name": "Bu Sri",
}
MINE = {
    "title": "Judul Dewi",
    "note": "Mau pojok. Siap akad.",
    "job_title": "Pemilik",
    "contact_name": "Pak Budi",
}
KEPT = {"title": "Judul Dewi", "note": "Mau pojok, B-07.", "contact_name": "Pak Budi", "company_name": "CV Mereka",
        "job_title": "Pemilik"}  # fmt: skip
LABELS = {
    "id": {"title": "Judul", "note": "Catatan", "contact_name": "Narahubung", "empty": "kosong"},
    "en": {"title": "Title", "note": "Note", "contact_name": "Contact person", "empty": "empty"},
}
ways = pytest.mark.parametrize(
    ("kind", "lang", "hand", "script"),
    [
        (POSTGRESQL, "id", Mouse, True),
        (SQLITE, "en", Keys, True),
        (POSTGRESQL, "en", Keys, False),
        (SQLITE, "id", Mouse, False),
    ],
    ids=["mouse", "keys", "keys-no-script", "mouse-no-script"],
)
"""Both languages and both databases, with and without script."""


@ways
@pytest.mark.postgres
def test_two_people_and_one_lead(
    stand: OpenStand,
    open_page: OpenPage,
    complaints: list[str],
    axe: str,
    kind: str,
    lang: str,
    hand: Any,
    script: bool,
) -> None:
    """Made saves first; Dewi is shown both versions, and chooses per field."""
    with (
        stand(kind) as it,
        open_page(locale=lang, viewport=WIDE, java_script_enabled=script) as first,
        open_page(locale=lang, viewport=WIDE, java_script_enabled=script) as second,
    ):
        made, dewi = hand(first, script), hand(second, script)
        before = {
            name: it.served.value("crm.lead", 40, name) or "" for name in LABELS["en"] if name != "empty"
        }
        for hands, person in ((made, "made"), (dewi, "dewi")):
            come_in(hands, it.address, person, lang)
            hands.page.goto(f"{it.address}{LEADS}/40/edit")
        _saves(made, THEIRS)
        first.wait_for_url(re.compile(rf"{LEADS}/40$"))
        _saves(dewi, MINE)
        _is_shown_both(second, lang, before)
        provoked(complaints, "409")
        if hand is Mouse and script:
            for viewport in (NARROW, WIDE):
                second.set_viewport_size(viewport)  # type: ignore[arg-type]
                _look(second, axe, "a conflict")
            dewi.press(second.locator("[data-choose=theirs]"))
            expect(second.locator("[data-of=theirs]:checked")).to_have_count(3)
            dewi.press(second.locator("[data-choose=mine]"))
        _chooses(dewi)
        expect(second.locator("h1")).to_have_text(KEPT["title"])
        assert {name: it.served.value("crm.lead", 40, name) for name in KEPT} == KEPT
        _is_told(second, it, lang)


def _saves(hands: Hands, words: dict[str, str]) -> None:
    for name, text in words.items():
        hands.type(hands.page.locator(f"#f-{name}"), text)
    hands.save(hands.page.locator("main .save button.pri"))


def _is_shown_both(page: Page, lang: str, before: dict[str, str]) -> None:
    """Who saved meanwhile; of each field what it was, mine and theirs; and what is kept without asking."""
    expect(page.locator("main [role=alert]")).to_contain_text("Made Wirawan")
    expect(page.locator("main [role=alert]")).to_be_focused()
    rows = page.locator("table.both tbody tr")
    expect(rows).to_have_count(3)
    for name, was in before.items():
        row = rows.filter(has=page.locator(f"input[name={name}]"))
        expect(row.locator("th")).to_have_text(LABELS[lang][name])
        expect(row.locator("td").nth(0)).to_have_text(was or LABELS[lang]["empty"])
        expect(row.locator("td").nth(1)).to_have_text(MINE[name])
        expect(row.locator("td").nth(2)).to_have_text(THEIRS[name])
    for word in (THEIRS["company_name"], MINE["job_title"]):
        expect(page.locator("ul.dots")).to_contain_text(word)


def _chooses(hands: Hands) -> None:
    """Theirs in one field; who has a mouse looks at the form once more, with the choices in it."""
    page = hands.page
    hands.pick(page.locator("input[name=note][data-of=theirs]"))
    if isinstance(hands, Mouse):
        hands.press(page.locator("button[name=form-back]"))
        for name, text in KEPT.items():
            expect(page.locator(f"#f-{name}")).to_have_value(text)
    hands.save(page.locator("main .save button.pri"))


def _is_told(page: Page, it: Stand, lang: str) -> None:
    """The history has every word of both: what Made wrote, and what Dewi put in its place."""
    page.goto(f"{it.address}{LEADS}/40/history")
    entries = page.locator(".tl > li")
    for place, (who, name, was, now) in enumerate(
        (
            ("Dewi Kartika", "title", THEIRS["title"], MINE["title"]),
            ("Made Wirawan", "note", "", THEIRS["note"]),
        )
    ):
        expect(entries.nth(place).locator(".row b")).to_have_text(who)
        line = entries.nth(place).locator("p").filter(has=page.get_by_text(LABELS[lang][name], exact=True))
        expect(line.locator("b")).to_have_text(now)
        if was:
            expect(line.locator("s")).to_have_text(was)
