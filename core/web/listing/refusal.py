"""What a list answers to an address that it cannot take."""

from __future__ import annotations

from core.errors import FieldError

SHOWN = 40
"""Letters of a wrong name that are shown again."""


class BadRequest(FieldError):
    """A parameter of the address that the list cannot take; no statement is run on it."""
