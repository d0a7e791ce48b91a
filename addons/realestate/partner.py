"""What real estate adds to a contact: the units that it bought, and what is held for it."""

from __future__ import annotations

from addons.realestate import hold as holding
from addons.realestate import unit as units
from core import One2many, _
from core.base import Partner as BasePartner


class Partner(BasePartner):
    """A contact with its units."""

    units: One2many[units.Unit] = One2many(lambda: units.Unit, "buyer", label=_("Units"))
    holds: One2many[holding.Hold] = One2many(lambda: holding.Hold, "partner", label=_("Holds"))
