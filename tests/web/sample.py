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
    One2many,
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
CLOSED = "closed"
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
        if any(record.name == CLOSED for record in records):
            raise UserError("The shop is closed.")


class Offer(Model, name="sample.offer", label=_("Offer"), plural=_("Offers"), access=ACCESS, order="name"):
    """An amount that has a currency of its own."""

    name = Char(40, required=True, label=_("Name"), list=True)
    currency = Many2one(Currency, label=_("Currency"))
    price = Money(currency="currency", label=_("Price"), list=True)


NARROW = {"base.admin": "rw", "base.user": "m"}
"""Of fields that everybody else sees a mask of."""


class Member(Model, name="sample.member", label=_("Member"), plural=_("Members"), access=ACCESS, order="nik"):
    """Somebody of whom most see little: masked fields of the kinds that are masked in ways of their own."""

    name = Char(40, required=True, label=_("Name"), list=True)
    nik = Char(20, unique=True, label=_("NIK"), access=NARROW, list=True, search=True)
    email = Email(label=_("Email"), access=NARROW, list=True, search=True)
    phone = Phone(30, label=_("Phone"), access=NARROW, list=True)
    motto = Char(60, translate=True, label=_("Motto"), access=NARROW, list=True)
    note = Text(label=_("Note"), access=NARROW, list=True)
    wage = Money(label=_("Wage"), access=NARROW, list=True)
    born = Date(label=_("Born"), access=NARROW, list=True)
    state = Select(
        {"a": _("Active"), "z": _("Resting")}, tones={"a": "ok"}, label=_("State"), access=NARROW, list=True
    )
    sold = Boolean(label=_("Sold"), access=NARROW, list=True)
    cards: One2many[Card] = One2many(lambda: Card, "member", label=_("Cards"))


class Card(Model, name="sample.card", label=_("Card"), plural=_("Cards"), access=ACCESS):
    """A row in the form of a member."""

    member = Many2one(Member, required=True, ondelete="cascade", label=_("Member"))
    bank = Char(40, label=_("Bank"), list=True)
    number = Char(30, label=_("Card number"), access=NARROW, list=True)


@hookimpl
def models() -> Sequence[type[Model]]:
    """All kinds in one, an amount in any currency, and the two with masks."""
    return [Thing, Offer, Member, Card]


@hookimpl
def menus() -> Sequence[Menu]:
    """Within reach."""
    return [Menu("sample.things", _("Things"), Thing)]
