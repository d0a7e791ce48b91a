"""The bell: how much there is to read for the user of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.base.activity import PLANNED
from core.orm.once import per_registry

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.registry import Registry

NOTIFICATION, ACTIVITY = "base.notification", "base.activity"
MOST = 100
"""So many are counted of each: then the bell says 99+."""


def unread(env: Env) -> int:
    """How many notices and due reminders wait for the user; one statement, without the rules of their records."""
    waits = {model: env.user.id if env.may(model, "r") else None for model in (NOTIFICATION, ACTIVITY)}
    values = {"reader": waits[NOTIFICATION], "doer": waits[ACTIVITY], "now": env.now()}
    return int(env.session.core_connection().scalar(_unread(env.registry), values) or 0)


@per_registry
def _unread(registry: Registry) -> sa.Select[Any]:
    notice, plan = registry.info(NOTIFICATION).table.c, registry.info(ACTIVITY).table.c
    reader: Any = sa.bindparam("reader", type_=notice.owner_id.type)
    doer: Any = sa.bindparam("doer", type_=plan.owner_id.type)
    now: Any = sa.bindparam("now", type_=plan.reminder.type)
    waiting = sa.select(notice.id).where(notice.owner_id == reader, notice.read.is_(False)).limit(MOST)
    due = (
        sa.select(plan.id)
        .where(plan.owner_id == doer, plan.state == PLANNED, plan.archived.is_(False), plan.reminder <= now)
        .limit(MOST)
    )
    first, second = (
        sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery() for some in (waiting, due)
    )
    return sa.select(first + second)
