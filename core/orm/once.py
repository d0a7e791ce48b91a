"""What is worked out once: for a registry, and kept as long as it lives, or for an object that asks the database."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

if TYPE_CHECKING:
    from core.orm.registry import Registry

asked_once = sa.util.memoized_property
"""A property that is worked out when it is first read, for what asks the database.

`functools.cached_property` of Python 3.11 has all threads wait for the one that works it out. Who holds SQLite's write
lock would then wait for somebody who waits for that lock.
"""
T = TypeVar("T")
P = ParamSpec("P")


def per_registry(make: Callable[Concatenate[Registry, P], T]) -> Callable[Concatenate[Registry, P], T]:
    """Lets `make` be called once per registry and further arguments, which are names.

    For statements: to put one together takes longer than to run it.
    """

    @wraps(make)
    def of(registry: Registry, /, *args: P.args, **options: P.kwargs) -> T:
        key = (make, args)
        if key not in registry.kept:
            registry.kept[key] = make(registry, *args, **options)
        return registry.kept[key]  # type: ignore[no-any-return]

    return of
