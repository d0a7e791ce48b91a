"""What real estate adds to a lead: what they look for."""

from __future__ import annotations

from addons.crm import Lead as CrmLead
from addons.realestate.project import Project
from addons.realestate.unit import Unit
from core import Many2one, Money, Ref, _


class Lead(CrmLead):
    """A lead that is about a project, or a unit of it."""

    project = Many2one(Project, ondelete="set_null", label=_("Project"))
    unit = Many2one(Unit, ondelete="set_null", label=_("Unit"))
    unit_id: Ref
    budget = Money(least=0, label=_("Budget"))
