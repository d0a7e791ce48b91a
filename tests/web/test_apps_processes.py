"""Several processes over one database: what one of them installs the others find, and go on meanwhile."""

from __future__ import annotations

import gc
import math
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from core.loader import Catalogue
from core.web.dispatcher import Sites
from tests.web import kit
from tests.web.nursery import found as found  # fixtures: `nursery` needs the others
from tests.web.nursery import moved
from tests.web.nursery import nursery as nursery
from tests.web.nursery import shop as shop
from tests.web.nursery import sites as sites


@pytest.fixture
def other(nursery: kit.Served, found: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Iterator[kit.Served]:
    """Another process over the same database, which looks for what was installed when it has to, not by the clock."""
    monkeypatch.setattr("core.web.dispatcher.POLL_SECONDS", math.inf)
    dispatcher = kit.dispatcher({"*": nursery.url}, Sites(found, kit.SECRET))
    made = kit.Served(nursery.url, dispatcher)
    assert made.site.assembly.names == ("base", "crm")
    yield made
    dispatcher.close()


def test_what_a_process_does_not_know_yet_is_asked_of_what_was_installed_since(
    nursery: kit.Served, other: kit.Served
) -> None:
    made = nursery.sign_in("made", "en")
    made.fill("/apps/garden")
    there = moved(made, other)
    assert there.get("/").status_code == 200
    assert other.dispatcher.tenants["*"]._site.assembly.names == ("base", "crm"), "it need not look yet"
    assert there.get("/garden").status_code == 200
    assert there.get("/nothing").status_code == 404


def test_a_form_of_one_process_is_taken_by_another(nursery: kit.Served, other: kit.Served) -> None:
    made = nursery.sign_in("made", "en")
    made.fill("/apps/garden")
    made.get("/apps")  # where the answer leads
    shown = made.get("/app/base.partner/new")
    assert shown.page.all(name="fence")
    there = moved(made, other)
    assert there.send(shown, {"name": "Sari", "fence": "7"}).status_code == 303
    assert nursery.first("base.partner", name="Sari", fence=7)


def test_while_a_site_is_built_that_of_before_answers(
    nursery: kit.Served, other: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = nursery.sign_in("made", "en")
    made.fill("/apps/garden")
    monkeypatch.setattr("core.web.dispatcher.POLL_SECONDS", 0)
    get, building, go_on = Sites.get, threading.Event(), threading.Event()

    def slowly(sites: Sites, names: Any) -> Any:
        building.set()
        assert go_on.wait(20)
        return get(sites, names)

    monkeypatch.setattr(Sites, "get", slowly)
    tenant, built = other.dispatcher.tenants["*"], list[Any]()
    thread = threading.Thread(target=lambda: built.append(tenant.site()))
    thread.start()
    assert building.wait(20)
    assert tenant.site().assembly.names == ("base", "crm")
    go_on.set()
    thread.join(60)
    assert "garden" in built[0].assembly.names


def test_a_site_that_cannot_be_built_leaves_that_of_before(
    nursery: kit.Served, other: kit.Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = nursery.sign_in("made", "en")
    made.fill("/apps/garden")

    def fail(*given: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("core.web.dispatcher.sound_site", fail)
    assert moved(made, other).get("/apps").status_code == 200
    assert "no room" in caplog.text
    assert other.dispatcher.tenants["*"]._site.assembly.names == ("base", "crm")


@pytest.mark.slow
def test_what_nobody_asks_for_any_more_is_forgotten(
    found: Catalogue, monkeypatch: pytest.MonkeyPatch, put_together_anew: None
) -> None:
    monkeypatch.setattr("core.web.dispatcher.KEPT", 1)
    sites = Sites(found, kit.SECRET)
    old = weakref.ref(sites.get(("base",)))
    assert sites.get(("base",)) is old()
    models = weakref.ref(old().assembly.registry)  # type: ignore[union-attr]
    sites.get(("base", "shed"))
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    assert old() is None
    assert models() is None
