"""Home: what waits for one person today, and what others did since yesterday."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from core.base.activity import PLANNED, Activity
from core.base.thread import threads
from core.dashboard import DashboardCard, DashboardTile
from core.i18n.lazy import TextLike, _
from core.orm.events import ask
from core.orm.history import CHANGE, LEFT
from core.orm.periods import beginning
from core.orm.session import unit_at
from core.web import history, timeline
from core.web.threads.notices import Notice, mentions
from core.web.threads.plans import ACTIVITY, Plan, plans_until

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.timeline import Entry

MOST_PLANS, MOST_CHANGES, LOOKED_AT = 20, 6, 40
MORNING, AFTERNOON, EVENING = 11, 15, 18
"""Until which hour one says so."""


class Counts(NamedTuple):
    """How many activities wait, also those for which the page has no room; empty for none."""

    overdue: str
    due: str
    later: str


@dataclass
class TodayPage:
    """What the template knows as `today`."""

    greeting: TextLike
    day: str
    overdue: Sequence[Plan]
    due: Sequence[Plan]
    counts: Counts
    later_href: str
    all_href: str
    calendar_href: str
    tiles: Sequence[DashboardTile]
    cards: Sequence[DashboardCard]
    mentions: Sequence[Notice]
    changes: Sequence[Entry]


def today_page(env: Env) -> TodayPage:
    """The page, as things stand for the user now."""
    now, zone = env.now(), env.formats.zone
    local = now.astimezone(zone)
    tomorrow = beginning(local.date() + dt.timedelta(days=1), zone)
    told = sorted(ask(env, "dashboard"), key=lambda one: one.order)
    plans, mine = plans_until(env, tomorrow, limit=MOST_PLANS), f"/app/{ACTIVITY}?owner__eq={env.user.id}"
    return TodayPage(
        greeting=_greeting(env, local.hour),
        day=env.formats.long_date(local.date()),
        overdue=[plan for plan in plans if plan.overdue],
        due=[plan for plan in plans if not plan.overdue],
        counts=_counts(env, now, tomorrow),
        later_href=f"{mine}&state__eq=planned&due__ge={local.date() + dt.timedelta(days=1)}",
        all_href=f"{mine}&state__eq=planned",
        calendar_href=f"{mine}&view=calendar",
        tiles=[one for one in told if isinstance(one, DashboardTile)],
        cards=[one for one in told if isinstance(one, DashboardCard)],
        mentions=mentions(env),
        changes=_changes(env, beginning(local.date() - dt.timedelta(days=1), zone)),
    )


def _greeting(env: Env, hour: int) -> TextLike:
    name = env.user.name.partition(" ")[0]
    if hour < MORNING:
        return _("Good morning, %(name)s.", name=name)
    if hour < AFTERNOON:
        return _("Good day, %(name)s.", name=name)
    return (
        _("Good afternoon, %(name)s.", name=name)
        if hour < EVENING
        else _("Good evening, %(name)s.", name=name)
    )


def _counts(env: Env, now: dt.datetime, tomorrow: dt.datetime) -> Counts:
    """In one statement; of none for those whose roles open no activities."""
    if not env.may(ACTIVITY, "r"):
        return Counts("", "", "")
    cls: Any = env[Activity]
    times = (cls.due < now, sa.and_(cls.due >= now, cls.due < tomorrow), cls.due >= tomorrow)
    counted = sa.select(*(sa.func.count(sa.case((time, cls.id))) for time in times))
    mine = (cls.owner_id == env.user.id, cls.state == PLANNED, cls.archived.is_(False))
    row = env.execute(counted.where(*mine)).one()
    return Counts(*(env.formats.number(count) if count else "" for count in row))


def _changes(env: Env, since: dt.datetime) -> Sequence[Entry]:
    """What others did since a moment to records that people work on together, as far as the user sees them."""
    table = env.registry.models[CHANGE].table.c
    models = [info.name for info in threads(env.registry) if env.may(info.name, "r")]
    by_others = sa.and_(table.created_by.is_not(None), table.created_by != env.user.id)
    told = (table.unit >= unit_at(since), table.model.in_(models), by_others, table.action != LEFT)
    rows = timeline.changes(env, *told, before=None, limit=LOOKED_AT)
    seen = timeline.visible(env, rows)[:MOST_CHANGES]
    return history.labelled(env, timeline.entries(env, seen))
