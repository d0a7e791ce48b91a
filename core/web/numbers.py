"""Numbers as addresses and forms bring them: keys, versions, places in the history."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import BadRequest

from core.i18n.lazy import _

MOST = 2**63 - 1
"""What a column can hold."""
LETTER = 24
"""Bytes of a letter in a form: at most four, each sent as three, and once more in what was shown."""


def number(text: str) -> int | None:
    """The number that a text of ASCII digits is; None of any other text, and of what no column can hold."""
    is_plain = text.isascii() and text.isdigit() and len(text) <= len(str(MOST))
    return int(text) if is_plain and int(text) <= MOST else None


def asked_before() -> int | None:
    """The key before which a page goes on, where its address names one. Raises BadRequest where it is none."""
    text = request.args.get("before")
    before = None if text is None else number(text)
    if text is not None and before is None:
        raise BadRequest(str(_("This is no place in the history.")))
    return before
