"""Cards and figures: what waits for one person on the home page, and the figures of a record, as addons tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.i18n.lazy import TextLike


class Why(NamedTuple):
    """What makes a line worth a look; `tone` is "late", "now" or none."""

    text: TextLike
    symbol: str = "clock"
    tone: str = ""


@dataclass(frozen=True)
class DashboardRow:
    """One line of a card, and where it leads; `badge` is a state and its tone, `full` the value in full."""

    label: str
    href: str
    sub: str = ""
    value: str = ""
    badge: tuple[TextLike, str] | None = None
    why: Why | None = None
    full: str = ""


@dataclass(frozen=True)
class DashboardCard:
    """Some of what there is, how many there are together, and where all of them are.

    `heads` are the names of what stands in a row: its label, why it is there, its badge and its value.
    """

    name: str
    title: TextLike
    rows: Sequence[DashboardRow]
    href: str
    heads: tuple[TextLike, TextLike, TextLike, TextLike]
    count: str = ""
    order: int = 50


@dataclass(frozen=True)
class DashboardTile:
    """One figure above the cards, or a record: what is counted, the figure as it is written, what else there is to say.

    `full` is the value in full: amounts that it shows in three digits, the moment of what was two days ago.
    """

    name: str
    title: TextLike
    value: str
    sub: TextLike = ""
    href: str = ""
    full: str = ""
    order: int = 50
