"""Plan, apply and ledger: what is added later equals what is installed at once, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal as Number
from typing import Any

import pytest
import sqlalchemy as sa

from core import Boolean, Char, Integer, Json, Many2many, Many2one, Model, Money, Text
from core.errors import DatabaseError, LoadError, SchemaBehind
from core.orm.database import Database
from core.orm.registry import Registry
from core.schema import ledger, tables
from core.schema.apply import SchemaRefused, apply
from core.schema.plan import Plan, plan

pytestmark = pytest.mark.usefixtures("english")

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
    return carry_out(database, Registry(published, DEPENDS))


def carry_out(database: Database, registry: Registry) -> Plan:
    """Plan, tables and ledger in one transaction, as an installation does it."""
    with database.writing.begin() as connection:
        wanted = plan(connection, registry)
        apply(connection, wanted)
        ledger.record(connection, wanted)
        return wanted


def planned(database: Database, published: Published) -> Plan:
    with database.reading.connect() as connection:
        return plan(connection, Registry(published, DEPENDS))


def run(database: Database, statement: str) -> Sequence[Any]:
    with database.writing.begin() as connection:
        result = connection.exec_driver_sql(statement)
        return result.all() if result.returns_rows else []


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
    assert {table.name for table in added.tables} == {"more_brand", "more_maker", "toy_thing__brands_rel"}
    assert {column.name for column in added.columns} == {
        "colour", "price", "weight", "sold", "serial", "remark", "label_texts", "extra", "brand_id",
        "a_link_whose_name_is_as_long_as_that_of_a_field_may_be_at_60_id",
    }  # fmt: skip
    assert look(later) == look(at_once)


def test_what_is_there_is_not_planned_again(database: Database) -> None:
    assert install(database, BOTH).fresh
    again = planned(database, BOTH)
    assert list(again.steps()) == []
    assert again.refused == []


def test_names_of_links_are_the_convention_on_postgresql_and_none_on_sqlite(database: Database) -> None:
    install(database, TOY)
    install(database, BOTH)
    names = {key[0] for key in look(database)["toy_thing"]["foreign keys"]}
    assert (
        names == {None}
        if database.is_sqlite
        else names > {"fk_toy_thing__shelf_id", "fk_toy_thing__brand_id"}
    )


def test_rows_of_before_keep_what_they_have_and_take_the_defaults(database: Database) -> None:
    install(database, TOY)
    stamps = "version, archived, created_at, updated_at"
    values = "1, false, '2026-01-01', '2026-01-01'"
    run(database, f"INSERT INTO toy_shelf (code, {stamps}) VALUES ('a', {values})")
    run(database, f"INSERT INTO toy_thing (name, shelf_id, {stamps}) VALUES ('{{}}', 1, {values})")
    install(database, BOTH)
    thing = Registry(BOTH, DEPENDS).info("toy.thing").table.c
    wanted = (thing.shelf_id, thing.colour, thing.price, thing.weight, thing.sold, thing.serial)
    with database.reading.connect() as connection:
        row = connection.execute(sa.select(*wanted)).one()
    assert tuple(row) == (1, 'it\'s "50%" red', Number("-12.50"), -1, True, None)


def test_added_links_are_kept_by_the_database(database: Database) -> None:
    install(database, TOY)
    install(database, BOTH)
    values = "'{}', 7, 1, false, '2026-01-01', '2026-01-01'"
    with pytest.raises(sa.exc.IntegrityError):
        run(database, "INSERT INTO toy_thing (name, brand_id, version, archived, created_at, updated_at) "
                      f"VALUES ({values})")  # fmt: skip


def test_tables_of_others_are_left_alone(database: Database) -> None:
    install(database, TOY)
    run(database, "CREATE TABLE kv (key VARCHAR(40) PRIMARY KEY)")
    assert planned(database, TOY).refused == []


class Fault(Exception):
    """Stands for whatever can go wrong."""


class Statements:
    """Counts what is written to a database, and breaks off at the statement numbered `last`."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        self.last = 0
        sa.event.listen(database.writing, "before_cursor_execute", self._see)

    def _see(self, connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().split()[0] in ("CREATE", "ALTER", "INSERT"):
            self.count += 1
            if self.count == self.last:
                raise Fault(statement)


@pytest.mark.parametrize("start", [{}, TOY], ids=["from nothing", "later"])
def test_a_fault_at_any_step_leaves_the_old_state_whole(database: Database, start: Published) -> None:
    if start:
        install(database, start)
    before = look(database)
    registry = Registry(BOTH, DEPENDS)
    statements = Statements(database)
    with pytest.raises(Fault), database.writing.begin() as connection:  # a trial run, to count
        apply(connection, plan(connection, registry))
        ledger.record(connection, plan(connection, Registry(TOY, DEPENDS)) if start else Plan())
        total = statements.count + 1
        raise Fault
    assert total > 10
    for last in range(1, total + 1):
        statements.count, statements.last = 0, last
        with pytest.raises(Fault):
            carry_out(database, registry)
        assert look(database) == before, f"statement {last} of {total}"
    statements.last = 0
    carry_out(database, registry)
    assert look(database) != before


def test_what_the_code_needs_and_nobody_made_is_told_by_name(database: Database) -> None:
    """By the ledger: to look at each table takes longer than a start may."""
    install(database, TOY)
    with database.reading.connect() as connection:
        ledger.check(connection, Registry(TOY, DEPENDS))
        with pytest.raises(SchemaBehind) as behind:
            ledger.check(connection, Registry(BOTH, DEPENDS))
    assert "toy_thing.colour (+" in str(behind.value) and "lumbung addons upgrade" in str(behind.value)
    install(database, BOTH)
    with database.writing.begin() as connection:
        ledger.check(connection, Registry(BOTH, DEPENDS))
        known = tables.ledger.c
        connection.execute(tables.ledger.delete().where(known.kind == "column", known.name == "colour"))
        with pytest.raises(SchemaBehind) as behind:
            ledger.check(connection, Registry(BOTH, DEPENDS))
        connection.rollback()
    assert "toy_thing.colour " in str(behind.value) and "(+" not in str(behind.value)


def test_the_ledger_names_the_owner_of_everything(database: Database) -> None:
    install(database, BOTH)
    with database.reading.connect() as connection:
        mine = {(step.kind, step.table, step.name) for step in ledger.owned(connection, "more")}
        toys = {(step.kind, step.table, step.name) for step in ledger.owned(connection, "toy")}
        core = {step.table for step in ledger.owned(connection, "core")}
        columns = {
            (table, column["name"])
            for table in sa.inspect(connection).get_table_names()
            if not table.startswith("search")  # made from the records, and made anew at any time
            for column in sa.inspect(connection).get_columns(table)
        }
        known = {
            (step.table, step.name)
            for addon in ("core", "toy", "more")
            for step in ledger.owned(connection, addon)
            if step.kind == "column"
        }
    assert known == columns
    assert mine >= {
        ("table", "more_brand", "more_brand"),
        ("column", "more_brand", "created_at"),
        ("index", "more_brand", "ix_more_brand__name"),
        ("column", "toy_thing", "colour"),
        ("index", "toy_thing", "uq_toy_thing__serial"),
        ("table", "toy_thing__brands_rel", "toy_thing__brands_rel"),
        ("column", "toy_thing__brands_rel", "target_id"),
        ("index", "toy_thing__brands_rel", "ix_toy_thing__brands_rel__target_id"),
    }
    assert ("column", "toy_thing", "name") in toys
    assert core == set(tables.metadata.tables)


def variant(**fields: Any) -> Published:
    """The toy addon in another version: `toy.shelf` with these fields."""

    class Other(Model, name="toy.shelf", access=ACCESS):
        locals().update(fields)

    return {"toy": [Other]}


CHANGES = {
    "gone": ({"code": Char(20)}, {}, "toy_shelf.code is no longer"),
    "type": ({"code": Char(20)}, {"code": Integer()}, "toy_shelf.code changes from"),
    "size": ({"code": Char(20)}, {"code": Char(30)}, "toy_shelf.code changes from"),
    "required": ({"code": Char(20)}, {"code": Char(20, required=True)}, "toy_shelf.code changes whether"),
    "new and required": ({}, {"code": Char(20, required=True)}, "toy_shelf.code must have a value"),
    "index": (
        {"code": Char(20, index=True)},
        {"code": Char(20)},
        "ix_toy_shelf__code of toy_shelf is",
    ),
    "link": (
        {"shelf_id": Integer()},
        {"shelf": Many2one("toy.shelf")},  # type: ignore[call-overload]
        "toy_shelf is to link shelf_id",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_does_not_add_is_refused_with_its_reason(database: Database, change: str) -> None:
    old, new, reason = CHANGES[change]
    install(database, variant(**old))
    before = look(database)
    with pytest.raises(SchemaRefused) as refusal:
        install(database, {"toy": [*variant(**new)["toy"]], "more": []})
    assert reason in str(refusal.value)
    assert "toy: " in str(refusal.value)
    assert look(database) == before


def test_a_field_made_unique_where_rows_are_equal_is_refused_in_words(database: Database) -> None:
    install(database, variant(code=Char(20)))
    for _row in range(2):
        run(database, "INSERT INTO toy_shelf (code, version, archived, created_at, updated_at) "
                      "VALUES ('same', 1, false, '2026-01-01', '2026-01-01')")  # fmt: skip
    before = look(database)
    with pytest.raises(DatabaseError, match="is to be unique"):
        install(database, variant(code=Char(20, unique=True)))
    assert look(database) == before


def test_a_model_cannot_take_a_table_of_the_core(database: Database) -> None:
    class Row(Model, name="data.row", access=ACCESS):
        pass

    with pytest.raises(LoadError, match="data_row, which the core uses") as fault:
        install(database, {"data": [Row]})
    assert fault.value.addon == "data"
    assert look(database) == {}


def test_ddl_does_not_wait_for_ever_for_a_table_in_use(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as database:
        install(database, TOY)
        with database.writing.begin() as reader:
            reader.exec_driver_sql("SELECT * FROM toy_thing")
            with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
                install(database, BOTH)
        install(database, BOTH)
