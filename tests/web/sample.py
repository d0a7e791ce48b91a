"""An addon with a field of every kind, for tests of forms: `sample` is installed where a test asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from core import (
    Addon,
    Boolean,
    Char,
    Date,
    DateTime,
    Decimal,
    Email,
    Integer,
    Json,
    Many2many,
    Many2one,
    Menu,
    Model,
    Money,
    Percent,
    Phone,
    Select,
    Text,
    Url,
    UserError,
    _,
    hookimpl,
)
from core.base import Currency, Partner, Tag
from core.errors import Refusals

addon = Addon("sample", version="1.0", label=_("Sample"))
ACCESS = {"base.user": "rwcd"}
WRONG = "three faults"
"""The name of a thing that its model refuses: for two fields, and as a whole."""


class Thing(Model, name="sample.thing", label=_("Thing"), plural=_("Things"), access=ACCESS, order="name"):
    """Something of every kind."""

    name = Char(40, required=True, label=_("Name"), list=True)
    code = Char(10, unique=True, label=_("Code"), list=True)
    motto = Char(60, translate=True, label=_("Motto"), list=True)
    body = Text(label=_("Body"), list=True)
    count = Integer(label=_("Count"), list=True)
    weight = Decimal(scale=3, label=_("Weight"), list=True)
    price = Money(label=_("Price"), list=True)
    share = Percent(label=_("Share"), list=True)
    sold = Boolean(default=True, label=_("Sold"), list=True)
    day = Date(label=_("Day"), list=True)
    moment = DateTime(label=_("Moment"), list=True)
    size = Select({"s": _("Small"), "l": _("Large")}, label=_("Size"), list=True)
    partner = Many2one(Partner, label=_("Partner"), list=True)
    tags = Many2many(Tag, label=_("Tags"), list=True)
    data = Json(label=_("Data"), list=True)
    email = Email(label=_("Email"), list=True)
    phone = Phone(30, label=_("Phone"), list=True)
    website = Url(label=_("Website"), list=True)
    secret = Char(label=_("Secret"), default="kept", readonly=True)

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        if any(record.name == WRONG for record in records):
            faults = (UserError("Too few.", "count"), UserError("Too late.", "day"), UserError("Not now."))
            raise Refusals(faults)


class Offer(Model, name="sample.offer", label=_("Offer"), plural=_("Offers"), access=ACCESS, order="name"):
    """An amount that has a currency of its own."""

    name = Char(40, required=True, label=_("Name"), list=True)
    currency = Many2one(Currency, label=_("Currency"))
    price = Money(currency="currency", label=_("Price"), list=True)


@hookimpl
def models() -> Sequence[type[Model]]:
    """All kinds in one, and an amount in any currency."""
    return [Thing, Offer]


@hookimpl
def menus() -> Sequence[Menu]:
    """Within reach."""
    return [Menu("sample.things", _("Things"), Thing)]
