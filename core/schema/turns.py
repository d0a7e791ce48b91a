"""The transaction in which addons come, change and go: one at a time, never waiting for ever, all of it or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import DatabaseError
from core.i18n.lazy import _
from core.schema.apply import limit_waiting

if TYPE_CHECKING:
    from core.orm.database import Database

IN_THE_WAY = frozenset({"55P03", "40P01"})
"""What PostgreSQL calls a lock that was not to be had in time, and one that two wait for in a circle."""
TURN_SECONDS = 30
"""So long an installation waits for another one."""
ADVISORY_LOCK = 0x6C756D62
"""One installation at a time: PostgreSQL's lock for it, on SQLite the write lock is enough."""


def is_in_the_way(error: BaseException) -> bool:
    """Whether it is a lock that could not be had: tried again, it may go."""
    return isinstance(error, sa.exc.OperationalError) and getattr(error.orig, "sqlstate", None) in IN_THE_WAY


@contextlib.contextmanager
def turn(database: Database, *, reshapes: bool = False, dry_run: bool = False) -> Iterator[sa.Connection]:
    """A transaction that nobody else installs beside; a dry run is rolled back at its end.

    `reshapes` says that tables which hold rows may change. For that SQLite has its foreign keys switched off, and
    before the commit all of them are looked at.
    """
    switched = reshapes and database.is_sqlite
    with (
        database.writing.connect() as connection,
        _without_keys(connection, switched),
        connection.begin() as transaction,
    ):
        _one_at_a_time(connection)
        yield connection
        if switched:
            _check_keys(connection)
        if dry_run:
            transaction.rollback()


def _one_at_a_time(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{TURN_SECONDS}s'")
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    limit_waiting(connection)


@contextlib.contextmanager
def _without_keys(connection: sa.Connection, off: bool) -> Iterator[None]:
    """SQLite lets them be switched outside of a transaction only, so past SQLAlchemy, which would begin one."""
    driver: Any = connection.connection.driver_connection
    try:
        if off:
            driver.execute("PRAGMA foreign_keys=OFF")
        yield
    finally:
        if off:
            driver.execute("PRAGMA foreign_keys=ON")


def _check_keys(connection: sa.Connection) -> None:
    """Takes away the pairs of which one end is gone, as SQLite would have. Raises DatabaseError on any other row."""
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        table, rowid, target, number = row
        keys = connection.exec_driver_sql(f'PRAGMA foreign_key_list("{table}")').mappings()
        if next(key["on_delete"] for key in keys if key["id"] == number) != "CASCADE":
            raise DatabaseError(
                _(
                    "A row of %(table)s would lead to a row of %(target)s that is not there (row %(row)s).",
                    table=table,
                    target=target,
                    row=rowid,
                )
            )
        connection.exec_driver_sql(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))
