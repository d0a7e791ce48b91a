"""Further e-mail addresses of partners, each for a use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from core import Email, Select, _
from core.base.partner_owned import PartnerOwned
from core.base.repeats import refuse_repeats
from core.base.user import LANGUAGES

USES = {
    "work": _("Work"),
    "billing": _("Invoices"),
    "orders": _("Orders"),
    "delivery": _("Deliveries"),
    "private": _("Private"),
    "other": _("Other"),
}


class PartnerEmail(
    PartnerOwned,
    name="base.partner_email",
    label=_("Further email"),
    plural=_("Further emails"),
    access={"base.user": "rwcd"},
):
    """An e-mail address beside the partner's own, which is the preferred one; of one use the oldest comes first."""

    use = Select(USES, required=True, default="work", label=_("Use"), list=True)
    email = Email(required=True, label=_("Email"), list=True, search=True)
    lang = Select(LANGUAGES, label=_("Language"), help=_("The language of messages sent here."), list=True)

    def display_label(self) -> str:
        return f"{self.email} ({USES[self.use]})"

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        refuse_repeats(records, "email", own=("email",))

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        refuse_repeats(records, "email", own=("email",))
