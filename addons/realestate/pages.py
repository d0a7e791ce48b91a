"""The pages of real estate made by hand: the map of a project, and holding the unit of a deal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from flask import redirect, request
from werkzeug.exceptions import Forbidden, NotFound

from addons.crm import Deal
from addons.realestate.deal import Deal as PropertyDeal
from addons.realestate.hold import DAYS, Hold
from addons.realestate.site_map import site_map
from addons.realestate.standing import stands
from core import Env, FieldError, Offer, Page, UserError, _, done, hookimpl, render

MAP, HOLD, HELD = "/realestate/map", "/realestate/deal/<int:key>/hold", "/realestate/deal/<int:key>/held"
SENT = ("days", "fee")
LONGEST = 30
"""Days for which a unit is held at once."""


@hookimpl
def pages() -> Sequence[Page]:
    """The map, and where the unit of a deal is held or booked."""
    offer = Offer(Deal, _("Hold the unit"), "lock", when=_may_hold)
    return [
        Page(MAP, show_map, roles=("crm.user",), query=("project",)),
        Page(HOLD, ask, roles=("crm.user",), offer=offer),
        Page(HOLD, make, methods=("POST",), roles=("crm.user",), form=SENT),
        Page(
            HELD, show_held, roles=("crm.user",), offer=Offer(Deal, _("Open the hold"), "lock", when=_is_held)
        ),
    ]


def show_map(env: Env) -> str:
    """The units of a project as a grid, block by block."""
    return render("realestate/map.html", _("Site map"), map=site_map(env, request.args.get("project", "")))


# ----------------------------------------------------------------- holding
def _may_hold(record: Any) -> bool:
    """Whether a deal is about a unit that can be had."""
    return record.state == "open" and record.unit is not None and record.unit.is_free


def _is_held(record: Any) -> bool:
    """Whether somebody has the unit of a deal, and the reader may see who."""
    return record.unit is not None and not record.unit.is_free and _hold_of(record) is not None


def _hold_of(deal: Any) -> int | None:
    env, hold = deal.env, cast(Any, deal.env[Hold])
    if not (env.may(Hold, "r") and env.may_see(Hold, "unit") and env.may_see(Hold, "state")):
        return None
    wanted = sa.select(hold.id).where(hold.unit_id == deal.unit_id, *stands(hold, env.now()))
    found: int | None = env.scalar(wanted.limit(1))
    return found


def show_held(env: Env, key: int) -> Any:
    """Leads on to who has the unit: there it is booked, sold or let go."""
    deal = env.get(PropertyDeal, key)
    found = _hold_of(deal) if deal is not None and deal.unit_id is not None else None
    if found is None:
        raise NotFound
    return redirect(f"/app/realestate.hold/{found}", 303)


def _deal(env: Env, key: int) -> PropertyDeal:
    deal = env.get(PropertyDeal, key) if env.readonly else env.locked(PropertyDeal, key)
    if deal is None or deal.unit is None:
        raise NotFound
    if not env.may_with(deal, "w") or not env.may(Hold, "c"):
        raise Forbidden
    return deal


def ask(env: Env, key: int) -> str:
    """For how long, and with which fee."""
    return _page(_deal(env, key), {"days": str(DAYS), "fee": ""})


def make(env: Env, key: int) -> Any:
    """Holds it, with a fee books it; of all who ask at once the first gets it, and the others are told who that is."""
    deal = _deal(env, key)
    try:
        hold = _hold(env, deal, request.form)
        env.flush()
    except UserError as error:
        env.session.rollback()
        typed = {name: request.form.get(name, "") for name in SENT}
        errors = {fault.field or "": str(fault) for fault in error.faults}
        return _page(_deal(env, key), typed, errors), 422
    unit = hold.unit.display_label()
    text = _("%(unit)s is booked.", unit=unit) if hold.fee else _("%(unit)s is held.", unit=unit)
    return done(env, text, f"/app/crm.deal/{key}")


def _hold(env: Env, deal: PropertyDeal, form: Mapping[str, str]) -> Hold:
    days = form.get("days", "").strip()
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:9]) <= LONGEST):
        raise FieldError(_("Enter 1 to %(most)s days.", most=LONGEST), "days")
    fee = env.registry.info(Hold).fields["fee"].parse(form.get("fee", ""), env.formats)
    row = {
        "unit_id": deal.unit_id,
        "deal": deal,
        "ends": env.now() + dt.timedelta(days=int(days)),
        "state": "booked" if fee else "held",
        "fee": fee,
    }
    return env.create(Hold, [row])[0]


def _page(deal: Any, typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> str:
    env, fields = deal.env, deal.env.registry.info(Hold).fields
    symbol = env.currencies.symbol(env.currencies.of(fields["fee"], deal)).strip()
    return render(
        "realestate/hold.html", _("Hold the unit"), deal=deal, unit=deal.unit, typed=typed, errors=errors or {},
        most=LONGEST, symbol=symbol, path=f"/realestate/deal/{deal.id}/hold",
    )  # fmt: skip
