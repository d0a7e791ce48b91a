"""An upgrade script, that of docs/recipes/upgrade.md, tried on what the version before left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import ROOT

pytest_plugins = "pytester"
pytestmark = pytest.mark.slow

GARDEN = """\
from core import Addon, Char, Integer, Model, Text, _, hookimpl
addon = Addon("garden", version="{version}", label=_("Garden"))
class Plot(Model, name="garden.plot", label=_("Plot"), plural=_("Plots"), access={{"base.user": "rwcd"}}):
    {fields}
@hookimpl
def models():
    return [Plot]
"""
BEFORE = GARDEN.format(version="1.0", fields="size, note = Char(10), Text()")
NOW = GARDEN.format(version="1.1", fields="area, use = Integer(), Char(required=True)")
SCRIPT = ROOT / "tests/core/recipe_upgrade.py"
TYPED = """
import sys
from core.assembly import assemble
from core.loader import discover
from core.orm.database import Database
from core.orm.env import open_env

with open_env(assemble(discover(), ["base", "garden"]).registry, Database(sys.argv[1])) as env:
    for row in ({"size": "12"}, {"size": "?", "note": "wet"}):
        env.create(env["garden.plot"], [row])
        env.flush()
"""
TEST = """\
from sqlalchemy import select


def test_sizes_of_before_are_areas_now(upgraded):
    with upgraded("garden-1.0.db") as env:
        plots = env.scalars(select(env["garden.plot"]).order_by(env["garden.plot"].id))
        assert [(plot.area, plot.use) for plot in plots] == [(12, "vegetables"), (None, "none")]
"""


PROJECT = """\
[project]
name = "lumbung-garden"
[project.entry-points."lumbung.addons"]
garden = "lumbung_garden"
"""
INIT = (
    "-m",
    "core.cli",
    "init",
    "--addons",
    "garden",
    "--admin-email",
    "a@b.example",
    "--password-stdin",
    "--db",
)
PYTEST = ("-m", "pytest", "-q", "-p", "pytest_lumbung", "-p", "no:xdist", "tests")


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    """An addon of now, beside a database that was made by the one of before."""
    before, folder = pytester.path / "before", pytester.path / "project"
    for place, source in ((before, BEFORE), (folder, NOW)):
        write(place / "lumbung_garden" / "__init__.py", source)
        write(place / "pyproject.toml", PROJECT)
    write(folder / "lumbung_garden" / "upgrades" / "1.1.py", SCRIPT.read_text("utf-8"))
    write(folder / "tests" / "test_garden.py", TEST)
    url = f"sqlite:///{folder / 'tests' / 'garden-1.0.db'}"
    for command in ((*INIT, url), ("-c", TYPED, url)):
        run(before, *command)
    return folder


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def run(place: Path, *command: str) -> str:
    """What Python prints in the folder of an addon. Fails where it does not succeed."""
    paths = {"PYTHONPATH": os.pathsep.join((str(place), str(ROOT))), "LUMBUNG_ADDONS_PATH": str(place)}
    done = subprocess.run(
        [sys.executable, *command], cwd=place, env={**os.environ, **paths}, input="kata sandi penguji\n",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_script_is_tried_on_a_database_of_before(project: Path) -> None:
    kept = project / "tests" / "garden-1.0.db"
    content = kept.read_bytes()
    assert "1 passed" in run(project, *PYTEST)
    assert kept.read_bytes() == content, "what is kept stays as it was"


def test_a_script_that_forgets_something_fails_and_says_what(project: Path) -> None:
    write(
        project / "lumbung_garden" / "upgrades" / "1.1.py",
        SCRIPT.read_text("utf-8").partition("def after")[0],
    )
    with pytest.raises(AssertionError, match=r"garden_plot\.use"):
        run(project, *PYTEST)
