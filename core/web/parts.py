"""The history of a record with that of the records that belong to it: the addresses and phones of a contact."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.i18n.lazy import _
from core.orm.history import CHANGE, DELETED, LEFT
from core.orm.links import One2many
from core.sql import among
from core.web import timeline
from core.web.forms.rows import is_inline
from core.web.listing.labels import Labels

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.web.forms import Layout

DONE = {"plus": _("added"), "trash": _("removed"), "box": _("archived"), "undo": _("restored")}
"""What one did with a record that belongs to another, by the symbol of its entry."""
MOST = 200
"""So many times that something left a record are looked at."""
Lists = Sequence["One2many[Any]"]


@dataclass
class Parts:
    """Records of one model: those that belong to the record now, and those that did, by the row that says so."""

    labels: dict[int, str] = field(default_factory=dict)
    """Of those that are there, wherever they belong by now."""
    moved: dict[int, int] = field(default_factory=dict)
    gone: dict[int, Any] = field(default_factory=dict)
    """What they held."""


def lists(layout: Layout, env: Env) -> Lists:
    """The lists of a form whose records are rows in it, as far as the reader may see them."""
    items = [layout.model.fields[node.name] for part in layout.sections for node in part.nodes
             if is_inline(env.registry, layout.model.fields[node.name], node)]  # fmt: skip
    return [item for item in items if isinstance(item, One2many) and env.may(item.target_name, "r")]


def of_record(
    env: Env,
    record: Any,
    lists: Lists = (),
    *,
    before: int | None = None,
    limit: int,
    until: dt.datetime | None = None,
) -> list[timeline.Entry]:
    """What happened to a record that the reader may see, and to those that belong to it, the latest first."""
    table, info = env.registry.models[CHANGE].table.c, env.registry.info(type(record))
    parts = _parts(env, record, lists) if lists else {}
    mine = sa.and_(table.model == info.name, table.record_id == record.id, table.action != LEFT)
    theirs = [condition for model, part in parts.items() for condition in _conditions(env, model, part)]
    rows = timeline.changes(env, sa.or_(mine, *theirs), before=before, limit=limit, until=until)
    found = timeline.entries(env, rows, (info.name, record.id))
    own = (info.name, record.id)
    return [one if (one.model.name, one.record) == own else _named(env, one, parts) for one in found]


def _conditions(env: Env, model: str, part: Parts) -> Iterable[sa.ColumnElement[bool]]:
    """Which rows of history are about records of a model; of one that moved only those up to then."""
    table = env.registry.models[CHANGE].table.c
    whole = [*(part.labels.keys() - part.moved.keys()), *part.gone]
    if whole:
        told = table.action != LEFT
        yield sa.and_(table.model == model, among(env, table.record_id, whole), told)
    for key, last in part.moved.items():
        yield sa.and_(table.model == model, table.record_id == key, table.id < last, table.action != LEFT)


def _parts(env: Env, record: Any, lists: Lists) -> Mapping[str, Parts]:
    parts: dict[str, Parts] = defaultdict(Parts)
    for item in lists:
        parts[item.target_name].labels |= {row.id: row.display_label() for row in getattr(record, item.name)}
    if left := _left(env, record, parts):
        _sort(env, left, parts)
    return parts


def _left(env: Env, record: Any, parts: Mapping[str, Parts]) -> Mapping[str, dict[int, int]]:
    """By model, the records that left, with the key of the last row that says so."""
    table, info = env.registry.models[CHANGE].table.c, env.registry.info(type(record))
    chosen = sa.select(table.id, table["values"]).where(
        table.model == info.name, table.record_id == record.id, table.action == LEFT
    )
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for last, values in env.session.core_connection().execute(chosen.order_by(table.id.desc()).limit(MOST)):
        for model, (keys, _none) in values.items():
            for key in keys if model in parts else ():
                if key not in parts[model].labels:
                    found[model].setdefault(key, last)
    return found


def _sort(env: Env, left: Mapping[str, dict[int, int]], parts: Mapping[str, Parts]) -> None:
    """Puts those that the reader may see, or could, where they belong."""
    table = env.registry.models[CHANGE].table.c
    about = sa.or_(
        *(
            sa.and_(table.model == model, among(env, table.record_id, list(keys)))
            for model, keys in left.items()
        )
    )
    chosen = sa.select(table.model, table.record_id, table.action, table["values"])
    last = (
        env.session.core_connection()
        .execute(chosen.where(about, table.action == DELETED).order_by(table.id))
        .all()
    )
    held = {(row.model, row.record_id): row.values for row in last}
    seen = timeline.within_reach(env, left, last)
    for model, keys in left.items():
        mine = {key for key in keys if (model, key) in seen}
        there = Labels(env).get(model, {key for key in mine if (model, key) not in held})
        part = parts[model]
        part.labels |= {key: label.text for key, label in there.items()}
        part.moved |= {key: keys[key] for key in there}
        part.gone |= {key: held[model, key] for key in mine - there.keys()}


def _named(env: Env, entry: timeline.Entry, parts: Mapping[str, Parts]) -> timeline.Entry:
    """With the name of the record, and the address of its page while it is there."""
    part, key, info = parts[entry.model.name], entry.record, entry.model
    entry = replace(entry, what=DONE.get(entry.symbol, entry.what))
    if key in part.labels:
        return replace(entry, label=part.labels[key], href=f"/app/{info.name}/{key}")
    return replace(entry, label=_was_called(env, info, part.gone[key]) or f"#{key}")


def _was_called(env: Env, info: ModelInfo, held: Mapping[str, Any]) -> str:
    """What a record that is gone was called, as far as the reader may know and it was a plain text."""
    item = info.fields.get(info.label_field or "")
    value = held.get(item.name, [None])[0] if item is not None and env.may_see(info.name, item.name) else None
    return item.formatter(env.formats)(value) if item is not None and isinstance(value, str) else ""
