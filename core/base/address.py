"""Addresses of partners, with the levels that Indonesia knows."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import sqlalchemy as sa

from core import Char, Many2one, Select, UserError, _
from core.base.linked import key_of
from core.base.partner_owned import PartnerOwned
from core.base.region import Province, Regency
from core.base.user import LANGUAGES

USES = {
    "main": _("Main address"),
    "visit": _("Visiting address"),
    "billing": _("Billing address"),
    "shipping": _("Shipping address"),
    "registered": _("Registered address"),
    "home": _("Home address"),
    "other": _("Other address"),
}
NEIGHBOURHOOD = re.compile(r"([0-9]{1,3})\s*/\s*([0-9]{1,3})")


class Address(
    PartnerOwned,
    name="base.address",
    label=_("Address"),
    plural=_("Addresses"),
    access={"base.user": "rwcd"},
):
    """A place where a partner is found; the main one also serves for the uses that have none of their own."""

    use = Select(USES, required=True, default="main", label=_("Use"), list=True)
    street = Char(label=_("Street"), list=True, search=True)
    rt_rw = Char(10, label=_("RT/RW"), help=_("Neighbourhood numbers, such as 003/012."))
    village = Char(80, label=_("Village (desa or kelurahan)"), search=True)
    district = Char(80, label=_("District (kecamatan)"), search=True)
    regency = Many2one(Regency, label=_("Regency or city"), list=True)
    province = Many2one(
        Province, label=_("Province"), help=_("Follows from the regency where one is given."), list=True
    )
    postcode = Char(10, label=_("Postcode"), list=True)
    lang = Select(LANGUAGES, label=_("Language"), help=_("The language of letters sent here."))

    def display_label(self) -> str:
        place = self.regency.display_label() if self.regency else None
        return ", ".join(filter(None, (self.street, place))) or super().display_label()

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        _settle(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _settle(
            records, {key for key, names in changed.items() if "regency" in names and "province" not in names}
        )


def _settle(addresses: Sequence[Any], moved: Collection[int] = ()) -> None:
    """Writes RT/RW in full, and the province of the regency where none is given or only the regency was changed.

    Raises UserError where the two do not go together.
    """
    for address in addresses:
        match = NEIGHBOURHOOD.fullmatch((address.rt_rw or "").strip())
        if match:
            address.rt_rw = "/".join(number.zfill(3) for number in match.groups())
    regency: Any = addresses[0].env[Regency]
    keys = {key_of(address, "regency") for address in addresses} - {None}
    known = dict(
        addresses[0].env.execute(sa.select(regency.id, regency.province_id).where(regency.id.in_(keys))).all()
    )
    for address in addresses:
        province = known.get(key_of(address, "regency"))
        if province is None:
            continue
        if key_of(address, "province") is None or address.id in moved:
            address.province_id = province
        elif key_of(address, "province") != province:
            raise UserError(_("The regency lies in another province."), "province", address)
