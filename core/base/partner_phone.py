"""Further phone numbers of partners, each for a use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from core import Char, Phone, Select, _
from core.base.partner_owned import PartnerOwned
from core.base.repeats import refuse_repeats
from core.orm.contacts import show_phone

USES = {
    "mobile": _("Mobile"),
    "whatsapp": _("WhatsApp"),
    "work": _("Work"),
    "home": _("At home"),
    "fax": _("Fax"),
    "other": _("Other"),
}


class PartnerPhone(
    PartnerOwned,
    name="base.partner_phone",
    label=_("Further phone"),
    plural=_("Further phones"),
    access={"base.user": "rwcd"},
):
    """A phone number beside the partner's own two, which are the preferred ones."""

    use = Select(USES, required=True, default="mobile", label=_("Use"), list=True)
    number = Phone(30, required=True, label=_("Number"), list=True, search=True)
    note = Char(120, label=_("Note"), help=_("When to call, or whom to ask for."), list=True, search=True)

    def display_label(self) -> str:
        return f"{show_phone(self.number)} ({USES[self.use]})"

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        refuse_repeats(records, "number", own=("phone", "mobile"))

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        refuse_repeats(records, "number", own=("phone", "mobile"))
