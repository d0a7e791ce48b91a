"""Currencies, by their ISO 4217 code."""

from __future__ import annotations

from core import Char, Model, _


class Currency(
    Model,
    name="base.currency",
    label=_("Currency"),
    plural=_("Currencies"),
    access={"base.user": "r", "base.admin": "rwcd"},
    order="code",
):
    """Money of one kind; amounts themselves are stored by the fields that hold them."""

    code = Char(
        3,
        required=True,
        unique=True,
        label=_("Code"),
        help=_("Three letters, such as IDR."),
        list=True,
        search=True,
    )
    name = Char(translate=True, label=_("Name"), list=True, search=True)
    symbol = Char(10, label=_("Symbol"), list=True)

    def display_label(self) -> str:
        return self.code
