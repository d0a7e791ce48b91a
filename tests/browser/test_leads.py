"""A seller's day in a real browser: both languages and databases, with and without script, on any width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from core.base.demo import DOMAIN, PASSWORD
from tests.browser.conftest import Stand, provoked
from tests.copies import POSTGRESQL, SQLITE

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 780}
LEADS = "/app/crm.lead"
AXE = """axe.run({resultTypes: ["violations"]}).then(found =>
    found.violations.map(rule => rule.id + ": " + rule.nodes.map(node => node.html).join(" ")))"""
PAGES = (
    "/login",
    "/",
    LEADS,
    f"{LEADS}/1",
    f"{LEADS}/1?edit=money",
    f"{LEADS}/1/edit",
    f"{LEADS}/new",
    "/app/base.partner",
    "/app/nope",
)
OpenPage = Callable[..., AbstractContextManager[Page]]
OpenStand = Callable[[str], AbstractContextManager[Stand]]
everywhere = pytest.mark.parametrize(
    ("kind", "lang", "viewport", "script"),
    [
        (POSTGRESQL, "id", WIDE, True),
        (POSTGRESQL, "en", NARROW, False),
        (SQLITE, "en", WIDE, False),
        (SQLITE, "id", NARROW, True),
    ],
    ids=[
        "postgresql-id-wide",
        "postgresql-en-narrow-no-script",
        "sqlite-en-wide-no-script",
        "sqlite-id-narrow",
    ],
)
"""Both databases and languages on any width, with and without script."""


@pytest.fixture(scope="module")
def indonesia(stand: OpenStand, request: pytest.FixtureRequest) -> Iterator[Stand]:
    """A stand on PostgreSQL."""
    request.getfixturevalue("postgres")
    with stand(POSTGRESQL) as opened:
        yield opened


def sign_in(page: Page, address: str, person: str = "dewi") -> None:
    """Opens an address, and comes to it through the sign-in."""
    page.goto(address)
    page.locator("#email").fill(f"{person}@{DOMAIN}")
    page.locator("#password").fill(PASSWORD)
    page.locator("main button.pri").click()
    page.wait_for_url(address)


def questions(page: Page, answer: Callable[[Dialog], None]) -> list[str]:
    """The kinds of questions that the browser asks from now on, each of which is answered so."""
    asked: list[str] = []

    def hear(dialog: Dialog) -> None:
        asked.append(dialog.type)
        answer(dialog)

    page.on("dialog", hear)
    return asked


def in_the_first_row(page: Page) -> str:
    """The label of the first record in the list."""
    return page.locator("tbody tr").first.locator("a").first.inner_text()


# ----------------------------------------------------------------- a day
@everywhere
@pytest.mark.postgres
def test_a_lead_from_the_first_word_to_the_second(
    stand: OpenStand,
    open_page: OpenPage,
    complaints: list[str],
    kind: str,
    lang: str,
    viewport: Any,
    script: bool,
) -> None:
    """Sign in, find the leads, sort them, turn the page, type one in, find it in the list, change it, sign out."""
    with stand(kind) as it, open_page(locale=lang, viewport=viewport, java_script_enabled=script) as page:
        sign_in(page, f"{it.address}/", "dewi")
        page.goto(f"{it.address}/language/{lang}")
        _find_the_leads(page, viewport)
        expect(page.locator("h1")).to_have_text({"id": "Prospek", "en": "Leads"}[lang])
        assert page.locator("html").get_attribute("lang") == lang
        _sort_and_turn(page, viewport)
        title = "Rumah tipe 45 dekat taman"
        _type_one_in(page, title, lang)
        provoked(complaints, "422")
        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator("#toasts [role=status]")).to_contain_text(title)
        page.goto(it.address + LEADS)
        assert in_the_first_row(page) == title
        expect(page.locator("tbody tr").first).to_contain_text(
            {"id": "Rp1.250.000.000", "en": "Rp1,250,000,000"}[lang]
        )
        page.locator("tbody tr").first.locator("a").first.click()
        page.locator("#edit-head").click()
        page.locator("#f-title").fill(f"{title}, pojok")
        page.locator("main button.pri").click()
        expect(page.locator("h1")).to_have_text(f"{title}, pojok")
        key = int(page.url.rsplit("/", 1)[1].removesuffix("#section-head"))
        assert it.served.value("crm.lead", key, "title") == f"{title}, pojok"
        assert it.served.value("crm.lead", key, "version") == 2
        _sign_out(page, viewport)


def _find_the_leads(page: Page, viewport: Any) -> None:
    """By the sidebar, on a phone by the tabs at the bottom."""
    place = "header.side" if viewport is WIDE else "nav.tabbar"
    page.locator(f"{place} a[href='{LEADS}']").click()
    page.wait_for_url(f"**{LEADS}")


def _sign_out(page: Page, viewport: Any) -> None:
    """By the menu of the user, on a phone in the menu at the bottom; nothing is left open."""
    here = page.url
    if viewport is NARROW:
        page.locator("nav.tabbar button[popovertarget=menu]").click()
    page.locator("button[popovertarget=me]").click()
    page.locator("form[action$='/logout'] button").click()
    page.wait_for_url("**/login")
    page.goto(here)
    page.wait_for_url("**/login?next=**")


def _sort_and_turn(page: Page, viewport: Any) -> None:
    """By the head of a column, on a phone by the menu; then to the next page and back."""
    if viewport is WIDE:
        page.locator("thead a[href*='sort=title']").click()
    else:
        page.locator("button[popovertarget=sorts]").click()
        page.locator("#sorts a[href*='sort=title']").click()
    page.wait_for_url("**sort=title**")
    first = in_the_first_row(page)
    page.locator(".pager a[href*='page=2']").click()
    page.wait_for_url("**page=2**")
    second = in_the_first_row(page)
    assert first < second
    page.go_back()
    assert in_the_first_row(page) == first


def _type_one_in(page: Page, title: str, lang: str) -> None:
    page.locator(f"main a.pri[href='{LEADS}/new']").click()
    page.locator("#f-title").fill(title)
    page.locator("#f-state").select_option("working")
    page.locator("#f-contact_name").fill("Ratna Sari")
    page.locator("#f-mobile").fill("0812 2045 7781")
    page.locator("#f-email").fill("salah")
    page.locator("#f-revenue").fill({"id": "1.250.000.000", "en": "1,250,000,000"}[lang])
    tag = page.locator("[id='list-base.tag'] option").first.get_attribute("value")
    page.locator("#f-tags").fill(tag or "")
    page.locator("main button.pri").click()
    expect(page.locator("#f-email-e")).to_be_visible()
    expect(page.locator("#f-title")).to_have_value(title)
    page.locator("#f-email").fill("ratna@maju.example")
    page.locator("main button.pri").click()
    page.wait_for_url(re.compile(rf"{LEADS}/\d+$"))


# ----------------------------------------------------------------- looks
@pytest.mark.parametrize(
    ("viewport", "theme"), [(WIDE, "dark"), (NARROW, "light")], ids=["1440-dark", "360-light"]
)
def test_every_page_can_be_read_by_everyone(
    indonesia: Stand, open_page: OpenPage, complaints: list[str], axe: str, viewport: Any, theme: Any
) -> None:
    """Nothing for the accessibility checker to find, and no page wider than the window.

    The pages that one has most to do with, dark where `test_every_page` is light.
    """
    with open_page(viewport=viewport, color_scheme=theme) as page:
        for path in PAGES:
            page.goto(indonesia.address + path)
            _look(page, axe, f"{path} {theme}")
            if path == "/login":
                sign_in(page, f"{indonesia.address}/")
        provoked(complaints, "404")


def test_a_refused_form_and_an_open_menu_can_be_read_too(
    indonesia: Stand, open_page: OpenPage, complaints: list[str], axe: str
) -> None:
    with open_page(viewport=NARROW) as page:
        sign_in(page, f"{indonesia.address}{LEADS}/new")
        page.locator("#f-email").fill("salah")
        page.locator("main button.pri").click()
        expect(page.locator(".errs")).to_be_focused()
        _look(page, axe, "a refused form")
        page.goto(indonesia.address + LEADS)
        for target in ("menu", "sorts"):
            page.locator(f"button[popovertarget={target}]:visible").first.click()
            expect(page.locator(f"#{target}")).to_be_visible()
            _look(page, axe, f"the menu {target}")
            page.keyboard.press("Escape")
            expect(page.locator(f"#{target}")).to_be_hidden()
        provoked(complaints, "422")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_tone_can_be_read_on_a_record(
    indonesia: Stand, open_page: OpenPage, axe: str, theme: Any
) -> None:
    with open_page(color_scheme=theme) as page:
        sign_in(page, indonesia.address + LEADS)
        for state in ("new", "working", "qualified", "converted", "junk"):
            page.goto(f"{indonesia.address}{LEADS}/{indonesia.served.first('crm.lead', state=state)}")
            expect(page.locator(".crumb .badge")).to_be_visible()
            _look(page, axe, state)


def _fits(page: Page, what: str) -> None:
    assert page.locator("html").evaluate("html => html.scrollWidth <= html.clientWidth"), what


def _look(page: Page, axe: str, what: str) -> None:
    _fits(page, what)
    found = violations(page, axe)
    assert found == [], f"{what}: {found}"


def violations(page: Page, axe: str) -> list[str]:
    """What the accessibility checker finds. It is read once for each page, whatever is looked at then."""
    if page.evaluate("!window.axe"):
        page.evaluate(axe)
    found: list[str] = page.evaluate(AXE)
    return found


def test_rows_become_cards_on_a_phone(indonesia: Stand, open_page: OpenPage) -> None:
    """Each value with the name of its column before it, and the less important ones left out."""
    with open_page(viewport=NARROW) as page:
        sign_in(page, indonesia.address + LEADS)
        expect(page.locator("thead")).not_to_be_in_viewport()
        row = page.locator("tbody tr").first
        cell = row.locator("td[data-l]:visible").first
        label = cell.get_attribute("data-l")
        assert label and label in cell.evaluate("cell => getComputedStyle(cell, '::before').content")
        shown = row.locator("td[data-l]:visible").evaluate_all("cells => cells.map(cell => cell.dataset.l)")
        assert shown == ["Perkiraan nilai", "Status", "Pemilik"]
        box = page.locator("nav.tabbar").bounding_box()
        assert box and box["y"] + box["height"] <= NARROW["height"] + 1


# ----------------------------------------------------------------- script
def test_keys_reach_what_the_mouse_does(indonesia: Stand, page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, indonesia.address + LEADS)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tbody tr").nth(1).locator("a").first).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("tbody tr").nth(0).locator("a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"{LEADS}/\d+$"))
    page.keyboard.press("e")
    expect(page.locator("#f-title")).to_be_focused()
    page.locator("#f-title").fill("Pemilik tanah")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text("Pemilik tanah")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog#keys")).to_be_hidden()
    page.goto(indonesia.address + LEADS)
    page.keyboard.press("c")
    page.wait_for_url(f"**{LEADS}/new")
    page.locator("#f-title").press_sequentially("cek ?")
    expect(page.locator("#f-title")).to_have_value("cek ?")


def test_single_keys_can_be_switched_off(indonesia: Stand, page: Page) -> None:
    """WCAG 2.2, 2.1.4: who dictates says letters all the time. Ctrl with a key stays."""
    sign_in(page, f"{indonesia.address}/settings/profile")
    for chosen in ("off", "on"):
        page.locator("#shortcuts").select_option(chosen)
        page.locator("main button.pri").click()
        expect(page.locator("html")).to_have_attribute("data-keys", "off") if chosen == "off" else None
        page.goto(indonesia.address + LEADS)
        page.keyboard.press("?")
        expect(page.locator("dialog#keys")).to_be_visible(visible=chosen == "on")
        page.goto(f"{indonesia.address}/settings/profile")


def test_amounts_are_grouped_when_the_field_is_left(indonesia: Stand, page: Page) -> None:
    sign_in(page, f"{indonesia.address}{LEADS}/new")
    for typed, shown in (
        ("1650000", "1.650.000"),
        ("Rp 1.650.000,5", "1.650.000,5"),
        ("dua juta", "dua juta"),
    ):
        page.locator("#f-revenue").fill(typed)
        page.locator("#f-title").focus()
        expect(page.locator("#f-revenue")).to_have_value(shown)


def test_leaving_a_changed_form_asks_once(indonesia: Stand, page: Page) -> None:
    asked = questions(page, Dialog.accept)
    sign_in(page, f"{indonesia.address}{LEADS}/new")
    page.locator("#f-title").fill("Belum disimpan")
    expect(page.locator("main [data-many]")).not_to_be_empty()
    page.locator("main a.ghost").click()
    page.wait_for_url(f"**{LEADS}")
    assert asked == ["beforeunload"]
    page.goto(f"{indonesia.address}{LEADS}/new")
    page.locator("main a.ghost").click()
    page.wait_for_url(f"**{LEADS}")
    assert asked == ["beforeunload"], "nothing was changed, nothing is asked"


def test_the_theme_changes_at_once_and_stays(stand: OpenStand, open_page: OpenPage) -> None:
    with stand(SQLITE) as it, open_page(viewport=WIDE, color_scheme="light") as page:
        sign_in(page, f"{it.address}/", "ayu")
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        with page.expect_response("**/theme"):
            page.locator("[data-theme-form] button[value=dark]").click()
        assert page.evaluate(ground) != light
        page.reload()
        assert page.evaluate(ground) != light
        assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_password_can_be_looked_at(indonesia: Stand, page: Page) -> None:
    page.goto(f"{indonesia.address}/login")
    page.locator("#password").fill("rahasia")
    page.locator("[data-reveal]").click()
    assert page.locator("#password").get_attribute("type") == "text"
    page.locator("[data-reveal]").click()
    assert page.locator("#password").get_attribute("type") == "password"
