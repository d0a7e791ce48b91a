"""The docs say what the code says: signatures of hooks, and the sample of the README."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import core
from core import hookspecs

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "docs/tutorial/lumbung_seats"


def specs() -> dict[str, str]:
    """The signature of each hook as it is written in `core/hookspecs.py`."""
    found = {}
    for name, function in vars(hookspecs).items():
        if inspect.isfunction(function) and hasattr(function, "lumbung_spec"):
            found[name] = f"{name}{inspect.signature(function)}".replace("'", "")
    return found


def test_every_hook_is_documented_with_its_exact_signature() -> None:
    documented = re.findall(r"^## `(.+)`$", (ROOT / "docs/hooks.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(specs().values())


def test_the_facade_lists_what_it_gives() -> None:
    public = {name: value for name, value in vars(core).items() if name == "_" or not name.startswith("_")}
    given = {name for name, value in public.items() if not inspect.ismodule(value)}
    assert sorted(core.__all__) == sorted(given)


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
