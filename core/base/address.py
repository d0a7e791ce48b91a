"""Addresses of partners, with the levels that Indonesia knows."""

from __future__ import annotations

from core import Char, Many2one, Model, Select, _
from core.base import partner as partners
from core.base.region import Province, Regency
from core.base.user import LANGUAGES

USES = {
    "main": _("Main address"),
    "billing": _("Billing address"),
    "shipping": _("Shipping address"),
    "home": _("Home address"),
    "other": _("Other address"),
}


class Address(
    Model,
    name="base.address",
    label=_("Address"),
    plural=_("Addresses"),
    access={"base.user": "rwcd"},
):
    """A place where a partner is found."""

    partner: Many2one[partners.Partner] = Many2one(
        lambda: partners.Partner, required=True, ondelete="cascade", label=_("Contact"), list=True
    )
    use = Select(USES, required=True, default="main", label=_("Use"), list=True)
    street = Char(label=_("Street"), list=True, search=True)
    rt_rw = Char(10, label=_("RT/RW"), help=_("Neighbourhood numbers, such as 003/012."))
    village = Char(80, label=_("Village (desa or kelurahan)"))
    district = Char(80, label=_("District (kecamatan)"))
    regency = Many2one(Regency, label=_("Regency or city"), list=True)
    province = Many2one(Province, label=_("Province"), list=True)
    postcode = Char(10, label=_("Postcode"), list=True)
    lang = Select(LANGUAGES, label=_("Language"), help=_("The language of letters sent here."))

    def display_label(self) -> str:
        place = self.regency.display_label() if self.regency else None
        return ", ".join(filter(None, (self.street, place))) or super().display_label()
