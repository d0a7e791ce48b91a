"""What is planned: of a record, and of a person."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from core.base.activity import PLANNED, Activity, is_overdue, symbol_of
from core.base.of_record import of_seen_records
from core.orm.once import per_registry
from core.sql import among, one_of_sent, sent
from core.web.listing.labels import Labels

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.orm.links import Many2one
    from core.orm.registry import Registry

ACTIVITY, USER = "base.activity", "base.user"
MOST = 20
SHOWN = ("kind", "title", "due")


@dataclass
class Plan:
    """An activity that is planned, as a list shows it; `tone` says whether it is overdue or for today."""

    key: int
    title: str
    symbol: str
    due: str
    when: str
    who: str
    tone: str
    overdue: bool
    href: str
    done_href: str
    label: str = ""
    record_href: str = ""


def plans_of(env: Env, record: Any) -> list[Plan]:
    """What is planned for a record, and for what it was before, the next first."""
    cls: Any = env[Activity]
    of_it = [
        sa.and_(cls.model == one.__lumbung__.name, cls.record_id == one.id)
        for one in (record, *record.predecessors())
    ]
    return _plans(env, [sa.or_(*of_it)], own=(record.__lumbung__.name, record.id))


class Next(NamedTuple):
    """What is planned next for a record; `tone` is "late", "now" or none."""

    title: str
    symbol: str
    when: str
    tone: str


def may_see_plans(env: Env) -> bool:
    """Whether the user may know of activities what is told of them beside a record."""
    return env.may(ACTIVITY, "r") and all(env.may_see(Activity, name) for name in SHOWN)


def predecessor(env: Env, info: ModelInfo) -> Many2one[Any] | None:
    """The link to what a record was before, where the user may see it."""
    name = info.cls.predecessor  # type: ignore[attr-defined]
    return info.fields[name] if name and env.may_see(info.name, name) else None  # type: ignore[return-value]


def next_of(env: Env, info: ModelInfo, keys: Sequence[int], befores: Sequence[int | None]) -> dict[int, Next]:
    """By key what is planned next for records of a Thread that the user sees, or for what they were before.

    `befores` are the keys that `predecessor` leads to from each.
    """
    if not may_see_plans(env):
        return {}
    rows = [(row.record_id, row) for row in _planned(env, info.name, keys)]
    link, became = predecessor(env, info), _became(keys, befores)
    if link is not None and became:
        cls: Any = env.registry[link.target_name]
        seen = env.scalars(sa.select(cls.id).where(among(env, cls.id, list(became)))).all()
        rows += [(key, row) for row in _planned(env, link.target_name, seen) for key in became[row.record_id]]
    found, now = dict[int, Next](), env.now()
    for key, row in sorted(rows, key=lambda told: (told[1].due, told[1].id)):
        if key not in found:
            tone = "late" if row.due < now else "now" if _is_today(env, row.due, now) else ""
            found[key] = Next(row.title, symbol_of(env.registry, row.kind), _when(env, row.due, now), tone)
    return found


def _became(keys: Sequence[int], befores: Sequence[int | None]) -> Mapping[int, list[int]]:
    """By its key, what each became."""
    found = defaultdict[int, list[int]](list)
    for key, before in zip(keys, befores, strict=True):
        if before is not None:
            found[before].append(key)
    return found


def _planned(env: Env, model: str, keys: Sequence[int]) -> Iterable[Any]:
    """What is planned for records that the user sees: of each what is due first."""
    if not keys:
        return ()
    connection = env.session.core_connection()
    dialect = connection.dialect.name
    statement, values = _first(env.registry, dialect), {"model": model, "keys": sent(dialect, keys)}
    return (
        connection.execute(statement, values) if _goes_with_it(env) else env.execute(_open_ones(env), values)
    )


def _goes_with_it(env: Env) -> bool:
    """Whether the user reads an activity wherever they read its record: then that is not asked again."""
    rights = env.session.rights
    return rights is None or rights.asks_only(env.registry.info(ACTIVITY), of_seen_records)


@per_registry
def _first(registry: Registry, dialect: str) -> sa.Select[Any]:
    """Of each record of a model what is due first."""
    plan = registry.info(ACTIVITY).table.c
    place = sa.func.row_number().over(partition_by=plan.record_id, order_by=(plan.due, plan.id))
    shown = (plan.id, plan.record_id, *(plan[name] for name in SHOWN), place.label("place"))
    here = (plan.model == sa.bindparam("model"), one_of_sent(dialect, plan.record_id))
    ranked = sa.select(*shown).where(*here, plan.state == PLANNED, plan.archived.is_(False)).subquery()
    return sa.select(ranked).where(ranked.c.place == 1)


def _open_ones(env: Env) -> sa.Select[Any]:
    """The same, of what the rules of activities let the user read: all that is planned."""
    plan: Any = env[Activity]
    shown = (plan.id, plan.record_id, *(getattr(plan, name) for name in SHOWN))
    here = (
        plan.model == sa.bindparam("model"),
        one_of_sent(env.database.url.get_backend_name(), plan.record_id),
    )
    return sa.select(*shown).where(*here, *_open(plan))


def due_reminders(env: Env) -> list[Plan]:
    """Those of the user's activities of which the bell tells by now, the first of them."""
    return _plans(env, _reminded(env))


def lost_reminders(env: Env, su: Env) -> set[int]:
    """The keys of those of which the bell tells and no page, as they are about records out of the user's sight."""
    return _due_keys(su) - _due_keys(env) if env.may(ACTIVITY, "r") else set()


def _due_keys(env: Env) -> set[int]:
    cls: Any = env[Activity]
    return set(env.scalars(sa.select(cls.id).where(*_open(cls), *_reminded(env))))


def _reminded(env: Env) -> list[Any]:
    cls: Any = env[Activity]
    return [cls.owner_id == env.user.id, cls.reminder <= env.now()]


def _open(cls: Any) -> list[Any]:
    return [cls.state == PLANNED, cls.archived.is_(False)]


def plans_until(
    env: Env, end: dt.datetime, begin: dt.datetime | None = None, limit: int = MOST
) -> list[Plan]:
    """The user's activities that are due before a moment, and not before another one."""
    cls: Any = env[Activity]
    after = [] if begin is None else [cls.due >= begin]
    return _plans(env, [cls.owner_id == env.user.id, cls.due < end, *after], limit=limit)


def _plans(
    env: Env, conditions: Iterable[Any], *, own: tuple[str, int] | None = None, limit: int = MOST
) -> list[Plan]:
    """None for those whose roles open no activities. Those of the record `own` do not name it."""
    if not env.may(ACTIVITY, "r"):
        return []
    cls: Any = env[Activity]
    chosen = sa.select(cls.id, cls.title, cls.kind, cls.due, cls.owner_id, cls.model, cls.record_id)
    chosen = chosen.where(*_open(cls), *conditions)
    rows = env.execute(chosen.order_by(cls.due, cls.id).limit(limit)).all()
    labels = Labels(env)
    people = labels.get(USER, {row.owner_id for row in rows if row.owner_id != env.user.id})
    others = [row for row in rows if (row.model, row.record_id) != own]
    return [_plan(env, row, people, _label(labels, others, row) if row in others else "") for row in rows]


def _label(labels: Labels, rows: Sequence[Any], row: Any) -> str:
    found = labels.get(row.model, {other.record_id for other in rows if other.model == row.model})
    return found[row.record_id].text if row.record_id in found else ""


def _plan(env: Env, row: Any, people: Any, label: str) -> Plan:
    overdue, now = is_overdue(PLANNED, row.due, env.now()), env.now()
    is_today = _is_today(env, row.due, now)
    return Plan(
        row.id, row.title, symbol_of(env.registry, row.kind), env.formats.moment(row.due),
        _when(env, row.due, now),
        people[row.owner_id].text if row.owner_id in people else "", "bad" if overdue else "warn" if is_today else "",
        overdue, f"/app/{ACTIVITY}/{row.id}", f"/activities/{row.id}/done", label,
        f"/app/{row.model}/{row.record_id}#thread",
    )  # fmt: skip


def _is_today(env: Env, moment: dt.datetime, now: dt.datetime) -> bool:
    zone = env.formats.zone
    return moment.astimezone(zone).date() == now.astimezone(zone).date()


def _when(env: Env, due: dt.datetime, now: dt.datetime) -> str:
    """Of today the time, of what is over how long ago, of what is to come the day and the time."""
    if _is_today(env, due, now):
        return env.formats.time(due)
    return env.formats.relative(due, now) if due < now else env.formats.moment(due)
