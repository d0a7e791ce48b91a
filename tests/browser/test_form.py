"""Records in a real browser: sections that open in place, keys and errors as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import Stand, provoked
from tests.browser.test_leads import LEADS, NARROW, WIDE, _look, questions, sign_in
from tests.copies import SQLITE

OpenPage = Callable[..., AbstractContextManager[Page]]
LEAD = f"{LEADS}/1"


@pytest.fixture(scope="module")
def desk(stand: Callable[[str], AbstractContextManager[Stand]]) -> Iterator[Stand]:
    """A stand on SQLite."""
    with stand(SQLITE) as opened:
        yield opened


def status(page: Page) -> Any:
    return page.locator("form[data-guard] [role=status]")


# ----------------------------------------------------------------- in place
def test_a_section_opens_in_its_place_and_is_saved_by_keys(desk: Stand, page: Page) -> None:
    page.set_viewport_size(WIDE)
    sign_in(page, desk.address + LEAD)
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.resource_type))
    page.locator("#edit-money").click()
    expect(page.locator("#f-revenue")).to_be_focused()
    assert "document" not in heard, "the rest of the page stays as it is"
    assert page.url == desk.address + LEAD
    page.locator("#f-revenue").fill("12500000")
    page.locator("#f-source").select_option("referral")
    expect(status(page)).to_have_text("2 perubahan belum disimpan")
    page.locator("#f-revenue").focus()
    page.keyboard.press("Control+s")
    expect(page.locator("#section-money dl")).to_contain_text("Rp12.500.000")
    expect(page.locator("#toasts [role=status]")).to_be_visible()
    assert page.url.endswith("#section-money")


def test_the_key_opens_the_section_in_which_one_is_and_escape_leaves_it(desk: Stand, page: Page) -> None:
    page.set_viewport_size(WIDE)
    sign_in(page, desk.address + LEAD)
    page.locator("#edit-reach").focus()
    page.keyboard.press("e")
    expect(page.locator("#f-mobile")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#section-reach dl")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator("#f-title")).to_be_focused()


def test_leaving_a_section_with_changes_asks_once(desk: Stand, page: Page) -> None:
    asked = questions(page, Dialog.dismiss)
    sign_in(page, f"{desk.address}{LEAD}?edit=money")
    page.locator("#f-revenue").fill("1")
    page.locator("#section-money a.ghost").click()
    expect(page.locator("#f-revenue")).to_have_value("1")
    assert asked == ["beforeunload"]
    page.locator("#f-revenue").fill("")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#section-money dl")).to_be_visible()
    assert asked == ["beforeunload"], "saving is no leaving"


# ----------------------------------------------------------------- errors
def test_an_input_says_what_is_wrong_when_it_is_left(desk: Stand, page: Page) -> None:
    sign_in(page, f"{desk.address}{LEADS}/new")
    page.locator("#f-email").focus()
    page.locator("#f-title").focus()
    page.wait_for_timeout(400)
    expect(page.locator("#f-email-e")).to_have_count(0)
    page.locator("#f-email").fill("ratna")
    page.locator("#f-title").focus()
    expect(page.locator("#f-email-e")).to_contain_text("@")
    expect(page.locator("#f-email")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-email")).to_have_attribute("aria-describedby", "f-email-e")
    expect(page.locator("#f-title-e")).to_have_count(0)
    page.locator("#f-email").fill("ratna@maju.example")
    page.locator("#f-title").focus()
    expect(page.locator("#f-email-e")).to_have_count(0)
    expect(page.locator("#f-email")).not_to_have_attribute("aria-invalid", "true")
    page.locator("#f-email").fill("")


def test_the_summary_has_the_focus_and_leads_to_the_field(
    desk: Stand, page: Page, complaints: list[str]
) -> None:
    sign_in(page, f"{desk.address}{LEAD}?edit=reach")
    page.locator("#f-mobile").fill("abc")
    page.locator("#f-website").fill("x y")
    page.locator("#section-reach button.pri").click()
    expect(page.locator(".errs")).to_be_focused()
    assert page.title().startswith("Kesalahan:")
    page.locator(".errs a").nth(1).click()
    expect(page.locator("#f-website")).to_be_focused()
    provoked(complaints, "422")


# ----------------------------------------------------------------- without script, by keyboard alone
def test_a_section_is_edited_by_keyboard_without_script(desk: Stand, open_page: OpenPage) -> None:
    with open_page(viewport=WIDE, java_script_enabled=False) as page:
        sign_in(page, f"{desk.address}{LEADS}/50")
        page.locator("#edit-money").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#f-revenue")).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type("2.500.000")
        page.keyboard.press("Enter")
        expect(page.locator("#section-money dl")).to_contain_text("Rp2.500.000")


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_open_sections_and_errors_can_be_read_by_everyone(
    desk: Stand, open_page: OpenPage, complaints: list[str], axe: str, viewport: Any, theme: Any
) -> None:
    with open_page(viewport=viewport, color_scheme=theme) as page:
        sign_in(page, f"{desk.address}{LEAD}?edit=reach")
        _look(page, axe, "an open section")
        page.locator("#f-mobile").fill("abc")
        page.locator("#section-reach button.pri").click()
        expect(page.locator(".errs")).to_be_focused()
        _look(page, axe, "a refused section")
        provoked(complaints, "422")
