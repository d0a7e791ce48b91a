"""A day of a sales team in a real browser: one lead from the search to a deal, and who sees what of it.

In Indonesian at a laptop, where the deal is moved by keys, and in English on a phone, where it is by buttons.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, expect

from core.base.demo import DOMAIN
from tests.browser.conftest import Stand
from tests.browser.hands import Keys
from tests.browser.test_board import BOARD, lane
from tests.browser.test_files import PHOTO, choose
from tests.browser.test_finding import BOX, MARKED
from tests.browser.test_leads import LEADS, NARROW, WIDE, OpenPage, OpenStand, sign_in
from tests.browser.test_together import TOMORROW
from tests.copies import POSTGRESQL, SQLITE

TITLE, PLOTS = "Rumah hoek Puri Teratai", ("Kavling 1 Puri Teratai", "Kavling 2 Puri Teratai")
CALL, NOTE, PICTURE = "Telepon soal akad", "@Rizky tolong dampingi survei", "tampak depan.jpg"
VIEW = "Puri Teratai"
DEALS = "/app/crm.deal"


class Words(NamedTuple):
    """What stands on the pages."""

    convert: str
    stage: str
    moved: str
    undo: str
    plan: str
    save: str
    note: str
    unread: str
    changed: str


WORDS = {
    "id": Words(
        "Jadikan Deal",
        "Survei lokasi",
        "dipindahkan",
        "Urungkan",
        "Rencanakan aktivitas",
        "Simpan",
        "Catat",
        "1 belum dibaca",
        "2 diubah",
    ),
    "en": Words(
        "Make a Deal",
        "Site visit",
        "moved",
        "Undo",
        "Plan an activity",
        "Save",
        "Note it",
        "1 unread",
        "2 changed",
    ),
}


class Desk:
    """Where one person works: the page, the language and what is written there."""

    def __init__(self, it: Stand, page: Page, person: str, lang: str, size: dict[str, int]) -> None:
        self.it, self.page, self.words, self.lang = it, page, WORDS[lang], lang
        self.is_phone = size is NARROW
        sign_in(page, f"{it.address}/", person)
        self.goto(f"/language/{lang}")

    def goto(self, path: str) -> None:
        self.page.goto(self.it.address + path)

    def fits(self) -> None:
        """No page is wider than the window. One that just begins to come is waited for, as it has no root yet."""
        root = self.page.locator("html")
        assert root.evaluate("html => html.scrollWidth <= html.clientWidth"), self.page.url

    def undo(self) -> None:
        self.page.locator("#toasts").get_by_role("button", name=self.words.undo).click()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "lang", "size"),
    [
        (SQLITE, "en", NARROW),
        pytest.param(POSTGRESQL, "id", WIDE, marks=pytest.mark.postgres),
    ],
    ids=["sqlite-en-narrow", "postgresql-id-wide"],
)
def test_a_team_works_a_lead_and_another_team_sees_nothing_of_it(
    request: pytest.FixtureRequest,
    stand: OpenStand,
    open_page: OpenPage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    lang: str,
    size: dict[str, int],
) -> None:
    if kind == POSTGRESQL:
        request.getfixturevalue("postgres")
    monkeypatch.setenv("LUMBUNG_DATA", str(tmp_path))
    options: dict[str, Any] = {"viewport": size, "locale": {"id": "id-ID", "en": "en-US"}[lang]}
    with stand(kind) as it:
        lead = _prepare(it)
        with open_page(**options) as page:
            ayu = Desk(it, page, "ayu", lang, size)
            _find(ayu, lead)
            deal = _convert(ayu)
            _move(ayu)
            _plan_a_call(ayu, deal)
            _mention(ayu)
            _attach(ayu)
            _share_a_filter(ayu)
            _undo_a_bulk_edit(ayu)
        with open_page(**options) as page:
            _is_told(Desk(it, page, "rizky", lang, size), deal)
        doors = _doors(it, deal)
        with open_page(**options) as page:
            dewi = Desk(it, page, "dewi", lang, size)
            dewi.goto(BOARD)
            expect(lane(page, dewi.words.stage).locator("li", has_text=TITLE)).to_be_attached()
            _walk(dewi, doors, is_open=True)
        with open_page(**options) as page:
            _walk(Desk(it, page, "bima", lang, size), doors, is_open=False)


def _prepare(it: Stand) -> int:
    """The lead of the day and two plots, all of ayu; nobody has unread news."""
    with it.served.env() as env:
        for notice in env.read(env["base.notification"], range(1, 200)):
            notice.read = True
        ayu = env.get(env["base.user"], it.served.first("base.user", email=f"ayu@{DOMAIN}"))
        assert ayu is not None
        care = {"owner": ayu, "team": ayu.teams[0], "source": "phone"}
        firm = {
            "title": TITLE,
            "kind": "organisation",
            "contact_name": "Ratna Puspita",
            "company_name": "PT Puspita Teratai",
            "revenue": 985_000_000,
            "mobile": "+6281220457712",
            "state": "qualified",
        }
        made = env.create(env["crm.lead"], [{**firm, **care}, *({"title": name, **care} for name in PLOTS)])
        env.flush()
        return int(made[0].id)


# ----------------------------------------------------------------- the seller
def _find(ayu: Desk, lead: int) -> None:
    """By the search over everything: on a laptop by its keys, on a phone by the glass at the top."""
    page = ayu.page
    page.locator(".phonebar a[href*='/search']").click() if ayu.is_phone else page.keyboard.press("Control+k")
    expect(page.locator(BOX)).to_be_focused()
    page.keyboard.type("rumah hoek teratai")
    expect(page.locator(MARKED)).to_contain_text(TITLE)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{ayu.it.address}{LEADS}/{lead}")
    ayu.fits()


def _convert(ayu: Desk) -> int:
    """To a contact, a company and a deal, as the page proposes it; the key of the deal."""
    page, before = ayu.page, ayu.it.served.count("base.partner")
    page.get_by_role("link", name=ayu.words.convert).click()
    page.wait_for_url("**/convert*")
    ayu.fits()
    expect(page.locator("#company_name")).to_have_value("PT Puspita Teratai")
    page.locator("main .save button.pri").click()
    page.wait_for_url(re.compile(rf"{DEALS}/\d+"))
    expect(page.locator("h1")).to_have_text(TITLE)
    assert ayu.it.served.count("base.partner") == before + 2
    ayu.fits()
    return ayu.it.served.first("crm.deal", title=TITLE)


def _move(ayu: Desk) -> None:
    """To the next stage: by the key ], on a phone by the menu of the card."""
    page = ayu.page
    ayu.goto(BOARD)
    ayu.fits()
    card = page.locator("section.lane li", has_text=TITLE)
    if ayu.is_phone:
        card.locator("button.menu").click()
        page.locator("#lanes").get_by_role("button", name=ayu.words.stage).click()
    else:
        Keys(page, script=True).reach(card.locator("a"))
        page.keyboard.press("]")
    expect(lane(page, ayu.words.stage).locator("li", has_text=TITLE)).to_be_attached()
    expect(page.locator("#toasts")).to_contain_text(ayu.words.moved)


def _plan_a_call(ayu: Desk, deal: int) -> None:
    page = ayu.page
    ayu.goto(f"{DEALS}/{deal}")
    page.get_by_role("link", name=ayu.words.plan).click()
    expect(page.locator("#f-due")).to_be_visible()
    ayu.fits()
    page.locator("#f-title").fill(CALL)
    page.locator("#f-kind").select_option("call")
    page.locator("#f-due").fill(TOMORROW[ayu.lang])
    page.get_by_role("button", name=ayu.words.save, exact=True).last.click()
    page.wait_for_url(f"**{DEALS}/{deal}**")
    expect(page.locator("ul.plans")).to_contain_text(CALL)


def _mention(ayu: Desk) -> None:
    ayu.page.locator("#note-new").fill(NOTE)
    ayu.page.get_by_role("button", name=ayu.words.note, exact=True).click()
    expect(ayu.page.locator("#thread blockquote").first).to_have_text(NOTE)


def _attach(ayu: Desk) -> None:
    choose(ayu.page, PICTURE, PHOTO)
    expect(ayu.page.locator("#files a[download]")).to_have_text(PICTURE)
    ayu.fits()


def _share_a_filter(ayu: Desk) -> None:
    """The leads of one place are a view of the team."""
    page = ayu.page
    ayu.goto(LEADS)
    page.locator("button[popovertarget=filter]").click()
    page.locator("#p-f").select_option("title")
    page.locator("#p-o").select_option("contains")
    page.locator("#p-v").fill(VIEW)
    page.locator("#filter form button.pri").click()
    expect(page.locator("tbody input[name=row]")).to_have_count(3)
    page.locator("button[popovertarget=view-new]").click()
    page.locator("#view-new-n").fill(VIEW)
    page.locator("#view-new-s").select_option("team")
    page.locator("#view-new button.pri").click()
    expect(page.locator("nav.tabs a[aria-current]")).to_contain_text(VIEW)
    ayu.fits()


def _undo_a_bulk_edit(ayu: Desk) -> None:
    page = ayu.page
    for name in PLOTS:
        page.locator("tbody tr", has_text=name).locator("input[name=row]").check()
    page.locator("#bulk-field").select_option("source")
    page.locator("#bulk button[formaction$='/bulk']").click()
    expect(page.locator("main form [name=value]")).to_be_visible()
    ayu.fits()
    page.locator("main form [name=value]").select_option("email")
    page.locator("main .save button.pri").click()
    expect(page.locator("#toasts")).to_contain_text(ayu.words.changed)
    assert _sources(ayu.it) == ["email", "email"]
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        ayu.undo()
    expect(page.locator("nav.tabs a[aria-current]")).to_contain_text(VIEW)
    assert _sources(ayu.it) == ["phone", "phone"]


def _sources(it: Stand) -> list[Any]:
    served = it.served
    return [served.value("crm.lead", served.first("crm.lead", title=name), "source") for name in PLOTS]


# ----------------------------------------------------------------- the others
def _is_told(rizky: Desk, deal: int) -> None:
    """The colleague sees the bell, comes to the deal by it, and has the view of the team."""
    page = rizky.page
    rizky.goto("/settings/profile")
    bell = page.locator("a.bell:visible")
    expect(bell).to_have_attribute("aria-label", re.compile(f"{re.escape(rizky.words.unread)}$"))
    bell.click()
    expect(page.locator("main blockquote").first).to_have_text(NOTE)
    rizky.fits()
    page.locator("main form[action$='/open'] button").first.click()
    page.wait_for_url(f"**{DEALS}/{deal}#base.message-*")
    expect(page.locator("#files a[download]")).to_have_text(PICTURE)
    rizky.goto(LEADS)
    page.locator("nav.tabs a", has_text=VIEW).click()
    expect(page.locator("tbody input[name=row]")).to_have_count(3)


class Doors(NamedTuple):
    """Where a deal is shown among others, and what is its own."""

    shared: tuple[str, ...]
    own: tuple[str, ...]


def _doors(it: Stand, deal: int) -> Doors:
    partner = it.served.value("crm.deal", deal, "partner_id")
    picture = it.served.first("base.attachment", name=PICTURE)
    return Doors(
        shared=(
            f"{BOARD}&q=teratai",
            f"{DEALS}?q=teratai",
            f"{DEALS}?q=teratai&format=csv",
            "/search?q=hoek+teratai",
            "/search/palette?q=hoek+teratai",
            f"/app/base.partner/{partner}/timeline",
        ),
        own=(
            f"{DEALS}/{deal}",
            f"{DEALS}/{deal}/edit",
            f"{DEALS}/{deal}/timeline",
            f"{DEALS}/{deal}/history",
            f"/app/base.attachment/{picture}/file/file",
        ),
    )


def _walk(desk: Desk, doors: Doors, *, is_open: bool) -> None:
    """To whom the doors are open, all of them show the deal; to whom not, none does."""
    for path in doors.shared:
        answer = desk.page.request.get(desk.it.address + path)
        assert (TITLE in answer.text()) is is_open, path
        assert answer.status == 200 or (not is_open and "base.partner" in path), path
    for path in doors.own:
        answer = desk.page.request.get(desk.it.address + path)
        assert answer.status in ({200} if is_open else {403, 404}), (path, answer.status)
        if not is_open and path.startswith(DEALS):
            assert TITLE not in answer.text(), path
    if is_open:
        assert desk.page.request.get(desk.it.address + doors.own[-1]).body() == PHOTO
