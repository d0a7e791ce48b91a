"""Making deleted records again: with their old keys, and with all that the history holds of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from core.i18n.lazy import TextLike, _
from core.orm.kinds import Boolean
from core.orm.links import Link, Many2many, Many2one
from core.orm.numbers import Decimal
from core.sql import among

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.orm.past import Past
    from core.orm.undo import Undone

Place: TypeAlias = tuple[str, int]
LACKING = _("What it belongs to is not there any more.")
FORBIDDEN = _("Your roles do not allow it to be made again.")
WITHOUT = _("It came back without this.")


class Targets:
    """Which of the records that links led to are there for the user; one statement per model."""

    def __init__(self, env: Env, batch: Iterable[Past]) -> None:
        self._env = env
        self._wanted: dict[str, set[int]] = defaultdict(set)
        self._seen: dict[str, set[int]] = {}
        for past in batch:
            for item in past.info.near_links:
                value = past.was(item.name)
                self._wanted[item.target_name].update([value] if isinstance(value, int) else value or ())

    def has(self, model: str, key: int) -> bool:
        """Whether the user may see the record of that key, to which one of the links led."""
        if model not in self._seen:
            self._seen[model] = self._look(self._env.registry.models[model])
        return key in self._seen[model]

    def _look(self, info: ModelInfo) -> set[int]:
        if not self._env.may(info.name, "r"):
            return set()
        cls, wanted = info.cls, sorted(self._wanted[info.name])
        return set(self._env.scalars(sa.select(cls.id).where(among(self._env, cls.id, wanted))))


def remake(env: Env, batch: Sequence[Past], done: Undone) -> None:
    """Makes those of the records that are not there, and says in `done` what could not come back."""
    there = _there(env, batch)
    plan = {_place(past): past for past in batch if _place(past) not in there}
    done.already += len(batch) - len(plan)
    targets = Targets(env, plan.values())
    while refused := [(past, why) for past in plan.values() if (why := _refusal(env, past, plan, targets))]:
        for past, why in refused:
            del plan[_place(past)]
            done.leave(_name(env, past), why)
    with env.session.no_autoflush:
        made = _create(env, plan, targets, done)
        for place, past in plan.items():
            _link(env, made, made[place], past, targets)
    env.flush()
    done.restored += len(plan)


def _place(past: Past) -> Place:
    return past.info.name, past.key


def _there(env: Env, batch: Sequence[Past]) -> set[Place]:
    """Which of the records are there, seen by the user or not."""
    keys: dict[ModelInfo, list[int]] = defaultdict(list)
    for past in batch:
        keys[past.info].append(past.key)
    connection = env.session.core_connection()
    return {
        (info.name, key)
        for info, wanted in keys.items()
        for key in connection.scalars(sa.select(info.table.c.id).where(among(env, info.table.c.id, wanted)))
    }


def _refusal(env: Env, past: Past, plan: dict[Place, Past], targets: Targets) -> TextLike | None:
    """Why a record cannot be made again: for want of the right, or of what a link must lead to."""
    if not env.may(past.info.name, "c") or not env.may(past.info.name, "r"):
        return FORBIDDEN
    for item in past.info.near_links:
        if isinstance(item, Many2one) and item.required:
            key = past.was(item.name)
            if key is None or not ((item.target_name, key) in plan or targets.has(item.target_name, key)):
                return LACKING
    return None


def _name(env: Env, past: Past) -> str:
    """What a deleted record was called."""
    name = past.info.label_field
    text = past.was(name) if name and env.may_see(past.info.name, name) else None
    return text if isinstance(text, str) and text else f"{past.info.label} #{past.key}"


def _create(env: Env, plan: dict[Place, Past], targets: Targets, done: Undone) -> dict[Place, Any]:
    """The records with their own values, and with their links to what is there."""
    rows: dict[ModelInfo, list[dict[str, Any]]] = defaultdict(list)
    for past in plan.values():
        rows[past.info].append(_values(env, past, plan, targets, done))
    made = {info: env.create(info.cls, values) for info, values in rows.items()}
    return {(info.name, record.id): record for info, records in made.items() for record in records}


def _values(env: Env, past: Past, plan: dict[Place, Past], targets: Targets, done: Undone) -> dict[str, Any]:
    row, without = {"id": past.key}, []
    for item in past.info.followed:
        value = past.was(item.name)
        if isinstance(item, Many2many):
            continue
        if isinstance(item, Many2one) and value is not None and not targets.has(item.target_name, value):
            if (item.target_name, value) not in plan:
                without.append(str(item.label))
            value = None  # one that comes back too is linked once it is made
        if not env.may_set(past.info.name, item.name):
            without += [str(item.label)] if value not in (None, item.stored_default) else []
            continue
        row[item.key] = _empty(item) if value is None else item.load(value)
    if without:
        done.leave(_name(env, past), WITHOUT, tuple(without))
    return row


def _empty(item: Field[Any]) -> Any:
    """What a field held of which the history says nothing: it leaves out what is empty."""
    if isinstance(item, Boolean):
        return False
    if not item.required or isinstance(item, Link):
        return None
    return 0 if item.numeric and not isinstance(item, Decimal) else ""


def _link(env: Env, made: dict[Place, Any], record: Any, past: Past, targets: Targets) -> None:
    """Links to others that come back too, as records: they are written in the order that this needs."""
    for item in past.info.near_links:
        value = past.was(item.name)
        if value is None or not env.may_set(past.info.name, item.name):
            continue
        if isinstance(item, Many2one):
            if (target := made.get((item.target_name, value))) is not None:
                setattr(record, item.name, target)
        else:
            keys = [key for key in value if targets.has(item.target_name, key)]
            back = [made[item.target_name, key] for key in value if (item.target_name, key) in made]
            setattr(record, item.name, [*env.read(env.registry[item.target_name], keys), *back])
