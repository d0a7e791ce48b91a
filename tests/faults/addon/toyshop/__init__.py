"""A shop as small as can be, in which one order touches all that must hold together.

Its lines take from the stock and give the customer points, it gets the next number of a sequence without gaps, and
asks for a job: all of it in the one transaction that makes the order, by whichever door the order comes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self, TypeVar

from flask import request
from sqlalchemy import select

from core import (
    Addon,
    Char,
    Env,
    Integer,
    Many2one,
    Model,
    One2many,
    Page,
    Rows,
    UserError,
    _,
    hookimpl,
)
from core.base import Sequence as Numbers

M = TypeVar("M", bound=Model)
ACCESS = {"base.user": "rwcd"}

addon = Addon("toyshop", version="1.0", label=_("Toy shop"))


class Customer(Model, name="toyshop.customer", label=_("Customer"), plural=_("Customers"), access=ACCESS):
    name = Char(required=True, label=_("Name"))
    points = Integer(required=True, default=0, label=_("Points"))


class Product(Model, name="toyshop.product", label=_("Product"), plural=_("Products"), access=ACCESS):
    name = Char(required=True, label=_("Name"))
    stock = Integer(required=True, default=0, label=_("Stock"))


class Order(Model, name="toyshop.order", label=_("Order"), plural=_("Orders"), access=ACCESS):
    reference = Char(80, required=True, label=_("Your reference"), list=True, search=True)
    key = Char(80, unique=True, readonly=True, label=_("Key"), help=_("By which a repeated order is known."))
    number = Char(20, unique=True, readonly=True, label=_("Number"), list=True)
    customer = Many2one(Customer, required=True, label=_("Customer"))
    lines: One2many[Line] = One2many(lambda: Line, "order", label=_("Lines"))
    pieces = Integer(compute="_pieces", depends=("lines.quantity",), label=_("Pieces"), list=True)

    @classmethod
    def _pieces(cls, records: Sequence[Self]) -> None:
        for order in records:
            order.pieces = sum(line.quantity for line in order.lines)


class Line(Model, name="toyshop.line", label=_("Line"), plural=_("Lines"), access=ACCESS):
    order = Many2one(Order, required=True, ondelete="cascade", label=_("Order"))
    product = Many2one(Product, required=True, label=_("Product"))
    quantity = Integer(required=True, label=_("Quantity"))


@hookimpl
def models() -> Sequence[type[Model]]:
    return [Customer, Product, Order, Line]


@hookimpl
def data() -> Sequence[Rows]:
    row = {"key": "orders", "code": "toyshop.order", "name": "Orders", "padding": 1, "gap_free": True}
    return [Rows(Numbers, [row])]


@hookimpl
def pages() -> Sequence[Page]:
    form = ("key", "reference", "customer", "items")
    return [Page("/toyshop/orders", checkout, methods=("POST",), roles=("base.user",), form=form)]


# ----------------------------------------------------------------- what an order does, in its own transaction
@hookimpl
def record_created(env: Env, records: Sequence[Model]) -> None:
    orders, lines = env.only(Order, records), env.only(Line, records)
    if orders:
        number(env, orders)
        ask_to_confirm(env, orders)
    if lines:
        take_from_stock(env, lines)
        give_points(env, lines)


def number(env: Env, orders: Sequence[Order]) -> None:
    env.number(orders, "number", "toyshop.order")


def ask_to_confirm(env: Env, orders: Sequence[Order]) -> None:
    for order in orders:
        env.jobs.enqueue("toyshop.confirm", order.id)


def take_from_stock(env: Env, lines: Sequence[Line]) -> None:
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[line.product.id] += line.quantity
    for product in held(env, Product, wanted):
        if product.stock < wanted[product.id]:
            raise UserError(_("There is not enough of %(name)s.", name=product.name))
        product.stock -= wanted[product.id]


def give_points(env: Env, lines: Sequence[Line]) -> None:
    earned: Counter[int] = Counter()
    for line in lines:
        earned[line.order.customer.id] += line.quantity
    for customer in held(env, Customer, earned):
        customer.points += earned[customer.id]


def held(env: Env, model: type[M], keys: Iterable[int]) -> list[M]:
    """The records as they are now, which nobody else changes until the transaction ends.

    In the order of their keys, so that nobody waits in a circle; and `key_share`, as whoever inserts a row that
    links to one of them holds its key, which we do not change.
    """
    cls = env[model]
    rows = select(cls).where(cls.id.in_(list(keys))).order_by(cls.id).with_for_update(key_share=True)
    return list(env.scalars(rows.execution_options(populate_existing=True)))


# ----------------------------------------------------------------- a door of the shop's own
def checkout(env: Env) -> str:
    """Takes an order, and says so; of one that comes again under the same key that it is known."""
    sent = request.form
    if is_known(env, sent["key"]):
        return "known"
    customer = env.get(Customer, int(sent["customer"]))
    order = env.create(Order, [{"key": sent["key"], "reference": sent["reference"], "customer": customer}])[0]
    env.create(Line, [row | {"order": order} for row in items(env, sent["items"])])
    return "taken"


def is_known(env: Env, key: str) -> bool:
    return env.scalar(select(env[Order].id).where(env[Order].key == key)) is not None


def items(env: Env, text: str) -> list[dict[str, object]]:
    """The lines that `product:quantity,...` asks for."""
    pairs = (map(int, item.split(":")) for item in text.split(","))
    return [{"product": env.get(Product, product), "quantity": quantity} for product, quantity in pairs]
