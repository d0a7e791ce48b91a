"""What `lumbung new-addon` writes passes its tests, the type checker and `lumbung check`; what cannot be is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.cli import main
from tests.repository import ROOT

DOCS = (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
WANTED = {
    "plain": (),
    "plots": ("--model", "land_plot"),
    "remarks": ("--extends", "crm.lead"),
    "partner": ("--model", "partner", "--extends", "base.partner"),
}
"""Name -> options; the last one has a model that is called like the one that it extends."""
EVERYTHING = "partner"
TYPED = sorted(
    set(re.findall(r"lumbung new-addon ([a-z][^`\n]*)", "".join(file.read_text("utf-8") for file in DOCS)))
)
"""What the docs say after `lumbung new-addon`."""


def new_addon(into: Path, *arguments: str) -> Result:
    """The command, as somebody types it."""
    return CliRunner().invoke(main, ["--lang", "en", "new-addon", "--into", str(into), *arguments])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an addon of each kind."""
    folder = tmp_path_factory.mktemp("new")
    for name, options in WANTED.items():
        result = new_addon(folder, name, *options)
        assert result.exit_code == 0, result.output
    return folder


def run(folder: Path, *command: str, **variables: str) -> str:
    """What Python prints where the projects lie beside each other. Fails where it does not succeed."""
    projects = [str(folder / f"lumbung-{name}") for name in WANTED]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((*projects, str(ROOT))),
        "LUMBUNG_ADDONS_PATH": os.pathsep.join(projects),
        "LUMBUNG_DB": f"sqlite:///{folder / 'none.db'}",
        "LANG": "C.UTF-8",
        **variables,
    }
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.slow
def test_they_pass_their_own_tests(written: Path) -> None:
    tests = [f"lumbung-{name}/tests" for name in WANTED]
    told = run(
        written, "-W", "error", "-m", "pytest", "-q", "-p", "pytest_lumbung", "-p", "no:cacheprovider", *tests
    )
    [line] = [line for line in told.splitlines() if " passed" in line]
    assert int(line.split()[0]) > 40 * len(WANTED)


@pytest.mark.slow
def test_one_of_everything_passes_on_postgresql(written: Path, postgres_url: str) -> None:
    tests = f"lumbung-{EVERYTHING}/tests"
    options = ("-W", "error", "-m", "pytest", "-q", "-p", "pytest_lumbung", "-p", "no:cacheprovider", tests)
    assert " passed" in run(written, *options, LUMBUNG_TEST_DB=postgres_url)


@pytest.mark.slow
def test_they_pass_the_type_checker(written: Path) -> None:
    sources = [
        f"lumbung-{name}/{room}" for name in WANTED for room in (f"lumbung_{name}", f"tests/test_{name}.py")
    ]
    run(written, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache" / "integrator"), *sources)


@pytest.mark.slow
def test_they_pass_the_check_together(written: Path) -> None:
    found = json.loads(run(written, "-m", "core.cli", "--lang", "en", "check", "--json"))
    assert set(WANTED) <= set(found["addons"])
    assert not found["quarantined"] and not found["faults"]
    assert not {item["addon"] for item in found["findings"]} & set(WANTED)
    assert not found["translations"].keys() & set(WANTED)


@pytest.mark.slow
def test_they_are_in_form(written: Path) -> None:
    run(written, "-m", "ruff", "check", "--no-cache", ".")
    run(written, "-m", "ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.slow
def test_what_docs_say_lies_in_an_addon_is_packed(tmp_path: Path) -> None:
    """Whatever lies beside the modules is in the package that others install."""
    assert new_addon(tmp_path, "fresh").exit_code == 0
    project, files = (
        tmp_path / "lumbung-fresh",
        ("static/fresh/a.css", "templates/fresh/a.html", "upgrades/1.1.py"),
    )
    for name in files:
        (project / "lumbung_fresh" / name).parent.mkdir(parents=True)
        (project / "lumbung_fresh" / name).touch()
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(tmp_path), str(project)]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    with zipfile.ZipFile(tmp_path / "lumbung_fresh-1.0-py3-none-any.whl") as wheel:
        assert {f"lumbung_fresh/{name}" for name in files} <= set(wheel.namelist())


@pytest.mark.parametrize("command", TYPED)
def test_what_docs_say_to_type_is_written(tmp_path: Path, command: str) -> None:
    result = new_addon(tmp_path, *command.split())
    assert result.exit_code == 0, result.output


def test_what_is_made_there_is_not_tracked(written: Path) -> None:
    """What `pip install --editable`, `pytest`, mypy and ruff leave, as git sees it."""
    project = written / f"lumbung-{EVERYTHING}"
    made = (
        "build/lib/a.py",
        f"lumbung_{EVERYTHING}.egg-info/PKG-INFO",
        "dist/a.whl",
        ".pytest_cache/a",
        "a/__pycache__/a.pyc",
    )
    git = ["git", "-C", str(project)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    asked = subprocess.run(
        [*git, "check-ignore", "README.md", *made], capture_output=True, text=True, check=True
    )
    shutil.rmtree(project / ".git")
    assert asked.stdout.split() == list(made)


def test_a_dry_run_lists_what_would_be_written(written: Path, tmp_path: Path) -> None:
    shown = json.loads(new_addon(tmp_path, "plots", "--model", "land_plot", "--dry-run", "--json").stdout)
    assert list(tmp_path.iterdir()) == [] and shown["written"] is False
    there = [path for path in (written / "lumbung-plots").rglob("*") if path.is_file()]
    ours = {path.relative_to(written).as_posix() for path in there if "__pycache__" not in path.parts}
    assert set(shown["files"]) == ours
    assert "would be written" in new_addon(tmp_path, "plots", "--dry-run").output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Bad-Name",), ("Bad-Name", "small letters")),
        (("core",), ("core", "no name of Lumbung")),
        (("addons",), ("addons", "no name of Lumbung")),
        (("crm",), ("already", "another name")),
        (("email",), ("Python itself",)),
        (("class",), ("Python itself",)),
        (("fresh", "--model", "class"), ("class", "such as")),
        (("fresh", "--model", "Unit"), ("Unit", "small letters")),
        (("fresh", "--model", "hooks"), ("hooks", "such as")),
        (("fresh", "--extends", "crm.led"), ("crm.led", "crm.lead")),
        (("fresh", "--extends", "nothing.like_it_at_all"), ("no model", "package of its addon")),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, arguments: Sequence[str], told: Sequence[str]) -> None:
    result = new_addon(tmp_path, *arguments)
    assert result.exit_code == 1
    assert [word for word in told if word not in result.output] == [], result.output
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "lumbung-fresh" / "README.md"
    mine.parent.mkdir()
    mine.write_text("mine", "utf-8")
    result = new_addon(tmp_path, "fresh")
    assert result.exit_code == 1 and "nothing is overwritten" in result.output
    assert [path.name for path in mine.parent.iterdir()] == ["README.md"] and mine.read_text(
        "utf-8"
    ) == "mine"


def test_the_import_name_of_another_package_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lumbung_fresh").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert "lumbung_fresh" in new_addon(tmp_path / "out", "fresh").output


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = new_addon(tmp_path / "file" / "deep", "fresh")
    assert result.exit_code in (1, 2) and "file" in result.output
