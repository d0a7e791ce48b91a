"""Why deals are lost."""

from __future__ import annotations

from addons.crm.setting import SETTING
from addons.crm.words import DEALS
from core import Char, Integer, Model, _


class LostReason(
    Model,
    name="crm.lost_reason",
    label=_("Lost reason"),
    plural=_("Lost reasons"),
    access=SETTING,
    order="position",
):
    """One reason, asked for whenever a deal is lost; who lost how many and why is counted by it."""

    name = Char(
        120,
        translate=True,
        required=True,
        label=_("Name"),
        help=_("Why %(deals)s are lost, in a few words.", deals=DEALS),
        list=True,
        search=True,
    )
    position = Integer(
        required=True, default=10, label=_("Position"), help=_("Lower numbers come first."), list=True
    )
