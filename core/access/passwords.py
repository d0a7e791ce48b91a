"""Passwords: argon2 hashes in a table of their own, which no model, list or export can reach."""

from __future__ import annotations

import datetime as dt
import secrets
from functools import cache

import argon2
import sqlalchemy as sa

from core.errors import FieldError
from core.i18n.lazy import _
from core.schema import tables

LENGTH_MIN, LENGTH_MAX = 10, 1000
FIELD = "password"
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def hash_password(password: str, email: str = "") -> str:
    """What is kept of a password. Takes its time: call it before a transaction begins.

    Raises FieldError as `check_password` does.
    """
    check_password(password, email)
    return _hasher.hash(password)


def check_password(password: str, email: str = "") -> None:
    """Raises FieldError where it is too short or too long, or is the address that one signs in with."""
    if len(password) < LENGTH_MIN:
        raise FieldError(
            _("The password is too short: use at least %(length)s characters.", length=LENGTH_MIN), FIELD
        )
    if len(password) > LENGTH_MAX:
        raise FieldError(
            _("The password is too long: use at most %(length)s characters.", length=LENGTH_MAX), FIELD
        )
    if email and password.strip().lower() in (email.lower(), email.lower().partition("@")[0]):
        raise FieldError(_("The password must not be the email address: choose something else."), FIELD)


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
    """Gives a user another password; ends their sessions, and the link by which they could choose one."""
    known, now = tables.credential, dt.datetime.now(dt.UTC)
    connection.execute(known.delete().where(known.c.user_id == user_id))
    connection.execute(known.insert().values(user_id=user_id, password_hash=password_hash, changed_at=now))
    for table in (tables.session, tables.reset_token):
        connection.execute(table.delete().where(table.c.user_id == user_id))


def is_still(connection: sa.Connection, user_id: int, kept: str) -> bool:
    """Whether the hash that was looked at is still the user's, and stays it until this transaction ends.

    Asked before a session begins: one that begins while the password changes would outlive the change.
    """
    known = tables.credential.c
    found = sa.select(known.user_id).where(known.user_id == user_id, known.password_hash == kept)
    return connection.scalar(found.with_for_update()) is not None


@cache
def _dummy() -> str:
    """The hash of a password that nobody knows."""
    return _hasher.hash(secrets.token_urlsafe())
