"""Customer relations: leads, from the first word to the customer, and deals, from the first talk to the signature."""

from addons.crm.deal import Deal
from addons.crm.lead import Lead
from addons.crm.lost_reason import LostReason
from addons.crm.partner import Partner
from addons.crm.pipeline import Pipeline
from addons.crm.stage import Stage
from addons.crm.stage_need import StageNeed
from core import Addon, _

addon = Addon(
    "crm",
    version="0.1",
    depends=("base",),
    label=_("CRM"),
    modules=("hooks", "views", "shipped", "pages", "told", "home", "card"),
)

__all__ = ["Deal", "Lead", "LostReason", "Partner", "Pipeline", "Stage", "StageNeed", "addon"]
