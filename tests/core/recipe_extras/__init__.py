"""How many cars a contact has; and, where homes are sold, how many of them find room at a unit."""

from collections.abc import Sequence

from core import Addon, Integer, Model, _, hookimpl
from core.base import Partner as BasePartner

addon = Addon(
    "garages",
    version="1.0",
    label=_("Garages"),
    extras={"realestate": "with_realestate"},
)


class Partner(BasePartner):
    """Is there whatever else is installed."""

    cars = Integer(label=_("Cars"), after="city")


@hookimpl
def models() -> Sequence[type[Model]]:
    """What it gives everywhere."""
    return [Partner]
