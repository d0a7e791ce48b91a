"""An installation killed with -9: the state of before or that of after, whole; and the next goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.orm.database import Database
from core.schema.preparing import installed
from tests.copies import Copies
from tests.repository import ROOT
from tests.web.kit import digest
from tests.web.nursery import GARDEN, SHED

pytestmark = pytest.mark.slow

INSTALL = """\
import os, signal, sys
import sqlalchemy as sa
from core.loader import discover
from core.orm.database import Database
from core.schema.install import install

url, point = sys.argv[1:]
database, count = Database(url), 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

@sa.event.listens_for(database.writing, "before_cursor_execute")
def _statement(*_given):
    global count
    count += 1
    if point == str(count):
        die()

@sa.event.listens_for(database.writing, "commit")
def _commit(*_given):
    if point == "commit":
        die()

report = install(database, discover(), ["garden"], dry_run=point == "count")
if point == "done":
    die()
print(count, *report.installed)
"""
"""Dies before the statement with the number `point`, before the commit, or once it is done."""
MANY = 'return [Rows(Bed, [{"key": f"bed{n}", "name": f"Bed {n}"} for n in range(300)])]'
PARTS = 3
"""At so many places, spread over all statements, one is killed."""

Install = Callable[[str, str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def install(tmp_path: Path, kind: str, copies: Copies) -> Install:
    """Installs in a process of its own, which dies at a point."""
    folder = tmp_path / "addons_here"
    folder.mkdir()
    (folder / "shed.py").write_text(SHED, encoding="utf-8")
    rows = 'return [Rows(Bed, [{"key": "roses", "name": "Roses"}])]'
    assert rows in GARDEN
    (folder / "garden.py").write_text(GARDEN.replace(rows, MANY), encoding="utf-8")
    environment = {**os.environ, "LUMBUNG_ADDONS_PATH": str(folder), "PYTHONPATH": str(ROOT), "LANG": "en"}

    def run(url: str, point: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", INSTALL, url, point],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_killed_anywhere_it_is_whole_and_the_next_goes_on(
    kind: str, copies: Copies, install: Install
) -> None:
    with copies.copy(kind, "bare") as url, closing(Database(url)) as database:
        before = digest(database)
        counted = install(url, "count")
        assert counted.stdout.split()[1:] == ["shed", "garden"], counted.stderr
        total = int(counted.stdout.split()[0])
        assert digest(database) == before
        database.close()
        points = sorted({max(1, total * part // PARTS) for part in range(PARTS + 1)})
        for point in (*map(str, points), "commit"):
            killed = install(url, point)
            assert killed.returncode == -signal.SIGKILL, (point, killed.stderr)
            assert digest(database) == before, f"something stayed of what was killed at {point} of {total}"
            database.close()
        killed = install(url, "done")
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        after = digest(database)
        assert after != before
        with database.reading.connect() as connection:
            assert installed(connection) == ["base", "crm", "garden", "shed"]
        database.close()
        again = install(url, "nowhere")
        assert again.stdout.split()[1:] == [], again.stderr
        assert digest(database) == after, "the one that came after had something left to do"
