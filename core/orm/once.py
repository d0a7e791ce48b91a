"""What is worked out once for a registry, and kept as long as it lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from core.orm.registry import Registry

T = TypeVar("T")


def per_registry(make: Callable[[Registry], T]) -> Callable[[Registry], T]:
    """Lets `make` be called once per registry: to put a statement together takes longer than to run it."""
    kept: WeakKeyDictionary[Registry, T] = WeakKeyDictionary()

    @wraps(make)
    def of(registry: Registry) -> T:
        if registry not in kept:
            kept[registry] = make(registry)
        return kept[registry]

    return of
