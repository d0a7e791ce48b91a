"""Activities: what somebody plans to do about a record, until it is done or called off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from core import Char, DateTime, Env, Many2one, Ref, Select, Text, UserError, _
from core.base.of_record import OfRecord
from core.base.user import User, own_user

if TYPE_CHECKING:
    from core.orm.registry import Registry

KINDS = {"call": _("Call"), "mail": _("Email"), "meeting": _("Meeting"), "task": _("Task")}
SYMBOLS = {"call": "phone", "mail": "mail", "meeting": "users", "task": "check"}
OTHER = "check"
"""The symbol of a kind that an addon adds without one."""
PLANNED, DONE, CANCELLED = "planned", "done", "cancelled"
STATES = {PLANNED: _("Planned"), DONE: _("Done"), CANCELLED: _("Called off")}
TONES = {PLANNED: "info", DONE: "ok", CANCELLED: ""}
NEXT_DAYS = 3
"""So many days later the next one is suggested."""


class Activity(
    OfRecord,
    name="base.activity",
    label=_("Activity"),
    plural=_("Activities"),
    access={"base.user": "rwc d:own", "base.manager": "rwcd"},
    order="due",
):
    """Goes from planned to done or called off by its buttons; one that is planned and due before now is overdue."""

    title = Char(required=True, label=_("What to do"), list=True, search=True)
    kind = Select(KINDS, required=True, default="call", symbols=SYMBOLS, label=_("Kind"), list=True)
    due = DateTime(
        required=True, index=True, label=_("Due"), help=_("Day and time, such as tomorrow 9:00."), list=True
    )
    reminder = DateTime(index=True, label=_("Remind at"), help=_("The bell tells then. Empty for none."))
    owner = Many2one(
        User, ondelete="set_null", index=True, default=own_user, label=_("Who does it"), list=True
    )
    owner_id: Ref
    note = Text(label=_("Note"))
    state = Select(
        STATES, required=True, default=PLANNED, tones=TONES, readonly=True, label=_("State"), list=True
    )
    result = Text(readonly=True, label=_("Result"))
    done_at = DateTime(readonly=True, label=_("Done at"))

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        _check(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _check([record for record in records if "reminder" in changed[record.id]])


def _check(activities: Sequence[Activity]) -> None:
    """Raises UserError where a reminder would never come; the moment is said as its reader's clock has it."""
    for activity in activities:
        env: Env = activity.env
        if not env.is_sudo and activity.reminder is not None and activity.reminder <= env.now():
            raise UserError(
                _("This is in the past: it is %(now)s now.", now=env.formats.moment(env.now())),
                "reminder",
                activity,
            )


def symbol_of(registry: Registry, kind: str) -> str:
    """The symbol of a kind of activity, also of one that an addon adds."""
    item: Any = registry.info(Activity).fields["kind"]
    return str(item.symbols.get(kind, OTHER))


def is_overdue(state: str, due: dt.datetime, now: dt.datetime) -> bool:
    """Whether it should have been done by now."""
    return state == PLANNED and due < now
