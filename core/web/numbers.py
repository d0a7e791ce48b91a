"""Numbers as addresses and forms bring them: keys, versions, places in the history."""

from __future__ import annotations

MOST = 2**63 - 1
"""What a column can hold."""


def number(text: str) -> int | None:
    """The number that a text of ASCII digits is; None of any other text, and of what no column can hold."""
    is_plain = text.isascii() and text.isdigit() and len(text) <= len(str(MOST))
    return int(text) if is_plain and int(text) <= MOST else None
