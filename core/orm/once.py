"""What is worked out once for a registry, and kept as long as it lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from core.orm.registry import Registry

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
