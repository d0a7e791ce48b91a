"""How often a sign-in may be tried: counted in the database, so that every worker counts the same.

A try is counted before the password is looked at: of a hundred that arrive at once no more are let through
than of a hundred one after the other. An address counts as it was typed, whether anybody has it or not. Who is
signed in and asked for the password again is counted by their key: no stranger can keep them from it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from core.schema.tables import sign_in_failure as failures
from core.sql import upsert

PER_ADDRESS, PER_CLIENT = 5, 100
WINDOW = dt.timedelta(minutes=15)
"""Tries are counted together for so long from the first."""
PAUSE = dt.timedelta(minutes=5)
ROWS_MAX = 10_000
"""Beyond it those with the fewest tries go first, so that a flood of addresses frees nobody who is paused."""


@dataclass(frozen=True)
class Attempt:
    """A try that was counted: how many are left after it, and until when none is, where there is a pause."""

    left: int
    paused_until: dt.datetime | None
    """Set where this try may not be made at all."""
    pause_if_failed: dt.datetime | None
    """Set where this is the last: the end of the pause that its failure begins."""


def count(connection: sa.Connection, who: str | int, client: str) -> Attempt:
    """Counts a try for an address or the key of a user, in the transaction of the caller.

    It is committed before the password is looked at.
    """
    now = dt.datetime.now(dt.UTC)
    _forget(connection, failures.c.until <= now)
    limits = ((_key(who), PER_ADDRESS), (client_key(client), PER_CLIENT))
    counted = [(*_raise(connection, key, most, now), most) for key, most in limits]
    _keep_bounded(connection)
    return Attempt(
        left=max(0, min(most - number for number, _until, most in counted)),
        paused_until=max((until for number, until, most in counted if number > most), default=None),
        pause_if_failed=max((until for number, until, most in counted if number == most), default=None),
    )


def succeed(connection: sa.Connection, who: str | int, client: str) -> None:
    """Forgets the tries for an address or user, and gives the client back the one that succeeded."""
    forget(connection, who)
    mine = failures.c.key == client_key(client)
    connection.execute(failures.update().where(mine).values(failures=failures.c.failures - 1))


def forget(connection: sa.Connection, who: str | int) -> None:
    """Ends the pause of an address or user."""
    connection.execute(failures.delete().where(failures.c.key == _key(who)))


def _key(who: str | int) -> str:
    """The digest of what was typed as an address, as people type passwords there too; or of a user's key."""
    return _digest("address", who) if isinstance(who, str) else _digest("user", str(who))


def client_key(client: str) -> str:
    """The digest of the address of a client."""
    return _digest("client", client)


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _raise(connection: sa.Connection, key: str, most: int, now: dt.datetime) -> tuple[int, dt.datetime]:
    """One more try; the one that reaches `most` begins the pause, which the next do not lengthen."""
    number, until = failures.c.failures, failures.c.until
    window, pause = sa.literal(now + WINDOW, until.type), sa.literal(now + PAUSE, until.type)
    over = until <= now
    counted = upsert(connection.dialect.name, failures).values(key=key, failures=1, until=window)
    changes = {
        "failures": sa.case((over, 1), else_=number + 1),
        "until": sa.case((over, window), (number == most - 1, pause), else_=until),
    }
    statement = counted.on_conflict_do_update(index_elements=[failures.c.key], set_=changes)
    row = connection.execute(statement.returning(number, until)).one()
    return row.failures, row.until


def _keep_bounded(connection: sa.Connection) -> None:
    number = connection.scalar(sa.select(sa.func.count()).select_from(failures)) or 0
    if number > ROWS_MAX:
        order = (failures.c.failures, failures.c.until)
        least = sa.select(failures.c.key).order_by(*order).limit(number - ROWS_MAX)
        _forget(connection, failures.c.key.in_(least))


def _forget(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """Deletes rows; those that another transaction has in hand are left to the next."""
    keys = sa.select(failures.c.key).where(which).with_for_update(skip_locked=True)
    connection.execute(failures.delete().where(failures.c.key.in_(keys)))
