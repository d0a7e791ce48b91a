"""What is left over from trying things out does not go into production: the server refuses to start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core import settings
from core.access import passwords
from core.base.demo import DOMAIN, PASSWORD
from core.cli import main
from core.commands import serve as serve_command
from core.orm.database import Database
from core.schema import tables
from tests.copies import filled

OWN = "a password of my own"


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's settings, and no server is started."""
    for name in ("LUMBUNG_SECRET", "LUMBUNG_ADDONS_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LUMBUNG_DATA", str(tmp_path / "files"))
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setattr(serve_command, "run", lambda *_args: None)
    monkeypatch.setattr(serve_command, "check_port", lambda *_args: None)


@pytest.fixture
def made(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of `lumbung init`, with its administrator."""
    monkeypatch.setenv("LUMBUNG_DB", url)
    with filled(url, init, init) as database:
        yield database


def init(_database: Database) -> None:
    run("init", "--admin-email", f"made@{DOMAIN}", "--password-stdin", given=f"{OWN}\n")


def run(*args: str, given: str = "", code: int = 0) -> Result:
    """A command, as a person runs it."""
    result = CliRunner().invoke(main, args, input=given)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def give_demo_password(database: Database, *, demo: str | None = None, active: bool = True) -> None:
    """The administrator has the password that everybody knows."""
    with database.writing.begin() as connection:
        passwords.set_password(connection, 1, passwords.hash_password(PASSWORD))
        connection.execute(tables.registry_version.update().values(demo=demo))
        connection.exec_driver_sql(f"UPDATE base_user SET active = {'true' if active else 'false'}")


def test_a_database_without_leftovers_is_served(made: Database) -> None:
    result = run("serve")
    assert "demo" not in result.output


def test_users_of_the_demo_with_its_password_keep_the_server_from_starting(made: Database) -> None:
    give_demo_password(made)
    result = run("serve", code=1)
    assert f"made@{DOMAIN}" in result.stderr and "lumbung user passwd" in result.stderr
    assert PASSWORD not in result.output
    run("user", "passwd", f"made@{DOMAIN}", "--password-stdin", given=f"{OWN}\n")
    run("serve")


def test_users_who_are_switched_off_do_no_harm(made: Database) -> None:
    give_demo_password(made, active=False)
    run("serve")


def test_a_demo_is_served_with_a_warning(made: Database) -> None:
    give_demo_password(made, demo="complete")
    assert "This is a demo database" in run("serve").stderr


def test_no_password_is_there_by_default(made: Database) -> None:
    """Of the users that are made, only the one whose password was given can sign in."""
    with made.reading.connect() as connection:
        kept = connection.execute(tables.credential.select()).all()
    assert len(kept) == 1 and passwords.verify_password(kept[0].password_hash, OWN)


@pytest.mark.parametrize("secret", ["", "x" * 31, "x" * 64, "secret" * 10, "0123456701234567" * 4])
def test_a_weak_secret_keeps_the_server_from_starting(
    made: Database, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("LUMBUNG_SECRET", secret)
    result = run("serve", code=1)
    assert "LUMBUNG_SECRET is easy to guess" in result.stderr
    assert not secret or secret not in result.output


def test_a_secret_of_random_text_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import secrets

    for _ in range(200):
        monkeypatch.setenv("LUMBUNG_SECRET", secrets.token_hex(16))
        assert settings.secret()


# ----------------------------------------------------------------- links
def test_a_link_is_made_on_the_command_line(made: Database) -> None:
    from core.access import resets

    result = run("user", "reset", f"made@{DOMAIN}")
    path = result.stdout.splitlines()[-1]
    assert "Good once, until" in result.stdout and path.startswith("/reset/")
    with made.reading.connect() as connection:
        [row] = connection.execute(tables.reset_token.select()).all()
    assert row.token_hash == resets.token_hash(path.rpartition("/")[2]) and row.user_id == 1


@pytest.mark.parametrize(
    ("email", "words"), [("nobody@x.example", "Nobody signs in as"), (f"made@{DOMAIN}", "may not sign in")]
)
def test_a_link_for_nobody_is_none(made: Database, email: str, words: str) -> None:
    give_demo_password(made, active=False)
    assert words in run("user", "reset", email, code=1).stderr
    run("user", "reset", email, "--dry-run", code=1)
    with made.reading.connect() as connection:
        assert connection.execute(tables.reset_token.select()).all() == []


def test_a_dry_run_makes_no_link(made: Database) -> None:
    result = run("user", "reset", f"made@{DOMAIN}", "--dry-run")
    assert "/reset/" not in result.output
    with made.reading.connect() as connection:
        assert connection.execute(tables.reset_token.select()).all() == []


def test_the_email_address_is_no_password(made: Database) -> None:
    add = ("user", "add", "siti.rahma@x.example", "--password-stdin")
    for password in ("siti.rahma", "Siti.Rahma@x.example", "too short"):
        assert "password" in run(*add, given=f"{password}\n", code=1).stderr
    run(*add, given="siti.rahma and more\n")
