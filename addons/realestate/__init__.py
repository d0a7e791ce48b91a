"""Real estate: housing projects, their units, who holds one, and the property in leads and deals."""

from addons.realestate.activity import Activity
from addons.realestate.deal import Deal
from addons.realestate.hold import Hold
from addons.realestate.lead import Lead
from addons.realestate.partner import Partner
from addons.realestate.project import Project
from addons.realestate.stage_need import StageNeed
from addons.realestate.traits import Property
from addons.realestate.unit import Unit
from core import Addon, _

addon = Addon(
    "realestate",
    version="0.1",
    depends=("crm",),
    label=_("Real estate"),
    modules=("hooks", "views", "shipped", "pages"),
)

__all__ = [
    "Activity",
    "Deal",
    "Hold",
    "Lead",
    "Partner",
    "Project",
    "Property",
    "StageNeed",
    "Unit",
    "addon",
]
