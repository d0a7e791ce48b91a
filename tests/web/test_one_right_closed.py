"""One right that an administrator closes takes its part out of a page, and leaves the page."""

from __future__ import annotations

import pytest

from tests.web import kit
from tests.web.test_keeping import role
from tests.web.test_notes import LEAD, lead_of, note

TOGETHER = ("base.activity", "base.message", "base.notification", "base.follower", "base.user")
PAGES = ("/", "/notifications", "/app/base.partner/1", "/app/base.partner/1/timeline")


@pytest.mark.parametrize("model", TOGETHER)
def test_a_page_goes_without_what_a_role_does_not_open_any_more(
    served: kit.Served, caplog: pytest.LogCaptureFixture, model: str
) -> None:
    made, ayu, path = served.sign_in("made"), served.sign_in("ayu"), f"{LEAD}/{lead_of(served, 'ayu')}"
    note(served.sign_in("dewi"), path, "@Ayu lihat ini")
    for name in ("base.user", "crm.user"):
        page = f"/settings/roles/{role(served, name)}"
        if kit.form_in(made.get(page).main).all(name=f"r-{model}"):
            assert made.fill(page, {f"r-{model}": "none"}).status_code in (302, 303)
    assert ayu.get(f"/app/{model}").status_code == 403
    deals = [
        f"/app/crm.deal/{served.first('crm.deal', owner_id=served.first('base.user', name='Ayu Lestari'))}"
    ]
    for page in (*PAGES, path, f"{path}/timeline", *deals):
        assert ayu.get(page).status_code == 200, page
    home = ayu.get("/").main.text
    for part in (
        "Menang bulan ini",
        "Prospek baru",
        "Deal untuk ditindaklanjuti",
    ):  # whose they are is a user
        assert (part in home) is (model != "base.user"), part
    assert ("Belum ada rencana" in home) is (model not in ("base.activity", "base.user"))
    assert not [record for record in caplog.records if "failed" in record.getMessage()]


def test_a_list_of_records_is_left_out_where_its_link_is_closed(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = served.site.assembly.registry.models["crm.lead"].fields["partner"]
    monkeypatch.setattr(partner, "access", {"base.admin": "rw"})
    assert served.sign_in("ayu").get("/app/base.partner/1").status_code == 200
