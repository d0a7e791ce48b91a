"""What a person does on a page, by the mouse or by keys alone: both walk the same way."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

from core.base.demo import DOMAIN, PASSWORD

MOST_TABS = 120
WAY = """item => { const here = document.activeElement, popover = item.closest(":popover-open");
    if (popover && !popover.contains(here)) return 1;
    return here === item ? 0 : here.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_PRECEDING ? -1 : 1 }"""
"""Where an element is from the focus; a popover comes after the button that opened it."""
SEEN = """item => { const style = getComputedStyle(item), box = item.getBoundingClientRect();
    const isShown = [[.5, .5], [.05, .5], [.95, .5], [.5, .1], [.5, .9]].some(([x, y]) => item.contains(
        document.elementFromPoint(box.x + box.width * x, box.y + box.height * y)));
    return isShown && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 }"""
"""Whether it has a ring around it, and nothing lies over all of it."""


class Hands(Protocol):
    """A way to use a page."""

    page: Page

    def press(self, place: Locator, key: str = "") -> None:
        """A button, a link or a box; `key` is the shortcut for it."""

    def save(self, place: Locator) -> None:
        """The button that saves the form."""

    def type(self, place: Locator, text: str) -> None:
        """Replaces what stands in an input."""

    def choose(self, place: Locator, value: str) -> None:
        """One of a list."""

    def pick(self, place: Locator) -> None:
        """One of several round buttons."""

    def suggested(self, place: Locator, text: str) -> None:
        """The suggestion with this text, of those for an input in which one has typed."""


class Mouse:
    """Points at everything."""

    def __init__(self, page: Page, script: bool) -> None:
        self.page, self.script = page, script

    def press(self, place: Locator, key: str = "") -> None:
        place.click()

    save = pick = press

    def type(self, place: Locator, text: str) -> None:
        place.click()
        _retype(self.page, place, text)

    def choose(self, place: Locator, value: str) -> None:
        place.select_option(value)

    def suggested(self, place: Locator, text: str) -> None:
        self.page.locator(".sug:popover-open [role=option]").get_by_text(text, exact=True).click()


class Keys:
    """Has no mouse. What is reached must show that it has the focus."""

    def __init__(self, page: Page, script: bool) -> None:
        self.page, self.script = page, script

    def reach(self, place: Locator) -> None:
        """Tabs to an element, and sees that it is there."""
        item = place.element_handle()
        for _step in range(MOST_TABS):
            way = item.evaluate(WAY)
            if not way:
                break
            self.page.keyboard.press("Tab" if way > 0 else "Shift+Tab")
        self.sees(place)

    def sees(self, place: Locator) -> None:
        """The focus is here, and can be seen."""
        expect(place).to_be_focused()
        if not place.evaluate(SEEN):
            self.page.wait_for_timeout(200)  # what is scrolled to needs a moment
            assert place.evaluate(SEEN), f"the focus cannot be seen on {place}"

    def press(self, place: Locator, key: str = "") -> None:
        if key and self.script:
            place.wait_for()
            self.page.keyboard.press(key)
            return
        self.reach(place)
        is_box = place.evaluate("item => item.matches('[type=checkbox]')")
        self.page.keyboard.press("Space" if is_box else "Enter")

    def save(self, place: Locator) -> None:
        self.press(place, "Control+Enter")

    def type(self, place: Locator, text: str) -> None:
        self.reach(place)
        _retype(self.page, place, text)

    def choose(self, place: Locator, value: str) -> None:
        self.reach(place)
        step = place.evaluate(
            "(list, value) => [...list.options].findIndex(item => item.value === value) - list.selectedIndex",
            value,
        )
        for _step in range(abs(step)):
            self.page.keyboard.press("ArrowDown" if step > 0 else "ArrowUp")
        expect(place).to_have_value(value)

    def pick(self, place: Locator) -> None:
        name = place.get_attribute("name")
        self.reach(self.page.locator(f"input[type=radio][name='{name}']:checked"))
        self.page.keyboard.press("ArrowRight")
        if not place.is_checked():
            self.page.keyboard.press("ArrowLeft")
        self.sees(place)
        expect(place).to_be_checked()

    def suggested(self, place: Locator, text: str) -> None:
        item = self.page.locator(".sug:popover-open [role=option]").get_by_text(text, exact=True)
        item.wait_for()
        for _step in range(item.locator("xpath=preceding-sibling::*").count() + 1):
            self.page.keyboard.press("ArrowDown")
        expect(item).to_have_attribute("aria-selected", "true")
        self.page.keyboard.press("Enter")


def _retype(page: Page, place: Locator, text: str) -> None:
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    expect(place).to_have_value(text)


def come_in(hands: Hands, address: str, person: str, lang: str) -> None:
    """Signs in by hand, and takes the language."""
    page = hands.page
    page.goto(f"{address}/login")
    hands.type(page.locator("#email"), f"{person}@{DOMAIN}")
    hands.type(page.locator("#password"), PASSWORD)
    hands.press(page.locator("main button.pri"))
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/language/{lang}")
    expect(page.locator("html")).to_have_attribute("lang", lang)
