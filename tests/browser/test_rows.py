"""Rows and links of forms in a real browser: with and without script, by keyboard alone, on any width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stand, provoked
from tests.browser.test_leads import LEADS, NARROW, WIDE, _look, sign_in
from tests.copies import SQLITE
from tests.web.test_rows import company, streets

OpenPage = Callable[..., AbstractContextManager[Page]]
PARTNERS = "/app/base.partner"


@pytest.fixture(scope="module")
def desk(stand: Callable[[str], AbstractContextManager[Stand]]) -> Iterator[Stand]:
    """A stand on SQLite."""
    with stand(SQLITE) as opened:
        yield opened


def add(page: Page, name: str) -> None:
    """Presses the button that adds a row, by the keyboard."""
    button = page.locator(f"[data-lines={name}] button[name=form-row]")
    button.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_rows_are_added_changed_and_removed_by_keyboard(
    desk: Stand, open_page: OpenPage, script: bool, viewport: Any
) -> None:
    key = company(desk.served, "Satu", "Dua")
    with open_page(viewport=viewport, java_script_enabled=script) as page:
        sign_in(page, f"{desk.address}{PARTNERS}/{key}/edit")
        add(page, "addresses")
        expect(page.locator("#f-addresses-new1-use")).to_be_focused()
        page.keyboard.press("Tab")
        page.locator("#f-addresses-new1-street").focus()
        page.keyboard.type("Tiga")
        add(page, "addresses")
        expect(page.locator("#f-addresses-new2-use")).to_be_focused()
        expect(page.locator("#f-addresses-new1-street")).to_have_value("Tiga")
        page.locator("[data-lines=addresses] tbody tr").nth(1).locator("td:last-child input").focus()
        page.keyboard.press("Space")
        page.locator("#f-addresses-new1-street").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{desk.address}{PARTNERS}/{key}")
    assert streets(desk.served, key) == ["Satu", "Tiga"]


def test_rows_have_names_of_their_own(desk: Stand, page: Page) -> None:
    key = company(desk.served, "Satu")
    sign_in(page, f"{desk.address}{PARTNERS}/{key}/edit")
    add(page, "phones")
    expect(page.locator("#f-phones-new1-number")).to_have_attribute(
        "aria-label", "Nomor, Telepon lain, baris 1"
    )
    add(page, "addresses")
    expect(page.locator("#f-addresses-new1-street")).to_have_accessible_name("Jalan, Alamat, baris 2")


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
def test_rows_and_suggestions_can_be_read_by_everyone(
    desk: Stand, open_page: OpenPage, complaints: list[str], axe: str, viewport: Any
) -> None:
    key = company(desk.served, "Satu", phones=2)
    with open_page(viewport=viewport) as page:
        sign_in(page, f"{desk.address}{PARTNERS}/{key}/edit")
        add(page, "phones")
        page.locator("#f-phones-new1-note").fill("malam")
        _look(page, axe, "rows")
        page.locator("main .save button.pri").click()
        expect(page.locator(".errs")).to_be_focused()
        page.locator(".errs a").first.click()
        expect(page.locator("#f-phones-new1-number")).to_be_focused()
        _look(page, axe, "a refused row")
        provoked(complaints, "422")
        page.goto(f"{desk.address}{LEADS}/new")
        page.locator("#f-partner").press_sequentially("baris")
        expect(page.locator("#f-partner")).to_have_attribute("aria-expanded", "true")
        _look(page, axe, "suggestions")


# ----------------------------------------------------------------- links
def test_a_link_is_chosen_by_the_keyboard(desk: Stand, page: Page) -> None:
    key = company(desk.served)
    desk.served.change("base.partner", key, name="Zamrud Dipilih")
    sign_in(page, f"{desk.address}{LEADS}/new")
    page.locator("#f-title").fill("Tetap")
    link = page.locator("#f-partner")
    link.press_sequentially("zamrud")
    expect(page.locator(".sug [role=option]")).to_have_count(2)
    expect(link.locator("xpath=..").locator("[role=status]")).to_have_text("1 saran")
    page.keyboard.press("Escape")
    expect(link).to_have_attribute("aria-expanded", "false")
    expect(link).to_have_value("zamrud")
    page.keyboard.press("ArrowDown")
    expect(link).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(link).to_have_value(f"Zamrud Dipilih #{key}")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url.rsplit("/", 1)[1].isdigit())
    made = desk.served.first("crm.lead", title="Tetap")
    assert desk.served.value("crm.lead", made, "partner") == key


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
def test_a_new_contact_is_made_in_a_second_layer(
    desk: Stand, open_page: OpenPage, complaints: list[str], axe: str, viewport: Any
) -> None:
    name = f"Lapis {viewport['width']}"
    with open_page(viewport=viewport) as page:
        sign_in(page, f"{desk.address}{LEADS}/new")
        page.locator("#f-title").fill("Masih di sini")
        page.locator("#f-partner").press_sequentially(name)
        expect(page.locator(".sug [role=option]").last).to_have_text(f"Buat “{name}”")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        layer = page.locator("dialog.layer")
        expect(layer.locator("#l-f-name")).to_have_value(name)
        _look(page, axe, "a second layer")
        bar, all_of_it = layer.locator(".save").bounding_box(), layer.bounding_box()
        assert bar and all_of_it
        assert bar["y"] + bar["height"] == pytest.approx(all_of_it["y"] + all_of_it["height"], abs=2)
        layer.locator("#l-f-email").fill("x")
        page.keyboard.press("Enter")
        expect(layer.locator(".errs")).to_be_focused()
        provoked(complaints, "422")
        expect(layer.locator("#l-f-email")).to_have_value("x")
        layer.locator("#l-f-email").fill("lapis@toko.example")
        page.keyboard.press("Enter")
        expect(layer).to_have_count(0)
        made = desk.served.first("base.partner", name=name)
        expect(page.locator("#f-partner")).to_have_value(f"{name} #{made}")
        expect(page.locator("#f-partner")).to_be_focused()
        expect(page.locator("#f-title")).to_have_value("Masih di sini")
        page.locator("#f-partner + * , button[value=partner]").last.click()
        expect(layer).to_be_visible()
        page.keyboard.press("Escape")
        expect(layer).to_have_count(0)
        page.locator("#f-title").fill("")
        page.locator("#f-partner").fill("")


DOUBLED = """() => {
    const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
    return ids.filter((id, place) => ids.indexOf(id) !== place);
}"""
"""The ids that stand on a page twice."""
LEADS_NOWHERE = """() => [...document.querySelectorAll("[list]")].map(input => input.getAttribute("list"))
    .filter(id => document.getElementById(id)?.tagName !== "DATALIST")"""


def test_each_id_is_on_the_page_once(desk: Stand, page: Page) -> None:
    """A layer with the same rows and links as the form below it, and two sections with links to the same records."""
    key = company(desk.served, "Satu")
    sign_in(page, f"{desk.address}{PARTNERS}/{key}/edit")
    for name in ("contacts", "addresses", "phones"):
        add(page, name)
    page.locator("button[name=form-create][value=parent]").click()
    layer = page.locator("dialog.layer")
    for name in ("addresses", "phones"):
        layer.locator(f"[data-lines={name}] button[name=form-row]").click()
    expect(layer.locator("#l-f-phones-new1-number")).to_be_visible()
    assert page.evaluate(DOUBLED) == [] and page.evaluate(LEADS_NOWHERE) == []
    layer.locator("#l-f-addresses-new1-regency").press_sequentially("bandung")
    expect(layer.locator("[role=option]").first).to_be_visible()
    layer.locator(".save a").click()
    expect(layer).to_have_count(0)
    page.locator("#f-parent").fill("")
    for name in ("contacts", "addresses", "phones"):
        for box in page.locator(f"[data-lines={name}] tbody [name*=new]:not([id])").all():
            box.check()
    page.goto(f"{desk.address}{PARTNERS}/{key}")
    for section in ("main", "reach", "people", "ways"):
        page.locator(f"#edit-{section}").click()
        expect(page.locator(f"#section-{section} form")).to_be_visible()
    expect(page.locator("datalist")).not_to_have_count(0)
    assert page.evaluate(DOUBLED) == [] and page.evaluate(LEADS_NOWHERE) == []


def test_a_new_contact_is_made_without_script(desk: Stand, open_page: OpenPage) -> None:
    with open_page(viewport=NARROW, java_script_enabled=False) as page:
        sign_in(page, f"{desk.address}{LEADS}/new")
        page.locator("#f-title").fill("Tanpa skrip")
        page.locator("#f-partner").fill("Toko Tanpa Skrip")
        page.locator("button[value=partner]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#f-name")).to_have_value("Toko Tanpa Skrip")
        page.locator("#f-name").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#f-title")).to_have_value("Tanpa skrip")
        page.locator("#f-title").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: url.rsplit("/", 1)[1].isdigit())
    key = desk.served.first("crm.lead", title="Tanpa skrip")
    assert desk.served.value("crm.lead", key, "partner") == desk.served.first(
        "base.partner", name="Toko Tanpa Skrip"
    )


@pytest.mark.parametrize("width", [1440, 1101, 768, 360])
def test_rows_with_many_columns_fit_and_show_what_they_hold(
    desk: Stand, open_page: OpenPage, axe: str, width: int
) -> None:
    """They wrap as cards: nothing is cut, nothing lies on anything else, and each input has room for a name."""
    key = company(desk.served, "Jalan Perintis Kemerdekaan 182")
    with open_page(viewport={"width": width, "height": 900}) as page:
        sign_in(page, f"{desk.address}{PARTNERS}/{key}/edit")
        add(page, "addresses")
        box = page.locator("[data-lines=addresses] .ox")
        assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
        inputs = page.locator("[data-lines=addresses] tbody .in")
        places = [place for place in inputs.evaluate_all(PLACES) if place]
        assert len(places) == 18 and min(place[2] for place in places) >= 140
        cells = page.locator("[data-lines=addresses] tbody td").evaluate_all(PLACES)
        assert not [(one, other) for one in cells for other in cells if one != other and _overlap(one, other)]
        _look(page, axe, "addresses")


PLACES = """items => items.map(item => {
    const box = item.getBoundingClientRect();
    return [box.left, box.top, box.width, item.scrollHeight];
})"""


def _overlap(one: list[float], other: list[float]) -> bool:
    """Whether two boxes, each as high as what it holds, lie on each other."""
    return all(
        one[axis] < other[axis] + other[axis + 2] - 1 and other[axis] < one[axis] + one[axis + 2] - 1
        for axis in (0, 1)
    )
