"""What a deal must have to enter a stage: a field each."""

from __future__ import annotations

from typing import Any

from addons.crm import stage as stages
from addons.crm.setting import SETTING
from core import Many2one, Model, Select, _

NEEDS = {
    "partner": _("Contact"),
    "contact": _("Contact person"),
    "amount": _("Amount"),
    "close_date": _("Expected to close"),
    "owner": _("Owner"),
    "note": _("Note"),
}
"""Fields of a deal. An addon with one more may offer it: `field = Select({**NEEDS, ...}, override=True)`."""


class StageNeed(
    Model,
    name="crm.stage_need",
    label=_("Needed field"),
    plural=_("Needed fields"),
    access=SETTING,
):
    """One field that must be filled in before a deal enters the stage."""

    stage: Many2one[stages.Stage] = Many2one(
        lambda: stages.Stage, required=True, ondelete="cascade", index=True, label=_("Stage"), list=True
    )
    field = Select(NEEDS, required=True, label=_("Field"), list=True)

    def display_label(self) -> str:
        item: Any = self.env.registry.info(StageNeed).fields["field"]
        return str(item.choices.get(self.field, self.field))
