"""Databases that are full at once: each kind is filled once per worker, and every test gets a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from core.loader import Catalogue
from tests.postgres import Server
from tests.web import kit

SQLITE, POSTGRESQL = "sqlite", "postgresql"


class Copies:
    """Copies of a database with demo data, or with nobody but two managers in it.

    `server` is asked for when the first copy on PostgreSQL is wanted.
    """

    def __init__(self, folder: Path, worker: str, catalogue: Catalogue, server: Callable[[], Server]) -> None:
        self._folder = folder
        self._prefix = f"{worker}_web"
        self._catalogue = catalogue
        self._server = server
        self._filled: set[str] = set()
        self._originals: list[tuple[Server, str]] = []
        self._numbers = count(1)

    @contextmanager
    def copy(self, kind: str, *, demo: bool = True) -> Iterator[str]:
        """The address of a copy, which goes at the end. Fails while a connection is open then."""
        make = self._sqlite if kind == SQLITE else self._postgresql
        with make("full" if demo else "bare", demo) as url:
            yield url

    @contextmanager
    def _sqlite(self, name: str, demo: bool) -> Iterator[str]:
        original = self._folder / f"{name}.db"
        if name not in self._filled:
            kit.fill(f"sqlite:///{original}", self._catalogue, demo=demo)
            self._filled.add(name)
        path = self._folder / f"{name}-{next(self._numbers)}.db"
        shutil.copyfile(original, path)
        yield f"sqlite:///{path}"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)

    @contextmanager
    def _postgresql(self, name: str, demo: bool) -> Iterator[str]:
        server, original = self._server(), f"{self._prefix}_{name}"
        if original not in self._filled:
            self._originals.append((server, original))
            kit.fill(server.create(original), self._catalogue, demo=demo)
            self._filled.add(original)
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
