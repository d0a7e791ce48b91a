"""The keyboard map: what the list of keys says works, and what works is in it; and one always sees where one is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stand
from tests.browser.hands import SEEN
from tests.browser.test_leads import LEADS, WIDE, OpenPage, OpenStand, in_the_first_row, sign_in
from tests.copies import SQLITE
from tests.web.markup import Element
from tests.web.pages import ADMIN, every_page

STATIC = Path(__file__).resolve().parents[2] / "core" / "web" / "static"
HANDLED = re.compile(r"\bkey(?:\.toLowerCase\(\))? === \"([^\"]+)\"|\b(Arrow\w+|Home|End): ")
NAMES = {"ArrowDown": "↓", "ArrowUp": "↑", "Escape": "Esc", "s": "Ctrl S", "z": "Ctrl Z"}
"""How the list calls what a script or an address calls otherwise."""
KEYS = {"↓": "ArrowDown", "↑": "ArrowUp", "Esc": "Escape", "Ctrl": "Control"}
STOPS = (
    """() => [...document.querySelectorAll(":focus")].map(item => item.outerHTML.slice(0, 120))[0] || ''"""
)
"""What has the focus."""


@pytest.fixture(scope="module")
def desk(stand: OpenStand) -> Iterator[Stand]:
    """A stand on SQLite."""
    with stand(SQLITE) as opened:
        yield opened


@pytest.fixture(scope="module")
def listed(desk: Stand) -> list[str]:
    """The combinations that the list of keys shows."""
    return shown(desk.served.sign_in(ADMIN, "en").get("/").page)


def shown(page: Element) -> list[str]:
    """The combinations in the list of keys of a page."""
    names = page.one("dl", class_="keys").all("span")
    return [" ".join(key.text for key in name.all("kbd")) for name in names]


# ----------------------------------------------------------------- the list is right
@pytest.mark.slow
def test_what_a_page_or_a_script_listens_to_is_in_the_list(desk: Stand, listed: list[str]) -> None:
    handled = {key or name for file in ("lumbung.js", "forms.js", "palette.js", "board.js")
               for key, name in HANDLED.findall((STATIC / file).read_text(encoding="utf-8"))}  # fmt: skip
    assert {"?", "j", "ArrowUp", "Home", "Escape", "z"} <= handled, "the scripts are read in vain"
    person, guest = desk.served.sign_in(ADMIN), desk.served.visitor()
    for place in every_page(desk.served):
        page = (guest if place.is_for_guests else person).get(place.path).page
        handled |= {item["data-key"] for item in page.walk() if item.get("data-key") is not None}
    told = {name.upper() for name in listed} | {"ENTER"}
    assert {NAMES.get(key, key).upper() for key in handled} <= told


def test_the_list_is_the_same_in_both_languages(desk: Stand, listed: list[str]) -> None:
    pages = [desk.served.sign_in(ADMIN, lang).get("/").page.one("dl", class_="keys") for lang in ("id", "en")]
    assert all(shown(desk.served.sign_in(ADMIN, lang).get("/").page) == listed for lang in ("id", "en"))
    labels = [[item.text for item in page.all("dt")] for page in pages]
    assert len(labels[0]) == len(labels[1]) and not set(labels[0]) & set(labels[1])
    assert all(all(texts) for texts in labels)


# ----------------------------------------------------------------- each key works
def press(page: Page, combination: str) -> None:
    """A combination as the list shows it."""
    page.keyboard.press(
        "+".join(KEYS.get(key, key.lower() if len(key) == 1 else key) for key in combination.split())
    )


def first_link(page: Page) -> str:
    """The address of the first record in the list."""
    return page.locator("tbody tr a").first.get_attribute("href") or ""


def _list(page: Page, address: str) -> None:
    page.goto(f"{address}{LEADS}?limit=20")


def _search(page: Page) -> None:
    press(page, "/")
    expect(page.locator("#q")).to_be_focused()


def _new(page: Page) -> None:
    press(page, "C")
    page.wait_for_url(f"**{LEADS}/new")


def _down_up(page: Page, down: str, up: str) -> None:
    rows = page.locator("tbody tr")
    page.locator("tbody tr a").first.focus()
    press(page, down)
    expect(rows.nth(1).locator("a").first).to_be_focused()
    press(page, up)
    expect(rows.nth(0).locator("a").first).to_be_focused()


def _menu(page: Page) -> None:
    page.locator("button[popovertarget=more]").click()
    entries = page.locator("#more a")
    for key, place in (("End", entries.last), ("Home", entries.first)):
        press(page, key)
        expect(place).to_be_focused()
    press(page, "Esc")
    expect(page.locator("#more")).to_be_hidden()


def _open(page: Page) -> None:
    page.locator("tbody tr a").first.focus()
    href = first_link(page)
    press(page, "Enter")
    page.wait_for_url(f"**{href}")


def _choose(page: Page) -> None:
    boxes = page.locator("tbody [name=row]")
    page.locator("tbody tr a").first.focus()
    press(page, "X")
    expect(boxes.nth(0)).to_be_checked()
    for _step in range(2):
        press(page, "J")
    press(page, "Shift X")
    expect(boxes.nth(1)).to_be_checked()
    expect(boxes.nth(2)).to_be_checked()


def _saving(combination: str) -> Callable[[Page], None]:
    def save(page: Page) -> None:
        page.goto(page.url.split("?")[0] + "/new")
        page.locator("#f-title").fill(f"By {combination}")
        press(page, combination)
        expect(page.locator("h1")).to_have_text(f"By {combination}")

    return save


def _edit(page: Page) -> None:
    _open(page)
    press(page, "E")
    expect(page.locator("#f-title")).to_be_focused()


def _cancel(page: Page) -> None:
    _new(page)
    press(page, "Esc")
    page.wait_for_url(f"**{LEADS}")


def _undo(page: Page) -> None:
    href, name = first_link(page), in_the_first_row(page)
    page.goto(page.url.split("/app/")[0] + href)
    page.locator("button[popovertarget=more]").click()
    page.locator("#more form[action$='/archive'] button").click()
    expect(page.locator("[data-undo]")).to_be_visible()
    press(page, "Ctrl Z")
    expect(page.locator("[data-undo]")).to_have_count(0)
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator(".crumb .badge use[href$='#box']")).to_have_count(0)


def _help(page: Page) -> None:
    press(page, "?")
    expect(page.locator("dialog#keys")).to_be_visible()
    press(page, "Esc")
    expect(page.locator("dialog#keys")).to_be_hidden()


def _palette(page: Page) -> None:
    press(page, "Ctrl K")
    expect(page.locator("#palette input")).to_be_focused()
    press(page, "Ctrl K")
    expect(page.locator("#palette")).to_be_hidden()


def _move(page: Page) -> None:
    page.goto(page.url.split("/app/")[0] + "/app/crm.deal?view=kanban")
    first = page.locator("[data-card]:has(.menu)").first
    before, card = (
        first.locator(".menu").get_attribute("value"),
        page.locator(f"#{first.get_attribute('id')}"),
    )
    for key, moved in (("]", True), ("[", False)):
        card.locator("a").focus()
        press(page, key)
        expected = expect(card.locator(".menu"))
        (expected.not_to_have_attribute if moved else expected.to_have_attribute)("value", before or "")


WORKS: dict[tuple[str, ...], Callable[[Page], None]] = {
    ("/",): _search,
    ("C",): _new,
    ("J", "K"): lambda page: _down_up(page, "J", "K"),
    ("↓", "↑"): lambda page: _down_up(page, "↓", "↑"),
    ("Home", "End"): _menu,
    ("Enter",): _open,
    ("X", "Shift X"): _choose,
    ("[", "]"): _move,
    ("E",): _edit,
    ("Ctrl Enter",): _saving("Ctrl Enter"),
    ("Ctrl S",): _saving("Ctrl S"),
    ("Esc",): _cancel,
    ("Ctrl Z",): _undo,
    ("?",): _help,
    ("Ctrl K",): _palette,
}


def test_each_key_of_the_list_works(desk: Stand, listed: list[str], page: Page) -> None:
    assert sorted(key for keys in WORKS for key in keys) == sorted(listed), (
        "a key has no test, or is in no list"
    )
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, desk.address + LEADS)
    for works in WORKS.values():
        _list(page, desk.address)
        works(page)


# ----------------------------------------------------------------- where one is
@pytest.mark.parametrize(
    "path", ["/login", f"{LEADS}?limit=20", f"{LEADS}/1", f"{LEADS}/new", "/settings/roles/1"]
)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_one_sees_where_one_is(desk: Stand, open_page: OpenPage, path: str, theme: str) -> None:
    """From the link that skips the menu through the whole page, in the order of reading, each with its ring."""
    with open_page(viewport=WIDE, color_scheme=theme, reduced_motion="reduce") as page:
        if path != "/login":
            sign_in(page, desk.address + "/", ADMIN)
        page.goto(desk.address + path)
        page.wait_for_timeout(150)  # the input that a form begins with takes the focus
        page.locator(".skip").focus()
        for key in ("Tab", "Shift+Tab"):
            page.keyboard.press(key)
        expect(page.locator(".skip")).to_be_focused()
        seen = [_stop(page)]
        while len(seen) < 80:
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            seen.append(_stop(page))
        assert len(seen) > 5
        page.locator(".skip").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def _stop(page: Page) -> str:
    """What has the focus: it is shown with a ring, and comes after what had it before."""
    what: str = page.evaluate(STOPS)
    assert page.locator(":focus").evaluate(SEEN), f"not seen: {what}"
    follows = """item => { const before = window.before; window.before = item;
        return !before || Boolean(before.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING) }"""
    assert page.locator(":focus").evaluate(follows), f"out of order: {what}"
    return what
