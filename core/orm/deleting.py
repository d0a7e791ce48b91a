"""Deleting records: through the ORM and in batches, so that rules, history and computes see all that goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from core.errors import UserError
from core.i18n.lazy import ngettext
from core.orm.circles import circular
from core.orm.keys import parts
from core.orm.links import Many2one
from core.orm.model import Model

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo

NAMED = 3
"""How many users of a record are named in a refusal."""

Doomed: TypeAlias = dict[type[Model], dict[int, Model]]
Node: TypeAlias = tuple[type[Model], int]
Tie: TypeAlias = tuple[Many2one[Any], Node]
"""A link of a record, and the record that it leads to."""


def delete(env: Env, records: Sequence[Model]) -> None:
    """Deletes `records` and what cascades from them. Raises UserError naming what holds them."""
    env.flush()  # what is still to come gets its key
    doomed: Doomed = {}
    _gather(env, records, doomed)
    _refuse_held(env, doomed)
    _release(env, doomed)
    _sweep_up(env, doomed)
    for cls, by_key in doomed.items():
        cls.before_delete(list(by_key.values()))
    _untie(env, doomed)
    for by_key in doomed.values():
        for record in by_key.values():
            env.session.delete(record)
    env.flush()


def _gather(env: Env, records: Iterable[Model], doomed: Doomed) -> None:
    """Fills `doomed` with the records and all that cascades."""
    fresh: dict[type[Model], list[Model]] = {}
    for record in records:
        known = doomed.setdefault(type(record), {})
        if record.id not in known:
            known[record.id] = record
            fresh.setdefault(type(record), []).append(record)
    for cls, batch in fresh.items():
        for info, link in _incoming(env, cls, "cascade"):
            for part in parts([] if info.cls.goes_along else [record.id for record in batch]):
                _gather(env, env.scalars(sa.select(info.cls).where(_key(info, link).in_(part))).all(), doomed)


def _sweep_up(env: Env, doomed: Doomed) -> None:
    """Deletes what goes along, whoever sees it: it is nobody's work, as notices are."""
    connection = env.session.core_connection()
    for cls, by_key in doomed.items():
        for info, link in env.registry.incoming(cls.__lumbung__.name):
            for part in parts(list(by_key)) if link.ondelete == "cascade" and info.cls.goes_along else ():
                columns = info.table.c
                if keys := connection.scalars(sa.select(columns.id).where(columns[link.key].in_(part))).all():
                    with env.sudo(f"what goes with records of {cls.__lumbung__.name}") as su:
                        su.delete(su.read(info.cls, keys))


def _refuse_held(env: Env, doomed: Doomed) -> None:
    for cls, by_key in doomed.items():
        for info, link in _incoming(env, cls, "restrict"):
            leaving = doomed.get(info.cls, {})
            holders = sa.select(info.cls.id).order_by(info.cls.id)
            keys = [
                key
                for part in parts(list(by_key))
                for key in env.scalars(holders.where(_key(info, link).in_(part)))
                if key not in leaving
            ]
            if keys:
                raise _held_error(env, info, keys)


def _held_error(env: Env, info: ModelInfo, keys: Sequence[int]) -> UserError:
    names = ", ".join(record.display_label() for record in env.read(info.cls, keys[:NAMED]))
    return UserError(
        ngettext(
            "It is used by %(count)s record of %(model)s (%(names)s). Archive it instead, or change that first.",
            "It is used by %(count)s records of %(model)s (%(names)s). Archive it instead, or change those first.",
            len(keys), model=info.plural, names=names))  # fmt: skip


def _release(env: Env, doomed: Doomed) -> None:
    """Empties the links of those that stay, where they may be emptied."""
    for cls, by_key in doomed.items():
        for info, link in _incoming(env, cls, "set_null"):
            leaving = doomed.get(info.cls, {})
            for part in parts(list(by_key)):
                for holder in env.scalars(sa.select(info.cls).where(_key(info, link).in_(part))).all():
                    if holder.id not in leaving:
                        setattr(holder, link.key, None)
                        env.session.expire(holder, [link.name])


def _incoming(env: Env, cls: type[Model], ondelete: str) -> Iterator[tuple[ModelInfo, Many2one[Any]]]:
    """Links to a model, from models that the user may see; what holds a record unseen is for the database to say."""
    incoming = env.registry.incoming(cls.__lumbung__.name)
    return ((info, link) for info, link in incoming if link.ondelete == ondelete and env.may(info.name, "r"))


def _key(info: ModelInfo, link: Many2one[Any]) -> Any:
    return getattr(info.cls, link.key)


# ----------------------------------------------------------------- circles
def _untie(env: Env, doomed: Doomed) -> None:
    """Empties the links by which doomed records hold each other in a circle: no order of deletes would do."""
    ties: dict[Node, list[Tie]] = {}
    for cls, by_key in doomed.items():
        for key, record in by_key.items():
            ties[cls, key] = list(_ties(env, record, doomed))
    bound = circular({node: {target for _link, target in found} for node, found in ties.items()})
    loose: dict[tuple[type[Model], Many2one[Any]], list[int]] = {}
    for cls, key in bound:
        for link, target in ties[cls, key]:
            if target in bound and not link.required:
                loose.setdefault((cls, link), []).append(key)
    for (cls, link), keys in loose.items():
        _empty(env, link, doomed[cls], keys)


def _ties(env: Env, record: Model, doomed: Doomed) -> Iterator[Tie]:
    """The links of a record to others that go with it."""
    for item in record.__lumbung__.fields.values():
        if isinstance(item, Many2one):
            target = env.registry[item.target_name]
            if target in doomed and (key := getattr(record, item.key)) in doomed[target]:
                yield item, (target, key)


def _empty(env: Env, link: Many2one[Any], records: Mapping[int, Model], keys: Sequence[int]) -> None:
    table = records[keys[0]].__lumbung__.table
    for part in parts(keys):
        statement = table.update().where(table.c.id.in_(part)).values({table.c[link.key]: None})
        env.session.core_connection().execute(statement)
    for key in keys:
        set_committed_value(records[key], link.key, None)
        set_committed_value(records[key], link.name, None)
