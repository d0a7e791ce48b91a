"""How a lead gets on: which state may follow which, and what a lead must have for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core import UserError, _, stored
from core.base import is_linked

if TYPE_CHECKING:
    from addons.crm.lead import Lead

STATES = {
    "new": _("New"),
    "working": _("Working"),
    "qualified": _("Qualified"),
    "converted": _("Converted"),
    "junk": _("Junk"),
}
TONES = {"new": "info", "working": "padi", "qualified": "pri", "converted": "ok", "junk": "bad"}
FOLLOWING: Mapping[str, tuple[str, ...]] = {
    "new": ("working", "junk"),
    "working": ("qualified", "junk"),
    "qualified": ("converted", "junk"),
    "converted": (),
    "junk": ("new", "working"),
}
"""What a write may make of each state; a conversion is undone by its own action only."""
REACHED = ("qualified", "converted")
"""States in which somebody spoke with them: so there is a way to reach them."""


def check_new(leads: Sequence[Lead]) -> None:
    """A lead may be entered as far as it got, but not as converted: that is seen nowhere but here.

    One that was deleted comes back as it was.
    """
    for lead in leads:
        if lead.state == "converted" and not (lead.env.is_sudo or lead.env.is_undoing):
            raise UserError(_("A new lead cannot be converted already. Qualify it first."), "state")
        _check_name(lead)
        _check_reach(lead)


def check_changed(leads: Sequence[Lead], changed: Mapping[int, frozenset[str]]) -> None:
    """Raises UserError beside the state where it may not follow the one before, or beside what is missing for it."""
    for lead in leads:
        names = changed[lead.id]
        if "state" in names:
            _check_step(stored(lead, "state"), lead.state, lead.env.is_undoing)
            _check_converted(lead)
        if names & {"kind", "company_name"}:
            _check_name(lead)
        if names & {"state", "phone", "mobile", "email"}:
            _check_reach(lead)


def _check_step(before: str, after: str, is_undoing: bool) -> None:
    allowed = FOLLOWING[before]
    if after in (before, *allowed) or (is_undoing and "converted" in (before, after)):
        return
    if not allowed:
        raise UserError(_("A lead that was converted keeps its state."), "state")
    names = ", ".join(f"“{STATES[state]}”" for state in allowed)
    raise UserError(
        _("From “%(before)s” a lead goes on to: %(states)s.", before=STATES[before], states=names), "state"
    )


def _check_converted(lead: Lead) -> None:
    """A lead is converted by the page that makes the contact, or by hand where it has one already."""
    if lead.state == "converted" and not lead.env.is_sudo and not is_linked(lead, "partner"):
        raise UserError(
            _("A converted lead has a contact. Choose it, or convert the lead by its button."), "state"
        )


def _check_name(lead: Lead) -> None:
    if lead.kind == "organisation" and not lead.company_name and not is_linked(lead, "partner"):
        raise UserError(_("Give the name of the organisation, or choose its contact."), "company_name")


def _check_reach(lead: Lead) -> None:
    reached = lead.phone or lead.mobile or lead.email or is_linked(lead, "partner")
    if lead.state in REACHED and not reached:
        raise UserError(
            _("A qualified lead can be reached: give a phone number or an email, or choose its contact."),
            "mobile",
        )
