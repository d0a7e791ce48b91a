"""What real estate adds to that which a stage may need: the unit."""

from __future__ import annotations

from addons.crm import StageNeed as CrmStageNeed
from core import Choices, _


class StageNeed(CrmStageNeed):
    """A stage may need the unit, or how it is paid for."""

    field = Choices({"unit": _("Unit"), "payment": _("Way of payment")})
