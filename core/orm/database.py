"""A database: its engines for reading and for writing, and errors in words.

SQLite has two engines, as DEPENDENCIES say: readers begin deferred and can write nothing, the writer
begins IMMEDIATE; there is never an upgrade from read to write, which fails at once whatever the timeout.
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from core.errors import DatabaseBusy, DatabaseError
from core.i18n.lazy import _
from core.sql import month_of

BUSY_SECONDS = 5
SYNCHRONOUS = "FULL"
"""What is committed stays, whatever befalls the machine. Only tests do without: their databases go at once."""


class Database:
    """One database by its URL. `close()` gives the connections back."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(normal_url(url))
        self.pool_size = pool_size
        self.name = self._name()
        self.overrides: tuple[int, Any] | None = None
        """What this database says of access, with the version at which it was read (core.access.overrides)."""
        self.words: tuple[int, Any] | None = None
        """The words that it chose, with the version at which they were read (core.web.words)."""
        self.currencies: tuple[int, Any] | None = None
        """Those of its companies, with the version at which they were read (core.orm.currencies)."""
        self.failures: dict[tuple[str, str], Any] = {}
        self.unwritten: list[Any] = []
        """What addons did wrong here, by addon and hook, and what of it is still to be written (core.failures)."""

    def _name(self) -> str:
        """What tells this database from others: signed into its cookies and cache keys."""
        if self.is_sqlite:
            return str(Path(self.url.database or ":memory:").resolve())
        return f"{self.url.host or ''}:{self.url.port or ''}/{self.url.database}"

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.url.get_backend_name() == "sqlite"

    @cached_property
    def path(self) -> Path | None:
        """The file of an embedded database."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @cached_property
    def writing(self) -> sa.Engine:
        """The engine for transactions that write."""
        if not self.is_sqlite:
            return self._postgresql()
        return self._sqlite("BEGIN IMMEDIATE", read_only=False)

    @cached_property
    def reading(self) -> sa.Engine:
        """The engine for transactions that only read; a write through it is refused by the database."""
        if not self.is_sqlite:
            return self._postgresql_reading()
        return self._sqlite("BEGIN", read_only=True)

    def _postgresql(self, **options: Any) -> sa.Engine:
        engine = sa.create_engine(
            self.url, pool_size=self.pool_size, max_overflow=20, hide_parameters=True, **options
        )
        sa.event.listen(engine, "checkout", _refuse_hung_up)
        return engine

    def _postgresql_reading(self) -> sa.Engine:
        """Reads without a transaction around them, which at READ COMMITTED would hold nothing still between two.

        That saves a page BEGIN and ROLLBACK, and psycopg forgets at each ROLLBACK what it has prepared.
        """
        engine = self._postgresql(isolation_level="AUTOCOMMIT")

        @sa.event.listens_for(engine, "connect")
        def _connect(connection: Any, record: Any) -> None:
            connection.execute("SET default_transaction_read_only = on")
            connection.commit()

        return engine

    def _sqlite(self, begin: str, *, read_only: bool) -> sa.Engine:
        engine = sa.create_engine(
            self.url,
            pool_size=self.pool_size,
            max_overflow=20,
            connect_args={"timeout": BUSY_SECONDS},
            hide_parameters=True,
        )

        @sa.event.listens_for(engine, "connect")
        def _connect(connection: Any, record: Any) -> None:
            connection.isolation_level = None
            for pragma in (
                "journal_mode=WAL",
                f"synchronous={SYNCHRONOUS}",
                "foreign_keys=ON",
                f"busy_timeout={BUSY_SECONDS}000",
            ):
                connection.execute(f"PRAGMA {pragma}")
            connection.create_function("lumbung_month", 2, month_of, deterministic=True)
            if read_only:
                connection.execute("PRAGMA query_only=ON")
                # In kB. A worker has a reader per thread, and the system keeps the file's pages once for all.
                connection.execute("PRAGMA cache_size=-500")

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    def close(self) -> None:
        """Disposes of every engine that was used."""
        for name in ("writing", "reading"):
            engine = self.__dict__.pop(name, None)
            if engine is not None:
                engine.dispose()


def normal_url(url: str) -> str:
    """PostgreSQL is always spoken to through psycopg 3, however the address spells it."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _refuse_hung_up(connection: Any, record: Any, proxy: Any) -> None:
    """Lets the pool replace a connection whose server went away: its socket, idle till now, has something to read.

    A ping would tell as well, but costs a page three more round trips.
    """
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    if socket.poll(0):
        raise sa.exc.DisconnectionError


@contextlib.contextmanager
def in_words(database: Database) -> Iterator[None]:
    """Turns what the driver says of a locked, broken, full or absent database into a DatabaseError."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        said = str(error.orig).lower()
        message = _explain(said, database)
        if message is None or _is_quoting(error):
            raise
        kind = DatabaseBusy if _is_locked(said) else DatabaseError
        raise kind(message) from error


def _is_quoting(error: sa.exc.DBAPIError) -> bool:
    """Whether the error is about a statement or value: it quotes them, and any word may stand in them."""
    denied = "permission denied" in str(error.orig)
    quoting = (sa.exc.IntegrityError, sa.exc.DataError, sa.exc.ProgrammingError)
    return isinstance(error, quoting) and not denied


def _is_locked(said: str) -> bool:
    return "locked" in said or "busy" in said


def _explain(said: str, database: Database) -> Any:
    where = database.path or database.url.render_as_string(hide_password=True)
    if _is_locked(said):
        return _("The database %(where)s is locked by another program. Wait until it is done, then try again.",
                 where=where)  # fmt: skip
    if "not a database" in said or "malformed" in said or "corrupt" in said:
        return _("The file %(where)s is not a sound database. Restore a backup, or name another file by --db.",
                 where=where)  # fmt: skip
    if "full" in said or "no space" in said:
        return _(
            "The disk of %(where)s is full; nothing was changed. Make room, then try again.", where=where
        )
    if "unable to open" in said or "readonly" in said or "read-only" in said or "permission denied" in said:
        return _("The database %(where)s cannot be opened for writing. Check the folder and its permissions.",
                 where=where)  # fmt: skip
    if "i/o error" in said:
        return _(
            "The disk of %(where)s cannot be read or written. Look after the disk, then try again.",
            where=where,
        )
    if "connection" in said or "connect" in said or "could not translate" in said:
        return _(
            "No database answers at %(where)s. Check the address, and that the server runs.", where=where
        )
    return None
