"""The Apps page: what is found, what installing it brings, and installing it with several about."""

from __future__ import annotations

import gc
import math
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import LoadError
from core.loader import Catalogue, discover
from core.orm.database import Database
from core.schema import install as installing
from core.schema.install import install, installed
from core.web.dispatcher import Sites
from tests.copies import Copies
from tests.core.workshop import Workshop, workshop
from tests.web import kit

GARDEN = """\
from core import *
from core.base import Partner as BasePartner

addon = Addon("garden", version="1.5", depends=("shed",), label="Garden", summary="Beds and what grows in them")

class Bed(Model, name="garden.bed", label="Bed", plural="Flower beds", access={"garden.user": "rwcd"}):
    name = Char(required=True, unique=True, label="Name")

class Partner(BasePartner):
    bed = Many2one(Bed, label="Bed")
    fence = Integer(label="Fence", after="name")

@hookimpl
def models():
    return [Bed, Partner]

@hookimpl
def menus():
    return [Menu("garden.beds", "Flower beds", "/garden", group="Garden")]

@hookimpl
def pages():
    return [Page("/garden", lambda env: render("core/home.html", "Roses"), roles=("base.user",))]

@hookimpl
def roles():
    return [Role("garden.user", "Gardener", implies=("base.user",))]

@hookimpl
def data():
    return [Rows(Bed, [{"key": "roses", "name": "Roses"}])]
"""
SHED = 'from core import *\n\naddon = Addon("shed", version="1.0", label="Shed")\n'
BROKEN = 'from core import *\n\naddon = Addon("broken", version="1.0")\n\nraise RuntimeError("oh no")\n'
TORN = """\
from core import *

addon = Addon("torn", version="1.0", label="Torn")

@hookimpl
def data():
    return [Rows("base.tag", lambda: 1 / 0)]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("apps")) as made:
        made.write({"garden": GARDEN, "shed": SHED, "broken": BROKEN, "torn": TORN.replace('"base.tag"', "Tag")
                    .replace("import *", "import *\nfrom core.base import Tag")})  # fmt: skip
        yield made


@pytest.fixture(scope="module")
def found(shop: Workshop) -> Catalogue:
    """The addons that could be installed, and those at fault; no test changes it."""
    return discover([str(shop.folder)], entry_points=kit.ADDONS)


@pytest.fixture(scope="module")
def sites(found: Catalogue) -> Sites:
    """Sites of one process: it has built them before. Another process has its own."""
    return Sites(found, kit.SECRET)


@pytest.fixture
def nursery(kind: str, copies: Copies, sites: Sites) -> Iterator[kit.Served]:
    """A served database beside addons that could be installed."""
    with copies.copy(kind, "bare") as url, closing(kit.dispatcher({"*": url}, sites)) as dispatcher:
        yield kit.Served(url, dispatcher)


def names(served: kit.Served) -> list[str]:
    with served.database.reading.connect() as connection:
        return installed(connection)


def told(answer: kit.Answer) -> str:
    return " ".join(answer.main.text.split())


# ----------------------------------------------------------------- what there is
def test_only_administrators_come_in(nursery: kit.Served) -> None:
    dewi = nursery.sign_in("dewi")
    assert dewi.get("/apps").status_code == 403
    assert dewi.get("/apps/garden").status_code == 403
    assert dewi.post("/apps/garden", {"csrf_token": dewi.token("/")}).status_code == 403
    assert not [link for link in dewi.get("/").page.all("a") if link.get("href") == "/apps"]
    made = nursery.sign_in("made")
    assert [link for link in made.get("/").page.all("a") if link.get("href") == "/apps"]


def test_what_is_found_installed_and_at_fault_is_listed(nursery: kit.Served, shop: Workshop) -> None:
    answer = nursery.sign_in("made", "en").get("/apps")
    text = told(answer)
    assert text.index("At fault 1") < text.index("Installed 2") < text.index("Can be installed")
    assert "Garden" in text and "Beds and what grows in them" in text and "needs shed" in text
    assert "RuntimeError: oh no" in text
    shown = told(nursery.sign_in("made", "en").get("/apps/broken"))
    for part in (
        "RuntimeError: oh no",
        "Correct what is done there",
        f"{shop.folder / 'broken' / '__init__.py'}:5",
    ):
        assert part in shown
    assert "Install" not in [button.text.strip() for button in answer.main.all("button")]


def test_an_installed_one_tells_what_it_brought_and_who_needs_it(nursery: kit.Served) -> None:
    text = told(nursery.sign_in("made", "en").get("/apps/base"))
    assert "Needed by CRM" in text
    assert "Tables: " in text
    assert "Give them to people" not in text, "the roles of base are not of an app that somebody installs"


def test_who_is_to_work_with_it_needs_a_role_and_the_page_says_which(nursery: kit.Served) -> None:
    """Else the menu stays as it was after the installation, and nobody knows why."""
    page = nursery.sign_in("made", "en").get("/apps/crm").main
    assert "Sales, Sales manager" in page.text
    [link] = [link for link in page.all("a") if link.text == "Give them to people"]
    assert link["href"] == "/app/base.user"


def test_an_addon_that_nobody_knows_is_not_found(nursery: kit.Served) -> None:
    made = nursery.sign_in("made")
    assert made.get("/apps/nothing").status_code == 404
    assert made.post("/apps/nothing", {"csrf_token": made.token("/apps")}).status_code == 404


# ----------------------------------------------------------------- the plan
def test_the_plan_lists_dependencies_first_and_what_comes_and_changes_nothing(
    nursery: kit.Served, unchanged: Callable[..., Any]
) -> None:
    made = nursery.sign_in("made", "en")
    with unchanged(nursery):
        answer = made.get("/apps/garden")
    text = told(answer)
    assert "It needs these first, and they come along: shed." in text
    assert text.index("Shed shed 1.0") < text.index("Garden garden 1.5")
    assert "column bed_id in base_partner" in text
    assert "table garden_bed, 8 columns · Flower beds" in text
    assert "rows of data: 2" in text
    assert "In the menu: Flower beds." in text
    assert "given to nobody until you do: Gardener" in text


def test_the_plan_is_that_of_the_command(nursery: kit.Served) -> None:
    """Both take it from the same place: here is what the page sends back."""
    form = kit.form_in(nursery.sign_in("made").get("/apps/garden").main)
    assert kit.typed(form)["seen"] == ["shed garden"]


# ----------------------------------------------------------------- installing
def test_installing_brings_menu_page_and_rows_at_once(nursery: kit.Served) -> None:
    made = nursery.sign_in("made", "en")
    assert made.get("/garden").status_code == 404
    answer = made.fill("/apps/garden")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/apps/garden")
    assert names(nursery) == ["base", "crm", "garden", "shed"]
    page = made.get("/apps/garden").page
    assert "Installed: shed, garden. Tables: 1, columns: 10, rows: 2." in " ".join(page.text.split())
    assert [link for link in page.all("a") if link.get("href") == "/garden"]
    assert "Roses" in made.get("/garden").title
    assert nursery.first("garden.bed", name="Roses")


def test_a_second_press_is_harmless_and_told(nursery: kit.Served, unchanged: Callable[..., Any]) -> None:
    made = nursery.sign_in("made", "en")
    shown = made.get("/apps/garden")
    assert made.send(shown).status_code == 303
    made.get("/apps/garden")
    with unchanged(nursery):
        assert made.send(shown).headers["Location"] == "/apps/garden"
    assert "was installed already" in made.get("/apps/garden").page.text


def test_of_two_at_once_one_wins_and_the_other_is_told(nursery: kit.Served) -> None:
    """Each in a session of his own; neither is refused, and everything is there once."""
    people = [nursery.sign_in("made", "en") for _number in range(2)]
    shown = [person.get("/apps/garden") for person in people]
    barrier, answers = threading.Barrier(2), list[str]()

    def press(person: kit.Visitor, page: kit.Answer) -> None:
        data = dict(kit.typed(kit.form_in(page.main)))
        barrier.wait()
        answer = person.client.open("/apps/garden", method="POST", data=data, base_url=f"http://{nursery.host}",
                                    headers={"Accept-Language": "en"})  # fmt: skip
        answers.append(
            f"{answer.status_code} {person.client.get('/apps/garden', base_url='http://localhost').text}"
        )

    threads = [threading.Thread(target=press, args=pair) for pair in zip(people, shown, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer[:3] for answer in answers] == ["303", "303"]
    assert sorted("Installed: shed, garden" in answer for answer in answers) == [False, True]
    assert sorted("was installed already" in answer for answer in answers) == [False, True]
    assert names(nursery) == ["base", "crm", "garden", "shed"]
    assert nursery.count("garden.bed") == 1


def test_more_than_was_seen_is_not_installed(nursery: kit.Served) -> None:
    made = nursery.sign_in("made", "en")
    answer = made.fill("/apps/garden", {"seen": "garden"})
    assert answer.status_code == 409
    assert "has changed meanwhile. Look at the plan again" in told(answer)
    assert kit.typed(kit.form_in(answer.main))["seen"] == ["shed garden"]
    assert names(nursery) == ["base", "crm"]


def test_less_than_was_seen_is_installed(nursery: kit.Served, found: Catalogue) -> None:
    made = nursery.sign_in("made", "en")
    shown = made.get("/apps/garden")
    install(nursery.database, found, ["shed"])
    assert made.send(shown).status_code == 303
    assert "Installed: garden." in made.get("/apps/garden").page.text


def test_what_fails_in_the_middle_names_addon_and_line_and_changes_nothing(
    nursery: kit.Served, shop: Workshop
) -> None:
    """The rows of this one cannot be read, which shows already when it is planned."""
    made = nursery.sign_in("made", "en")
    for answer in (
        made.get("/apps/torn"),
        made.post("/apps/torn", {"csrf_token": made.token("/apps"), "seen": "torn"}),
    ):
        text = told(answer)
        assert "The rows of data() cannot be read: ZeroDivisionError" in text
        assert f"{shop.folder / 'torn' / '__init__.py'}:8" in text
        assert "Nothing was changed" in text
    assert answer.status_code == 422
    assert names(nursery) == ["base", "crm"]


def test_a_broken_one_is_not_installed_by_a_forged_form(nursery: kit.Served) -> None:
    made = nursery.sign_in("made", "en")
    answer = made.post("/apps/broken", {"csrf_token": made.token("/apps"), "seen": "broken"})
    assert answer.status_code == 422
    assert "RuntimeError: oh no" in told(answer)


def test_a_table_in_use_is_said(nursery: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the embedded database somebody writes all the time; else somebody uses the table of contacts."""
    monkeypatch.setattr(installing, "ATTEMPTS", 1)
    monkeypatch.setattr("core.orm.database.BUSY_SECONDS", 1)
    other = Database(nursery.url)
    made = nursery.sign_in("made", "en")
    shown = made.get("/apps/garden")
    with other.writing.begin() as connection:
        connection.execute(sa.text("SELECT * FROM base_partner"))
        answer = made.send(shown)
    other.close()
    assert answer.status_code == 409
    assert "then try again" in told(answer)
    assert names(nursery) == ["base", "crm"]


def test_what_is_installed_and_at_fault_is_told_and_everything_else_goes_on(
    nursery: kit.Served, found: Catalogue, shop: Workshop
) -> None:
    """As after the upgrade of a package that spoilt it."""
    made = nursery.sign_in("made", "en")
    made.fill("/apps/garden")
    addons = dict(found.addons)
    error = LoadError("It is torn.", "Mend it.", addon="shed", origin=addons.pop("shed").origin)
    catalogue = replace(found, addons=addons, broken={**found.broken, "shed": error})
    fresh = kit.dispatcher({"*": nursery.url}, Sites(catalogue, kit.SECRET))
    served = kit.Served(nursery.url, fresh)
    try:
        made = served.sign_in("made", "en")
        text = told(made.get("/apps"))
        assert "At fault 3" in text
        shown = told(made.get("/apps/shed"))
        for part in (
            "It is torn.",
            "Mend it.",
            f"{shop.folder / 'shed' / '__init__.py'}:3",
            "its data is kept",
        ):
            assert part in shown
        assert "shed is at fault" in told(made.get("/apps/garden"))
        for path in ("/", "/app/base.partner", "/app/crm.lead", "/app/base.partner/new"):
            assert made.get(path).status_code == 200
    finally:
        fresh.close()


# ----------------------------------------------------------------- other processes
@pytest.fixture
def other(nursery: kit.Served, found: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Iterator[kit.Served]:
    """Another process over the same database, which looks for what was installed when it has to, not by the clock."""
    monkeypatch.setattr("core.web.dispatcher.POLL_SECONDS", math.inf)
    dispatcher = kit.dispatcher({"*": nursery.url}, Sites(found, kit.SECRET))
    made = kit.Served(nursery.url, dispatcher)
    assert made.site.assembly.names == ("base", "crm")
    yield made
    dispatcher.close()


def moved(person: kit.Visitor, served: kit.Served) -> kit.Visitor:
    """The same browser, answered by another process."""
    there = kit.Visitor(served, person.lang)
    for name, cookie in ((key[2], value) for key, value in person.client._cookies.items()):
        there.client.set_cookie(name, cookie.value, domain=served.host)
    return there


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
    thread.join()
    assert "garden" in built[0].assembly.names


def test_a_site_that_cannot_be_built_leaves_that_of_before(
    nursery: kit.Served, other: kit.Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = nursery.sign_in("made", "en")
    made.fill("/apps/garden")

    def fail(*given: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("core.web.dispatcher.build_site", fail)
    assert moved(made, other).get("/apps").status_code == 200
    assert "no room" in caplog.text
    assert other.dispatcher.tenants["*"]._site.assembly.names == ("base", "crm")


@pytest.mark.slow
def test_what_nobody_asks_for_any_more_is_forgotten(
    found: Catalogue, monkeypatch: pytest.MonkeyPatch
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
