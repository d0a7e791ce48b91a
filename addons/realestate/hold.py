"""Holds: a unit is kept for somebody for some days, booked with a fee, and sold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from addons.crm import Deal
from addons.crm.words import DEAL
from addons.realestate import standing
from addons.realestate import unit as units
from addons.realestate.access import HOLDING
from addons.realestate.states import HOLD_STATES, TONES, check_step
from core import Claim, DateTime, Env, Many2one, Money, Ref, Select, Text, UserError, _
from core.base import CompanyOwned, Partner, Thread, User, is_linked, targets
from core.base.user import own_user

DAYS = 3
"""So long a unit is held, unless somebody says otherwise."""


def _ends(env: Env) -> dt.datetime:
    return env.now() + dt.timedelta(days=DAYS)


class Hold(
    Claim,
    CompanyOwned,
    Thread,
    name="realestate.hold",
    label=_("Hold"),
    plural=_("Holds"),
    access=HOLDING,
    order="-begins",
):
    """A unit that somebody keeps: no two at once, as it is a Claim. One that is over by time frees it by itself."""

    resource: ClassVar[str] = "unit"

    unit: Many2one[units.Unit] = Many2one(lambda: units.Unit, required=True, index=True, label=_("Unit"))
    partner = Many2one(
        Partner,
        index=True,
        label=_("For whom"),
        help=_("Left empty, the contact of the %(deal)s.", deal=DEAL),
    )
    partner_id: Ref
    deal = Many2one(Deal, ondelete="set_null", index=True, label=DEAL)
    state = Select(
        HOLD_STATES,
        required=True,
        default="held",
        tones=TONES,
        lapses={"held": ("ends", "released")},
        index=True,
        label=_("State"),
    )
    ends = DateTime(
        default=_ends,
        override=True,
        label=_("Held until"),
        help=_("A booking has no end: it stands until it is released or the unit is sold."),
    )
    fee = Money(least=0, label=_("Booking fee"))
    owner = Many2one(User, ondelete="set_null", default=own_user, label=_("Who holds it"))
    note = Text(label=_("Note"))

    def display_label(self) -> str:
        whom: Any = self.partner or self.deal
        name = whom.display_label() if whom is not None else str(_("Somebody"))
        return f"{name} ({HOLD_STATES[self.state]})"

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        _fill(records)
        for record in records:
            _check(record)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        for record in records:
            names = changed[record.id]
            if "unit" in names and not record.env.is_undoing:
                raise UserError(
                    _("A hold stays with its unit. Release it, and make another."), "unit", record
                )
            if "state" in names:
                check_step(record)
                if record.state == "released" and not record.env.is_undoing:
                    record.release()
            if names & {"state", "fee", "ends", "partner", "deal"}:
                _check(record)

    @classmethod
    def before_delete(cls, records: Sequence[Self]) -> None:
        super().before_delete(records)
        if records:
            standing.settle(records[0].env, standing.units_of(records), {one.id for one in records})


def _fill(holds: Sequence[Any]) -> None:
    """A hold is of the company of its unit, and for the contact of its deal unless it says whom."""
    deals = targets(holds, "deal", Deal)
    for hold, deal, held in zip(holds, deals, targets(holds, "unit", units.Unit), strict=True):
        if held is not None:
            hold.company = held.company
        if deal is not None and not is_linked(hold, "partner"):
            hold.partner = deal.partner


def _check(hold: Any) -> None:
    """Raises UserError beside what a hold of this state needs."""
    if not is_linked(hold, "partner"):
        raise UserError(_("Say for whom the unit is held."), "partner", hold)
    if hold.state == "held" and hold.ends is None:
        raise UserError(_("Say until when the unit is held."), "ends", hold)
    if hold.state in ("booked", "sold"):
        if not hold.fee:
            raise UserError(_("A booking has a fee. Enter what was paid."), "fee", hold)
        hold.ends = None
