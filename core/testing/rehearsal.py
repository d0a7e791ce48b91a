"""A database of which nothing is kept: all that happens to it lies in one transaction of one connection.

Whoever begins a transaction there sets a savepoint, whoever commits gives it up and whoever rolls back returns to it.
So envs, requests of a site and `after_commit` do what they always do, see each other's work, and leave none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from core.orm.database import Database
from core.orm.once import asked_once


class Rehearsal(Database):
    """The database at `url`, which is only used inside of `undone()`.

    Transactions end in the order in which blocks do: the one that began last ends first. One that only reads sets no
    savepoint, as its end would take back what was written meanwhile.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._marks: list[str] = []
        self._mark_of: WeakKeyDictionary[sa.Connection, str] = WeakKeyDictionary()
        self._numbers = count(1)

    @asked_once
    def _raw(self) -> Any:
        """The connection of the driver, as the core opens one for writing."""
        with closing(Database(self.url.render_as_string(hide_password=False))) as plain:
            pooled = plain.writing.raw_connection()
            pooled.detach()
        raw: Any = pooled.dbapi_connection
        if not self.is_sqlite:
            raw.rollback()
            raw.autocommit = True
        return raw

    @contextmanager
    def undone(self) -> Iterator[None]:
        """A block of which nothing is kept, whatever commits in it."""
        self._raw.execute("BEGIN")
        try:
            yield
        finally:
            self._raw.execute("ROLLBACK")
            self._marks.clear()
            self.overrides = self.words = (
                None  # versions that were rolled back come again with other contents
            )
            self.failures.clear()
            self.unwritten.clear()

    def close(self) -> None:
        """Gives the connection back."""
        if "_raw" in self.__dict__:
            super().close()
            self.__dict__.pop("_raw").close()

    def _postgresql(self, **options: Any) -> sa.Engine:
        return self._shared(marks=True)

    def _postgresql_reading(self) -> sa.Engine:
        return self._shared(marks=False)

    def _sqlite(self, begin: str, *, read_only: bool) -> sa.Engine:
        return self._shared(marks=not read_only)

    def _shared(self, *, marks: bool) -> sa.Engine:
        engine = sa.create_engine(
            self.url,
            creator=lambda: self._raw,
            poolclass=StaticPool,
            pool_reset_on_return=None,
            hide_parameters=True,
        )
        for step in ("do_begin", "do_commit", "do_rollback", "do_close"):
            setattr(engine.dialect, step, lambda connection: None)
        if marks:
            for event, follow in (
                ("begin", self._begin),
                ("commit", self._release),
                ("rollback", self._return),
            ):
                sa.event.listen(engine, event, follow)
        return engine

    # ------------------------------------------------------------- savepoints
    def _begin(self, connection: sa.Connection) -> None:
        mark = f"rehearsal_{next(self._numbers)}"
        self._raw.execute(f"SAVEPOINT {mark}")
        self._marks.append(mark)
        self._mark_of[connection] = mark

    def _release(self, connection: sa.Connection) -> None:
        self._end(connection, "RELEASE SAVEPOINT {0}")

    def _return(self, connection: sa.Connection) -> None:
        self._end(connection, "ROLLBACK TO SAVEPOINT {0}", "RELEASE SAVEPOINT {0}")

    def _end(self, connection: sa.Connection, *statements: str) -> None:
        """Those that began later ended with it; where it ended with an earlier one itself, nothing is left to do."""
        mark = self._mark_of.pop(connection, "")
        if mark in self._marks:
            for statement in statements:
                self._raw.execute(statement.format(mark))
            del self._marks[self._marks.index(mark) :]
