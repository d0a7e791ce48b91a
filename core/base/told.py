"""What base tells on the timeline of a record: its notes, and the activities that were done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from core import Env, Model, TimelineItem, _, hookimpl
from core.base.activity import CANCELLED, PLANNED, Activity, symbol_of
from core.base.announcing import LOG
from core.base.message import Message
from core.base.thread import Thread
from core.timeline import LONGEST_TEXT


@hookimpl
def timeline(env: Env, record: Model, before: dt.datetime | None, limit: int) -> Iterable[TimelineItem]:
    """Notes by when they were written, activities by when they were done or called off."""
    if isinstance(record, Thread):
        if env.may(Message, "r"):
            yield from _notes(env, record, before, limit)
        if env.may(Activity, "r"):
            yield from _activities(env, record, before, limit)


def _notes(env: Env, record: Any, before: dt.datetime | None, limit: int) -> Iterator[TimelineItem]:
    cls: Any = env[Message]
    chosen = sa.select(
        cls.id, _beginning(cls.body).label("body"), cls.kind, cls.created_at, cls.owner_id, cls.version
    )
    chosen = chosen.where(
        cls.model == record.__lumbung__.name, cls.record_id == record.id, *_until(cls.created_at, before)
    )
    for row in env.execute(chosen.order_by(cls.created_at.desc(), cls.id.desc()).limit(limit)):
        is_log = row.kind == LOG
        yield TimelineItem(
            row.created_at, "base.message", row.id, "" if is_log else _("noted"), row.owner_id, text=row.body,
            symbol="info" if is_log else "chat", tone="" if is_log else "info",
            badge=(_("Edited"), "") if row.version > 1 else None,
            is_mine=row.owner_id == env.user.id and not is_log,
        )  # fmt: skip


def _activities(env: Env, record: Any, before: dt.datetime | None, limit: int) -> Iterator[TimelineItem]:
    cls: Any = env[Activity]
    result = _beginning(cls.result).label("result")
    chosen = sa.select(cls.id, cls.title, cls.kind, cls.state, result, cls.done_at, cls.updated_by)
    here = (cls.model == record.__lumbung__.name, cls.record_id == record.id, cls.state != PLANNED)
    chosen = chosen.where(*here, cls.done_at.is_not(None), *_until(cls.done_at, before))
    for row in env.execute(chosen.order_by(cls.done_at.desc(), cls.id.desc()).limit(limit)):
        is_off = row.state == CANCELLED
        yield TimelineItem(
            row.done_at, "base.activity", row.id, _("called off") if is_off else _("did"), row.updated_by,
            label=row.title, href=f"/app/base.activity/{row.id}", text=row.result or "",
            symbol=symbol_of(env.registry, row.kind), tone="" if is_off else "ok",
        )  # fmt: skip


def _beginning(text: Any) -> Any:
    """As much of a text as a page shows, and a letter more if there is one."""
    return sa.func.substr(text, 1, LONGEST_TEXT + 1)


def _until(column: Any, before: dt.datetime | None) -> list[Any]:
    return [] if before is None else [column <= before]
