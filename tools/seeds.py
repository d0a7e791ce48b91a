"""Bugs that the tests must find: each is put into a copy of the tree, and its tests have to fail there.

`python -m tools.seeds` tries all of them, `python -m tools.seeds NAME` one. A bug that no test notices is a hole in
the tests. `tests/test_seeds.py` keeps the places from going out of date.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEFT_OUT = (
    ".git",
    ".venv",
    "node_modules",
    "data",
    "build",
    "dist",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
)


@dataclass(frozen=True)
class Seed:
    """A bug: what stands in a file, what is put in its place, and the tests that must notice."""

    name: str
    file: str
    old: str
    new: str
    tests: str


SEEDS = (
    Seed("reads are not narrowed", "core/access/door.py",
         "    if fresh:\n", "    if fresh and not state.is_select:\n", "tests/core/access"),
    Seed("a closed field can be filtered by", "core/access/door.py",
         "    if key in rights.hidden_keys(info):\n", "    if False:\n", "tests/core/access"),
    Seed("anybody's record can be changed", "core/access/flush.py",
         'list(changed), rights.condition(info, "w"))', "list(changed), None)", "tests/core/access"),
    Seed("a record can be moved out of reach", "core/access/flush.py",
         'list(changed), rights.after_write(info, "w"))', "list(changed), None)", "tests/core/access"),
    Seed("who was switched off stays signed in", "core/access/sessions.py",
         "            users.c.active.is_(True),\n", "", "tests/web/test_users.py tests/web/test_sessions.py"),
    Seed("the second of two loses the first one's words", "core/web/records/saving.py",
         "record.version != form.drawn.version or any(", "any(", "tests/web/test_form_conflict.py"),
    Seed("a number is given twice", "core/orm/numbering.py",
         "enumerate(batch, last - len(batch) + 1)", "enumerate(batch, last - len(batch))",
         "tests/core/orm/test_numbering.py"),
    Seed("money goes through binary fractions", "core/orm/types.py",
         "            number = exact(value, scale)\n", "            number = exact(float(value) * 1.0000001, scale)\n",
         "tests/core/orm/test_exact_numbers.py"),
    Seed("a change leaves no history", "core/orm/history.py",
         "        if values:\n            yield record.id, values\n",
         "        if False:\n            yield record.id, values\n",
         "tests/core/orm/test_history.py"),
    Seed("the old parent keeps its total", "core/orm/computes.py",
         "found.update(past.added or (), past.deleted or (), past.unchanged or ())",
         "found.update(past.added or (), past.unchanged or ())",
         "tests/core/orm/test_computes.py tests/core/orm/test_computes_together.py"),
    Seed("a schema is changed halfway", "core/schema/apply.py",
         "    for index in plan.indexes:\n", "    connection.commit()\n    for index in plan.indexes:\n",
         "tests/core/test_schema.py"),
    Seed("a spreadsheet runs what somebody wrote", "core/web/listing/export.py",
         'FORMULA = frozenset("=+-@")', 'FORMULA = frozenset("=+-")', "tests/web/test_list_csv.py"),
    Seed("a form needs no token", "core/web/security.py",
         "    CSRFProtect(site.app)\n", '    site.app.config["WTF_CSRF_ENABLED"] = False\n    CSRFProtect(site.app)\n',
         "tests/web/test_security.py"),
)  # fmt: skip


@contextmanager
def tree() -> Iterator[Path]:
    """A copy of what is here, without what was made."""
    with tempfile.TemporaryDirectory(prefix="lumbung-seed-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        # `data` is left out for the databases of whoever works here; base has a folder of that name too.
        shutil.copytree(ROOT / "core/base/data", copy / "core/base/data")
        yield copy


def plant(seed: Seed, copy: Path) -> None:
    """Puts the bug into a copy. Raises ValueError where its place is not there, or is there twice."""
    file = copy / seed.file
    text = file.read_text("utf-8")
    if text.count(seed.old) != 1:
        raise ValueError(f"{seed.name}: {seed.file} has its place {text.count(seed.old)} times")
    file.write_text(text.replace(seed.old, seed.new), "utf-8")


def passes(copy: Path, tests: Iterable[str]) -> bool:
    """Whether tests pass in a copy, or fail. Raises SystemExit where they cannot be run."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--fast", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"The tests could not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 0


def main(names: list[str]) -> None:
    """Tries the bugs of these names, or all. Raises SystemExit where one stays unseen."""
    seeds = [seed for seed in SEEDS if not names or seed.name in names]
    with tree() as copy:
        if not passes(copy, sorted({path for seed in seeds for path in seed.tests.split()})):
            raise SystemExit("The tests fail without any bug: that would prove nothing.")
    unseen = []
    for seed in seeds:
        with tree() as copy:
            plant(seed, copy)
            unseen += [seed.name] if passes(copy, seed.tests.split()) else []
        print(f"{'UNSEEN' if seed.name in unseen else 'found '}  {seed.name}", flush=True)
    if unseen:
        raise SystemExit(f"No test notices: {', '.join(unseen)}")


if __name__ == "__main__":
    main(sys.argv[1:])
