"""The Apps page: what is found, what installing it brings, and installing it with several about."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.cli import main
from core.errors import LoadError
from core.loader import Catalogue
from core.orm.database import Database
from core.schema import install as installing
from core.schema.install import install
from core.web.dispatcher import Sites
from tests.core.workshop import Workshop
from tests.web import kit
from tests.web.conftest import on_sqlite
from tests.web.nursery import found as found  # fixtures: `nursery` needs the others
from tests.web.nursery import names, told
from tests.web.nursery import nursery as nursery
from tests.web.nursery import shop as shop
from tests.web.nursery import sites as sites


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


def test_the_plan_is_that_of_the_command(
    nursery: kit.Served, found: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.loader.discover", lambda: found)
    ran = CliRunner().invoke(main, ["addons", "plan", "garden", "--json"], env={"LUMBUNG_DB": nursery.url})
    said = json.loads(ran.stdout)
    page = nursery.sign_in("made", "en").get("/apps/garden").main
    assert kit.typed(kit.form_in(page))["seen"] == [" ".join(said["addons"])]
    made = {step["table"] for step in said["steps"] if step["kind"] == "table"}
    steps = [f"table {table}, " for table in made] + [
        f"column {step['name']} in {step['table']}"
        for step in said["steps"]
        if step["kind"] == "column" and step["table"] not in made
    ]
    assert len(steps) > 2
    assert [step for step in steps if step not in page.text] == []


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
    barrier, answers = threading.Barrier(2, timeout=20), list[str]()

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
        thread.join(60)
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
