"""Passwords: argon2 hashes in a table of their own, which no model, list or export can reach."""

from __future__ import annotations

import datetime as dt
import secrets
from functools import cache

import argon2
import sqlalchemy as sa

from core.errors import UserError
from core.i18n.lazy import _
from core.schema import tables

LENGTH_MIN, LENGTH_MAX = 8, 1000
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def hash_password(password: str) -> str:
    """What is kept of a password. Takes its time: call it before a transaction begins.

    Raises UserError where it is too short or too long.
    """
    if len(password) < LENGTH_MIN:
        raise UserError(
            _("The password is too short: use at least %(length)s characters.", length=LENGTH_MIN), "password"
        )
    if len(password) > LENGTH_MAX:
        raise UserError(
            _("The password is too long: use at most %(length)s characters.", length=LENGTH_MAX), "password"
        )
    return _hasher.hash(password)


def verify_password(kept: str | None, password: str) -> bool:
    """Whether `password` is the one that `kept` is the hash of.

    Without a hash (no such user) it takes as long and says no, so that nobody learns who is there.
    """
    try:
        _hasher.verify(kept or _dummy(), password[:LENGTH_MAX])
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return True


def make_password() -> str:
    """A password that nobody can guess: 120 random bits in 20 characters."""
    return secrets.token_urlsafe(15)


def set_password(connection: sa.Connection, user_id: int, password_hash: str) -> None:
    """Gives a user another password and ends all of their sessions."""
    known, sessions, now = tables.credential, tables.session, dt.datetime.now(dt.UTC)
    connection.execute(known.delete().where(known.c.user_id == user_id))
    connection.execute(known.insert().values(user_id=user_id, password_hash=password_hash, changed_at=now))
    connection.execute(sessions.delete().where(sessions.c.user_id == user_id))


@cache
def _dummy() -> str:
    """The hash of a password that nobody knows."""
    return _hasher.hash(secrets.token_urlsafe())
