"""A toy model with one field of each kind."""

from __future__ import annotations

from typing import Any

from core import (
    Boolean,
    Char,
    Date,
    DateTime,
    Decimal,
    Email,
    Integer,
    Json,
    Many2one,
    Model,
    Money,
    Percent,
    Phone,
    Select,
    Text,
    Url,
    _,
)
from core.i18n.lazy import TextLike
from core.orm.fields import Field
from tests.core.orm.toys import ACCESS, Partner

STATES: dict[str, TextLike] = {"new": _("New"), "old": "Old", "gone": "Gone"}


class Every(Model, name="toy.every", access=ACCESS):
    """One field of each kind."""

    name = Char(20, required=True, label="Name")
    text = Text()
    yes = Boolean()
    number = Integer(unique=True)
    amount = Decimal(scale=3)
    money = Money(index=True)
    share = Percent()
    day = Date()
    moment = DateTime()
    state = Select(STATES, tones={"new": "info"})
    data = Json()
    email = Email(unique=True)
    phone = Phone(30)
    site = Url()
    partner = Many2one(Partner)


FIELDS: dict[str, Field[Any]] = {name: item for name, item in vars(Every).items() if isinstance(item, Field)}
