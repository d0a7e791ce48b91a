"""Messages: what people note on a record, and what was done with it in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from core import Many2many, Many2one, Ref, Select, Text, UserError, _
from core.base import announcing
from core.base.announcing import LOG
from core.base.of_record import OfRecord
from core.base.user import User, own_user

NOTE = "note"
KINDS = {NOTE: _("Note"), LOG: _("Log")}
LONGEST = 80


class Message(
    OfRecord,
    name="base.message",
    label=_("Note"),
    plural=_("Notes"),
    access={"base.user": "r w:own c d:own"},
    order="-id",
):
    """Plain text on a record. Only who wrote it changes it; without an owner the system wrote it.

    Whom it mentions and who follows the record is told of it (core.base.announcing), by whichever door it is written.
    """

    kind = Select(KINDS, required=True, default=NOTE, readonly=True, label=_("Kind"), list=True)
    body = Text(required=True, label=_("Note"), list=True, search=True)
    owner = Many2one(
        User, ondelete="set_null", default=own_user, readonly=True, label=_("Written by"), list=True
    )
    owner_id: Ref
    mentions = Many2many(User, readonly=True, label=_("Mentions"))

    def display_label(self) -> str:
        first = self.body.strip().partition("\n")[0]
        return first if len(first) <= LONGEST else f"{first[:LONGEST]}…"

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        _check(records)
        announcing.settle(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _check(records)
        announcing.settle_changed(records, changed)


def _check(messages: Sequence[Message]) -> None:
    """Raises UserError where nothing is said."""
    for message in messages:
        if message.body and not message.body.strip():
            raise UserError(_("Write something first."), "body", message)
