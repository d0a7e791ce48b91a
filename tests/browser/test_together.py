"""Two colleagues in a real browser: one plans a call and mentions the other, who sees the bell."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from core.base.demo import DOMAIN
from tests.browser.conftest import Stand
from tests.browser.test_leads import LEADS, NARROW, WIDE, OpenPage, OpenStand, sign_in
from tests.copies import POSTGRESQL, SQLITE

WORDS = {
    "id": {
        "plan": "Rencanakan aktivitas",
        "save": "Simpan",
        "note": "Catat",
        "done": "Selesai",
        "read": "1 belum dibaca",
    },
    "en": {"plan": "Plan an activity", "save": "Save", "note": "Note it", "done": "Done", "read": "1 unread"},
}
TOMORROW = {"id": "besok 9.00", "en": "tomorrow 9:00"}


def lead_of(stand: Stand, person: str) -> str:
    user = stand.served.first("base.user", email=f"{person}@{DOMAIN}")
    return f"{LEADS}/{stand.served.first('crm.lead', owner_id=user)}"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("kind", "lang", "viewport", "script"),
    [
        pytest.param(POSTGRESQL, "id", WIDE, True, marks=pytest.mark.postgres),
        (SQLITE, "en", NARROW, False),
    ],
    ids=["postgresql-id-wide", "sqlite-en-narrow-no-script"],
)
def test_one_plans_a_call_and_mentions_a_colleague_who_sees_the_bell(
    request: pytest.FixtureRequest,
    stand: OpenStand,
    open_page: OpenPage,
    kind: str,
    lang: str,
    viewport: Any,
    script: bool,
) -> None:
    if kind == POSTGRESQL:
        request.getfixturevalue("postgres")
    words, options = WORDS[lang], {"viewport": viewport, "java_script_enabled": script}
    with stand(kind) as it, open_page(**options) as page:
        with it.served.env() as env:
            for notice in env.read(env["base.notification"], range(1, 200)):
                notice.read = True
        lead = lead_of(it, "ayu")
        sign_in(page, f"{it.address}{lead}", "ayu")
        page.goto(f"{it.address}/language/{lang}?next={lead}")
        page.get_by_role("link", name=words["plan"]).click()
        page.locator("#f-title").fill("Telepon hasil BI checking")
        page.locator("#f-due").fill(TOMORROW[lang])
        page.get_by_role("button", name=words["save"], exact=True).last.click()
        expect(page.locator("ul.plans")).to_contain_text("Telepon hasil BI checking")
        page.locator("#note-new").fill("@Rizky tolong lanjutkan <b>ini</b>")
        page.get_by_role("button", name=words["note"], exact=True).click()
        expect(page.locator("#thread blockquote").first).to_have_text("@Rizky tolong lanjutkan <b>ini</b>")
        assert page.locator("html").evaluate("html => html.scrollWidth <= innerWidth") or not script
        with open_page(**options) as other:
            sign_in(other, f"{it.address}/settings/profile", "rizky")
            other.goto(f"{it.address}/language/{lang}?next=/settings/profile")
            expect(other.locator("header a.bell")).to_have_attribute("aria-label", _ending(words["read"]))
            other.goto(f"{it.address}/notifications")
            expect(other.locator("main blockquote").first).to_have_text("@Rizky tolong lanjutkan <b>ini</b>")
            other.locator("main form[action$='/open'] button").first.click()
            expect(other).to_have_url(f"{it.address}{lead}#base.message-{it.served.count('base.message')}")
            expect(other.locator("a.bell .n")).to_have_count(0)
            other.locator("ul.plans a.tick").first.click()
            other.locator("#f-result").fill("Disetujui")
            other.get_by_role("button", name=words["done"], exact=True).click()
            expect(other.locator("#thread .tl")).to_contain_text("Disetujui")


def _ending(text: str) -> Any:
    import re

    return re.compile(f"{re.escape(text)}$")
