"""Toy orders whose totals are computed, and a database that keeps their history and numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal as Number
from functools import cache, partial
from typing import Any, Self

import sqlalchemy as sa

from core import (
    Boolean,
    Char,
    Date,
    DateTime,
    Decimal,
    Integer,
    Json,
    Many2many,
    Many2one,
    Model,
    Money,
    One2many,
    Percent,
    Ref,
    Select,
    Text,
)
from core.access.rights import Policy
from core.base.hooks import models as shipped_models
from core.orm.database import Database
from core.orm.events import Listeners
from core.orm.history import CHANGE
from core.orm.registry import Registry
from core.schema.tables import metadata, registry_version
from tests.copies import filled
from tests.core.orm.toys import World

ALL, SELLER, CLERK = "base.user", "sales.seller", "sales.clerk"
ACCESS = {ALL: "rwcd"}
LOG: list[str] = []
"""What methods were called, in their order."""


class Label(Model, name="sales.label", access=ACCESS):
    name = Char(required=True, label="Name")


class Customer(Model, name="sales.customer", access=ACCESS):
    name = Char(required=True, label="Name")
    orders: One2many[Order] = One2many(lambda: Order, "customer")
    spent = Money(compute="_spent", depends=("orders.total",), label="Spent")

    @classmethod
    def _spent(cls, records: Sequence[Self]) -> None:
        LOG.append("spent")
        for record in records:
            record.spent = sum((order.total or Number(0) for order in record.orders), Number(0))


class Order(Model, name="sales.order", label="Order", plural="Orders", access={**ACCESS, CLERK: "rc"}):
    """Its computes depend on lines, on a link up, on many to many, on each other."""

    name = Char(40, label="Name")
    number = Char(30, label="Number")
    company_id_ = Integer()
    customer = Many2one(Customer, label="Customer", ondelete="set_null")
    customer_id: Ref
    discount = Money(label="Discount", default=0)
    labels = Many2many(Label)
    lines: One2many[Line] = One2many(lambda: Line, "order")
    total = Money(compute="_total", depends=("lines.amount",), required=True, default=0, label="Total")
    count = Integer(compute="_count", depends=("lines",))
    due = Money(compute="_due", depends=("total", "discount"))
    whose = Char(compute="_whose", depends=("customer.name",))
    marks = Char(compute="_marks", depends=("labels.name",))
    contents = Text(compute="_contents", depends=("lines.product",), search=True)
    code = Char(20, compute="_code", depends=("id",))

    @classmethod
    def _total(cls, records: Sequence[Self]) -> None:
        LOG.append("total")
        for record in records:
            record.total = sum((line.amount or Number(0) for line in record.lines), Number(0))

    @classmethod
    def _count(cls, records: Sequence[Self]) -> None:
        for record in records:
            record.count = len(record.lines)

    @classmethod
    def _due(cls, records: Sequence[Self]) -> None:
        for record in records:
            record.due = record.total - (record.discount or Number(0))

    @classmethod
    def _whose(cls, records: Sequence[Self]) -> None:
        for record in records:
            record.whose = record.customer.name if record.customer else None

    @classmethod
    def _marks(cls, records: Sequence[Self]) -> None:
        for record in records:
            record.marks = " ".join(label.name for label in record.labels)

    @classmethod
    def _contents(cls, records: Sequence[Self]) -> None:
        for record in records:
            record.contents = " ".join(line.product or "" for line in record.lines)

    @classmethod
    def _code(cls, records: Sequence[Self]) -> None:
        for record in records:
            record.code = f"S{record.id:05}"


class Line(
    Model, name="sales.line", label="Line", plural="Lines", access={**ACCESS, SELLER: "r:own w:own d:own"}
):
    """Its computes depend on its own row, one on the other."""

    order = Many2one(Order, required=True, ondelete="cascade", label="Order")
    order_id: Ref
    product = Char(80, label="Product")
    qty = Integer(required=True, default=1, label="Quantity")
    price = Money(required=True, default=0, label="Price")
    double = Money(compute="_double", depends=("amount",), access={ALL: "r"})
    amount = Money(compute="_amount", depends=("qty", "price"), required=True)

    @classmethod
    def _amount(cls, records: Sequence[Self]) -> None:
        LOG.append("amount")
        for record in records:
            record.amount = record.qty * record.price

    @classmethod
    def _double(cls, records: Sequence[Self]) -> None:
        LOG.append("double")
        for record in records:
            record.double = 2 * record.amount


class Paper(Model, name="sales.paper", label="Paper", plural="Papers", access=ACCESS):
    """One field of each kind, of which history is kept."""

    name = Char(20, required=True, label="Name")
    title = Char(40, translate=True, default="Untitled", label="Title")
    text = Text()
    yes = Boolean()
    sure = Boolean(default=True)
    whole = Integer()
    amount = Decimal(scale=3)
    money = Money(default=Number("1.50"))
    share = Percent()
    day = Date()
    moment = DateTime()
    state = Select({"new": "New", "old": "Old"}, default="new")
    data = Json()
    order = Many2one(Order, ondelete="set_null")
    order_id: Ref
    labels = Many2many(Label)
    secret = Char(20, access={"sales.boss": "rw"})


class Quiet(Model, name="sales.quiet", access=ACCESS, history=False):
    name = Char(label="Name")


MODELS = [Label, Customer, Order, Line, Paper, Quiet]
Told = list[tuple[str, Callable[..., Any]]]
"""Hooks by name."""


@cache
def sales() -> Registry:
    """The registry of the orders on top of base: composed once."""
    fragments = list(shipped_models())
    registry = Registry({"base": fragments, "sales": MODELS}, {"sales": frozenset({"base"})})
    registry.policy = Policy(registry)
    return registry


@contextmanager
def store(url: str, registry: Registry | None = None) -> Iterator[World]:
    """An empty database with the tables of `registry`, else of the orders."""
    registry = registry or sales()
    with filled(url, registry, partial(_fill, registry)) as database:
        LOG.clear()
        yield World(registry, database)


def _fill(registry: Registry, database: Database) -> None:
    with database.writing.begin() as connection:
        metadata.create_all(connection)
        registry.metadata.create_all(connection)
        connection.execute(registry_version.insert().values(version=1, changed_at=sa.func.now()))


def changes(world: World) -> list[Any]:
    """The rows of history, oldest first."""
    table = world.registry.info(CHANGE).table
    with world.database.reading.begin() as connection:
        return list(connection.execute(sa.select(table).order_by(table.c.id)))


def row(world: World, model: str, key: int = 1) -> Mapping[str, Any]:
    """A row as it is stored."""
    table = world.registry.info(model).table
    with world.database.reading.begin() as connection:
        return connection.execute(sa.select(table).where(table.c.id == key)).one()._mapping


def listening(world: World, *told: tuple[str, str, Callable[..., Any]]) -> Listeners:
    """Lets hooks listen: of each its name, its addon and the function."""
    world.registry.listeners = Listeners(told)
    return world.registry.listeners


def seller(**more: Any) -> dict[str, Any]:
    """Who sees own lines and nothing of their orders."""
    return {"id": 8, "roles": frozenset({SELLER}), **more}
