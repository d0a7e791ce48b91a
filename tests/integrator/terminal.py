"""A terminal in which one types several commands, in one process: `python -m tests.integrator.terminal FOLDER`.

Standard input is a JSON list, of each command the database, its words and what it reads; for each the exit code and
what was printed are printed as JSON. What was read of Lumbung's own sources is kept in FOLDER from run to run.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core.cli import main
from core.i18n.extract import calls
from core.testing.quick import no_wait_for_the_disk
from core.web.templating import LayerEnvironment, make_environment
from tests.repository import ROOT

KEPT = Path(sys.argv[-1])
PYTEST = ("-q", "-p", "pytest_lumbung", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""Lumbung is imported when they begin, which is no fault here."""


def run(database: str, words: Sequence[str], typed: str) -> tuple[int, str]:
    """The exit code and all that is printed, as somebody types it."""
    os.environ["LUMBUNG_DB"] = database
    if words[0] == "pytest":
        return int(pytest.main([*PYTEST, *words[1:]])), ""
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


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    with no_wait_for_the_disk(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.web.site.make_environment", _templates)
        patch.setattr("core.i18n.files.calls", _texts)
        print(json.dumps([run(*command) for command in json.load(sys.stdin)]))  # noqa: T201
