"""What crm adds to a contact."""

from __future__ import annotations

from addons.crm import deal, lead
from addons.crm.words import DEALS
from core import One2many, _
from core.base import Partner as BasePartner


class Partner(BasePartner):
    """A contact with the leads that came from it, and what it may buy."""

    leads: One2many[lead.Lead] = One2many(lambda: lead.Lead, "partner", label=_("Leads"))
    deals: One2many[deal.Deal] = One2many(lambda: deal.Deal, "partner", label=DEALS)
