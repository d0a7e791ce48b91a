"""Reading a record to change it."""

from __future__ import annotations

from typing import TypeVar

from core.orm.env import Env
from core.orm.model import Model

M = TypeVar("M", bound=Model)


def locked(env: Env, model: type[M], key: int) -> M | None:
    """The record as it is now, held until the transaction ends. On SQLite the write lock holds it already."""
    return env.session.get(env.registry[model], key, with_for_update=True, populate_existing=True)
