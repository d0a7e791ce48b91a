"""Moving a deal in a real browser: by the menu of its card, by the keys [ and ], and by dragging it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Stand
from tests.browser.test_leads import NARROW, WIDE, OpenPage, OpenStand, sign_in
from tests.copies import POSTGRESQL, SQLITE

BOARD = "/app/crm.deal?view=kanban"
WORDS = {
    "id": ("Survei lokasi", "Penawaran", "dipindahkan", "Urungkan"),
    "en": ("Site visit", "Proposal", "moved", "Undo"),
}


def lane(page: Page, name: str) -> Locator:
    """The column of that name."""
    return page.locator("section.lane").filter(has=page.get_by_role("heading", name=name, exact=True))


def first(page: Page) -> tuple[str, str]:
    """The id and the title of the first card of the first column."""
    card = page.locator("section.lane").first.locator("li").first
    return f"#{card.get_attribute('id')}", card.locator("a").inner_text()


def lane_name(page: Page, place: int) -> str:
    return page.locator("section.lane h2").nth(place).inner_text()


def opened(it: Stand, page: Page, lang: str) -> None:
    sign_in(page, f"{it.address}/", "dewi")
    page.goto(f"{it.address}/language/{lang}")
    page.goto(it.address + BOARD)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "lang", "size"),
    [pytest.param(POSTGRESQL, "id", WIDE, marks=pytest.mark.postgres), (SQLITE, "en", WIDE)],
)
def test_a_deal_is_moved_by_menu_keys_and_dragging(
    stand: OpenStand, open_page: OpenPage, kind: str, lang: str, size: dict[str, int]
) -> None:
    second, third, moved, undo = WORDS[lang]
    with stand(kind) as it, open_page(viewport=size, locale=lang) as page:
        opened(it, page, lang)
        card, title = first(page)
        menu, cards = page.locator("#lanes"), page.locator("section.lane").first.locator("li")
        cards.nth(1).locator("button.menu").click()
        expect(menu).to_be_visible()
        page.locator(card).locator("button.menu").click()  # the one menu goes to this card
        expect(menu.get_by_role("button", name=lane_name(page, 0))).to_be_hidden()
        menu.get_by_role("button", name=second).click()
        expect(lane(page, second).locator(card)).to_be_visible()
        expect(page.locator("#toasts")).to_contain_text(moved)
        expect(page.locator(card).locator("a")).to_be_focused()  # one goes on from there

        page.keyboard.press("]")  # the third stage needs an amount, which demo deals have
        expect(lane(page, third).locator(card)).to_be_visible()
        expect(page.locator(card).locator("a")).to_be_focused()  # keys are about the card that has the focus
        page.keyboard.press("[")
        expect(lane(page, second).locator(card)).to_be_visible()

        page.locator(card).locator("a").drag_to(lane(page, third))
        expect(lane(page, third).locator(card)).to_be_visible()
        page.locator("#toasts").get_by_role("button", name=undo).click()
        expect(lane(page, second).locator(card)).to_contain_text(title)


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_deal_is_moved_on_a_phone_without_script(stand: OpenStand, open_page: OpenPage, lang: str) -> None:
    second, _third, moved, _undo = WORDS[lang]
    with stand(SQLITE) as it, open_page(viewport=NARROW, java_script_enabled=False, locale=lang) as page:
        opened(it, page, lang)
        card, _title = first(page)
        assert page.locator("section.lane").first.bounding_box()["width"] > 250  # type: ignore[index]
        page.locator(card).locator("button.menu").click()
        page.get_by_role("main").get_by_role("button", name=second).click()
        expect(lane(page, second).locator(card)).to_be_attached()
        expect(page.locator("#toasts")).to_contain_text(moved)


@pytest.mark.slow
@pytest.mark.parametrize("scripted", [True, False])
def test_steps_and_buttons_of_a_deal_fit_on_a_phone(
    stand: OpenStand, open_page: OpenPage, scripted: bool
) -> None:
    """Two buttons of addons stand in the head, and all stages over the page; one takes the deal on."""
    with stand(SQLITE) as it, open_page(viewport=NARROW, locale="id", java_script_enabled=scripted) as page:
        opened(it, page, "id")
        _card, title = first(page)
        page.goto(f"{it.address}/app/crm.deal?q={title}")
        page.get_by_role("link", name=title).first.click()
        head, steps = page.locator(".head>.sp"), page.locator("ol.steps")
        head.evaluate("e => e.prepend(...[1, 2].map(() => e.querySelector('a.btn').cloneNode(true)))")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        for place in (steps.locator("[aria-current]"), steps.locator("li").last):
            box = place.bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= NARROW["width"]
        name = steps.locator("button:not(.done)").first.inner_text()
        steps.get_by_role("button", name=name, exact=True).click()
        expect(steps.locator("[aria-current]")).to_have_text(name)
