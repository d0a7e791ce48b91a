"""Attaching a photo in a real browser: by hand, by dropping it, with and without script, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Stand, provoked
from tests.browser.test_finding import a_lead
from tests.browser.test_leads import LEADS, NARROW, WIDE, OpenPage, OpenStand, sign_in
from tests.copies import SQLITE

PHOTO = b"\xff\xd8\xff" + b"rumah" * 200_000
AXE = """axe.run("#files", {resultTypes: ["violations"]}).then(found =>
    found.violations.map(rule => rule.id + ": " + rule.nodes.map(node => node.html).join(" ")))"""
DROP = """([name, text]) => {
    const data = new DataTransfer(), form = document.querySelector("form[data-upload]");
    data.items.add(new File([text], name, {type: "text/plain"}));
    for (const kind of ["dragover", "drop"]) {
        form.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data}));
    }
}"""


@pytest.fixture(scope="module")
def desk(stand: OpenStand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A stand on SQLite with a data folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUMBUNG_DATA", str(tmp_path_factory.mktemp("data")))
        with stand(SQLITE) as opened:
            yield opened


def choose(page: Page, name: str, content: bytes) -> None:
    kind = "image/jpeg" if name.endswith(".jpg") else ""
    page.locator("#attach").set_input_files({"name": name, "mimeType": kind, "buffer": content})
    page.locator("form[data-upload] button").click()


@pytest.mark.parametrize(
    ("lang", "viewport", "script"),
    [("id", WIDE, True), ("en", NARROW, True), ("en", WIDE, False), ("id", NARROW, False)],
)
def test_a_photo_is_attached_and_saved_again(
    desk: Stand,
    open_page: OpenPage,
    axe: str,
    tmp_path: Path,
    lang: str,
    viewport: dict[str, int],
    script: bool,
) -> None:
    key = a_lead(desk, f"Rumah {lang} {script}")
    locale = {"id": "id-ID", "en": "en-US"}[lang]
    with open_page(locale=locale, viewport=viewport, java_script_enabled=script) as page:
        sign_in(page, f"{desk.address}{LEADS}/{key}", "ayu")
        page.goto(f"{desk.address}/language/{lang}?next={LEADS}/{key}")
        choose(page, "foto depan.jpg", PHOTO)
        link = page.locator("#files a[download]")
        expect(link).to_have_text("foto depan.jpg")
        expect(page.locator("#toasts")).to_contain_text({"id": "Terlampir", "en": "Attached"}[lang])
        if script:
            page.evaluate(axe)
            assert page.evaluate(AXE) == []
        with page.expect_download() as got:
            link.click()
        assert got.value.suggested_filename == "foto depan.jpg"
        got.value.save_as(tmp_path / "again.jpg")
        assert (tmp_path / "again.jpg").read_bytes() == PHOTO


def test_what_is_dropped_is_attached_and_what_is_wrong_is_said_in_place(
    desk: Stand, page: Page, complaints: list[str]
) -> None:
    key = a_lead(desk, "Rumah tarik")
    sign_in(page, f"{desk.address}{LEADS}/{key}", "ayu")
    page.evaluate(DROP, ["denah.txt", "lantai dua"])
    expect(page.locator("#files a[download]")).to_have_text("denah.txt")
    page.locator("textarea[name=body]").fill("Belum selesai")
    choose(page, "palsu.jpg", b"<html>")
    expect(page.locator("#attach-e")).to_contain_text("palsu.jpg")
    expect(page.locator("#attach")).to_be_focused()
    expect(page.locator("textarea[name=body]")).to_have_value("Belum selesai")
    provoked(complaints, "422")
    page.evaluate("document.querySelector('form[data-upload]').dataset.room = 9")
    choose(page, "besar.jpg", PHOTO)
    expect(page.locator("#attach-e")).to_contain_text("100 MB")
    page.evaluate("document.querySelector('form[data-upload]').dataset.room = 9e9")
    page.route("**/files", lambda route: route.abort())
    choose(page, "putus.jpg", PHOTO)
    expect(page.locator("#attach-e .err")).to_be_visible()
    provoked(complaints, "Failed to load")
    page.locator("textarea[name=body]").fill("")


@pytest.mark.parametrize(("status", "told"), [(413, "100 MB"), (500, "our side"), (502, "our side")])
def test_an_answer_that_is_a_page_is_told_as_what_it_is(
    desk: Stand, page: Page, complaints: list[str], status: int, told: str
) -> None:
    sign_in(page, f"{desk.address}{LEADS}/{a_lead(desk, f'Rumah {status}')}", "ayu")
    page.goto(f"{desk.address}/language/en?next={page.url.removeprefix(desk.address)}")
    page.route("**/files", lambda route: route.fulfill(status=status, body="<h1>?</h1>"))
    choose(page, "denah.txt", b"isi")
    expect(page.locator("#attach-e")).to_contain_text(told)
    expect(page.locator("#attach-e")).not_to_contain_text("connection")
    provoked(complaints, str(status))


def test_an_ended_session_leads_to_the_sign_in(desk: Stand, page: Page, complaints: list[str]) -> None:
    sign_in(page, f"{desk.address}{LEADS}/{a_lead(desk, 'Rumah habis')}", "ayu")
    page.context.clear_cookies()
    choose(page, "denah.txt", b"isi")
    expect(page.locator("#password")).to_be_visible()
    provoked(complaints, "400")


def test_what_is_dropped_while_files_are_sent_begins_no_second_sending(desk: Stand, page: Page) -> None:
    sign_in(page, f"{desk.address}{LEADS}/{a_lead(desk, 'Rumah sibuk')}", "ayu")
    held: list[Route] = []
    page.route("**/files", lambda route: held.append(route))
    page.evaluate(DROP, ["satu.txt", "satu"])
    expect(page.locator("form[data-upload] progress")).to_be_visible()
    page.evaluate(DROP, ["dua.txt", "dua"])
    page.wait_for_timeout(200)
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("#files a[download]")).to_have_text("satu.txt")
