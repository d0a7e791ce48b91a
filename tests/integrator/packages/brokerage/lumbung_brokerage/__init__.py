from collections.abc import Sequence

from addons.crm import Lead as CrmLead
from core import Addon, Char, Integer, Many2one, Model, Money, _, hookimpl

addon = Addon("brokerage", version="1.0", depends=("crm",), label=_("Brokerage"))


class Unit(
    Model,
    name="brokerage.unit",
    label=_("Unit"),
    plural=_("Units"),
    access={"crm.user": "r", "crm.manager": "rwcd"},
):
    code = Char(required=True, label=_("Code"))
    land_area = Integer(label=_("Land area (m²)"))
    price = Money(label=_("Price"))


class Lead(CrmLead):  # no name=: extends crm.lead, one more fragment, its access holds
    unit = Many2one(Unit, label=_("Unit"), after="revenue", list=True, search=True)

    def display_label(self) -> str:
        label = super().display_label()
        return f"{label} · {self.unit.code}" if self.unit else label


@hookimpl
def models() -> Sequence[type[Model]]:
    return [Unit, Lead]
