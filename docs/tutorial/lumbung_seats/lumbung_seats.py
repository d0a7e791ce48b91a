from collections.abc import Sequence

from addons.crm import Lead as CrmLead
from core import Addon, Integer, Model, hookimpl

addon = Addon("seats", version="1.0", depends=("crm",), label="Seats")


class Lead(CrmLead):
    seats = Integer(label="Seats", after="revenue", list=True)


@hookimpl
def models() -> Sequence[type[Model]]:
    return [Lead]
