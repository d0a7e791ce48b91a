"""Plan, apply and ledger: what is added later equals what is installed at once, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal as Number
from typing import Any

import pytest
import sqlalchemy as sa

from core import Boolean, Char, Integer, Json, Many2many, Many2one, Model, Money, Text, _
from core.errors import DatabaseError, LoadError
from core.orm.database import Database
from core.orm.registry import Registry
from core.schema import ledger, tables
from core.schema.apply import SchemaRefused, apply
from core.schema.plan import Plan, plan

ACCESS = {"base.user": "rwcd"}
DEPENDS = {"toy": frozenset({"toy"}), "more": frozenset({"toy", "more"})}
Published = Mapping[str, Sequence[type[Model]]]


class Shelf(Model, name="toy.shelf", access=ACCESS):
    code = Char(20, required=True, unique=True)
    keeper: Many2one[Thing | None] = Many2one(lambda: Thing)


class Thing(Model, name="toy.thing", access=ACCESS):
    name = Char(required=True, translate=True)
    shelf = Many2one(Shelf)


class Brand(Model, name="more.brand", access=ACCESS):
    name = Char(index=True)
    parent: Many2one[Brand | None] = Many2one(lambda: Brand)
    maker: Many2one[Maker | None] = Many2one(lambda: Maker)


class Maker(Model, name="more.maker", access=ACCESS):
    best: Many2one[Brand | None] = Many2one(lambda: Brand)


class MoreThing(Thing):
    colour = Char(30, required=True, default='it\'s "50%" red', index=True)
    price = Money(default=Number("-12.50"))
    weight = Integer(required=True, default=-1)
    sold = Boolean(default=True)
    serial = Char(40, unique=True)
    remark = Text()
    label_texts = Char(translate=True)
    extra = Json()
    brand = Many2one(Brand)
    a_link_whose_name_is_as_long_as_that_of_a_field_may_be_at_60 = Many2one(Brand)
    brands = Many2many(Brand)


TOY: Published = {"toy": [Shelf, Thing]}
BOTH: Published = {"toy": [Shelf, Thing], "more": [Brand, Maker, MoreThing]}


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with closing(Database(url)) as database:
        yield database


def install(database: Database, published: Published) -> Plan:
    with database.writing.begin() as connection:
        wanted = plan(connection, Registry(published, DEPENDS))
        apply(connection, wanted)
        ledger.record(connection, wanted)
        return wanted


def look(database: Database) -> dict[str, Any]:
    """Everything the database says of its tables, with what the ledger says of them."""
    with database.writing.begin() as connection:
        inspector = sa.inspect(connection)
        found: dict[str, Any] = {name: _table(inspector, name) for name in inspector.get_table_names()}
        if tables.ledger.name in found:
            entries = sa.select(*(column for column in tables.ledger.c if column.name != "id"))
            found["ledger rows"] = sorted(map(tuple, connection.execute(entries)))
        return found


def _table(inspector: sa.Inspector, name: str) -> dict[str, Any]:
    columns = [
        (column["name"], str(column["type"]), column["nullable"], column["default"])
        for column in inspector.get_columns(name)
    ]
    keys = [
        (
            key["name"],
            key["constrained_columns"],
            key["referred_table"],
            key["referred_columns"],
            key["options"],
        )
        for key in inspector.get_foreign_keys(name)
    ]
    indexes = [
        (index["name"], index["column_names"], bool(index["unique"])) for index in inspector.get_indexes(name)
    ]
    return {
        "columns": sorted(columns),
        "foreign keys": sorted(keys, key=str),
        "indexes": sorted(indexes),
        "unique": inspector.get_unique_constraints(name),
        "primary key": inspector.get_pk_constraint(name),
    }


@pytest.fixture
def two(url: str, request: pytest.FixtureRequest) -> Iterator[tuple[Database, Database]]:
    """Two empty databases of one kind."""
    with closing(Database(url)) as first, closing(Database(_second(url, request))) as second:
        yield first, second


def _second(url: str, request: pytest.FixtureRequest) -> str:
    if url.startswith("sqlite"):
        return url.removesuffix(".db") + "-second.db"
    server, name = request.getfixturevalue("postgres"), f"{request.getfixturevalue('worker')}_second"
    request.addfinalizer(lambda: server.drop(name))
    address: str = server.create(name)
    return address


def test_added_later_is_installed_at_once(two: tuple[Database, Database]) -> None:
    at_once, later = two
    install(at_once, BOTH)
    install(later, TOY)
    added = install(later, BOTH)
    assert {table.name for table in added.tables} == {"more_brand", "more_maker", "toy_thing_brands_rel"}
    assert {column.name for column in added.columns} == {
        "colour", "price", "weight", "sold", "serial", "remark", "label_texts", "extra", "brand_id",
        "a_link_whose_name_is_as_long_as_that_of_a_field_may_be_at_60_id",
    }  # fmt: skip
    assert look(later) == look(at_once)
