"""What somebody installs is complete: every committed file of the packages, and what set-up fetched."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.repository import ROOT, committed
from tools.fetch import COPIES, REGIONS, TABLES

PACKAGES = ("core", "addons")
BUILT_FROM = (*PACKAGES, "pytest_lumbung.py", "pyproject.toml", "setup.cfg", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from a copy of the tree, so that nothing is left in it."""
    tree = tmp_path_factory.mktemp("tree")
    for name in BUILT_FROM:
        source, target = ROOT / name, tree / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        ".",
        ".",
    ]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = tree.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


@pytest.mark.slow
def test_every_committed_file_is_shipped(wheel: set[str]) -> None:
    names = {path.relative_to(ROOT).as_posix() for path in committed()}
    expected = {name for name in names if name.startswith(("core/", "addons/"))}
    assert expected, "the packages hold no files"
    missing = (expected | {"pytest_lumbung.py"}) - wheel
    assert not missing, f"not in the wheel (package-data in pyproject.toml): {missing}"


@pytest.mark.slow
def test_the_fetched_files_are_shipped(wheel: set[str]) -> None:
    regions = {(REGIONS / name).relative_to(ROOT).as_posix() for name in TABLES}
    assert not {*COPIES.values(), *regions} - wheel
    assert not {name for name in wheel if name.startswith(("tests/", "tools/", "node_modules/"))}
