"""The unit of a deal goes on with it: sold when that is won, free again when it is lost, booked when it is reopened.

It is written with the deal, so one undo takes back both; the unit itself follows the hold, as ever. The hold is locked
while it is looked at: of two who sell a unit at once the second finds it sold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from addons.crm.words import DEAL
from addons.realestate.hold import Hold
from addons.realestate.standing import stands
from addons.realestate.unit import Unit
from core import Env, Refusals, UserError, _

BECOMES = {("won", "booked"): "sold", ("lost", "held"): "released", ("lost", "booked"): "released",
           ("open", "sold"): "booked"}  # fmt: skip
"""What becomes of a hold, by what became of its deal."""


def follow(env: Env, deals: Sequence[Any]) -> None:
    """Has the units of deals follow what these have become.

    Raises UserError beside the stage of one that is won and whose unit is not booked for it.
    """
    about = {deal.id: deal for deal in deals if deal.unit_id is not None}
    if not about:
        return
    faults = list[UserError]()
    with env.sudo("the unit of a deal goes on with it, whoever holds it") as su:
        holds = _holds(su, list(about.values()))
        for key, deal in about.items():
            hold = su.locked(Hold, holds[key]) if key in holds else None
            after = BECOMES.get((deal.state, hold.state)) if hold is not None else None
            if hold is not None and after is not None:
                su.write([hold], {"state": after, "deal_id": key})
            elif deal.state == "won" and (hold is None or hold.state != "sold") and not env.is_undoing:
                faults.append(_unbooked(su, deal))
        su.flush()
    if faults:
        raise faults[0] if len(faults) == 1 else Refusals(faults)


def _holds(su: Env, deals: Sequence[Any]) -> dict[int, int]:
    """By deal the hold of its unit that stands, and is for it or, without a deal, for its contact."""
    cls: Any = su[Hold]
    wanted = sa.select(cls.id, cls.unit_id, cls.deal_id, cls.partner_id).where(
        cls.unit_id.in_(sorted({deal.unit_id for deal in deals})), *stands(cls, su.now())
    )
    of_unit = {row.unit_id: row for row in su.execute(wanted)}
    found = {deal.id: (deal, of_unit[deal.unit_id]) for deal in deals if deal.unit_id in of_unit}
    return {key: row.id for key, (deal, row) in found.items() if _is_for(row, deal)}


def _is_for(row: Any, deal: Any) -> bool:
    if row.deal_id is not None:
        return bool(row.deal_id == deal.id)
    return row.partner_id is not None and bool(row.partner_id == deal.partner_id)


def _unbooked(su: Env, deal: Any) -> UserError:
    unit = su.get(Unit, deal.unit_id)
    name = "" if unit is None else unit.display_label()
    text = _("%(unit)s has to be booked for this %(deal)s before it is won.", unit=name, deal=DEAL)
    return UserError(text, "stage", deal)
