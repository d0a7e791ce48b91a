"""Undo: the changes of one transaction are taken back by the user who made them, as far as nobody changed more.

All goes through the ORM: rules, validation, computes and history see it, and what they refuse is refused as a
whole. A deleted record comes back under its old key, so that links to it lead there again; it is a new row all
the same, with the stamps of now. A created one goes, or is archived where something uses it by now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.i18n.lazy import TextLike, _
from core.orm import history, remaking
from core.orm.closed import mapped_key
from core.orm.links import Many2many, Many2one
from core.orm.past import Past, pasts
from core.orm.uses import used
from core.orm.writing import all_locked, allowed
from core.sql import among

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.orm.info import ModelInfo

ADMIN = "base.admin"
"""The role that may take back what others did."""
GONE = _("It is not there any more.")
CHANGED = _("It was changed since.")
REFUSED = _("Your roles do not allow a change of it.")


class NothingToUndo(LookupError):
    """There is no such transaction, or it is somebody else's."""


@dataclass(frozen=True)
class Left:
    """A record that was left as it is, or a part of it: why, and which fields, as one reads them."""

    label: str
    why: TextLike
    fields: tuple[str, ...] = ()


@dataclass
class Undone:
    """How many records are as they were, how many were already, and what was left."""

    restored: int = 0
    already: int = 0
    left: list[Left] = field(default_factory=list)

    def leave(self, label: str, why: TextLike, fields: tuple[str, ...] = ()) -> None:
        """Notes what is left."""
        self.left.append(Left(label, why, fields))


def undo(env: Env, unit: int) -> Undone:
    """Takes back the transaction of that number. Raises NothingToUndo, and UserError where something is refused.

    A second time finds all as it was before and changes nothing.
    """
    done, found = Undone(), pasts(env.registry, _rows(env, unit))
    env.is_undoing = True
    remaking.remake(env, [past for past in found if past.deleted], done)
    for info, batch in _by_model([past for past in found if not (past.deleted or past.created)]).items():
        with env.session.no_autoflush:  # a record is looked at when all of it is back, not field by field
            _put_back(env, info, batch, done)
    env.flush()
    _take_away(env, _by_model([past for past in found if past.created]), done)
    env.flush()
    return done


def _by_model(batch: Sequence[Past]) -> dict[ModelInfo, list[Past]]:
    found: dict[ModelInfo, list[Past]] = defaultdict(list)
    for past in batch:
        found[past.info].append(past)
    return found


def _rows(env: Env, unit: int) -> Sequence[Any]:
    """The history of the transaction, held: of two who take it back at once, the second finds it done."""
    table = history.table_of(env.session)
    if table is None:
        raise NothingToUndo
    told = table.c.action != history.LEFT  # that follows from the others
    statement = sa.select(table).where(table.c.unit == unit, told).order_by(table.c.id).with_for_update()
    rows = env.session.core_connection().execute(statement).all()
    is_theirs = env.is_sudo or ADMIN in env.user.roles or all(row.created_by == env.user.id for row in rows)
    if not rows or not is_theirs:
        raise NothingToUndo
    return rows


# ----------------------------------------------------------------- changes
def _put_back(env: Env, info: ModelInfo, batch: Sequence[Past], done: Undone) -> None:
    """Gives changed fields the value that they had, where they still have the one that they were given."""
    records = _records(env, info, batch)
    writable = allowed(env, info, list(records), "w")
    targets = remaking.Targets(env, batch)
    for past in batch:
        record = records.get(past.key)
        if record is None:
            done.leave(f"{info.label} #{past.key}", GONE)
        elif past.key not in writable:
            done.leave(record.display_label(), REFUSED)
        else:
            _put_back_one(env, record, past, targets, done)


def _put_back_one(env: Env, record: Any, past: Past, targets: remaking.Targets, done: Undone) -> None:
    is_restored, others, closed = False, list[str](), list[str]()
    for name, (before, after) in past.values.items():
        item = past.info.fields.get(name)
        if item is None or not env.may_set(past.info.name, name):
            closed.append(name if item is None else str(item.label))
        elif isinstance(item, Many2many):
            is_restored |= _relink(env, record, item, before, after, targets)
        elif (now := item.dump(getattr(record, mapped_key(item)))) == after and _is_there(
            item, before, targets
        ):
            setattr(record, item.key, item.load(before))
            is_restored = True
        elif now != before:
            others.append(str(item.label))
    for why, names in ((CHANGED, others), (REFUSED, closed)):
        if names:
            done.leave(record.display_label(), why, tuple(names))
    done.restored += is_restored
    done.already += not (is_restored or others or closed)


def _is_there(item: Field[Any], value: Any, targets: remaking.Targets) -> bool:
    """Whether a value can be given again: what a link led to may be gone."""
    return value is None or not isinstance(item, Many2one) or targets.has(item.target_name, value)


def _relink(
    env: Env, record: Any, item: Many2many[Any], removed: Any, added: Any, targets: remaking.Targets
) -> bool:
    """Takes away links that came and are still there, and gives back those that left. Whether it did anything."""
    linked, come = getattr(record, item.name), set(added or ())
    here = {other.id for other in linked}
    extra = [other for other in linked if other.id in come]
    missing = [key for key in removed or () if key not in here and targets.has(item.target_name, key)]
    for other in extra:
        linked.remove(other)
    if missing:
        linked.extend(env.read(env.registry[item.target_name], missing))
    return bool(extra or missing)


# ----------------------------------------------------------------- new records
def _take_away(env: Env, created: dict[ModelInfo, list[Past]], done: Undone) -> None:
    """Deletes created records that nobody touched since, the last first; what is used by now is archived."""
    touched = {info: _touched(env, info, batch) for info, batch in created.items()}
    leaving = {info.name: {past.key for past in batch} - touched[info] for info, batch in created.items()}
    for info, batch in reversed(created.items()):
        records = _records(env, info, batch)
        unused = records.keys() - used(env, info, list(records), leaving)
        deletable, writable = (allowed(env, info, list(records), mode) for mode in ("d", "w"))
        doomed = []
        for past in batch:
            record = records.get(past.key)
            if record is None or record.archived:
                done.already += 1
            elif past.key in touched[info]:
                done.leave(record.display_label(), CHANGED)
            elif past.key in deletable & unused:
                doomed.append(record)
            elif past.key in writable:
                record.archived = True
                done.restored += 1
            else:
                done.leave(record.display_label(), REFUSED)
        leaving[info.name] = {record.id for record in doomed}
        env.delete(doomed)
        done.restored += len(doomed)


def _touched(env: Env, info: ModelInfo, batch: Sequence[Past]) -> set[int]:
    """The created records with a later history than what the transaction wrote."""
    table, last = history.table_of(env.session), {past.key: past.last for past in batch}
    later = sa.select(table.c.record_id, table.c.id).where(
        table.c.model == info.name,
        among(env, table.c.record_id, list(last)),
        table.c.unit != env.session.unit,
    )
    return {key for key, row in env.session.core_connection().execute(later) if row > last[key]}


def _records(env: Env, info: ModelInfo, batch: Sequence[Past]) -> dict[int, Any]:
    """The records by key, held, as far as the user may see them."""
    if not env.may(info.name, "r"):
        return {}
    return {record.id: record for record in all_locked(env, info.cls, [past.key for past in batch])}
