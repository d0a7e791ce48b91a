"""What crm adds to a contact."""

from __future__ import annotations

from addons.crm import lead
from core import One2many, _
from core.base import Partner as BasePartner


class Partner(BasePartner):
    """A contact with the leads that came from it."""

    leads: One2many[lead.Lead] = One2many(lambda: lead.Lead, "partner", label=_("Leads"))
