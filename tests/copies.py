"""Databases that are full at once: each kind is filled once per worker, and every test gets a copy."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psycopg

from core.orm.database import Database
from core.testing.postgres import Server

SQLITE, POSTGRESQL = "sqlite", "postgresql"


_kept: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()
_originals: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
_names: list[str] = []
servers: list[Server] = []
"""The one of this process, once it is asked for."""


@contextmanager
def filled(url: str, key: Any, fill: Callable[[Database], None]) -> Iterator[Database]:
    """The empty database at `url`, as `fill` fills it: once for each `key`, and then it is a copy."""
    with closing(Database(url)) as database:
        if database.path is None:
            _fill_on_server(url, database, key, fill)
        elif key in _kept:
            database.path.write_bytes(_kept[key])
        else:
            fill(database)
            database.close()
            assert not Path(f"{database.path}-wal").exists(), "a connection was left open"
            _kept[key] = database.path.read_bytes()
        yield database


def _fill_on_server(url: str, database: Database, key: Any, fill: Callable[[Database], None]) -> None:
    [server] = servers
    name = server.name_of(url)
    if key in _originals:
        server.drop(name)
        server.create(name, template=_originals[key])
        return
    fill(database)
    database.close()
    original = f"{name}_original"
    server.create(original, template=name)
    _names.append(original)
    _originals[key] = original


@contextmanager
def at(server: Server) -> Iterator[Server]:
    """For a block: databases are filled there. Their originals go at the end."""
    servers.append(server)
    yield server
    servers.remove(server)
    for name in _names:
        server.drop(name)
    _originals.clear()
    _names.clear()


class Copies:
    """Copies of databases that `fill` fills, by address and the name of what they are to hold.

    `server` is asked for when the first copy on PostgreSQL is wanted.
    """

    def __init__(
        self, folder: Path, worker: str, server: Callable[[], Server], fill: Callable[[str, str], None]
    ) -> None:
        self._folder = folder
        self._prefix = f"{worker}_{secrets.token_hex(3)}"  # the fixture may be made twice in one run
        self._server = server
        self._fill = fill
        self._originals: list[tuple[Server, str]] = []
        self._numbers = count(1)

    @contextmanager
    def copy(self, kind: str, content: str = "full") -> Iterator[str]:
        """The address of a copy, which goes at the end. Fails while a connection is open then."""
        make = {SQLITE: self._sqlite, POSTGRESQL: self._postgresql}[kind]
        with make(content) as url:
            yield url

    @contextmanager
    def _sqlite(self, content: str) -> Iterator[str]:
        original = self._folder / f"{content}.db"
        if not original.exists():
            half = self._folder / f"{content}-half-{next(self._numbers)}.db"
            self._fill(f"sqlite:///{half}", content)
            half.rename(original)
        path = self._folder / f"{content}-{next(self._numbers)}.db"
        shutil.copyfile(original, path)
        yield f"sqlite:///{path}"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)

    @contextmanager
    def _postgresql(self, content: str) -> Iterator[str]:
        server, original = self._server(), f"{self._prefix}_{content}"
        if (server, original) not in self._originals:
            self._fill(server.create(original), content)
            self._originals.append((server, original))
        database = f"{original}_{next(self._numbers)}"
        yield server.create(database, template=original)
        try:
            server.drop(database)
        except psycopg.errors.ObjectInUse as error:
            server.drop(database, force=True)
            raise AssertionError("a connection was left open: dispose every engine") from error

    def drop(self) -> None:
        """Takes the originals on PostgreSQL away: the server may be somebody's own."""
        for server, name in self._originals:
            server.drop(name)
