"""Versions of addons: numbers with points, of which 1.10 comes after 1.9 and 1.0 is 1."""

from __future__ import annotations

from typing import TypeAlias

Version: TypeAlias = tuple[int, ...]


def version(text: str) -> Version:
    """A version that can be compared. Raises ValueError on what is none."""
    numbers = [int(part) for part in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
