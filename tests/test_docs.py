"""The docs say what the code says: signatures of hooks, and the sample of the README."""

from __future__ import annotations

import datetime as dt
import importlib.util
import inspect
import re
import sys
from contextlib import closing
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest
import time_machine

import core
from addons.crm.hooks import models as crm_models
from core import Env, UserError, hookspecs
from core.access.rights import Policy
from core.assembly import assemble
from core.base.hooks import models as base_models
from core.loader import GROUP, discover
from core.orm.database import Database
from core.orm.env import open_env
from core.orm.registry import Registry
from core.schema.install import install
from tests.core.orm.sales import store
from tests.core.workshop import workshop
from tools import reference

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "docs/tutorial/lumbung_seats"
NOON = dt.datetime(2026, 11, 24, 5, tzinfo=dt.UTC)


def specs() -> dict[str, str]:
    """The signature of each hook as it is written in `core/hookspecs.py`."""
    found = {}
    for name, function in vars(hookspecs).items():
        if inspect.isfunction(function) and hasattr(function, "lumbung_spec"):
            found[name] = f"{name}{inspect.signature(function)}".replace("'", "")
    return found


def test_every_hook_is_documented_with_its_exact_signature() -> None:
    page = (ROOT / "docs/hooks.md").read_text()
    documented = re.findall(r"^### `(.+)`$", page, re.MULTILINE)
    assert sorted(documented) == sorted(specs().values())
    for name, signature in specs().items():
        begins = "At work" if "env: Env" in signature else "At load"
        assert re.findall(rf"^\| \[(.+)\]\(.*`{name}`", page, re.MULTILINE) == [begins]
        assert re.findall(r"^## (.+)$", page.partition(f"### `{signature}`")[0], re.MULTILINE)[-1] == begins


def test_the_facade_lists_what_it_gives() -> None:
    public = {name: value for name, value in vars(core).items() if name == "_" or not name.startswith("_")}
    given = {name for name, value in public.items() if not inspect.ismodule(value)}
    assert sorted(core.__all__) == sorted(given)


def test_the_reference_is_what_the_code_says() -> None:
    assert reference.PAGE.read_text("utf-8") == reference.written(), "run: python -m tools.reference"


def test_the_reference_tells_of_every_argument_of_every_kind_of_field() -> None:
    """What it would leave out without failing: those that a kind takes and has no text for do fail."""
    assert {"Date", "Many2one", "Money", "Select"} <= {kind.__name__ for kind in reference.kinds()}
    common = {"required", *reference.FieldOptions.__annotations__}
    assert common == {*inspect.signature(reference.Field.__init__).parameters} - {"self"}


def test_what_the_reference_shows_can_be_written(survey: ModuleType) -> None:
    blocks = re.findall(r"```python\n(.*?)```", reference.PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, vars(survey))
    view = eval(blocks[1], vars(survey))
    fields = {name for node in view.body.nodes for name in (node.name, *node.attrs.get("sub", ()))}
    assert fields <= set(vars(survey.Line)), fields


def test_the_readme_shows_the_sample_that_is_tested() -> None:
    blocks = re.findall(r"```(?:toml|python)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for name in ("pyproject.toml", "lumbung_seats.py"):
        assert (SAMPLE / name).read_text() in blocks, name


def test_the_smallest_addon_is_two_files_of_at_most_twenty_lines() -> None:
    files = [path for path in SAMPLE.iterdir() if path.is_file()]
    lines = [line for path in files for line in path.read_text().splitlines() if line.strip()]
    assert len(files) == 2
    assert len(lines) <= 20
    assert sum("seats = " in line for line in lines) == 2  # the entry point, and the field once


def test_what_the_architecture_names_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    named = set(re.findall(r"`((?:core|tests|addons)/[\w/.]+)`", text)) | set(
        re.findall(r"\((\w[\w/-]+\.md)\)", text)
    )
    missing = [name for name in named if not (ROOT / name).exists() and not (ROOT / "docs" / name).exists()]
    assert len(named) > 25 and not missing


def test_recipes_show_code_that_is_tested() -> None:
    tested = [
        path.read_text()
        for room in ("addons", "docs/tutorial", "tests")
        for path in (ROOT / room).rglob("*.py")
    ]
    for recipe in (*(ROOT / "docs/recipes").glob("*.md"), ROOT / "docs/testing.md"):
        blocks = re.findall(r"```python\n(.*?)```", recipe.read_text(), re.DOTALL)
        assert blocks, f"{recipe.name} shows nothing"
        for block in blocks:
            assert any(block in text for text in tested), f"{recipe.name}: no tested file has\n{block}"


SURVEY = """from __future__ import annotations

from core import *
from core import _

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Self

from sqlalchemy import func, select

from addons.crm import Lead as CrmLead

addon = Addon("survey", version="1.0", depends=("crm",), label="Survey")

"""
REST = 'extend("crm.lead.form"'
"""The one block that is of another addon."""


def shown() -> str:
    """All that `docs/hooks.md` shows, as the module that a reader would make of it."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/hooks.md").read_text(), re.DOTALL)
    of_survey = [block for block in blocks if REST not in block]
    assert len(of_survey) == len(blocks) - 1 > 7
    return SURVEY + "\n\n".join(of_survey)


@pytest.fixture
def survey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What is shown, imported."""
    path = tmp_path / "lumbung_survey.py"
    path.write_text(shown())
    spec = importlib.util.spec_from_file_location("lumbung_survey", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "lumbung_survey", module)
    spec.loader.exec_module(module)
    return module


def test_the_models_that_are_shown_compute_and_refuse(survey: ModuleType, url: str) -> None:
    published = {"base": base_models(), "crm": crm_models(), "survey": [survey.Lead, survey.Line]}
    registry = Registry(published, {"crm": frozenset({"base"}), "survey": frozenset({"crm"})})
    registry.policy = Policy(registry)
    with store(url, registry) as made, made.env() as env, env.sudo("the test") as su:
        rupiah = su.create(su["base.currency"], [{"code": "IDR", "name": "Rupiah", "symbol": "Rp"}])[0]
        company = su.create(su["base.company"], [{"name": "one", "currency": rupiah}])[0]
        lead = su.create(su["crm.lead"], [{"title": "Rumah", "company": company}])[0]
        line = su.create(su["survey.line"], [{"lead": lead, "text": "Survei", "price": Decimal(1000)}])[0]
        su.flush()
        line.price = Decimal(1500)
        su.flush()
        assert lead.total == 1500
        lead.revenue = Decimal(-1)
        with pytest.raises(UserError) as refused:
            su.flush()
        assert refused.value.field == "revenue"
        lead.revenue = None
    registry.dispose()


def test_what_is_shown_is_an_addon_that_loads_and_tells(url: str, tmp_path: Path) -> None:
    with workshop(tmp_path) as made, closing(Database(url)) as database:
        made.write({"survey": shown()})
        catalogue = discover([str(made.folder)], entry_points=[EntryPoint("crm", "addons.crm", GROUP)])
        assert not catalogue.broken
        install(database, catalogue, ["crm", "survey"])
        assembly = assemble(catalogue, ["crm", "survey"])
        assert not assembly.quarantined and assembly.views["survey.line.kanban"].attrs["by"] == "state"
        for hook in ("menus", "rules", "pages"):
            assert "survey" in {item.addon for item in getattr(assembly, hook)}, hook
        with open_env(assembly.registry, database) as env:
            assert told(env, sys.modules["survey"])
        assembly.dispose()


def told(env: Env, survey: ModuleType) -> bool:
    """Whether the timeline tells the latest of a lead, and of those until a moment the latest; home tells something."""
    with time_machine.travel(NOON, tick=False) as clock:
        rupiah = env.create(env["base.currency"], [{"code": "XTS", "name": "Test", "symbol": "T"}])[0]
        company = env.create(env["base.company"], [{"name": "one", "currency": rupiah}])[0]
        lead, other = env.create(env["crm.lead"], [{"title": text, "company": company} for text in "ab"])
        env.flush()
        for text in ("second", "third"):
            clock.shift(dt.timedelta(hours=1))
            env.create(env["survey.line"], [{"lead": one, "text": text} for one in (lead, other)])
            env.flush()
        texts = [
            [item.text for item in survey.timeline(env, lead, before, limit)]
            for before, limit in ((None, 2), (NOON + dt.timedelta(hours=1), 1), (NOON, 5))
        ]
        tile, card = survey.dashboard(env)
        assert tile.value == str(len(card.rows)) != "0" and len(card.heads) == 4
        assert [one.value for one in survey.tiles(env, lead)] == ["3"] and not list(
            survey.tiles(env, company)
        )
    return texts == [["third", "second"], ["second"], ["Survey"]]
