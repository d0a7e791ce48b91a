"""What a unit is at this moment: available, or what its hold says. Kept on the unit, so that lists can ask for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from addons.realestate import hold as holding
from addons.realestate import unit as units
from core import Env

SWEPT = 500
"""So many units whose hold is over are freed along with others at once."""


def settle(env: Env, keys: Collection[int], without: Collection[int] = ()) -> None:
    """Has units tell what holds them now, as if the holds `without` were not there."""
    with env.sudo("the state of a unit follows from its holds") as su:
        now, cls = su.now(), su[holding.Hold]
        rows: Any = cls
        wanted = sa.select(rows.unit_id, rows.state.label("state"), rows.ends, rows.partner_id).where(
            rows.unit_id.in_(sorted(keys)), *stands(rows, now), rows.id.not_in(sorted(without))
        )
        found = {row.unit_id: row for row in su.execute(wanted)}
        for one in su.read(units.Unit, keys):
            row = found.get(one.id)
            one.state = row.state if row else "available"
            one.held_until = row.ends if row else None
            one.buyer_id = row.partner_id if row and row.state != "held" else None


def units_of(holds: Iterable[Any]) -> set[int]:
    """The keys of the units that holds are of."""
    return {one.unit_id for one in holds}


def stands(rows: Any, now: Any) -> tuple[Any, ...]:
    """The conditions of a hold that keeps its unit at a moment."""
    return (
        rows.archived.is_(False),
        rows.state != "released",
        rows.begins <= now,
        sa.or_(rows.ends.is_(None), rows.ends > now),
    )


def over(env: Env) -> set[int]:
    """Units whose rows still tell of a hold that is over."""
    cls: Any = env[units.Unit]
    wanted = sa.select(cls.id).where(cls.held_until <= env.now())
    return set(env.scalars(wanted.order_by(cls.id).limit(SWEPT)))
