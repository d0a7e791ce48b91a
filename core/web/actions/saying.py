"""What a person is told of what was done, and how it is taken back."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash

from core.i18n.lazy import TextLike, _
from core.orm.undo import Left

UNDO = "undo:"
"""Begins the kind of a message that offers to take back the transaction whose number follows."""
NAMED, LONGEST = 5, 60
"""How many records a message names, and with how many letters each."""


def say_done(text: TextLike, unit: int) -> None:
    """Tells on the next page that something was done, with a button to take it back."""
    flash(str(text), f"{UNDO}{unit}")


def say_left(left: Sequence[Left]) -> None:
    """Names on the next page what was left as it is, by reason."""
    by_reason: dict[str, list[str]] = {}
    for item in left:
        fields = f" ({', '.join(item.fields)})" if item.fields else ""
        by_reason.setdefault(str(item.why), []).append(f"{shortened(item.label)}{fields}")
    for why, labels in by_reason.items():
        flash(str(_("Left as it is: %(names)s. %(reason)s", names=named(labels), reason=why)), "warn")


def named(labels: Sequence[str]) -> str:
    """Some of the labels, and how many there are more."""
    more = len(labels) - NAMED
    shown = ", ".join(labels[:NAMED])
    return shown if more <= 0 else str(_("%(names)s and %(number)s more", names=shown, number=more))


def shortened(label: str) -> str:
    """A label that is not too long for a message."""
    return label if len(label) <= LONGEST else f"{label[:LONGEST]}…"
