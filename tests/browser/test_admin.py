"""Roles, people, teams and the profile in a real browser: readable by everyone, and usable without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Stand
from tests.browser.test_leads import NARROW, WIDE, _look, sign_in
from tests.copies import SQLITE
from tests.web.test_keeping import role, user

OpenPage = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="module")
def desk(stand: Callable[[str], AbstractContextManager[Stand]]) -> Iterator[Stand]:
    """A stand on SQLite."""
    with stand(SQLITE) as opened:
        yield opened


@pytest.mark.parametrize(
    ("viewport", "theme"), [(WIDE, "dark"), (NARROW, "light")], ids=["1440-dark", "360-light"]
)
@pytest.mark.parametrize("lang", ["en"])
def test_the_pages_of_access_can_be_read_by_everyone(
    desk: Stand, open_page: OpenPage, axe: str, viewport: Any, theme: Any, lang: str
) -> None:
    """In English; `test_every_page` looks at them in Indonesian, light where it is dark here."""
    served = desk.served
    paths = [f"/settings/roles/{role(served, 'crm.user')}", f"/settings/users/{user(served, 'ayu')}",
             "/settings/users/invite", "/settings/teams", "/settings/profile", "/settings/see-as"]  # fmt: skip
    with open_page(viewport=viewport, color_scheme=theme) as page:
        sign_in(page, f"{desk.address}{paths[0]}", "made")
        page.goto(f"{desk.address}/language/{lang}")
        for path in paths:
            page.goto(desk.address + path)
            _look(page, axe, path)
        page.locator("#user").select_option(str(user(served, "ayu")))
        page.locator("#record").fill(f"{desk.address}/app/crm.lead/1?edit=head")
        page.locator("main .save button").click()
        expect(page.locator(".why li")).to_have_count(3)
        _look(page, axe, "what somebody sees")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_a_scope_is_changed_and_taken_back(desk: Stand, open_page: OpenPage, script: bool) -> None:
    address = f"{desk.address}/settings/roles/{role(desk.served, 'crm.user')}"
    with open_page(viewport=NARROW, java_script_enabled=script) as page:
        sign_in(page, address, "made")
        page.locator("[name='d-base.tag']").select_option("all")
        if script:
            expect(page.locator("main .save [role=status]")).to_contain_text("1 perubahan")
        page.locator("main .save button.pri").click()
        expect(page.locator("#toasts .tip")).to_be_visible()
        expect(page.locator("[name='d-base.tag']")).to_have_value("all")
        page.locator("#toasts .tip form button").click()
        page.goto(address)
        expect(page.locator("[name='d-base.tag']")).to_have_value("none")


APART = """cell => { const ring = cell.getBoundingClientRect(), style = getComputedStyle(cell),
    far = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset);
    const texts = [...cell.parentNode.querySelectorAll(".blk")];
    return texts.map(text => text.getBoundingClientRect().top - ring.bottom - far) }"""
"""How far the texts below a cell are from the ring around it."""


@pytest.mark.parametrize(("viewport", "theme"), [(WIDE, "light"), (NARROW, "dark")], ids=["1440", "360"])
def test_the_ring_of_a_cell_that_two_changed_leaves_what_stands_below_it_free(
    desk: Stand, open_page: OpenPage, complaints: list[str], viewport: Any, theme: Any
) -> None:
    address, cell = (
        f"{desk.address}/settings/roles/{role(desk.served, 'crm.user')}",
        "[name='r-base.partner']",
    )
    with open_page(viewport=viewport, color_scheme=theme) as page:
        sign_in(page, address, "made")
        other = page.context.new_page()
        for tab in (page, other):
            tab.goto(address)
        choices = [text for text in ("own", "team", "none") if text != page.locator(cell).input_value()]
        for tab, choice in zip((other, page), choices, strict=False):
            tab.locator(cell).select_option(choice)
        other.locator("main .save button.pri").click()
        expect(other.locator("#toasts .tip")).to_be_visible()
        page.locator("main .save button.pri").click()
        expect(page.locator(f"{cell}[data-changed] ~ .now")).to_be_visible()
        gaps = page.locator(cell).evaluate(APART)
        assert len(gaps) == 2 and min(gaps) >= 1, gaps
        assert len(complaints) == 1 and "409" in complaints.pop()


def test_who_knows_no_role_by_name_is_shown_them_all(desk: Stand, open_page: OpenPage) -> None:
    with open_page(viewport=WIDE) as page:
        sign_in(page, f"{desk.address}/settings/users/invite", "made")
        place = page.locator("[name='roles-add']")
        place.click()
        page.locator(".sug:popover-open [role=option]").get_by_text("Manajer penjualan", exact=True).click()
        expect(page.locator(".chip", has_text="Manajer penjualan")).to_be_visible()
