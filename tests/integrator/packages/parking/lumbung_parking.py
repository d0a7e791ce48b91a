from collections.abc import Sequence

from addons.crm import Lead as CrmLead
from core import Addon, Integer, Model, hookimpl

addon = Addon("parking", version="1.0", depends=("crm",))


class Lead(CrmLead):
    spaces = Integer(label="Parking spaces", after="revenue", list=True, search=True)


@hookimpl
def models() -> Sequence[type[Model]]:
    return [Lead]
