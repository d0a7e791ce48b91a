"""What happened around a record, as pages tell it: whoever knows of something says it as such an item."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.i18n.lazy import TextLike

if TYPE_CHECKING:
    from core.web.timeline import Line

LONGEST_TEXT = 600
"""Letters of a text that stand among others. Whoever reads one asks for one more, which tells that there are more."""


@dataclass(frozen=True)
class TimelineItem:
    """One thing that happened at a moment.

    `kind` is the model that it is of, by which a reader chooses; `key` is its own among those. `who` is the key of
    the user who did it, None for the system. `title` says what; `noun`, `label` and `href` name what it was done
    with; `text` is what somebody wrote: plain text, of which a page shows LONGEST_TEXT letters and leads to `href`,
    else to the record of `kind` and `key`, for the rest.
    """

    at: dt.datetime
    kind: str
    key: int
    title: TextLike
    who: int | None = None
    noun: TextLike = ""
    label: str = ""
    href: str | None = None
    text: str = ""
    symbol: str = "edit"
    tone: str = ""
    badge: tuple[TextLike, str] | None = None
    """A state and its tone."""
    lines: Sequence[Line] = ()
    """Fields that were changed, each with what it was and became."""
    is_mine: bool = False
    """Whether the reader may change it where it stands."""

    @property
    def place(self) -> tuple[dt.datetime, str, int]:
        """Where it stands among others; those of one moment by kind and key."""
        return self.at, self.kind, self.key
