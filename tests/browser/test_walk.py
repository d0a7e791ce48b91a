"""A company with its people and places, from its making to its history: by mouse, by keys alone, without script.

It is made with three people and two addresses, changed, duplicated, archived, found and restored. Every page on
the way is looked at by the accessibility checker.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Stand
from tests.browser.hands import Hands, Keys, Mouse, come_in
from tests.browser.test_leads import NARROW, WIDE, OpenPage, OpenStand, _fits, _look
from tests.copies import POSTGRESQL, SQLITE
from tests.web.test_undo import around

PARTNERS = "/app/base.partner"
NAME, LATER, COPY = "PT Jalan Kaki", "PT Jalan Kaki Nusantara", "PT Jalan Pulang"
KNOWN, ROLE = "Zamrud Wirasena", "finance"
PEOPLE = {KNOWN: ROLE, "Yasmin Puspita": "director", "Xaverius Lodo": "purchasing"}
"""Who is what there; the first one is known before, the others are made on the way."""
STREETS = {"Jl. Melati 12": "main", "Jl. Kenanga 7": "shipping"}
NOWAIT = "window.setTimeout = work => { Promise.resolve().then(work); return 1 }"
"""Where scripts are switched off no time is told; the checker needs it."""
WITHOUT = ("a form with rows", "a person on the way", "the history")
"""Pages that are read by the accessibility checker without script too."""
WORDS = {
    "id": {"Archive": "Arsipkan", "Restore": "Pulihkan", "Duplicate": "Duplikatkan", "Archived": "Diarsipkan",
           "Show archived ones": "Tampilkan yang diarsipkan", "Finance": "Keuangan", "Technical": "Teknik",
           "created this record": "membuat data ini", "changed": "mengubah", "Name": "Nama", "Role": "Peran",
           "archived this record": "mengarsipkan data ini", "restored this record": "memulihkan data ini",
           "%s changes not saved yet": "%s perubahan belum disimpan"},
    "en": {},
}  # fmt: skip
ways = pytest.mark.parametrize(
    ("kind", "lang", "viewport", "hand", "script"),
    [
        (POSTGRESQL, "id", WIDE, Mouse, True),
        (SQLITE, "en", NARROW, Mouse, True),
        (SQLITE, "id", WIDE, Keys, True),
        (POSTGRESQL, "en", NARROW, Keys, True),
        (POSTGRESQL, "en", WIDE, Mouse, False),
        (SQLITE, "id", NARROW, Keys, False),
    ],
    ids=["mouse-wide", "mouse-narrow", "keys-wide", "keys-narrow", "mouse-no-script", "keys-no-script"],
)
"""Both languages and both databases in each of the three ways."""


@ways
@pytest.mark.postgres
def test_a_company_from_its_making_to_its_history(
    stand: OpenStand,
    open_page: OpenPage,
    axe: str,
    kind: str,
    lang: str,
    viewport: Any,
    hand: Any,
    script: bool,
) -> None:
    with stand(kind) as it, open_page(locale=lang, viewport=viewport, java_script_enabled=script) as page:
        with it.served.env() as env:
            env.create(env["base.partner"], [{"name": KNOWN}])
        walk = Walk(it, hand(page, script), axe, lang, script)
        come_in(walk.hands, it.address, "dewi", lang)
        key = walk.makes()
        before = around(it.served, key)
        assert [line[1:] for line in before["addresses"]] == list(STREETS.items())
        assert people(it, key) == PEOPLE
        walk.changes(key)
        assert [line[1] for line in around(it.served, key)["addresses"]] == [
            "Jl. Melati 12A",
            "Jl. Kenanga 7",
        ]
        copy = walk.duplicates()
        assert copy != key and people(it, copy) == people(it, key) == {**PEOPLE, KNOWN: "technical"}
        assert [line[1:] for line in around(it.served, copy)["addresses"]] == [
            line[1:] for line in around(it.served, key)["addresses"]
        ]
        walk.archives(key)
        assert it.served.value("base.partner", key, "archived") is True
        walk.finds_the_archived(key)
        walk.restores(key)
        assert it.served.value("base.partner", key, "archived") is False
        walk.reads_the_history(key)


def people(it: Stand, company: int) -> dict[str, str]:
    """The roles at a company by the names of people."""
    return {it.served.value("base.partner", person, "name"): role
            for _key, person, role in around(it.served, company)["contacts"]}  # fmt: skip


class Walk:
    """Somebody on the way, who looks at every page."""

    def __init__(self, it: Stand, hands: Hands, axe: str, lang: str, script: bool) -> None:
        self.it, self.hands, self.page, self.lang, self.script = it, hands, hands.page, lang, script
        self._axe = axe if script else f"{NOWAIT};{axe}"

    def word(self, text: str) -> str:
        return WORDS[self.lang].get(text, text)

    def at(self, selector: str) -> Locator:
        return self.page.locator(selector).locator("visible=true").first

    def look(self, what: str) -> None:
        """Keys pass the same pages as the mouse, and most are the same without script: those are not read once more."""
        is_read = isinstance(self.hands, Mouse) and (self.script or what in WITHOUT)
        _look(self.page, self._axe, what) if is_read else _fits(self.page, what)
        assert not self.page.locator(".errs").count(), what

    def menu(self, name: str) -> None:
        """An entry of the menu beside the heading."""
        self.hands.press(self.at("button[popovertarget=more]"))
        self.hands.press(self.at("#more").get_by_text(self.word(name), exact=True))

    def arrives(self, address: str) -> int:
        """At a page of a record, whose key is told."""
        self.page.wait_for_url(re.compile(rf"{address}$"))
        return int(re.findall(r"\d+", self.page.url)[-1])

    def list(self) -> None:
        """By the way back of a record, or the menu."""
        self.hands.press(self.at(f".crumb a[href='{PARTNERS}'],a[href='{PARTNERS}']"))
        self.page.wait_for_url(f"**{PARTNERS}")

    def saves(self) -> None:
        self.hands.save(self.at("main .save button.pri"))

    # ------------------------------------------------------------- making
    def makes(self) -> int:
        """Types all of it into one form."""
        if self.page.viewport_size == NARROW:
            self.hands.press(self.at("nav.tabbar button[popovertarget=menu]"))
        self.list()
        self.look("the list")
        self.hands.press(self.at("main .head a.pri"), "c")
        self.hands.type(self.at("#f-name"), NAME)
        self.hands.choose(self.at("#f-kind"), "company")
        for number, (street, use) in enumerate(STREETS.items(), start=1):
            self.adds("addresses", number, "use")
            self.hands.choose(self.at(f"#f-addresses-new{number}-use"), use)
            self.hands.type(self.at(f"#f-addresses-new{number}-street"), street)
        for number, (name, role) in enumerate(PEOPLE.items(), start=1):
            self.adds("contacts", number, "person")
            self.links(number, name)
            self.hands.choose(self.at(f"#f-contacts-new{number}-role"), role)
        if self.script:
            count = 2 + len(STREETS) + len(PEOPLE)
            expect(self.at("main .save [role=status]")).to_have_text(
                self.word("%s changes not saved yet") % count
            )
        self.look("a form with rows")
        self.saves()
        key = self.arrives(rf"{PARTNERS}/\d+")
        expect(self.at("h1")).to_have_text(NAME)
        for text in (*STREETS, *PEOPLE):
            expect(self.at("main")).to_contain_text(text)
        self.look("the record")
        return key

    def adds(self, rows: str, number: int, first: str) -> None:
        """One more row, in which one is at once."""
        self.hands.press(self.at(f"[data-lines={rows}] button[name=form-row]"))
        expect(self.at(f"#f-{rows}-new{number}-{first}")).to_be_focused()

    def links(self, number: int, name: str) -> None:
        """Chooses a person who is known, else makes them on the way."""
        place = self.at(f"#f-contacts-new{number}-person")
        self.hands.type(place, name)
        if self.script:
            made = {"id": "Buat “%s”", "en": "Create “%s”"}[self.lang] % name
            self.hands.suggested(place, made if name != KNOWN else name)
        elif name != KNOWN:
            self.hands.press(self.at(f"button[value=contacts-new{number}-person]"))
        if name != KNOWN:
            self.makes_person(name)
        expect(self.at(f"#f-contacts-new{number}-person")).to_have_value(re.compile(name))
        expect(place).to_be_focused()

    def makes_person(self, name: str) -> None:
        """In the layer over the form, without script on a page that leads back to it."""
        layer = "dialog.layer " if self.script else "main "
        expect(self.at(f"{layer}[name=name]")).to_have_value(name)
        expect(self.at(f"{layer}[name=name]")).to_be_focused()
        expect(self.page.locator(f"{layer}button[name=form-next]")).to_have_count(0)
        if name == list(PEOPLE)[-1]:
            self.look("a person on the way")
        self.hands.type(self.at(f"{layer}[name=mobile]"), "0812-2045-7781")
        self.hands.press(self.at(f"{layer}.save button.pri"))
        expect(self.at("h1")).not_to_have_text(name)

    # ------------------------------------------------------------- changing
    def changes(self, key: int) -> None:
        """Its name, a street and what one of the people does there, each in its section."""
        for name, change in (("main", self._rename), ("ways", self._move), ("people", self._promote)):
            self.hands.press(self.at(f"#edit-{name}"), "e" if name == "main" else "")
            change(self.at(f"#section-{name} form"))
            self.look(f"the section {name}")
            self.saves()
            expect(self.at(f"#section-{name} dl")).to_be_visible()
            if isinstance(self.hands, Keys):
                self.page.keyboard.press("Tab")
                self.hands.sees(self.at(f"#edit-{name}"))
        expect(self.at("#section-people")).to_contain_text(f"{KNOWN} · {LATER} ({self.word('Technical')})")

    def _rename(self, form: Locator) -> None:
        expect(form.locator("#f-name")).to_be_focused()
        self.hands.type(form.locator("#f-name"), LATER)

    def _move(self, form: Locator) -> None:
        self.hands.type(form.locator("[data-lines=addresses] [id$=-street]").first, "Jl. Melati 12A")

    def _promote(self, form: Locator) -> None:
        self.hands.choose(form.locator("[data-lines=contacts] select[id$=-role]").first, "technical")

    # ------------------------------------------------------------- a copy, away and back
    def duplicates(self) -> int:
        """Its addresses and people come along."""
        self.menu("Duplicate")
        expect(self.at("main .note")).to_contain_text(LATER)
        self.look("a copy")
        self.hands.type(self.at("#f-name"), COPY)
        self.saves()
        expect(self.at("h1")).to_have_text(COPY)
        return self.arrives(rf"{PARTNERS}/\d+")

    def search(self) -> None:
        """Both companies begin alike."""
        self.hands.press(self.at("#q"), "/")
        self.hands.type(self.at("#q"), "PT Jalan")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(re.compile(r"[?&]q="))

    def archives(self, key: int) -> None:
        """Found by its name, it is put away, and is no longer in the list."""
        self.list()
        self.search()
        expect(self.page.locator("tbody tr")).to_have_count(2)
        self.look("what is found")
        self.hands.press(self.at(f"tbody a[href='{PARTNERS}/{key}']"))
        self.arrives(f"{PARTNERS}/{key}")
        self.menu("Archive")
        expect(self.at(".crumb .badge")).to_have_text(self.word("Archived"))
        expect(self.at("#toasts .tip")).to_contain_text(LATER)
        self.look("an archived company")
        self.list()
        self.search()
        expect(self.page.locator("tbody tr")).to_have_count(1)
        expect(self.at("tbody tr")).to_contain_text(COPY)

    def finds_the_archived(self, key: int) -> None:
        self.list()
        self.menu("Show archived ones")
        self.page.wait_for_url(re.compile("archived__eq=true"))
        self.look("the archived ones")
        self.hands.press(self.at(f"tbody a[href='{PARTNERS}/{key}']"))
        self.arrives(f"{PARTNERS}/{key}")

    def restores(self, key: int) -> None:
        self.menu("Restore")
        expect(self.page.locator(".crumb .badge")).to_have_count(0)
        expect(self.at("h1")).to_have_text(LATER)

    # ------------------------------------------------------------- history
    def reads_the_history(self, key: int) -> None:
        """The latest first: who did what, and from what to what."""
        self.hands.press(self.at(f"a[href='{PARTNERS}/{key}/history']"))
        self.arrives(f"{PARTNERS}/{key}/history")
        self.look("the history")
        told = self.page.locator(
            ".tl > li:not(:has(.row > span a))"
        )  # of the contact itself, not of its rows
        for place, what in enumerate(
            ("restored this record", "archived this record", "changed", "created this record")
        ):
            expect(told.nth(place).locator(".row > span")).to_have_text(f"Dewi Kartika {self.word(what)}")
        changed = told.nth(2).locator("p")
        expect(changed).to_have_count(1)
        expect(changed.locator(".tl-f")).to_have_text(self.word("Name"))
        expect(changed.locator("s")).to_have_text(NAME)
        expect(changed.locator("b")).to_have_text(LATER)
        self.hands.press(self.at(f".crumb a[href='{PARTNERS}/{key}']"))
        self.hands.press(self.at("#section-people").get_by_text(KNOWN))
        self.arrives(r"/app/base.partner_link/\d+")
        self.look("what one is for another")
        role = self.page.locator(".tl > li").first
        expect(role.locator("s")).to_have_text(self.word("Finance"))
        expect(role.locator("b").last).to_have_text(self.word("Technical"))
