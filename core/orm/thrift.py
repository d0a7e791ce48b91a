"""Composing many models in less time and memory than SQLAlchemy takes by itself."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

from sqlalchemy import orm


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """No look for garbage inside: a million objects are made that all stay, and each look walks over them."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Comparator(orm.ColumnProperty.Comparator[Any]):
    """Says without making any SQL that an attribute has no events of its own.

    SQLAlchemy asks every attribute as it configures mappers, and the SQL made for the answer would stay: a
    fifth of a registry's memory. The name is private; where it is gone, only the saving is.
    """

    __slots__ = ()

    def _fallback_getattr(self, key: str) -> Any:
        if key == "_slots_dispatch":
            raise AttributeError(key)
        return super()._fallback_getattr(key)
