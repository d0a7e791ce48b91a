"""An addon of the tests: tells of leads that were committed, and refuses one."""

from collections.abc import Sequence

from addons.crm import Lead as CrmLead
from core import Addon, Env, Event, Model, UserError, _, hookimpl

addon = Addon("listens", version="1.0", depends=("crm",), label=_("Listens"))
told: list[tuple[str, str]] = []


class Lead(CrmLead):
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
