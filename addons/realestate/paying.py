"""How a property is paid for, and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from addons.crm.alike import told
from addons.realestate.states import UNIT_STATES
from core import UserError, _

PAYMENTS = {"mortgage": _("Mortgage"), "instalments": _("Cash in instalments"), "cash": _("Cash")}
RATE = Decimal("8.5")
"""Percent that a mortgage costs a year where no project says otherwise: fixed for the whole tenor, as an annuity."""
LONGEST = 35
"""Years."""
MONTHS = 12
TENTH = Decimal("0.1")
ROUND = Decimal("1E3")
"""An estimate is told in thousands."""


def check(deals: Sequence[Any]) -> None:
    """Raises UserError beside a down payment above the amount, or a tenor that nobody offers."""
    for deal in deals:
        if deal.tenor is not None and not 1 <= deal.tenor <= LONGEST:
            raise UserError(_("A tenor is 1 to %(most)s years.", most=LONGEST), "tenor", deal)
        if deal.amount is not None and (deal.down_payment or 0) > deal.amount:
            raise UserError(_("The down payment is more than the amount."), "down_payment", deal)


def instalment(deal: Any) -> Decimal | None:
    """What is to be paid a month, None where that is not known: of a mortgage with interest, else without."""
    if (
        deal.amount is None
        or not deal.tenor
        or deal.tenor < 1
        or deal.payment not in ("mortgage", "instalments")
    ):
        return None
    months: int = deal.tenor * MONTHS
    rest: Decimal = deal.amount - (deal.down_payment or Decimal(0))
    if deal.payment == "instalments":
        return (rest / months).quantize(ROUND)
    rate = _rate(deal) / 100 / MONTHS
    if not rate:
        return (rest / months).quantize(ROUND)
    share = Decimal(1) - (1 + rate) ** (-months)
    return (rest * rate / share).quantize(ROUND)


def _rate(deal: Any) -> Decimal:
    """In percent a year, as the project of the unit has it."""
    unit = deal.unit
    rate: Decimal = RATE if unit is None or unit.project is None else unit.project.rate
    return rate


def share(deal: Any) -> object:
    """Which part of the amount the down payment is, for who fills it in."""
    amount, paid = told(deal, "amount"), told(deal, "down_payment")
    if not amount or paid is None:
        return None
    percent = deal.env.formats.number((paid * 100 / amount).quantize(TENTH).normalize())
    return _("%(percent)s%% of the amount", percent=percent)


def monthly(deal: Any) -> object:
    """The estimate, for who chooses the tenor."""
    if told(deal, "instalment") is None:
        return None
    money = deal.env.currencies
    code = money.of(deal.__lumbung__.fields["instalment"], deal)
    amount = deal.env.formats.money(deal.instalment, code)
    return _("about %(amount)s a month", amount=amount)


def offered(deal: Any) -> object:
    """What the unit is and costs in the list, for who looks at the deal."""
    unit = told(deal, "unit")
    if unit is None:
        return None
    state = UNIT_STATES[unit.state]
    if told(unit, "price") is None:
        return state
    money = deal.env.currencies
    price = deal.env.formats.money(unit.price, money.of(unit.__lumbung__.fields["price"], unit))
    return _("%(state)s · list price %(price)s", state=state, price=price)
