"""What base tells on the timeline of a record: its notes, and the activities that were done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

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
        yield from _told(env, _Here(record), before, limit)


def told_on(
    env: Env, model: type[Model], link: str, key: int, label: str, before: dt.datetime | None, limit: int
) -> Iterator[TimelineItem]:
    """What was noted and done on the records of a model whose `link` leads to a record, for the timeline of that one.

    `label` is the field that names them. Nobody is told more than of these records themselves.
    """
    if env.may(model, "r") and env.may_see(model, link) and env.may_see(model, label):
        cls: Any = env[model]
        condition = getattr(cls, cls.__lumbung__.fields[link].key) == key
        yield from _told(env, _There(cls, condition, getattr(cls, label)), before, limit)


class _Here(NamedTuple):
    """The record whose timeline it is."""

    record: Any

    def choose(self, chosen: sa.Select[Any], cls: Any) -> sa.Select[Any]:
        info = self.record.__lumbung__
        return chosen.where(cls.model == info.name, cls.record_id == self.record.id)

    def named(self, _row: Any) -> dict[str, Any]:
        return {}


class _There(NamedTuple):
    """Records of another model, each named."""

    cls: Any
    condition: Any
    label: Any

    def choose(self, chosen: sa.Select[Any], cls: Any) -> sa.Select[Any]:
        chosen = chosen.add_columns(cls.record_id.label("place"), self.label.label("named"))
        chosen = chosen.join(self.cls, self.cls.id == cls.record_id)
        return chosen.where(cls.model == self.cls.__lumbung__.name, self.condition)

    def named(self, row: Any) -> dict[str, Any]:
        info = self.cls.__lumbung__
        return {"noun": info.label, "label": row.named, "href": f"/app/{info.name}/{row.place}"}


def _told(env: Env, of: _Here | _There, before: dt.datetime | None, limit: int) -> Iterator[TimelineItem]:
    if env.may(Message, "r"):
        yield from _notes(env, of, before, limit)
    if env.may(Activity, "r"):
        yield from _activities(env, of, before, limit)


def _notes(env: Env, of: _Here | _There, before: dt.datetime | None, limit: int) -> Iterator[TimelineItem]:
    cls: Any = env[Message]
    chosen = sa.select(
        cls.id, _beginning(cls.body).label("body"), cls.kind, cls.created_at, cls.owner_id, cls.version
    )
    chosen = of.choose(chosen, cls).where(*_until(cls.created_at, before))
    for row in env.execute(chosen.order_by(cls.created_at.desc(), cls.id.desc()).limit(limit)):
        is_log = row.kind == LOG
        yield TimelineItem(
            row.created_at, "base.message", row.id, "" if is_log else _("noted"), row.owner_id, text=row.body,
            symbol="info" if is_log else "chat", tone="" if is_log else "info",
            badge=(_("Edited"), "") if row.version > 1 else None,
            is_mine=isinstance(of, _Here) and row.owner_id == env.user.id and not is_log, **of.named(row),
        )  # fmt: skip


def _activities(
    env: Env, of: _Here | _There, before: dt.datetime | None, limit: int
) -> Iterator[TimelineItem]:
    cls: Any = env[Activity]
    result = _beginning(cls.result).label("result")
    chosen: Any = sa.select(cls.id, cls.title, cls.kind, cls.state, result, cls.done_at, cls.updated_by)
    chosen = of.choose(chosen, cls).where(cls.state != PLANNED, cls.done_at.is_not(None))
    chosen = chosen.where(*_until(cls.done_at, before)).order_by(cls.done_at.desc(), cls.id.desc())
    for row in env.execute(chosen.limit(limit)):
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
