"""An addon of the tests: tells of leads that were committed, and refuses one."""

import datetime as dt
from collections.abc import Sequence

from addons.crm import Lead as CrmLead
from core import Addon, Date, Env, Event, Integer, Model, UserError, _, hookimpl

addon = Addon("listens", version="1.0", depends=("crm",), label=_("Listens"))
told: list[tuple[str, str]] = []


class Lead(CrmLead):
    asked_on = Date(default=lambda env: env.today() + dt.timedelta(days=2), label=_("Asked on"))
    rooms = Integer(default=3, label=_("Rooms"))

    @classmethod
    def before_create(cls, records: Sequence["Lead"]) -> None:
        super().before_create(records)
        if any(record.title == "refused" for record in records):
            raise UserError("refused", "title")


@hookimpl
def models() -> Sequence[type[Model]]:
    return [Lead]


@hookimpl
def after_commit(env: Env, events: Sequence[Event]) -> None:
    told.extend((event.kind, event.model) for event in events if event.model == "crm.lead")
