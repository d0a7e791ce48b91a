"""One field set on many records in one transaction: which ones take it, and why others are left as they are."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import UserError
from core.orm.env import Env
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.kinds import Char
from core.orm.links import Many2many
from core.orm.undo import CHANGED, GONE, REFUSED, Left
from core.orm.writing import all_locked, allowed
from core.web import requests


@dataclass(kw_only=True)
class _Asked:
    """The value: of a link its key, of links to any number the keys to add, or to take away."""

    value: Any = None
    removes: bool = False
    along: Mapping[str, Any] = field(default_factory=dict)
    """What is set with it, by field, as the pipeline of a stage."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What those records get that have nothing there, by field."""
    asks: frozenset[str] = frozenset()
    """Fields that may still be asked for, before a record that needs one is left."""


@dataclass
class Setting(_Asked):
    """What is set on which records; `seen` has by key a mark of what the record had when it was asked for."""

    model: ModelInfo
    item: Field[Any]
    seen: Mapping[int, int]


@dataclass
class Done:
    """How many were changed, which ones were left, and the number of the transaction."""

    changed: int = 0
    left: list[Left] = field(default_factory=list)
    unit: int = 0


class Lacking(Exception):
    """Records need something beside the value that is set; `why` says it by field. Nothing was written."""

    def __init__(self, why: Mapping[str, str]) -> None:
        super().__init__()
        self.why = why


class _Culprits(Exception):
    """Records that do not take the value, by key: why."""

    def __init__(self, why: Mapping[int, str]) -> None:
        super().__init__()
        self.why = why


class _Over(UserError):
    """Ends a trial: nothing of it stays."""


def mark(item: Field[Any], value: Any) -> int:
    """What tells whether a record still has a value."""
    return zlib.crc32(json.dumps(item.dump(value), sort_keys=True, default=str).encode())


def settled(asked: Setting) -> Done:
    """Sets the field of all records that take it.

    Raises UserError where it cannot be told which one does not, and Lacking where one takes it with something that may
    be asked for.
    """
    refused: dict[int, str] = {}
    while True:
        try:
            return _write(asked, refused)
        except _Culprits as found:
            refused |= found.why


@requests.repeated
def _write(asked: Setting, refused: Mapping[int, str]) -> Done:
    try:
        with requests.writing() as env:
            records, left = _sorted_out(env, asked, refused)
            changed = _set(env, asked, records)
            _flush(env, asked)
            return Done(len(changed), left, env.session.unit)
    except UserError as error:
        why = _named(asked, refused, error) or _tried(asked, refused)
        if not why:
            raise
        raise _Culprits(why) from error


def _flush(env: Env, asked: Setting) -> None:
    try:
        env.flush()
    except UserError as error:
        with env.session.no_autoflush:
            faults = [fault for fault in error.faults if _is_lacking(asked, fault)]
            why = {fault.field or "": str(fault) for fault in faults}
        if why:
            raise Lacking(why) from error
        raise


def _is_lacking(asked: Setting, fault: UserError) -> bool:
    """Whether a record is refused for want of a value that may be asked for."""
    is_ours = fault.field in asked.asks and isinstance(fault.record, asked.model.cls)
    return is_ours and _is_empty(fault.record, asked.model.fields[fault.field or ""])


def _is_empty(record: Any, item: Field[Any]) -> bool:
    return getattr(record, _attribute(item)) in (None, "")


def _sorted_out(env: Env, asked: Setting, refused: Mapping[int, str]) -> tuple[list[Any], list[Left]]:
    """The records to change, held, and those that are left: gone, closed, changed by others, or refusing the value."""
    info = asked.model
    records: list[Any] = all_locked(env, info.cls, list(asked.seen))
    writable = allowed(env, info, [record.id for record in records], "w")
    open_ones, left = [], []
    for record in records:
        if record.id not in writable:
            left.append(Left(record.display_label(), REFUSED))
        elif _is_other(asked, record):
            left.append(Left(record.display_label(), CHANGED))
        elif record.id in refused:
            left.append(Left(record.display_label(), refused[record.id]))
        else:
            open_ones.append(record)
    here = {record.id for record in records}
    left += [Left(f"{info.label} #{key}", GONE) for key in asked.seen if key not in here]
    return open_ones, left


def _is_other(asked: Setting, record: Any) -> bool:
    """Whether somebody gave the record another value since it was shown, and not the one that is asked for."""
    if isinstance(asked.item, Many2many):
        return False  # what is added or taken away goes with what others do
    value = getattr(record, _attribute(asked.item))
    return mark(asked.item, value) != asked.seen[record.id] and value != asked.value


def _attribute(item: Field[Any]) -> str:
    """What holds the value of a record: of a link its key, of a text in several languages that of the user's."""
    return item.name if isinstance(item, Char) and item.translate else item.key


def _set(env: Env, asked: Setting, records: Sequence[Any]) -> list[Any]:
    """Those of the records that it changed."""
    item = asked.item
    if isinstance(item, Many2many):
        others = env.read(env.registry[item.target_name], asked.value)
        return [record for record in records if _link(getattr(record, item.name), others, asked.removes)]
    name = _attribute(item)
    changed = [record for record in records if getattr(record, name) != asked.value]
    fields = asked.model.fields
    env.write(changed, {name: asked.value, **{fields[key].key: value for key, value in asked.along.items()}})
    for key, value in asked.more.items():
        env.write([one for one in changed if _is_empty(one, fields[key])], {_attribute(fields[key]): value})
    return changed


def _link(linked: Any, others: Sequence[Any], removes: bool) -> bool:
    """Adds or takes away; whether there was anything to do."""
    if removes:
        doomed = [other for other in others if other in linked]
        for other in doomed:
            linked.remove(other)
        return bool(doomed)
    missing = [other for other in others if other not in linked]
    linked.extend(missing)
    return bool(missing)


# ----------------------------------------------------------------- who refuses
def _named(asked: Setting, refused: Mapping[int, str], error: UserError) -> dict[int, str]:
    """What a refusal says of records that it names."""
    ours = [fault for fault in error.faults if isinstance(fault.record, asked.model.cls)]
    return {fault.record.id: str(fault) for fault in ours if fault.record.id not in refused}


def _tried(asked: Setting, refused: Mapping[int, str]) -> dict[int, str]:
    """What the model's method says of each record by itself, where it refused them all together. Nothing is written."""
    why: dict[int, str] = {}
    with contextlib.suppress(_Over), requests.writing() as env:
        changed = _set(env, asked, _sorted_out(env, asked, refused)[0])
        names = frozenset({asked.item.name, *asked.along, *asked.more})
        with env.session.no_autoflush:
            for record in changed:
                try:
                    type(record).before_write([record], {record.id: names})
                except UserError as error:
                    why[record.id] = str(error)
        raise _Over("")
    return why
