"""Lists far longer than anyone counts, remembered for a moment: counting that far takes longer than the page."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.web.listing.reading import Reading

SECONDS = 30.0
"""How long a list may be called long without being counted."""
MOST_KNOWN = 1_000


class Crowds:
    """What was found to be long: by database, reader and conditions; shared by the threads of a process."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, Any]] = {}

    def has(self, reading: Reading) -> bool:
        """Whether this very list was long a moment ago, under the same rights."""
        until, rights = self._known.get(_key(reading), (0.0, None))
        return until > time.monotonic() and rights is _rights(reading)

    def add(self, reading: Reading) -> None:
        """The list is long."""
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[_key(reading)] = time.monotonic() + SECONDS, _rights(reading)


def _key(reading: Reading) -> Hashable:
    query = reading.query
    filters = tuple((wanted.name, wanted.text) for wanted in query.filters)
    return reading.env.database.name, reading.env.user, query.text, filters


def _rights(reading: Reading) -> Any:
    """What the database says of access: another object with each version of it."""
    rights = reading.env.session.rights
    return None if rights is None else rights.overrides
