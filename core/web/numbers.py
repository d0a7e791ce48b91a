"""Numbers as addresses and forms bring them: keys, versions, places in the history."""

from __future__ import annotations

DIGITS_MAX = 18
"""With so many digits any number fits into a column."""


def number(text: str) -> int | None:
    """The number that a text of ASCII digits is; None of any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None
