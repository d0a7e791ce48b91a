"""Links by which a person chooses a password: made by an administrator, good once, for an hour.

A link dies when it is used, when another is made for the same person, and when their password or e-mail
address changes. Whoever was added without a password comes in by one: it is the invitation.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.access.sessions import token_hash
from core.schema.tables import reset_token

if TYPE_CHECKING:
    from core.orm.registry import Registry

LIFE = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Invited:
    """Whom a link is for."""

    user_id: int
    email: str
    name: str


def make(connection: sa.Connection, user_id: int) -> tuple[str, dt.datetime]:
    """A new link's token and when it ends; the link that the user may have had is dead."""
    token, until = secrets.token_urlsafe(32), dt.datetime.now(dt.UTC) + LIFE
    over = sa.or_(reset_token.c.user_id == user_id, reset_token.c.expires_at <= dt.datetime.now(dt.UTC))
    connection.execute(reset_token.delete().where(over))
    connection.execute(
        reset_token.insert().values(user_id=user_id, token_hash=token_hash(token), expires_at=until)
    )
    return token, until


def find(connection: sa.Connection, registry: Registry, token: str) -> Invited | None:
    """Whom a token is for; None where it is unknown, over or used, or the user may not sign in."""
    users = registry.info("base.user").table
    statement = (
        sa.select(users.c.id, users.c.email, users.c.name)
        .join(reset_token, reset_token.c.user_id == users.c.id)
        .where(_is_live(token), users.c.active.is_(True), users.c.archived.is_(False))
    )
    row = connection.execute(statement).first()
    return Invited(row.id, row.email, row.name) if row else None


def use(connection: sa.Connection, registry: Registry, token: str) -> Invited | None:
    """Uses a token up; of two who use it at once one gets None."""
    person = find(connection, registry, token)
    used = connection.execute(reset_token.delete().where(_is_live(token)))
    return person if used.rowcount == 1 else None


def path(token: str) -> str:
    """The address of a link, on whatever host the site is."""
    return f"/reset/{token}"


def _is_live(token: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        reset_token.c.token_hash == token_hash(token), reset_token.c.expires_at > dt.datetime.now(dt.UTC)
    )
