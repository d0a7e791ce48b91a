"""Notifications: what somebody is told of, until they have read it."""

from __future__ import annotations

from core import Boolean, Many2one, Ref, Select, _
from core.base.announcing import MENTION, NOTE
from core.base.message import Message
from core.base.of_record import OfRecord
from core.base.user import User

KINDS = {MENTION: _("Mentioned you"), NOTE: _("Note on a record that you follow")}


class Notification(
    OfRecord,
    name="base.notification",
    label=_("Notification"),
    plural=_("Notifications"),
    access={"base.user": "r:own w:own d:own"},
    order="-id",
    history=False,
):
    """Made by the core alone. Whoever may not see its record any more does not see it either."""

    goes_along = True

    owner = Many2one(
        User, required=True, ondelete="cascade", index=True, readonly=True, label=_("For"), list=True
    )
    owner_id: Ref
    kind = Select(KINDS, required=True, readonly=True, label=_("Kind"), list=True)
    message = Many2one(Message, ondelete="cascade", readonly=True, label=_("Note"), list=True)
    message_id: Ref
    read = Boolean(label=_("Read"), list=True)

    def display_label(self) -> str:
        return str(KINDS.get(self.kind, self.kind))
