"""Copying a record: which of its fields a copy begins with, and the lines that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.orm.kinds import Select
from core.orm.links import Many2many, Many2one, One2many

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.orm.info import ModelInfo


def is_copied(item: Field[Any]) -> bool:
    """Whether a copy has the value of the original: not what is its own, what follows from others, or how far it got.

    So unique, readonly and computed fields begin anew, and a choice with tones, which is a state.
    """
    is_state = isinstance(item, Select) and bool(item.tones)
    return not (item.system or item.unique or item.readonly or is_state or isinstance(item, One2many))


def copy_lines(env: Env, copies: Mapping[Any, Any]) -> None:
    """Copies, for each original and its copy, the lines that go with it when it goes, and theirs; in batches.

    Left out is what is archived, and what the user may not see or make.
    """
    if copies:
        _copy(env, dict(copies), set(copies))


def _copy(env: Env, copies: dict[Any, Any], known: set[Any]) -> None:
    info: ModelInfo = next(iter(copies)).__lumbung__
    for item in info.own_fields:
        if not isinstance(item, One2many) or not env.may(item.target_name, "c"):
            continue
        lines = env.registry.models[item.target_name]
        back = lines.fields[item.inverse]
        if (
            not isinstance(back, Many2one)
            or back.ondelete != "cascade"
            or not env.may_see(info.name, item.name)
        ):
            continue
        found = {
            line: {**row, back.name: copy}
            for like, copy in copies.items()
            for line in getattr(like, item.name)
            if not (line.archived or line in known) and (row := _values(env, lines, line, back)) is not None
        }
        known |= found.keys()
        made = env.create(lines.cls, list(found.values()))
        env.flush()
        if made:
            _copy(env, dict(zip(found, made, strict=True)), known)


def _values(env: Env, info: ModelInfo, line: Any, back: Field[Any]) -> dict[str, Any] | None:
    """What a line's copy has; None where it must lead to what the user may not see."""
    row: dict[str, Any] = {}
    for item in info.own_fields:
        is_open = env.may_see(info.name, item.name) and env.may_set(info.name, item.name)
        if item is back or not is_copied(item) or not is_open:
            continue
        if isinstance(item, Many2one):
            row[item.name] = getattr(line, item.name)
            if item.required and row[item.name] is None:
                return None
        elif isinstance(item, Many2many):
            row[item.name] = list(getattr(line, item.name))
        else:
            row[item.key] = getattr(line, item.key)
    return row
