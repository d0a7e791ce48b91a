"""What somebody else may see: for telling them of it, or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from core.access import sessions
from core.orm.session import Session
from core.sql import among

if TYPE_CHECKING:
    from core.orm.env import Env

USER = "base.user"
Place: TypeAlias = "tuple[str, int]"
"""The model and the key of a record."""


def who_may_see(env: Env, asked: Mapping[Place, Collection[int]]) -> dict[Place, set[int]]:
    """Of each record those of its users who may sign in and read it as it stands in this transaction.

    It costs as many statements as there are users, however many records.
    """
    people, found = set[int]().union(*asked.values()), {place: set[int]() for place in asked}
    users, connection = env.registry.info(USER).table, env.session.core_connection()
    may_sign_in = sa.select(users).where(
        among(env, users.c.id, sorted(people)), users.c.active, ~users.c.archived
    )
    for row in connection.execute(may_sign_in).all() if people else ():
        for place in _seen(env, row._mapping, [place for place, keys in asked.items() if row.id in keys]):
            found[place].add(row.id)
    return found


def _seen(env: Env, row: Any, places: Iterable[Place]) -> Iterator[Place]:
    """Those that a user may read."""
    from core.orm.env import Env as Other

    connection, of_model = env.session.core_connection(), defaultdict[str, list[int]](list)
    user = sessions.current_user(connection, env.registry, row)
    session = Session(bind=connection, join_transaction_mode="rollback_only", expire_on_commit=False)
    other = Other(env.registry, env.database, session, user, readonly=True)
    for model, key in places:
        of_model[model].append(key)
    for model, keys in of_model.items():
        if other.may(model, "r") and session.rights is not None:
            info = env.registry.info(model)
            condition = session.rights.condition(info, "r")
            here = sa.select(info.table.c.id).where(among(env, info.table.c.id, keys))
            seen = connection.scalars(here if condition is None else here.where(condition))
            yield from ((model, key) for key in seen)
