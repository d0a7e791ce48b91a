"""The palette in a real browser: keys, what a screen reader is told, and the same without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stand
from tests.browser.test_leads import LEADS, NARROW, WIDE, OpenPage, OpenStand, sign_in
from tests.copies import SQLITE

BOX = "#palette input[role=combobox]"
MARKED = "#cmd [role=option][aria-selected=true]"
AXE = """axe.run("#palette", {resultTypes: ["violations"]}).then(found =>
    found.violations.map(rule => rule.id + ": " + rule.nodes.map(node => node.html).join(" ")))"""


def opened(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator(BOX)).to_be_focused()
    expect(page.locator("#cmd [role=option]").first).to_be_visible()


@pytest.fixture(scope="module")
def desk(stand: OpenStand) -> Any:
    with stand(SQLITE) as opened_stand:
        yield opened_stand


def a_lead(desk: Stand, title: str) -> int:
    with desk.served.env() as env:
        ayu = env.get(env["base.user"], desk.served.first("base.user", email="ayu@griyasentosa.example"))
        assert ayu is not None
        lead = env.create(env["crm.lead"], [{"title": title, "owner": ayu, "team": ayu.teams[0]}])[0]
        env.flush()
        return int(lead.id)


@pytest.mark.parametrize(("lang", "viewport"), [("id", WIDE), ("en", NARROW)])
def test_a_lead_is_found_and_opened_by_keys(
    desk: Stand, open_page: OpenPage, axe: str, lang: str, viewport: dict[str, int]
) -> None:
    key = a_lead(desk, f"Ruko Zamrud {lang}")
    with open_page(locale={"id": "id-ID", "en": "en-US"}[lang], viewport=viewport) as page:
        sign_in(page, f"{desk.address}/", "ayu")
        page.goto(f"{desk.address}/language/{lang}")
        opened(page)
        page.evaluate(axe)
        assert page.evaluate(AXE) == []
        page.keyboard.type(f"zamrud {lang}")
        expect(page.locator(MARKED)).to_contain_text(f"Ruko Zamrud {lang}")
        assert page.locator(BOX).get_attribute("aria-activedescendant") == page.locator(MARKED).get_attribute(
            "id"
        )
        expect(page.locator("#palette [role=status]")).to_have_text(re.compile(r"1 (hasil|result)"))
        assert page.evaluate(AXE) == []
        page.keyboard.press("Enter")
        page.wait_for_url(f"{desk.address}{LEADS}/{key}")


def test_markup_in_a_title_is_text_in_the_palette(desk: Stand, page: Page) -> None:
    title = """Giok <img src=x onerror="document.title='taken'">"""
    a_lead(desk, title)
    sign_in(page, f"{desk.address}/", "ayu")
    opened(page)
    page.keyboard.type("giok")
    expect(page.locator(MARKED)).to_contain_text(title)
    assert page.locator("#palette img").count() == 0 and page.title() != "taken"


def test_arrows_commands_and_escape(desk: Stand, page: Page) -> None:
    sign_in(page, f"{desk.address}{LEADS}")
    link = page.locator("tbody a").first
    link.focus()
    opened(page)
    first = page.locator(MARKED).inner_text()
    page.keyboard.press("ArrowDown")
    assert page.locator(MARKED).inner_text() != first
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#cmd [role=option]").last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(link).to_be_focused()
    opened(page)
    page.keyboard.type("> kontak baru")
    expect(page.locator("#cmd [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.address}/app/base.partner/new")


def test_enter_before_the_answer_opens_what_was_meant(desk: Stand, page: Page) -> None:
    key = a_lead(desk, "Gudang Nilam")
    sign_in(page, f"{desk.address}{LEADS}")
    opened(page)
    page.keyboard.type("gudang nilam")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.address}{LEADS}/{key}")


def test_who_types_before_the_commands_are_there_has_both(desk: Stand, page: Page) -> None:
    key = a_lead(desk, "Kontak lama Safir")
    sign_in(page, f"{desk.address}{LEADS}")
    waiting: list[Any] = []
    page.route(re.compile(r"/search/palette\?q=$"), lambda route: waiting.append(route))
    page.keyboard.press("Control+k")
    expect(page.locator(BOX)).to_be_focused()
    page.keyboard.type("kontak")
    expect(page.locator(f"#cmd a[href='{LEADS}/{key}']")).to_be_visible()
    waiting[0].continue_()
    expect(page.locator("#cmd a[href='/app/base.partner/new']")).to_be_visible()
    expect(page.locator(f"#cmd a[href='{LEADS}/{key}']")).to_be_visible()


def test_what_is_not_found_and_a_lost_line_are_said(desk: Stand, page: Page, complaints: list[str]) -> None:
    sign_in(page, f"{desk.address}{LEADS}")
    page.locator(".k").click()
    expect(page.locator(BOX)).to_be_focused()
    page.keyboard.type("zqzqzq")
    expect(page.locator("#palette .cmd-e[data-none]")).to_be_visible()
    page.route("**/search/palette?*", lambda route: route.abort())
    page.keyboard.type("x")
    expect(page.locator("#palette .cmd-e[data-lost]")).to_be_visible()
    assert len(complaints) == 1 and "Failed to load" in complaints.pop()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.address}/search?q=zqzqzqx")


def test_without_script_the_box_leads_to_the_search(desk: Stand, open_page: Callable[..., Any]) -> None:
    a_lead(desk, "Ruko Mirah")
    for viewport, box in ((WIDE, ".k"), (NARROW, ".phonebar a[data-palette]")):
        with open_page(java_script_enabled=False, viewport=viewport) as page:
            sign_in(page, f"{desk.address}{LEADS}", "ayu")
            page.locator(box).click()
            page.locator("#everywhere").fill("mirah")
            page.locator("main form button").click()
            expect(page.locator("main .hits a").first).to_have_text("Ruko Mirah")
