"""How a unit and a hold of it get on: which state may follow which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core import UserError, _, stored

UNIT_STATES = {
    "available": _("Available"),
    "held": _("Held"),
    "booked": _("Booked"),
    "sold": _("Sold"),
}
TONES = {"available": "ok", "held": "padi", "booked": "info", "sold": "bad", "released": ""}
HOLD_STATES = {
    "held": _("Held"),
    "booked": _("Booked"),
    "sold": _("Sold"),
    "released": _("Released"),
}
FOLLOWING: Mapping[str, tuple[str, ...]] = {
    "held": ("booked", "released"),
    "booked": ("sold", "released"),
    "sold": (),
    "released": (),
}
"""What a write may make of each state of a hold."""
REOPENED = "sold", "booked"
"""The one step back: by a deal that is opened again (addons.realestate.selling)."""


def check_new(units: Sequence[Any]) -> None:
    """A unit begins available: who holds it is told by a hold."""
    for unit in units:
        if unit.state != "available" and not (unit.env.is_sudo or unit.env.is_undoing):
            raise _follows(unit)


def check_changed(units: Sequence[Any], changed: Mapping[int, frozenset[str]]) -> None:
    """Raises UserError where somebody would set the state of a unit past its holds."""
    for unit in units:
        if "state" in changed[unit.id] and not (unit.env.is_sudo or unit.env.is_undoing):
            raise _follows(unit)


def _follows(unit: Any) -> UserError:
    return UserError(
        _("The state follows from the holds of the unit. Hold, book or release it there."), "state", unit
    )


def check_step(hold: Any) -> None:
    """Raises UserError where the state that a hold was given may not follow the one before.

    One that reads as it did before was given what is over by now.
    """
    before, after = stored(hold, "state"), hold.state
    if (
        after in FOLLOWING[before]
        or hold.env.is_undoing
        or (hold.env.is_sudo and (before, after) == REOPENED)
    ):
        return
    if not FOLLOWING[before]:
        text = _("“%(before)s” is the end of it: make another hold.", before=HOLD_STATES[before])
        raise UserError(text, "state", hold)
    names = ", ".join(f"“{HOLD_STATES[state]}”" for state in FOLLOWING[before])
    raise UserError(
        _("From “%(before)s” a hold goes on to: %(states)s.", before=HOLD_STATES[before], states=names),
        "state",
        hold,
    )  # fmt: skip
