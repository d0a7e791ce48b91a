"""What the tests of the commands share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.core.cli.shell import ADDON, Shell
from tests.core.workshop import workshop


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the machine's settings, and nothing left in this process."""
    for name in ("LUMBUNG_DB", "LUMBUNG_SECRET", "LUMBUNG_ADDONS_PATH", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LUMBUNG_DATA", str(tmp_path / "files"))
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    with workshop(tmp_path):
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded database lies from which others are copied."""
    return tmp_path_factory.mktemp("template") / "base.db"


@pytest.fixture
def shell(url: str, template: Path) -> Shell:
    return Shell(url, template if url.startswith("sqlite") else None)


@pytest.fixture
def embedded(sqlite_url: str, template: Path) -> Shell:
    """For what has nothing to do with the kind of database."""
    return Shell(sqlite_url, template)


@pytest.fixture
def garden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An addon in LUMBUNG_ADDONS_PATH."""
    file = tmp_path / "more" / "garden" / "__init__.py"
    file.parent.mkdir(parents=True)
    file.write_text(dedent(ADDON), encoding="utf-8")
    monkeypatch.setenv("LUMBUNG_ADDONS_PATH", str(tmp_path / "more"))
    return file
