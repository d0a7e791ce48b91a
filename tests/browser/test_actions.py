"""Actions in a real browser: with and without script, by keys alone, on any width, readable by everyone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Stand
from tests.browser.test_leads import LEADS, NARROW, WIDE, _look, everywhere, sign_in
from tests.copies import SQLITE
from tests.web.test_undo import around, company

PARTNERS = "/app/base.partner"
WORDS = {
    "id": {"archive": "Arsipkan", "restore": "Pulihkan", "copy": "Duplikatkan", "delete": "Hapus", "undo": "Urungkan",
           "archived": "Diarsipkan"},
    "en": {"archive": "Archive", "restore": "Restore", "copy": "Duplicate", "delete": "Delete", "undo": "Undo",
           "archived": "Archived"},
}  # fmt: skip
OpenPage = Callable[..., AbstractContextManager[Page]]
OpenStand = Callable[[str], AbstractContextManager[Stand]]


@pytest.fixture(scope="module")
def office(stand: OpenStand) -> Iterator[Stand]:
    """A stand on SQLite."""
    with stand(SQLITE) as opened:
        yield opened


def menu(page: Page, name: str) -> None:
    """Opens the menu of a record, and presses one of its entries."""
    page.locator("button[popovertarget=more]").click()
    page.locator("#more").get_by_text(name, exact=True).click()


def toast(page: Page) -> Locator:
    return page.locator("#toasts .tip")


# ----------------------------------------------------------------- one record
@everywhere
@pytest.mark.postgres
def test_a_company_is_archived_restored_duplicated_deleted_and_brought_back(
    stand: OpenStand, open_page: OpenPage, kind: str, lang: str, viewport: Any, script: bool
) -> None:
    words = WORDS[lang]
    with stand(kind) as it, open_page(locale=lang, viewport=viewport, java_script_enabled=script) as page:
        key = company(it.served)
        path = f"{it.address}{PARTNERS}/{key}"
        before = around(it.served, key)
        sign_in(page, path)
        page.goto(f"{it.address}/language/{lang}")
        page.goto(path)
        menu(page, words["archive"])
        expect(toast(page)).to_contain_text("PT Maju")
        expect(page.locator(".crumb .badge")).to_have_text(words["archived"])
        assert it.served.value("base.partner", key, "archived") is True
        toast(page).get_by_text(words["undo"]).click()
        expect(page.locator(".crumb .badge")).to_have_count(0)
        menu(page, words["archive"])
        menu(page, words["restore"])
        assert it.served.value("base.partner", key, "archived") is False
        menu(page, words["copy"])
        page.locator("#f-name").fill("PT Maju Jaya")
        page.locator("main button.pri").first.click()
        expect(page.locator("h1")).to_have_text("PT Maju Jaya")
        copy = around(it.served, int(page.url.rsplit("/", 1)[1]))
        assert [line[1] for line in copy["addresses"]] == ["Jl. A", "Jl. B"]
        page.goto(path)
        menu(page, words["delete"])
        page.locator("main button.bad").click()
        expect(page.locator("h1")).to_have_text({"id": "Kontak", "en": "Contacts"}[lang])
        assert around(it.served, key) == {}
        toast(page).get_by_text(words["undo"]).click()
        page.wait_for_url(it.address + PARTNERS)
        assert around(it.served, key) == before


# ----------------------------------------------------------------- keys
def test_a_record_by_keys_alone(office: Stand, open_page: OpenPage) -> None:
    """The menu opens with Enter, is walked with the arrows, and Ctrl Z takes back what it did."""
    with open_page(viewport=WIDE) as page:
        sign_in(page, f"{office.address}{LEADS}/2")
        page.locator("button[popovertarget=more]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#more")).to_be_visible()
        for _step in range(2):
            page.keyboard.press("ArrowDown")
        expect(page.locator("#more button").first).to_be_focused()
        page.keyboard.press("Enter")
        expect(toast(page)).to_be_visible()
        assert office.served.value("crm.lead", 2, "archived") is True
        page.keyboard.press("Control+z")
        expect(page.locator(".crumb .badge")).to_have_count(1)
        assert office.served.value("crm.lead", 2, "archived") is False


def test_rows_by_keys_alone(office: Stand, open_page: OpenPage) -> None:
    def boxes(which: str = "") -> list[str]:
        return [box.get_attribute("value") or "" for box in page.locator(f"tbody [name=row]{which}").all()]

    with open_page(viewport=WIDE) as page:
        sign_in(page, f"{office.address}{LEADS}?sort=-revenue")
        bar = page.locator(".bulk")
        expect(bar).to_be_hidden()
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(bar).to_be_visible()
        expect(bar.locator("[role=status]")).to_contain_text("1 dipilih")
        for key in "jj":
            page.keyboard.press(key)
        page.keyboard.press("Shift+X")
        expect(page.locator("tbody [name=row]:checked")).to_have_count(3)
        shown = page.locator("tbody tr:has([name=row]:checked) td.num").all_inner_texts()
        total = sum(int(text.split("Rp")[-1].replace(".", "")) for text in shown)
        expect(bar.locator("[role=status]")).to_have_text(f"3 dipilih · Rp{total:,}".replace(",", "."))
        gone = boxes(":checked")
        bar.locator("button[formaction$='/archive']").focus()
        page.keyboard.press("Enter")
        expect(toast(page)).to_contain_text("3 data diarsipkan")
        assert not set(gone) & set(boxes())
        page.keyboard.press("Control+z")
        expect(toast(page)).to_contain_text("3 data kembali")
        assert boxes()[:3] == gone


def test_rows_by_tab_space_and_enter_without_script(office: Stand, open_page: OpenPage) -> None:
    with open_page(viewport=WIDE, java_script_enabled=False) as page:
        sign_in(page, f"{office.address}{LEADS}?limit=20&sort=id")
        first = page.locator("tbody td.two a").first.get_attribute("href")
        page.locator(".scroll").focus()
        while not page.evaluate("document.activeElement.name === 'row'"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
        assert page.evaluate("document.activeElement.name") == "row", "Enter in a box sends nothing"
        page.keyboard.press("Space")
        for _step in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(
                "(document.activeElement.getAttribute('formaction') || '').endsWith('/archive')"
            ):
                break
        page.keyboard.press("Enter")
        expect(toast(page)).to_contain_text("1 data diarsipkan")
        assert page.locator("tbody td.two a").first.get_attribute("href") != first
        toast(page).locator("button").focus()
        page.keyboard.press("Enter")
        expect(page.locator("tbody td.two a").first).to_have_attribute("href", first or "")


def test_the_message_stays_while_someone_is_at_it(office: Stand, open_page: OpenPage) -> None:
    with open_page(viewport=WIDE) as page:
        page.clock.install()
        sign_in(page, f"{office.address}{LEADS}/3")
        menu(page, "Arsipkan")
        expect(toast(page)).to_be_visible()
        toast(page).locator("button").focus()
        page.clock.run_for(15_000)
        expect(toast(page)).to_be_visible()
        page.locator("h1").click()
        page.mouse.move(5, 5)
        page.clock.run_for(2_000)
        expect(toast(page)).to_have_count(0)


# ----------------------------------------------------------------- for everyone
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
def test_actions_can_be_read_by_everyone(
    office: Stand, open_page: OpenPage, axe: str, viewport: Any, theme: Any
) -> None:
    city = office.served.first("base.regency", name="Kota Bandung")
    key = company(office.served)
    with open_page(viewport=viewport, color_scheme=theme) as page:
        sign_in(page, f"{office.address}{LEADS}", "made")
        for box in (0, 2):
            page.locator("tbody [name=row]").nth(box).check()
        _look(page, axe, "chosen rows")
        page.locator(".bulk button[type=reset]").click()
        expect(page.locator(".bulk")).to_be_hidden()
        for path in (f"{PARTNERS}/{key}/delete", f"/app/base.regency/{city}/delete", f"{PARTNERS}/new?copy={key}",
                     f"{LEADS}?archived__eq=true"):  # fmt: skip
            page.goto(office.address + path)
            _look(page, axe, path)
        page.goto(f"{office.address}{PARTNERS}/{key}")
        page.locator("button[popovertarget=more]").click()
        _look(page, axe, "the menu of a record")
        page.locator("#more").get_by_text("Arsipkan", exact=True).click()
        expect(toast(page)).to_be_visible()
        _look(page, axe, "a message with undo")


def test_without_script_too(office: Stand, open_page: OpenPage) -> None:
    """The bar stands below the table, and covers nothing."""
    with open_page(viewport=NARROW, java_script_enabled=False) as page:
        sign_in(page, f"{office.address}{LEADS}?limit=20")
        expect(page.locator(".bulk button[formaction$='/archive']")).to_be_visible()
        expect(page.locator("[data-all]")).to_be_hidden()
