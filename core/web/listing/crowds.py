"""Lists far longer than anyone counts, remembered for a moment: counting that far takes longer than the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from flask import has_request_context, session

if TYPE_CHECKING:
    from core.web.listing.reading import Reading

SECONDS = 30.0
"""How long a list may be called long without being counted."""
MOST_KNOWN = 1_000
TALLIED = 1.0
"""Seconds for which a count of MANY rows or more is good."""
MANY = 5_000


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


class Tallies:
    """Counts and sums of many rows, kept for a moment: to count 50,000 takes longer than the page of their board.

    Whoever is about to be told what they did is counted for anew, so that nobody misses the own change.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, Any, Sequence[Any]]] = {}

    def get(self, reading: Reading, part: Hashable, statement: Callable[[], Any]) -> Sequence[Any]:
        """The rows of a statement that counts a `part` of a reading; the count is the second of each."""
        key, now, rights = (_key(reading), part), time.monotonic(), _rights(reading)
        until, known, rows = self._known.get(key, (0.0, None, ()))
        if until > now and known is rights and not (has_request_context() and session.get("_flashes")):
            return rows
        rows = reading.env.execute(statement()).all()
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        if sum(row[1] for row in rows) < MANY:
            self._known.pop(key, None)
        else:
            self._known[key] = now + TALLIED, rights, rows
        return rows


def _key(reading: Reading) -> Hashable:
    query = reading.query
    filters = tuple((wanted.name, wanted.text) for wanted in query.filters)
    return reading.env.database.name, reading.env.user, query.text, filters


def _rights(reading: Reading) -> Any:
    """What the database says of access: another object with each version of it."""
    rights = reading.env.session.rights
    return None if rights is None else rights.overrides
