"""A database that is locked, broken, full, out of reach or closed: a clear message, and nothing half made."""

from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.engine import make_url

from core.cli import main
from core.i18n import catalogs
from core.orm import database as databases
from tests.repository import ROOT

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
INIT = ("init", "--admin-email", "admin@example.com")


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    token = catalogs.set_language("en")
    monkeypatch.setenv("LUMBUNG_DATA", str(tmp_path / "files"))
    monkeypatch.setenv("LANG", "en")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0)
    yield
    catalogs.reset_language(token)


def fail(*args: str, db: object) -> str:
    """What a command that has to fail says."""
    result: Result = CliRunner().invoke(main, [*args, "--db", str(db)])
    assert result.exit_code == 1, (result.output, result.exception)
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return result.stderr


def make(file: Path) -> None:
    result = CliRunner().invoke(main, [*INIT, "--db", str(file)])
    assert result.exit_code == 0, result.output


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program that writes to the file and does not come to an end."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


# ----------------------------------------------------------------- locked
def test_a_locked_file_at_init(tmp_path: Path) -> None:
    file = tmp_path / "empty.db"
    file.touch()
    with locked(file):
        assert f"{file} is locked by another program" in fail(*INIT, db=file)
    assert file.stat().st_size == 0
    assert os.listdir(tmp_path) == ["empty.db"]
    make(file)


def test_a_locked_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    make(file)
    before = file.read_bytes()
    with locked(file):
        for args in (("addons", "install", "crm"), ("user", "add", "x@example.com"), INIT):
            assert "is locked by another program" in fail(*args, db=file)
    assert file.read_bytes() == before


# ----------------------------------------------------------------- broken
@pytest.mark.parametrize(
    "args", [INIT, ("addons", "list"), ("addons", "install", "crm"), ("check",)], ids=" ".join
)
def test_a_file_that_is_no_database(tmp_path: Path, args: tuple[str, ...]) -> None:
    file = tmp_path / "notes.db"
    file.write_text("Things to do\n" * 500)
    assert f"{file} is not a sound database" in fail(*args, db=file)
    assert file.read_text() == "Things to do\n" * 500
    assert os.listdir(tmp_path) == ["notes.db"]


def test_a_damaged_database(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    make(file)
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)
    assert "is not a sound database" in fail("user", "add", "x@example.com", db=file)
    assert file.read_bytes() == content


# ----------------------------------------------------------------- closed to us
def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    file = tmp_path / "folder" / "deeper" / "some.db"
    said = fail(*INIT, db=file)
    assert str(file) in said
    assert "cannot be used" in said
    assert os.listdir(tmp_path) == ["folder"]


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    assert "cannot be opened" in fail(*INIT, db=tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="wants /proc, where nobody can write")
def test_a_folder_that_cannot_be_written() -> None:
    assert "cannot be used" in fail(*INIT, db="/proc/lumbung/some.db")
    assert "cannot be opened for writing" in fail(*INIT, db="/proc/some.db")


def test_a_secret_that_cannot_be_kept(tmp_path: Path) -> None:
    make(tmp_path / "some.db")
    (tmp_path / "files").write_text("a file")
    assert "LUMBUNG_DATA" in fail("serve", db=tmp_path / "some.db")


# ----------------------------------------------------------------- full
@contextlib.contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[bool]:
    """A disk of that size in `folder`, if the system lets us make one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    made = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield made
    finally:
        if made:
            subprocess.run(["umount", str(folder)], check=True)


def init_in_process(file: Path, limit: Callable[[], None] | None = None) -> str:
    """What `init` says in a process of its own, where it has to fail; `limit` runs before it begins."""
    command = [sys.executable, "-m", "core.cli", *INIT, "--addons", "crm", "--db", str(file)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COVERAGE_PROCESS_CONFIG": "",  # what is measured of a process could not be written either
    }
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, preexec_fn=limit, timeout=120
    )
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [4, 40, 300])
def test_a_full_disk_at_init(tmp_path: Path, kilobytes: int) -> None:
    folder = tmp_path / "disk"
    with small_disk(folder, kilobytes) as mounted:
        if not mounted:
            pytest.skip("only root can make a small disk; files that may not grow are tested below")
        said = init_in_process(folder / "deep" / "some.db")
        assert "is full" in said or "No space" in said
        assert list(folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [0, 40, 300])
def test_a_disk_that_fails_at_init(tmp_path: Path, kilobytes: int) -> None:
    """A file may not grow beyond a limit: the system reports that as an error of the disk."""
    limits = (kilobytes * 1024, kilobytes * 1024)
    said = init_in_process(
        tmp_path / "deep" / "some.db", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    )
    assert "cannot be read or written" in said
    assert os.listdir(tmp_path) == []


# ----------------------------------------------------------------- PostgreSQL
def test_a_server_that_does_not_answer() -> None:
    said = fail(*INIT, db="postgresql://someone:geheim@127.0.0.1:1/shop")
    assert "No database answers at" in said
    assert "geheim" not in said


def test_without_the_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = fail(*INIT, db="postgresql://someone:geheim@127.0.0.1:1/shop")
    assert "pip install 'psycopg[binary]'" in said
    assert "geheim" not in said


def test_a_database_that_is_not_there(postgres_url: str) -> None:
    address = make_url(postgres_url).set(database="nowhere")
    assert "No database answers at" in fail(*INIT, db=address.render_as_string(hide_password=False))


def test_a_database_in_which_we_may_make_nothing(postgres_url: str) -> None:
    plain = postgres_url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as owner:
        owner.execute("CREATE ROLE guest LOGIN")
        try:
            address = make_url(postgres_url).set(username="guest").render_as_string(hide_password=False)
            said = fail(*INIT, db=address)
            assert "cannot be opened for writing" in said
            assert owner.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (
                0,
            )
        finally:
            owner.execute("DROP OWNED BY guest")
            owner.execute("DROP ROLE guest")


def test_a_connection_that_is_cut_in_the_middle(postgres_url: str) -> None:
    """The server ends the connection once data are being loaded: nothing of them stays."""
    from core.loader import discover
    from core.schema.install import install

    database = databases.Database(postgres_url)
    plain = postgres_url.replace("+psycopg", "")

    def cut(text: object) -> None:
        if str(text).startswith("Loading"):
            with psycopg.connect(plain, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND state = 'idle in transaction'"
                )

    with contextlib.closing(database):
        with (
            pytest.raises(databases.DatabaseError, match="No database answers at"),
            databases.in_words(database),
        ):
            install(database, discover([]), ["base"], cut)
        with database.reading.connect() as connection:
            assert connection.exec_driver_sql(TABLES).scalar() == 0


def test_a_connection_that_was_cut_while_nobody_used_it(postgres_url: str) -> None:
    """What was given back before the server restarted is replaced unseen."""
    plain = postgres_url.replace("+psycopg", "")
    with contextlib.closing(databases.Database(postgres_url)) as database:
        with database.reading.connect() as first, database.reading.connect() as second:
            pids = [each.exec_driver_sql("SELECT pg_backend_pid()").scalar() for each in (first, second)]
        with psycopg.connect(plain, autocommit=True) as other:
            for pid in pids:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        with database.reading.connect() as connection:
            assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar() not in pids


def test_what_is_no_trouble_of_the_database_keeps_its_own_words(url: str) -> None:
    """Values and names may hold any word: a doubled value that says “locked” is no locked database."""
    with contextlib.closing(databases.Database(url)) as database:
        with database.writing.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE full_locked (connection VARCHAR(40) UNIQUE)")
        for statement, error in (
            ("INSERT INTO full_locked VALUES ('disk full'), ('disk full')", sa.exc.IntegrityError),
            ("SELECT connection FROM nowhere", sa.exc.DBAPIError),
        ):
            with pytest.raises(error), databases.in_words(database), database.writing.begin() as connection:
                connection.exec_driver_sql(statement)
