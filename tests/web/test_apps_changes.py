"""What becomes of an installed addon on the Apps page: it goes and its data stays, and a new version is brought."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from core.loader import Catalogue
from core.schema import tables
from core.web.dispatcher import Sites
from tests.core.workshop import Workshop
from tests.web import kit
from tests.web.conftest import on_sqlite
from tests.web.nursery import found as found  # fixtures: `nursery` needs the others
from tests.web.nursery import moved, names, told
from tests.web.nursery import nursery as nursery
from tests.web.nursery import shop as shop
from tests.web.nursery import sites as sites


@pytest.fixture
def made(nursery: kit.Served) -> kit.Visitor:
    """The administrator, who has installed the garden; one contact has something of it."""
    made = nursery.sign_in("made", "en")
    made.fill("/apps/garden")
    made.get("/apps")
    made.fill("/app/base.partner/new", {"name": "Sari", "fence": "7"})
    return made


# ----------------------------------------------------------------- uninstalling
def test_uninstalling_is_told_first_and_keeps_everything(
    nursery: kit.Served, made: kit.Visitor, unchanged: Callable[..., Any]
) -> None:
    [link] = [link for link in made.get("/apps/garden").main.all("a") if link.text.strip() == "Uninstall"]
    with unchanged(nursery):
        shown = made.get(link["href"])
    text = told(shown)
    for part in (
        "table garden_bed, rows: 1 · Flower beds",
        "column fence in base_partner, values: 1",
        "Menus that vanish Flower beds",
        "Roles that vanish Gardener",
        "Roles: 1",
    ):
        assert part in text
    answer = made.send(shown)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/apps/garden")
    page = made.get("/apps/garden")
    assert "Uninstalled: garden. The data is kept." in " ".join(page.page.text.split())
    assert "Data kept" in page.main.text and "This comes back with its values" in told(page)
    assert names(nursery) == ["base", "crm", "shed"]
    assert made.get("/garden").status_code == 404
    assert not [link for link in made.get("/").page.all("a") if link.get("href") == "/garden"]
    for path in (
        "/",
        "/app/base.partner",
        "/app/base.partner/new",
        "/app/base.role",
        "/app/base.user",
        "/search?q=sari",
    ):
        assert made.get(path).status_code == 200, path
    assert made.send(shown).status_code == 303, "a second press is harmless"
    assert "It was uninstalled already" in made.get("/apps").page.text
    assert made.fill("/apps/garden").status_code == 303
    made.get("/apps")
    assert nursery.first("base.partner", name="Sari", fence=7)


@on_sqlite
def test_what_needs_it_goes_along_and_is_named(nursery: kit.Served, made: kit.Visitor) -> None:
    shown = made.get("/apps/shed/uninstall")
    assert "These cannot be without it and are uninstalled as well: garden." in told(shown)
    refused = made.post("/apps/shed/uninstall", {"csrf_token": made.token("/apps/shed"), "seen": "shed"})
    assert refused.status_code == 422 and "garden cannot be without it" in told(refused)
    assert made.send(shown).status_code == 303
    assert names(nursery) == ["base", "crm"]


@on_sqlite
def test_base_stays_and_nobody_else_may(nursery: kit.Served) -> None:
    made, dewi = nursery.sign_in("made", "en"), nursery.sign_in("dewi")
    assert "Uninstall" not in told(made.get("/apps/base"))
    answer = made.post("/apps/base/uninstall", {"csrf_token": made.token("/apps"), "seen": "base"})
    assert answer.status_code == 422 and "base cannot be uninstalled" in told(answer)
    for step in ("upgrade", "uninstall", "purge"):
        assert made.get(f"/apps/shed/{step}").status_code == 404, "it is not installed, and nothing is kept"
        assert dewi.get(f"/apps/crm/{step}").status_code == 403
        assert dewi.post(f"/apps/crm/{step}", {"csrf_token": dewi.token("/")}).status_code == 403
    assert names(nursery) == ["base", "crm"]


@on_sqlite
def test_what_is_kept_is_deleted_only_where_its_name_is_typed(nursery: kit.Served, made: kit.Visitor) -> None:
    made.send(made.get("/apps/garden/uninstall"))
    [link] = [
        link for link in made.get("/apps/garden").main.all("a") if link.text.strip() == "Delete what is kept"
    ]
    shown = made.get(link["href"])
    assert "column fence in base_partner, values: 1" in told(shown)
    before = nursery.state()
    refused = made.send(shown, {"name": "gardn"})
    assert refused.status_code == 422 and refused.main.one("input", name="name")["aria-invalid"] == "true"
    assert "Type the name of the addon, garden." in told(refused)
    assert nursery.state() == before
    assert made.send(shown, {"name": "garden"}).headers["Location"] == "/apps"
    assert "Deleted what was kept of garden." in made.get("/apps").page.text
    assert made.get("/apps/garden/purge").status_code == 404
    assert not made.get("/apps/garden").main.all(class_="tone-info")[1:], "nothing comes back"
    assert made.fill("/apps/garden").status_code == 303
    made.get("/apps")
    assert nursery.first("base.partner", name="Sari", fence=None)


def test_a_process_that_knows_the_old_addons_neither_fails_nor_writes_to_what_is_parked(
    nursery: kit.Served, made: kit.Visitor, found: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads what is not there any more and is answered by the next site; what it would write is refused."""
    monkeypatch.setattr("core.web.dispatcher.POLL_SECONDS", math.inf)
    with closing(kit.dispatcher({"*": nursery.url}, Sites(found, kit.SECRET))) as dispatcher:
        other = kit.Served(nursery.url, dispatcher)
        there, tenant = moved(made, other), dispatcher.tenants["*"]
        assert "Fence" in there.get("/app/base.partner/new").text
        old, shown = tenant._site, there.get("/app/base.partner/new")
        key = nursery.first("base.partner", name="Sari")
        made.send(made.get("/apps/garden/uninstall"))
        answer = there.get(f"/app/base.partner/{key}")
        assert answer.status_code == 200 and "Sari" in answer.text
        assert tenant._site is not old
        asked = iter([old])
        look = dispatcher._site
        monkeypatch.setattr(
            dispatcher, "_site", lambda *given, **now: next(asked, None) or look(*given, **now)
        )
        typed = {**kit.typed(kit.form_in(shown.main)), "name": "Budi", "fence": "8"}
        late = there.post("/app/base.partner/new", typed, fails=503)
        assert late.status_code == 503 and late.headers["Retry-After"]
        assert "Nothing matches this filter" in told(there.get("/app/base.partner?q=Budi"))


# ----------------------------------------------------------------- upgrading
def _note(served: kit.Served, addon: str, version: str) -> None:
    """Lets an addon be installed in another version."""
    with served.database.writing.begin() as connection:
        known = tables.addon
        connection.execute(known.update().where(known.c.name == addon).values(version=version))


@on_sqlite
def test_a_new_version_is_told_and_brought(nursery: kit.Served, made: kit.Visitor, shop: Workshop) -> None:
    assert "New version" not in told(made.get("/apps/garden"))
    _note(nursery, "garden", "1.4")
    shown = made.get("/apps/garden")
    assert "New version" in told(shown) and "1.4 (found: 1.5)" in told(shown)
    plan = made.get("/apps/garden/upgrade")
    assert "garden: from version 1.4 to 1.5" in told(plan)
    script = shop.folder / "garden" / "upgrades" / "1.5.py"
    script.parent.mkdir()
    try:
        script.write_text(
            "def before(tables):\n    tables.drop_field('garden.bed', 'nothing')\n", encoding="utf-8"
        )
        plan = made.get("/apps/garden/upgrade")
        assert "Upgrade scripts that are run: garden 1.5." in told(plan)
        failed = made.send(plan)
        assert failed.status_code == 422 and f"{script}:2" in told(failed)
        assert "The tables have no field “nothing” of garden.bed." in told(failed)
        script.write_text(
            "def after(env):\n    env.create(env['garden.bed'], [{'name': 'New'}])\n", encoding="utf-8"
        )
        assert made.send(made.get("/apps/garden/upgrade")).headers["Location"] == "/apps/garden"
    finally:
        script.unlink()
        script.parent.rmdir()
    assert "Upgraded: garden 1.5." in made.get("/apps/garden").page.text
    assert nursery.first("garden.bed", name="New")
    assert "It was up to date already." in _follow(made, made.send(plan))


def _follow(made: kit.Visitor, answer: kit.Answer) -> str:
    assert answer.status_code == 303
    return str(made.get(answer.headers["Location"]).page.text)


@on_sqlite
def test_an_older_version_is_not_brought(nursery: kit.Served, made: kit.Visitor) -> None:
    _note(nursery, "garden", "9.0")
    shown = made.get("/apps/garden/upgrade")
    assert shown.status_code == 200 and "garden 9.0 is installed, but version 1.5 is found" in told(shown)
    answer = made.post("/apps/garden/upgrade", {"csrf_token": made.token("/apps/garden"), "seen": "garden"})
    assert answer.status_code == 422 and "Install the package of garden 9.0" in told(answer)
