"""Deleting records: through the ORM and in batches, so that rules, history and computes see all that goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import UserError
from core.i18n.lazy import _
from core.orm.links import Many2one
from core.orm.model import Model

if TYPE_CHECKING:
    from core.orm.compose import ModelInfo
    from core.orm.env import Env

BATCH = 500
NAMED = 3
"""How many users of a record are named in a refusal."""


def delete(env: Env, records: Sequence[Model]) -> None:
    """Deletes `records` and what cascades from them. Raises UserError naming what holds them."""
    doomed: dict[type[Model], dict[int, Model]] = {}
    _gather(env, records, doomed)
    _refuse_held(env, doomed)
    for cls, by_key in doomed.items():
        cls.before_delete(list(by_key.values()))
    for by_key in doomed.values():
        for record in by_key.values():
            env.session.delete(record)
    env.flush()


def _gather(env: Env, records: Iterable[Model], doomed: dict[type[Model], dict[int, Model]]) -> None:
    """Fills `doomed` with the records and all that cascades, and empties the links that may be."""
    fresh: dict[type[Model], list[Model]] = {}
    for record in records:
        known = doomed.setdefault(type(record), {})
        if record.id not in known:
            known[record.id] = record
            fresh.setdefault(type(record), []).append(record)
    for cls, batch in fresh.items():
        for info, link in env.registry.incoming(cls.__lumbung__.name):
            if link.ondelete == "cascade":
                _gather(env, _holders(env, info, link, batch), doomed)
            elif link.ondelete == "set_null":
                for holder in _holders(env, info, link, batch):
                    setattr(holder, link.name, None)


def _refuse_held(env: Env, doomed: dict[type[Model], dict[int, Model]]) -> None:
    for cls, by_key in doomed.items():
        for info, link in env.registry.incoming(cls.__lumbung__.name):
            if link.ondelete == "restrict":
                leaving = doomed.get(info.cls, {})
                held = [x for x in _holders(env, info, link, list(by_key.values())) if x.id not in leaving]
                if held:
                    raise _held_error(info, link, held)


def _held_error(info: ModelInfo, link: Many2one[Any], held: Sequence[Model]) -> UserError:
    names = ", ".join(record.display_label() for record in held[:NAMED])
    return UserError(
        _("It is used by %(count)s records of %(model)s (%(names)s). Archive it instead, or change those first.",
          count=len(held), model=info.plural, names=names))  # fmt: skip


def _holders(env: Env, info: ModelInfo, link: Many2one[Any], batch: Sequence[Model]) -> list[Model]:
    """The records of `info` whose `link` leads to one of `batch`."""
    keys = [record.id for record in batch]
    column: Any = getattr(info.cls, link.key)
    found: list[Model] = []
    for start in range(0, len(keys), BATCH):
        found += env.scalars(sa.select(info.cls).where(column.in_(keys[start : start + BATCH])))
    return found
