"""Nobody sees what they may not, in a real browser: what a seller finds and another team does not, who ends what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.base.demo import DOMAIN, PASSWORD
from core.web.password import PATH as OWN_PASSWORD
from core.web.requests import TOKEN_COOKIE
from tests.browser.conftest import Stand, provoked
from tests.browser.test_leads import LEADS, NARROW, WIDE, OpenPage, OpenStand, _look, sign_in
from tests.copies import POSTGRESQL, SQLITE
from tests.web.test_sessions import key

CANARY = "Rumah kenari zqhomesxk"
WORD = "zqhomesxk"
NEW = "a rather new password"
BOTH = pytest.mark.parametrize(
    ("kind", "lang"), [(SQLITE, "en"), pytest.param(POSTGRESQL, "id", marks=pytest.mark.postgres)]
)


@pytest.fixture
def homes(stand: OpenStand, kind: str) -> Iterator[Stand]:
    """A stand with one more lead, of Ayu who sells homes."""
    with stand(kind) as it:
        with it.served.env() as env:
            team = it.served.first("base.team", name="Penjualan Rumah")
            env.create(env["crm.lead"], [_lead(env, it, team)])
        yield it


def _lead(env: Any, it: Stand, team: int) -> dict[str, Any]:
    owner = env.get(env["base.user"], key(it.served, "ayu"))
    return {
        "title": CANARY,
        "contact_name": WORD,
        "owner": owner,
        "team": env.get(env["base.team"], team),
        "company": owner.company,
    }


def lead(it: Stand) -> int:
    """The key of that lead."""
    return it.served.first("crm.lead", title=CANARY)


def come_in(page: Page, it: Stand, person: str, lang: str) -> None:
    """Signs in and takes the language."""
    sign_in(page, f"{it.address}/", person)
    page.goto(f"{it.address}/language/{lang}")
    assert page.locator("html").get_attribute("lang") == lang


def search(page: Page, text: str) -> None:
    """By the box of the list."""
    page.locator("#q").fill(text)
    page.locator("#q").press("Enter")
    page.wait_for_url(re.compile(r"[?&]q="))


def filter_by(page: Page, field: str, operator: str, value: str) -> None:
    """By the popover, as one does without a script."""
    page.locator("button[popovertarget=filter]").click()
    page.locator("#p-f").select_option(field)
    page.locator("#p-o").select_option(operator)
    page.locator("#p-v").fill(value)
    page.locator("#filter button.pri").click()
    page.wait_for_url(re.compile(f"{field}__{operator}="))


def csrf(page: Page) -> str:
    """The token of forms that a page has."""
    return page.locator("input[name=csrf_token]").first.get_attribute("value") or ""


# ----------------------------------------------------------------- who finds what
@BOTH
@pytest.mark.parametrize("person", ["ayu", "rizky", "dewi"])
def test_a_lead_is_found_by_its_team_and_those_above(
    homes: Stand, open_page: OpenPage, kind: str, lang: str, person: str
) -> None:
    """By its seller, another of the team, and the manager: searched, filtered, opened."""
    with open_page(locale=lang, viewport=WIDE, java_script_enabled=False) as page:
        come_in(page, homes, person, lang)
        page.locator(f"header.side a[href='{LEADS}']").click()
        expect(page.locator("h1")).to_have_text({"id": "Prospek", "en": "Leads"}[lang])
        search(page, "KENARI rumah")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.goto(homes.address + LEADS)
        filter_by(page, "title", "contains", WORD)
        expect(page.locator(".chip")).to_contain_text(WORD)
        expect(page.locator("tbody tr")).to_have_count(1)
        page.locator("tbody tr a").first.click()
        expect(page.locator("h1")).to_have_text(CANARY)
        assert page.url == f"{homes.address}{LEADS}/{lead(homes)}"


@BOTH
def test_a_seller_of_another_team_finds_it_nowhere(
    homes: Stand, open_page: OpenPage, complaints: list[str], kind: str, lang: str
) -> None:
    """Not in the list, by search, filter, order, group, file, by its address, a forged cookie or a forged form."""
    number = lead(homes)
    record = f"{homes.address}{LEADS}/{number}"
    with open_page(locale=lang, viewport=WIDE) as page:
        come_in(page, homes, "bima", lang)
        for query in ("?limit=80", "?limit=80&sort=title", "?limit=80&sort=-title", "?sort=-id", "?sort=owner",
                      "?group=owner", "?group=team", "?group=state&limit=80"):  # fmt: skip
            page.goto(f"{homes.address}{LEADS}{query}")
            expect(page.locator("tbody tr").first).to_be_visible()
            assert WORD not in page.content(), query
            assert "Ayu Lestari" not in page.locator("main table").inner_text(), query
        page.goto(homes.address + LEADS)
        for text in (WORD, "kenari", f'"{CANARY}"'):
            search(page, text)
            expect(page.locator("main .empty")).to_be_visible()
            expect(page.locator("tbody tr")).to_have_count(0)
        page.goto(homes.address + LEADS)
        filter_by(page, "title", "contains", WORD)
        expect(page.locator("main .empty")).to_be_visible()
        for typed in (f"contact_name__eq={WORD}", f"id__eq={number}", f"owner__eq={key(homes.served, 'ayu')}",
                      "owner.name__contains=Ayu"):  # fmt: skip
            text = page.request.get(f"{homes.address}{LEADS}?{typed}").text()
            assert f'href="{LEADS}/{number}"' not in text and CANARY not in text, typed
        for query in ("", f"&q={WORD}", f"&title__contains={WORD}", "&sort=-id"):
            file = page.request.get(f"{homes.address}{LEADS}?format=csv{query}")
            assert file.ok and WORD not in file.text(), query
        _open_it(page, homes, complaints, record)
        _forge(page, homes, record)
    assert homes.served.value("crm.lead", number, "title") == CANARY
    assert homes.served.value("crm.lead", number, "version") == 1


def _open_it(page: Page, homes: Stand, complaints: list[str], record: str) -> None:
    """Its address is answered as one that was never given."""
    seen = []
    for address in (record, f"{homes.address}{LEADS}/99999999"):
        page.goto(address)
        provoked(complaints, "404")
        assert WORD not in page.content()
        seen.append(re.sub(r"[0-9A-F]{4}-[0-9A-F]{4}", "", page.locator("main").inner_text()))
        assert page.request.get(f"{address}/edit").status == 404
    assert seen[0] == seen[1]


def _forge(page: Page, homes: Stand, record: str) -> None:
    """A form of one's own with a token that holds; then cookies that somebody made up."""
    page.goto(f"{homes.address}{LEADS}/new")
    form: dict[str, str | float | bool] = {"csrf_token": csrf(page), "title": "taken", "version": "1"}
    for path in ("/edit", ""):
        answer = page.request.post(f"{record}{path}", form=form, max_redirects=0)
        assert answer.status in (400, 403, 404, 405), (path, answer.status)
        assert WORD not in answer.text()
    for value in ("forged", "0" * 43, "' OR 1=1 --", ""):
        page.context.add_cookies([{"name": TOKEN_COOKIE, "value": value, "url": homes.address}])
        page.goto(record)
        page.wait_for_url(re.compile("/login"))
        assert WORD not in page.content()


# ----------------------------------------------------------------- who ends what
@BOTH
def test_a_password_that_an_administrator_has_changed_ends_the_sessions(
    homes: Stand, open_page: OpenPage, complaints: list[str], kind: str, lang: str
) -> None:
    """Made makes a link, Ayu chooses by it on a phone; the browser that she had left open is signed out."""
    with (
        open_page(locale=lang, viewport=WIDE) as left_open,
        open_page(locale=lang, viewport=WIDE) as desk,
        open_page(locale=lang, viewport=NARROW, java_script_enabled=False) as phone,
    ):
        come_in(left_open, homes, "ayu", lang)
        come_in(desk, homes, "made", lang)
        desk.goto(f"{homes.address}/app/base.user/{key(homes.served, 'ayu')}")
        desk.locator("form[action$='/link'] button").click()
        link = desk.locator("#address").input_value()
        phone.goto(link)
        phone.locator("#password").fill(NEW)
        phone.locator("main button.pri").click()
        phone.wait_for_url(f"{homes.address}/")
        left_open.goto(homes.address + LEADS)
        left_open.wait_for_url(re.compile("/login"))
        _try(left_open, PASSWORD)
        expect(left_open.locator("main [role=alert]")).to_be_visible()
        provoked(complaints, "401")
        _try(left_open, NEW)
        left_open.wait_for_url(homes.address + LEADS)
        desk.goto(homes.address + LEADS)
        expect(desk.locator("h1")).to_have_text({"id": "Prospek", "en": "Leads"}[lang])


def _try(page: Page, password: str) -> None:
    page.locator("#email").fill(f"ayu@{DOMAIN}")
    page.locator("#password").fill(password)
    page.locator("main button.pri").click()


@BOTH
def test_who_changes_their_own_password_stays_and_is_out_elsewhere(
    homes: Stand, open_page: OpenPage, complaints: list[str], kind: str, lang: str
) -> None:
    """From the menu of the user, with the wrong old one first, without a script."""
    with (
        open_page(locale=lang, viewport=WIDE) as other,
        open_page(locale=lang, viewport=NARROW, java_script_enabled=False) as page,
    ):
        come_in(other, homes, "ayu", lang)
        come_in(page, homes, "ayu", lang)
        page.locator("nav.tabbar button[popovertarget=menu]").click()
        page.locator("button[popovertarget=me]").click()
        page.locator(f"#me a[href='{OWN_PASSWORD}']").click()
        for old in ("not this one", PASSWORD):
            for name, text in (("old", old), ("password", NEW), ("again", NEW)):
                page.locator(f"#{name}").fill(text)
            page.locator("main button.pri").click()
            if old != PASSWORD:
                expect(page.locator("#old-e")).to_be_visible()
                provoked(complaints, "422")
        page.wait_for_url(f"{homes.address}/")
        expect(page.locator("#toasts [role=status]")).to_be_visible()
        other.goto(homes.address + LEADS)
        other.wait_for_url(re.compile("/login"))


# ----------------------------------------------------------------- for everyone
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
@BOTH
def test_every_page_on_the_way_can_be_read_by_everyone(
    homes: Stand, open_page: OpenPage, complaints: list[str], axe: str, kind: str, lang: str, viewport: Any
) -> None:
    """Sign-in, lists with and without rows, what is hidden or not allowed, passwords: and each with its popovers."""
    pages = [
        (f"{LEADS}?limit=20", ""), (f"{LEADS}?q=kenari&state__eq=working", ""), (f"{LEADS}?q=zzzz", ""),
        (f"{LEADS}?group=state", ""), (f"{LEADS}/{lead(homes)}", ""), (f"{LEADS}/99999999", "404"),
        ("/nowhere", "404"), ("/app/base.role", "403"), ("/app/base.user/new", "403"), (OWN_PASSWORD, ""),
        ("/reset/nothing", "404"),
    ]  # fmt: skip
    with open_page(locale=lang, viewport=viewport) as page:
        page.goto(f"{homes.address}/login")
        _look(page, axe, "sign-in")
        come_in(page, homes, "ayu", lang)
        for path, status in pages:
            page.goto(homes.address + path)
            _look(page, axe, path)
            if status:
                provoked(complaints, status)
        page.goto(homes.address + OWN_PASSWORD)
        page.locator("main button.pri").click()
        expect(page.locator(".errs")).to_be_focused()
        provoked(complaints, "422")
        _look(page, axe, "a password that will not do")
        page.goto(f"{homes.address}{LEADS}?limit=20")
        for target in ("filter", "columns", "group", "more", "sorts"):
            _open_popover(page, target, lambda what: _look(page, axe, what))
        if viewport is NARROW:
            page.locator("nav.tabbar button[popovertarget=menu]").click()
        page.locator("button[popovertarget=me]").click()
        expect(page.locator("#me")).to_be_visible()
        _look(page, axe, "the menu of the user")


@pytest.mark.parametrize("lang", ["en", "id"])
@pytest.mark.parametrize("kind", [SQLITE])
def test_what_to_drop_fits_on_a_phone(homes: Stand, open_page: OpenPage, kind: str, lang: str) -> None:
    """Where nothing is found each condition is a button, however long it is; and so with what is not found at all."""
    outside = """[...document.querySelectorAll("main .empty *")].filter(item => {
        const box = item.getBoundingClientRect();
        return box.left < 0 || box.right > document.documentElement.clientWidth }).map(item => item.outerHTML)"""
    with open_page(locale=lang, viewport=NARROW) as page:
        come_in(page, homes, "ayu", lang)
        page.goto(
            f"{homes.address}{LEADS}?q=rumah&contact_name__contains={'zqx' * 9}&owner.name__contains=zqx"
        )
        expect(page.locator("main .empty .btn")).to_have_count(3)
        assert page.evaluate(outside) == []


def _open_popover(page: Page, target: str, look: Callable[[str], None]) -> None:
    """Opens it where its button is shown at this width, looks, and closes it."""
    opener = page.locator(f"button[popovertarget={target}]:visible")
    if opener.count():
        opener.first.click()
        expect(page.locator(f"#{target}")).to_be_visible()
        look(f"the popover {target}")
        page.keyboard.press("Escape")
        expect(page.locator(f"#{target}")).to_be_hidden()


def test_a_look_at_what_is_shown_finds_what_is_wrong(open_page: OpenPage, axe: str) -> None:
    """The checks of this file fail where they should."""
    opened: AbstractContextManager[Page] = open_page()
    with opened as page:
        page.goto(
            "data:text/html,<!doctype html><html lang=en><title>x</title><main><h1>x</h1><img src=data:,></main>"
        )
        with pytest.raises(AssertionError, match="image-alt"):
            _look(page, axe, "an image without words")
