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
from core.schema import tables
from core.schema.install import install
from core.schema.preparing import installed
from core.web.dispatcher import Sites
from tests.copies import Copies
from tests.core.workshop import Workshop, workshop
from tests.web import kit
from tests.web.conftest import on_sqlite

GARDEN = """\
from core import *
from core.base import CompanyOwned
from core.base import Partner as BasePartner

addon = Addon("garden", version="1.5", depends=("shed",), label="Garden", summary="Beds and what grows in them")

class Bed(CompanyOwned, name="garden.bed", label="Bed", plural="Flower beds", access={"garden.user": "rwcd"}):
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
    return [Page("/garden", lambda env: render("core/note_lost.html", "Roses", lost="", why=""), roles=("base.user",))]

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


TYPO = """\
from core import *

addon = Addon("typo", version="1.0", depends=("shed",), label="Typo")

@hookimpl
def menus():
    return [Menu("typo.beds", "Beds", "/garden", group=GROUP)]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("apps")) as made:
        torn = TORN.replace('"base.tag"', "Tag").replace("import *", "import *\nfrom core.base import Tag")
        made.write({"garden": GARDEN, "shed": SHED, "broken": BROKEN, "typo": TYPO, "torn": torn})
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
@on_sqlite
def test_only_administrators_come_in(nursery: kit.Served) -> None:
    dewi = nursery.sign_in("dewi")
    assert dewi.get("/apps").status_code == 403
    assert dewi.get("/apps/garden").status_code == 403
    assert dewi.post("/apps/garden", {"csrf_token": dewi.token("/")}).status_code == 403
    assert not [link for link in dewi.get("/").page.all("a") if link.get("href") == "/apps"]
    made = nursery.sign_in("made")
    assert [link for link in made.get("/").page.all("a") if link.get("href") == "/apps"]


@on_sqlite
def test_what_is_found_installed_and_at_fault_is_listed(nursery: kit.Served, shop: Workshop) -> None:
    answer = nursery.sign_in("made", "en").get("/apps")
    text = told(answer)
    assert text.index("At fault 3") < text.index("Installed 2") < text.index("Can be installed")
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


@pytest.mark.parametrize(
    ("name", "fault", "line"),
    [("typo", "The hook menus() fails: NameError: name 'GROUP' is not defined", 7),
     ("torn", "The rows of data() cannot be read: ZeroDivisionError", 8)],
)  # fmt: skip
def test_a_fault_that_shows_only_when_it_is_put_together_is_no_app_to_install(
    nursery: kit.Served, shop: Workshop, name: str, fault: str, line: int
) -> None:
    """It stands with its message among those at fault, and there is nothing to press."""
    made = nursery.sign_in("made", "en")
    [section] = [part for part in made.get("/apps").main.all("section") if f"{name} 1.0" in part.text]
    assert section.one("h2").text.startswith("At fault") and fault in section.text
    shown = made.get(f"/apps/{name}")
    assert fault in told(shown) and f"{shop.folder / name / '__init__.py'}:{line}" in told(shown)
    assert not [button for button in shown.main.all("button") if button.text.strip() == "Install"]


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
    assert "table garden_bed, 9 columns · Flower beds" in text
    assert "rows of data: 2" in text
    assert "In the menu: Flower beds." in text
    assert "given to nobody until you do: Gardener" in text


def test_the_plan_is_that_of_the_command(nursery: kit.Served) -> None:
    """Both take it from the same place: here is what the page sends back."""
    form = kit.form_in(nursery.sign_in("made").get("/apps/garden").main)
    assert kit.typed(form)["seen"] == ["shed garden"]


def test_what_it_adds_and_wraps_is_told_and_leads_to_where_each_part_comes_from(
    nursery: kit.Served, unchanged: Callable[..., Any]
) -> None:
    """Before it is installed, of what would be; of an installed one, with what others do to what is its own."""
    made = nursery.sign_in("made", "en")
    with unchanged(nursery):
        plan = made.get("/apps/garden").main
        assert "What garden adds or wraps: 6" in plan.text
        [link] = [link for link in plan.all("a") if link.text == "base.partner.bed"]
        assert link["href"] == "/apps/garden/explain/base.partner"
        page = made.get(link["href"]).main
        [row] = [row for row in page.all("tr") if row.all("th", scope="row") and row.one("th").text == "bed"]
        assert [cell.text for cell in row.all("td")][1:] == ["garden", "garden/__init__.py:11"]
        base = made.get("/apps/base").main
        assert "What crm adds or wraps: " in base.text, "of what is base's"
        of_hook = made.get("/apps/crm/explain/record_created")
        assert "Called in this order." in of_hook.main.text
    for path in (
        "/apps/garden/explain/nothing",
        "/apps/nothing/explain/base.partner",
        "/apps/broken/explain/x",
    ):
        assert made.get(path).status_code == 404
    assert nursery.sign_in("dewi").get("/apps/garden/explain/base.partner").status_code == 403


# ----------------------------------------------------------------- installing
def test_installing_brings_menu_page_and_rows_at_once(nursery: kit.Served) -> None:
    made = nursery.sign_in("made", "en")
    assert made.get("/garden").status_code == 404
    answer = made.fill("/apps/garden")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/apps/garden")
    assert names(nursery) == ["base", "crm", "garden", "shed"]
    page = made.get("/apps/garden").page
    assert "Installed: shed, garden. Tables: 1, columns: 11, rows: 2." in " ".join(page.text.split())
    assert [link for link in page.all("a") if link.get("href") == "/garden"]
    assert "Roses" in made.get("/garden").title
    assert nursery.first("garden.bed", name="Roses")


def test_what_is_there_afterwards_is_what_was_planned(nursery: kit.Served) -> None:
    """A column that a model takes from a mixin of base is of the addon of the model, in the plan and in the ledger."""
    made = nursery.sign_in("made", "en")
    plan = made.get("/apps/garden")
    tiles = {
        item.one("dt").text: item.one("dd").text for item in plan.main.one("dl", class_="tiles").all("div")
    }
    assert [item.one("h3").text.split()[1] for item in plan.main.one("ol", class_="plan").all("li")
            if item.all("h3")] == ["shed", "garden"]  # fmt: skip
    made.send(plan)
    about = told(made.get("/apps/garden"))
    assert f"Tables: {tiles['Tables']}, columns: {tiles['Columns']}, indexes: 3" in about


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
        assert "At fault 5" in text
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


# ----------------------------------------------------------------- uninstalling
@pytest.fixture
def made(nursery: kit.Served) -> kit.Visitor:
    """The administrator, who has installed the garden; one contact has something of it."""
    made = nursery.sign_in("made", "en")
    made.fill("/apps/garden")
    made.get("/apps")
    made.fill("/app/base.partner/new", {"name": "Sari", "fence": "7"})
    return made


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
