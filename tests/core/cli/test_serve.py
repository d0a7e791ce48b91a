"""`lumbung serve`, the secret, addresses of databases, and the language of messages."""

from __future__ import annotations

import socket
import stat
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from core.cli import COMMANDS, main
from core.commands import demo as demo_command
from core.commands import serve as serve_command
from core.i18n import catalogs
from core.orm.database import Database
from core.schema import tables
from tests.core.cli.shell import EMAIL, Shell, free_port


def test_serve_hands_the_address_to_the_server(embedded: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded.make()
    calls: list[tuple[str, str, int]] = []
    monkeypatch.setattr(serve_command, "run", lambda url, host, port: calls.append((url, host, port)))
    embedded("serve", "--port", str(free_port()))
    assert [call[:2] for call in calls] == [(embedded.url, "127.0.0.1")]


def age(url: str) -> None:
    """Makes a database such as an older version of the program would have left it."""
    with closing(Database(url)) as database, database.writing.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE base_company DROP COLUMN phone")
        known = tables.ledger.c
        connection.execute(
            tables.ledger.delete().where(known.table_name == "base_company", known.name == "phone")
        )


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be served, by the server that needs nothing, which ends at once."""
    served: list[str] = []

    def run_simple(host: str, port: int, application: Any, **options: Any) -> None:
        with closing(application):
            served.extend(map(str, application.tenants["*"].site().assembly.names))

    monkeypatch.setitem(sys.modules, "gunicorn.app.base", None)
    monkeypatch.setattr("werkzeug.serving.run_simple", run_simple)
    return served


def test_a_database_that_is_older_than_the_program_is_not_served(shell: Shell, begun: list[str]) -> None:
    """Each page would fail that asks for what is not there."""
    shell.make()
    age(shell.url)
    result = shell("serve", "--port", str(free_port()), code=1)
    assert "base_company.phone is missing" in result.stderr and "lumbung addons upgrade" in result.stderr
    assert "Lumbung is at" not in result.output and begun == []
    shell("addons", "install", "base")
    assert "Lumbung is at" in shell("serve", "--port", str(free_port())).stdout
    assert begun == ["base"]


def test_serve_says_which_addon_is_left_out(
    embedded: Shell, garden: Path, begun: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    embedded.init("--addons", "garden")
    garden.write_text("from core import *\naddon = Addon('garden', version='1.0')\noh")
    sys.modules.pop("garden")
    assert "Lumbung is at" in embedded("serve", "--port", str(free_port())).stdout
    assert begun == ["base", "crm"]
    [told] = [record.getMessage() for record in caplog.records if record.name == "lumbung.web"]
    assert "garden" in told and "NameError" in told and f"{garden}:3" in told


def test_a_demo_that_is_older_than_the_program_is_brought_up_to_date(
    embedded: Shell, begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.make()
    with closing(Database(embedded.url)) as database, database.writing.begin() as connection:
        connection.execute(tables.registry_version.update().values(demo=demo_command.COMPLETE))
    age(embedded.url)
    embedded("demo", "--db", embedded.url, "--port", str(free_port()))
    assert begun == ["base"]


def test_serve_says_that_the_port_is_taken(embedded: Shell) -> None:
    embedded.make()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} of 127.0.0.1" in embedded("serve", "--port", str(port), code=1).stderr


def test_a_secret_is_made_once_and_kept_from_others(
    embedded: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_command, "run", lambda *args: None)
    embedded.make()
    file = tmp_path / "files" / "secret"
    embedded("serve", "--port", str(free_port()))
    first = file.read_text()
    assert len(first) > 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    embedded("serve", "--port", str(free_port()))
    assert file.read_text() == first


def test_a_secret_is_kept_where_a_file_cannot_be_locked(
    embedded: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(serve_command, "run", lambda *args: None)
    embedded.make()
    for _time in range(2):
        embedded("serve", "--port", str(free_port()))
    assert len((tmp_path / "files" / "secret").read_text()) > 32


def test_a_short_secret_is_refused(embedded: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded.make()
    monkeypatch.setenv("LUMBUNG_SECRET", "x" * 31)
    result = embedded("serve", code=1)
    assert "LUMBUNG_SECRET is easy to guess: use a random text of 32" in result.stderr
    assert "x" * 31 not in result.output


@pytest.mark.parametrize(
    "address",
    [
        "mysql://root:geheim@host/x",
        "sqlite://",
        "postgresql://host",
        "nonsense://",
        "postgresql://me:geheim@host:harbour/x",
    ],
)
def test_an_odd_address_of_a_database_is_refused(address: str) -> None:
    result = CliRunner().invoke(main, ["addons", "list", "--db", address])
    assert result.exit_code == 1
    assert "is no address of a database" in result.stderr
    assert "geheim" not in result.output


@pytest.mark.parametrize(
    ("lang", "args", "message"),
    [
        ("id_ID.UTF-8", (), "Tidak ada database Lumbung"),
        ("C", (), "There is no Lumbung database"),
        ("id_ID.UTF-8", ("--lang", "en"), "There is no Lumbung database"),
        ("en_GB.UTF-8", ("--lang", "id"), "Tidak ada database Lumbung"),
        ("", (), "no Lumbung database"),
    ],
)
def test_messages_are_in_the_language_of_the_system_or_the_one_asked_for(
    embedded: Shell, monkeypatch: pytest.MonkeyPatch, lang: str, args: tuple[str, ...], message: str
) -> None:
    monkeypatch.setenv("LANG", lang)
    before = catalogs.current_language()
    assert message in embedded(*args, "user", "add", EMAIL, code=1).stderr
    assert catalogs.current_language() == before


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


def test_an_unknown_command_is_a_matter_of_usage() -> None:
    assert CliRunner().invoke(main, ["instal"]).exit_code == 2
