"""What ends when a user changes, wherever it is changed: in the transaction of the change itself.

Sessions end when roles or state change. A link to choose a password dies when the address changes. A user
who is deleted leaves nothing behind that the next one with the same key could have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.orm.closed import CLOSED
from core.orm.session import BULK_FOLLOWERS, Session
from core.schema.tables import credential, reset_token
from core.schema.tables import session as sessions

if TYPE_CHECKING:
    from core.orm.changes import Changes

USER = "base.user"
RIGHTS = frozenset({"roles", "active", "archived"})
"""What ends the sessions of a user when it changes."""
ADDRESS = "email"
OWN_ENDED = "own sessions ended"
"""In `Session.info` where those of the very user who made the change ended with the others."""


def follow(session: Session, changes: Changes) -> None:
    """Ends what a flush takes the ground from."""
    if not changes.touch((USER,)):
        return
    users = session.env.registry.models[USER]
    changed = changes.updated.get(users, {})
    gone = [record.id for record in changes.deleted.get(users, ())]
    ended = [record.id for record, names in changed.items() if names & RIGHTS]
    _delete(session, sessions, ended + gone)
    _delete(session, reset_token, [record.id for record, names in changed.items() if ADDRESS in names] + gone)
    _delete(session, credential, gone)
    if session.env.user.id in ended:
        session.info[OWN_ENDED] = True


def _follow_many(session: Session, cls: type[Any], names: frozenset[str]) -> None:
    """After an UPDATE or DELETE over many rows: who may not sign in any more, or is gone, keeps nothing."""
    set_ = {name.removesuffix(CLOSED) for name in names}
    if cls.__lumbung__.name != USER or (set_ and not set_ & (RIGHTS | {ADDRESS})):
        return
    users = cls.__lumbung__.table.c
    connection = session.core_connection()
    stays = sa.select(users.id).where(users.active.is_(True), users.archived.is_(False))
    connection.execute(sessions.delete().where(sessions.c.user_id.not_in(stays)))
    connection.execute(reset_token.delete())
    if not set_:
        connection.execute(credential.delete().where(credential.c.user_id.not_in(sa.select(users.id))))


def _delete(session: Session, table: sa.Table, users: Iterable[int]) -> None:
    keys = list(users)
    if keys:
        session.core_connection().execute(table.delete().where(table.c.user_id.in_(keys)))


BULK_FOLLOWERS.append(_follow_many)
