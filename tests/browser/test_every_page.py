"""Every page of the route map in a real browser: on any width, light and dark, with and without script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page

from core.web.requests import TOKEN_COOKIE
from tests.browser.conftest import Stand
from tests.browser.test_leads import NARROW, WIDE, OpenPage, OpenStand, violations
from tests.copies import POSTGRESQL, SQLITE
from tests.web.pages import ADMIN, Place, a_share, every_page

FRAME = """() => ({lang: document.documentElement.lang, title: document.title.split("—")[0].trim(),
    mains: document.querySelectorAll("main").length, heads: document.querySelectorAll("h1").length,
    goes: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    cut: [...document.querySelectorAll("form .ox,.fit .scroll")].some(box => box.scrollWidth > box.clientWidth)})"""
DEAD = """() => {
    const seen = item => item.checkVisibility({visibilityProperty: true}) && !item.closest(".vh");
    const sends = item => item.matches("button:not([type=button],[type=reset],[popovertarget])");
    const given = "input:enabled:not([readonly]),select,textarea:not([readonly])";
    const lame = {
        "a form without a button": item => item.matches("form")
            && ![...item.elements].some(one => sends(one) && seen(one)),
        "a button that does nothing": item => item.matches("button")
            && !item.popoverTargetElement && (item.type === "button" || !item.form),
        "a link without address": item => item.matches("a:not([href])"),
        "an input that is sent nowhere": item => item.matches(given) && !(item.form && item.name),
    };
    document.querySelectorAll("[popover]").forEach(item => item.removeAttribute("popover"));
    return [...document.querySelectorAll("form,button,a,input,select,textarea")].filter(seen).flatMap(item =>
        Object.keys(lame).filter(what => lame[what](item)).map(what => what + ": " + item.outerHTML.slice(0, 200)));
}"""
"""What cannot be used where no script runs, in what is shown and in what a button shows."""

SHEET = {"width": 688, "height": 972}
"""What the margins leave of A4."""
PRINTED = """() => {
    const seen = [...document.querySelectorAll("nav,header.side,button,.btn,kbd,[role=search],[name=row]")]
        .filter(item => item.checkVisibility({visibilityProperty: true}) && !item.closest(".vh"));
    const colours = ["backgroundColor", "color"].map(name => getComputedStyle(document.body)[name]).join(" on ");
    return [...seen.map(item => "printed: " + item.outerHTML.slice(0, 120)),
        ...colours === "rgb(255, 255, 255) on rgb(0, 0, 0)" ? [] : [colours],
        ...document.documentElement.scrollWidth > innerWidth ? ["wider than the sheet"] : []];
}"""
"""What should not stand on paper."""
SHEETS = re.compile(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]")
"""Width and height of each page of a PDF."""


@contextmanager
def walkers(it: Stand, open_page: OpenPage, **options: Any) -> Iterator[Callable[[Place], Page]]:
    """Opens a place: where it is for guests in a browser that nobody signed in to."""
    token = it.served.sign_in(ADMIN).client.get_cookie(TOKEN_COOKIE)
    assert token is not None
    with open_page(**options) as page, open_page(**options) as guest:
        page.context.add_cookies([{"name": TOKEN_COOKIE, "value": token.value, "url": it.address}])

        def go(place: Place) -> Page:
            here = guest if place.is_for_guests else page
            answer = here.goto(it.address + place.path)
            assert answer is not None and answer.status == 200, place
            return here

        yield go


def faults(page: Page, axe: str, lang: str) -> list[str]:
    """What is wrong with a page as it is shown now."""
    shown = page.evaluate(FRAME)
    found = [] if shown["lang"] == lang else [f"in {shown['lang']}"]
    found += [] if shown["title"] else ["no title"]
    found += [] if shown["mains"] == shown["heads"] == 1 else ["not one main and one h1"]
    found += ["wider than the window"] if shown["goes"] else []
    found += ["rows that are cut off"] if shown["cut"] else []
    return [*found, *violations(page, axe)]


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("share", range(3))
def test_every_page_can_be_read_by_everyone(
    stand: OpenStand, open_page: OpenPage, axe: str, share: int
) -> None:
    """In Indonesian: light on a desk, then dark on a phone, and black on white on paper."""
    wrong: dict[str, list[str]] = {}
    with stand(POSTGRESQL) as it, walkers(it, open_page, reduced_motion="reduce") as go:
        for place in a_share(every_page(it.served), share, 3):
            page = go(place)
            for theme, size in (("light", WIDE), ("dark", NARROW)):
                page.emulate_media(color_scheme=theme)
                page.set_viewport_size(size)
                if found := faults(page, axe, "id"):
                    wrong[f"{place.path} {theme}"] = found
            page.emulate_media(media="print")
            page.set_viewport_size(SHEET)
            if not place.is_for_guests and (found := page.evaluate(PRINTED)):
                wrong[f"{place.path} printed"] = found
            page.emulate_media(media="screen")
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())


@pytest.mark.slow
@pytest.mark.parametrize("share", range(2))
def test_every_page_can_be_used_without_script(stand: OpenStand, open_page: OpenPage, share: int) -> None:
    """What needs one is not shown there; all the rest are links with an address and forms with a button."""
    wrong: dict[str, list[str]] = {}
    with stand(SQLITE) as it, walkers(it, open_page, java_script_enabled=False) as go:
        for place in a_share(every_page(it.served), share, 2):
            if found := go(place).evaluate(DEAD):
                wrong[place.path] = found
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())


def test_a_walk_finds_what_is_wrong(open_page: OpenPage, axe: str) -> None:
    """The checks of this file fail where they should."""
    with open_page(viewport=NARROW) as page:
        page.set_content("""<!doctype html><html lang=en><title> — Lumbung</title><main><img src="data:,">
            <form><input name=q><div class=ox style="overflow-x: auto"><p style="width: 999px">x</p></div></form>
            <div style="width: 999px"><a>x</a> <button type=button>x</button> <input aria-label=x></div></main>""")
        found = faults(page, axe, "id")
        for part in (
            "in en",
            "no title",
            "not one main and one h1",
            "wider",
            "cut off",
            "image-alt",
            "label",
        ):
            assert any(part in text for text in found), (part, found)
        assert [text.split(":")[0] for text in page.evaluate(DEAD)] == [
            "a form without a button",
            "a link without address",
            "a button that does nothing",
            "an input that is sent nowhere",
        ]


def test_a_list_is_printed_on_sheets_with_heads(stand: OpenStand, open_page: OpenPage) -> None:
    """On wide ones, the heads of the columns on each, and none that is empty; a record on upright ones."""
    with stand(SQLITE) as it, walkers(it, open_page, color_scheme="dark") as go:
        page = go(Place("list", "/app/base.partner?limit=80", False))
        page.emulate_media(media="print")
        assert (
            page.locator("thead").evaluate("item => getComputedStyle(item).display") == "table-header-group"
        )
        sheets = SHEETS.findall(page.pdf(prefer_css_page_size=True))
        assert 3 <= len(sheets) <= 8 and all(float(width) > float(height) for width, height in sheets)
        sheets = SHEETS.findall(
            go(Place("record", "/app/base.partner/1", False)).pdf(prefer_css_page_size=True)
        )
        assert 1 <= len(sheets) <= 2 and all(float(width) < float(height) for width, height in sheets)
