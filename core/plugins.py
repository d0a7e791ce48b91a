"""Plugins: what hooks return, kept with the addon that returned it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Contribution(Generic[T]):
    """One value that one addon gave to one hook, and the module that gave it."""

    addon: str
    module: str
    value: T
