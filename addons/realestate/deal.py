"""What real estate adds to a deal: the property, and how it is paid for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

from addons.crm import Deal as CrmDeal
from addons.crm import Lead as CrmLead
from addons.realestate.paying import PAYMENTS, check, instalment
from addons.realestate.traits import TRAITS, Property
from addons.realestate.unit import Unit
from core import Char, Integer, Many2one, Money, Ref, Select, _, stored
from core.base import is_linked, key_of, targets


class Deal(Property, CrmDeal):
    """A deal about a unit. What its unit says of the property holds, until the deal says otherwise."""

    unit = Many2one(Unit, ondelete="set_null", index=True, label=_("Unit"))
    unit_id: Ref
    payment = Select(PAYMENTS, label=_("Way of payment"))
    bank = Char(120, label=_("Mortgage bank"))
    down_payment = Money(least=0, label=_("Down payment"))
    tenor = Integer(label=_("Tenor"))
    instalment = Money(
        compute="_instalment",
        depends=("amount", "down_payment", "tenor", "payment", "unit.project.rate"),
        label=_("Monthly instalment (estimate)"),
    )

    @classmethod
    def _instalment(cls, records: Sequence[Self]) -> None:
        for deal in records:
            deal.instalment = instalment(deal)

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        _carry(records)
        _take_over(records)
        super().before_create(records)
        check(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        _take_over([record for record in records if "unit" in changed[record.id]])
        super().before_write(records, changed)
        check([record for record in records if changed[record.id] & {"amount", "down_payment", "tenor"}])


def _carry(deals: Sequence[Any]) -> None:
    """A deal is about the unit that its lead was about."""
    waiting = [deal for deal in deals if is_linked(deal, "lead") and not is_linked(deal, "unit")]
    for deal, lead in zip(waiting, targets(waiting, "lead", CrmLead) if waiting else (), strict=True):
        known: Any = lead
        if known is not None and known.unit is not None:
            deal.unit = known.unit


def _take_over(deals: Sequence[Any]) -> None:
    """What the unit says stands in the deal, where the deal says nothing; another unit says it anew."""
    for deal, unit in zip(deals, targets(deals, "unit", Unit) if deals else (), strict=True):
        if unit is None or deal.env.is_undoing:
            continue
        before = None if deal in deal.env.session.new else _old(deal)
        for name in TRAITS:
            if getattr(deal, name) in (None, getattr(before, name, None)):
                setattr(deal, name, getattr(unit, name))
        if deal.amount in (None, Decimal(0)):
            deal.amount = unit.price


def _old(deal: Any) -> Any:
    """The unit that it was about before, as far as the user sees that."""
    key = stored(deal, "unit")
    return None if key is None or key == key_of(deal, "unit") else deal.env.get(Unit, key)
