"""A terminal in which one types several commands: `python -m tests.integrator.terminal FOLDER`.

Each line of standard input is a JSON list: where one is, and of each command the database, its words and what it reads.
A line is answered by one: for each the exit code and what was printed. What the commands import is imported once: a
copy of the process does what a line asks for. What was read of Lumbung's own sources is kept in FOLDER.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core.cli import COMMANDS, main
from core.i18n.extract import calls
from core.testing.quick import no_wait_for_the_disk
from core.web.templating import LayerEnvironment, make_environment
from tests.repository import ROOT

KEPT = Path(sys.argv[-1])
MARK = "answer: "
"""What an answer begins with, among what commands print past it."""
PYTEST = ("-q", "-p", "pytest_lumbung", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""Lumbung is imported when they begin, which is no fault here."""


def run(database: str, words: Sequence[str], typed: str) -> tuple[int, str]:
    """The exit code and all that is printed, as somebody types it."""
    os.environ["LUMBUNG_DB"] = database
    if words[0] == "pytest":
        return int(pytest.main([*PYTEST, *words[1:]])), "tested"
    done = CliRunner().invoke(main, ["--lang", "en", *words[1:]], input=typed)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def _templates(layers: Sequence[tuple[str, Path]]) -> LayerEnvironment:
    made = make_environment(layers)
    made.kept = KEPT
    return made


def _texts(source: Path, without: Sequence[Path] = (), read: Any = calls) -> Any:
    """The texts of a source, of Lumbung's own as they were read before."""
    note = KEPT / f"{'_'.join(source.parts[1:])}.texts"
    if not source.is_relative_to(ROOT):
        return read(source, without)
    if not note.exists():
        note.write_bytes(pickle.dumps(list(read(source, without))))
    return pickle.loads(note.read_bytes())


def answer(line: str) -> None:
    """Does what a line asks for, and says so in one."""
    place, commands = json.loads(line)
    os.chdir(place)
    with no_wait_for_the_disk(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.web.site.make_environment", _templates)
        patch.setattr("core.i18n.files.calls", _texts)
        print(f"{MARK}{json.dumps([run(*command) for command in commands])}", flush=True)  # noqa: T201


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    for name in ("core.web.site", "core.schema.install", "core.apps", "core.testing", *COMMANDS.values()):
        importlib.import_module(name.partition(":")[0])
    for line in sys.stdin:
        child = os.fork()
        if not child:
            answer(line)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            print(f"{MARK}null", flush=True)  # noqa: T201
