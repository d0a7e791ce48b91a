"""An administrator installs, uninstalls and purges an app in a browser: on a phone, and without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import provoked
from tests.browser.test_access import BOTH, come_in
from tests.browser.test_leads import NARROW, WIDE, OpenPage, OpenStand, _look

SAYS = {
    "en": {
        "plan": "What installing it brings",
        "done": "Installed: sample",
        "state": "Installed",
        "again": "already",
        "gone": "Uninstalled: sample. The data is kept.",
        "wrong": "Type the name of the addon, sample.",
        "deleted": "Deleted what was kept of sample.",
    },
    "id": {
        "plan": "Yang ditambahkan",
        "done": "Terpasang: sample",
        "state": "Terpasang",
        "again": "sudah terpasang",
        "gone": "Dilepas: sample. Datanya tetap disimpan.",
        "wrong": "Ketik nama addon, sample.",
        "deleted": "Data simpanan sample sudah dihapus.",
    },
}


@BOTH
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1440", "360"])
def test_apps_can_be_read_by_everyone(
    stand: OpenStand, open_page: OpenPage, axe: str, kind: str, lang: str, viewport: Any
) -> None:
    with stand(kind) as it, open_page(locale=lang, viewport=viewport) as page:
        come_in(page, it, "made", lang)
        for path in ("/apps", "/apps/sample", "/apps/crm", "/apps/crm/uninstall"):
            page.goto(it.address + path)
            _look(page, axe, path)


@BOTH
def test_an_app_comes_and_goes_without_script_on_a_phone(
    stand: OpenStand, open_page: OpenPage, complaints: list[str], kind: str, lang: str
) -> None:
    says = SAYS[lang]
    with stand(kind) as it, open_page(locale=lang, viewport=NARROW, java_script_enabled=False) as page:
        come_in(page, it, "made", lang)
        page.goto(f"{it.address}/apps")
        page.locator(".app-l a[href='/apps/sample']").click()
        expect(page.locator("#app-h")).to_contain_text(says["plan"])
        stale = page.context.new_page()
        stale.goto(f"{it.address}/apps/sample")
        page.locator("main .save button.pri").click()
        page.wait_for_url(re.compile("/apps/sample$"))
        expect(page.locator("#toasts [role=status]")).to_contain_text(says["done"])
        expect(page.locator("main .card header .badge")).to_have_text(says["state"])
        stale.locator("main .save button.pri").click()
        expect(stale.locator("main .note").first).to_contain_text(says["again"])
        page.locator("main .save a[href$='/uninstall']").click()
        page.locator("main .save button.bad").click()
        expect(page.locator("#toasts [role=status]")).to_contain_text(says["gone"])
        page.locator("main .save a[href$='/purge']").click()
        page.locator("main .save button.bad").click()
        expect(page.locator("#name-e")).to_contain_text(says["wrong"])
        provoked(complaints, "422")
        page.locator("#name").fill("sample")
        page.locator("main .save button.bad").click()
        page.wait_for_url(re.compile("/apps$"))
        expect(page.locator("#toasts [role=status]")).to_contain_text(says["deleted"])
