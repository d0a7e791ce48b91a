"""Reading records to change them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from core.access.grants import Operation
from core.orm.model import Model
from core.sql import among

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo

M = TypeVar("M", bound=Model)


def locked(env: Env, model: type[M], key: int) -> M | None:
    """The record as it is now, held until the transaction ends. On SQLite the write lock holds it already."""
    return env.session.get(env.registry[model], key, with_for_update=True, populate_existing=True)


def all_locked(env: Env, model: type[M], keys: Sequence[int]) -> list[M]:
    """Those of the records that the user may see, as they are now, held in the order of their keys."""
    cls = env.registry[model]
    statement = sa.select(cls).where(among(env, cls.id, keys)).order_by(cls.id).with_for_update()
    return list(env.scalars(statement.execution_options(populate_existing=True)))


def allowed(env: Env, info: ModelInfo, keys: Sequence[int], operation: Operation) -> set[int]:
    """Those of the keys with whose records the user may do this, as their rows stand; one statement at most."""
    rights = env.session.rights
    condition = None if rights is None else rights.condition(info, operation)
    if condition is None:
        return set(keys)
    column = info.table.c.id
    return set(
        env.session.core_connection().scalars(sa.select(column).where(among(env, column, keys), condition))
    )


def operations(env: Env, record: Model, asked: Sequence[Operation] = ("w", "d")) -> frozenset[Operation]:
    """Which of these the user may do with this very record, as its row stands; one statement at most."""
    info, rights = env.registry.info(type(record)), env.session.rights
    conditions = {mode: None if rights is None else rights.condition(info, mode) for mode in asked}
    told = {mode: condition for mode, condition in conditions.items() if condition is not None}
    if not told:
        return frozenset(asked)
    here = sa.select(*told.values()).select_from(info.table).where(info.table.c.id == record.id)
    row = env.session.core_connection().execute(here).first() or [False] * len(told)
    return frozenset(asked) - {mode for mode, is_met in zip(told, row, strict=True) if not is_met}
