"""What garages adds to real estate. Nobody imports it where that is not installed."""

from collections.abc import Sequence

from addons.realestate import Unit as RealEstateUnit
from core import Integer, Model, _, hookimpl


class Unit(RealEstateUnit):
    """A unit with room for cars."""

    garages = Integer(label=_("Garages"), list=True)


@hookimpl
def models() -> Sequence[type[Model]]:
    """What it gives beside real estate only."""
    return [Unit]
