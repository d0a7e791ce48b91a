"""Customer relations: leads, from the first word to the customer."""

from addons.crm.lead import Lead
from addons.crm.partner import Partner
from core import Addon, _

addon = Addon("crm", version="0.1", depends=("base",), label=_("CRM"), modules=("hooks",))

__all__ = ["Lead", "Partner", "addon"]
