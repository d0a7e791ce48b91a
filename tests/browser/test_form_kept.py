"""What is typed survives the end of a session, and what was not typed is no change; links to many records as chips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Dialog, Page, Response, expect

from core.base.demo import DOMAIN, PASSWORD
from core.schema.tables import session
from tests.browser.conftest import Stand, provoked
from tests.browser.test_leads import LEADS, NARROW, WIDE, _look, questions, sign_in
from tests.browser.test_rows import PARTNERS, add
from tests.copies import SQLITE
from tests.web.test_form_closed import rights
from tests.web.test_rows import company

OpenPage = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="module")
def desk(stand: Callable[[str], AbstractContextManager[Stand]]) -> Iterator[Stand]:
    """A stand on SQLite."""
    with stand(SQLITE) as opened:
        yield opened


def end_sessions(desk: Stand) -> None:
    with desk.served.database.writing.begin() as connection:
        connection.execute(session.delete())


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_form_is_found_again_after_the_sign_in(
    desk: Stand, open_page: OpenPage, complaints: list[str], axe: str, script: bool, viewport: Any
) -> None:
    title = f"Masih ada {script} {viewport['width']}"
    with open_page(viewport=viewport, java_script_enabled=script) as page:
        sign_in(page, f"{desk.address}{LEADS}/new")
        page.locator("#f-title").fill(title)
        end_sessions(desk)
        page.locator("main .save button.pri").click()
        expect(page.locator("#password")).to_be_visible()
        if script:
            _look(page, axe, "a sign-in that keeps a form")
        page.locator("#email").fill(f"dewi@{DOMAIN}")
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#f-title")).to_have_value(title)
        expect(page.locator("main form .note")).to_be_focused()
        if script:
            _look(page, axe, "a form that was kept")
        page.locator("main .save button.pri").click()
        page.wait_for_url(lambda url: url.rsplit("/", 1)[1].isdigit())
        provoked(complaints, "401")
    assert desk.served.first("crm.lead", title=title)


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_what_may_no_longer_be_saved_is_there_to_be_copied(
    desk: Stand, open_page: OpenPage, complaints: list[str], axe: str, script: bool, viewport: Any
) -> None:
    """A contact with rows, and none of it may be changed by the time that it is saved."""
    key = company(desk.served, "Satu", phones=1)
    with open_page(viewport=viewport, java_script_enabled=script) as page:
        asked = questions(page, Dialog.accept)
        sign_in(page, f"{desk.address}{PARTNERS}/{key}/edit")
        page.locator("#f-name").fill("PT Tak Hilang")
        page.locator("#f-notes").fill("Baris satu\nBaris dua")
        add(page, "addresses")
        page.locator("#f-addresses-new1-street").fill("Jalan Baru")
        rights(desk.served, "base.partner", read_scope="all", write_scope="none")
        try:
            page.locator("main .save button.pri").click()
            expect(page.locator("main form .note")).to_be_focused()
            expect(page.locator("main form .note")).to_contain_text("salin yang masih Anda perlukan")
            expect(page.locator("main .save button")).to_have_count(0)
            for name, text in (("name", "PT Tak Hilang"), ("notes", "Baris satu\nBaris dua"),
                               ("addresses-new1-street", "Jalan Baru")):  # fmt: skip
                expect(page.locator(f"#f-{name}")).to_have_value(text)
                expect(page.locator(f"#f-{name}")).not_to_be_editable()
            page.locator("#f-name").press("Enter")
            page.keyboard.press("Control+Enter")
            expect(page.locator("#f-name")).to_have_value("PT Tak Hilang")
            if script:
                _look(page, axe, "a form that is closed")
            assert complaints and all("403" in text for text in complaints), "the check of the field too"
            complaints.clear()
            page.locator("main .save a").click()
            page.wait_for_url(f"{desk.address}{PARTNERS}/{key}")
            assert len(asked) == script, "what was typed is not left without a question"
        finally:
            with desk.served.env() as env:
                env.delete(list(env.scalars(sa.select(env["base.access_right"]))))


def _is_check(answer: Response) -> bool:
    """What a field's own check is answered, which the script asks for when it is left."""
    return answer.request.method == "POST" and answer.url.endswith(f"{LEADS}/new")


def test_the_second_layer_asks_who_one_is(desk: Stand, page: Page, complaints: list[str]) -> None:
    """The answer to a form of the layer is a sign-in there; what stands below it is not lost either."""
    sign_in(page, f"{desk.address}{LEADS}/new")
    page.locator("#f-title").fill("Di bawah")
    with page.expect_response(_is_check):
        page.locator("button[value=partner]").click()
    layer = page.locator("dialog.layer")
    layer.locator("#l-f-name").fill("Di atas")
    end_sessions(desk)
    page.keyboard.press("Enter")
    layer.locator("#l-email").fill(f"dewi@{DOMAIN}")
    layer.locator("#l-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(layer.locator("#l-f-name")).to_have_value("Di atas")
    with page.expect_response(_is_check):
        layer.locator(".save button.pri").click()
    expect(layer).to_have_count(0)
    provoked(complaints, "401")
    provoked(complaints, "422")  # the form below has an old token: its check says so, and then its saving
    expect(page.locator("#f-partner")).to_have_value(
        f"Di atas #{desk.served.first('base.partner', name='Di atas')}"
    )
    page.locator("main .save button.pri").click()
    expect(page.locator("#f-title")).to_have_value("Di bawah")
    page.locator("main .save button.pri").click()
    page.wait_for_url(lambda url: url.rsplit("/", 1)[1].isdigit())
    provoked(complaints, "422")


# ----------------------------------------------------------------- changes
def test_an_empty_row_is_no_change(desk: Stand, page: Page) -> None:
    asked = questions(page, Dialog.accept)
    key = company(desk.served, "Satu")
    sign_in(page, f"{desk.address}{PARTNERS}/{key}/edit")
    add(page, "addresses")
    add(page, "phones")
    said = page.locator("form[data-guard] .save [role=status]")
    expect(said).to_have_text("")
    page.locator("#f-addresses-new2-street, #f-addresses-new1-street").last.fill("Dua")
    page.locator("[data-lines=addresses] tbody tr:last-child [name$=postcode]").fill("40111")
    expect(said).to_have_text("1 perubahan belum disimpan")
    page.locator("[data-lines=addresses] tbody tr:last-child td:last-child input").check()
    expect(said).to_have_text("")
    page.goto(f"{desk.address}{PARTNERS}/{key}")
    assert asked == [], "nothing is lost"


# ----------------------------------------------------------------- any number of links
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
def test_any_number_is_chosen_by_the_keyboard(
    desk: Stand, open_page: OpenPage, axe: str, viewport: Any
) -> None:
    name = f"Zamrud {viewport['width']}"
    with desk.served.env() as env:
        env.create(env["base.tag"], [{"name": name}, {"name": f"{name} dua"}])
    with open_page(viewport=viewport) as page:
        sign_in(page, f"{desk.address}{LEADS}/new", "made")
        page.locator("#f-title").fill(name)
        tags, chosen = page.locator("#f-tags"), page.locator(".chips label")
        for text in (name, f"{name} dua"):
            tags.press_sequentially(text.lower())
            expect(page.locator(".sug:popover-open [role=option]").first).to_have_text(text)
            page.keyboard.press("Enter")
            expect(chosen.last).to_have_text(text)
            expect(tags).to_be_focused()
            expect(tags).to_have_value("")
        expect(page.locator("form[data-guard] .save [role=status]")).to_have_text(
            "2 perubahan belum disimpan"
        )
        _look(page, axe, "chips")
        page.keyboard.press("Shift+Tab")
        expect(chosen.last.locator("input")).to_be_focused()
        page.keyboard.press("Space")
        expect(chosen.last.locator("input")).not_to_be_checked()
        _look(page, axe, "a chip that goes")
        tags.press_sequentially(f"{name} baru")
        expect(page.locator(".sug [role=option]").last).to_have_text(f"Buat “{name} baru”")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        expect(page.locator("#l-f-name")).to_have_value(f"{name} baru")
        page.keyboard.press("Enter")
        expect(chosen).to_have_text([name, f"{name} dua", f"{name} baru"])
        page.keyboard.press("Control+Enter")
        page.wait_for_url(lambda url: url.rsplit("/", 1)[1].isdigit())
    lead = desk.served.first("crm.lead", title=name)
    wanted = [desk.served.first("base.tag", name=text) for text in (name, f"{name} baru")]
    assert sorted(desk.served.value("crm.lead", lead, "tags")) == sorted(wanted)


def test_any_number_is_chosen_without_script(desk: Stand, open_page: OpenPage) -> None:
    with desk.served.env() as env:
        env.create(env["base.tag"], [{"name": "Polos satu"}, {"name": "Polos dua"}])
    with open_page(viewport=NARROW, java_script_enabled=False) as page:
        sign_in(page, f"{desk.address}{LEADS}/new")
        page.locator("#f-title").fill("Polos")
        for text in ("Polos satu", "Polos dua"):
            page.locator("#f-tags").fill(text)
            page.locator("button[name=form-row][value=tags]").click()
            expect(page.locator("#f-tags")).to_be_focused()
        expect(page.locator(".chips label")).to_have_text(["Polos satu", "Polos dua"])
        page.locator(".chips label").first.click()
        page.locator("main .save button.pri").click()
        page.wait_for_url(lambda url: url.rsplit("/", 1)[1].isdigit())
    lead = desk.served.first("crm.lead", title="Polos")
    assert desk.served.value("crm.lead", lead, "tags") == [desk.served.first("base.tag", name="Polos dua")]
