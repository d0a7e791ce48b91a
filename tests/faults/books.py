"""What must be true of the shop whatever was killed: looked up in the tables themselves, in one moment of theirs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

import sqlalchemy as sa

from core.orm.database import Database
from core.texts.store import KEY_BITS, KEY_MASK, model_number

STOCK = 1_000_000
"""Of each product, at the beginning."""
TREES = """
SELECT bt_index_check(c.oid, true) FROM pg_class c JOIN pg_am a ON a.oid = c.relam
WHERE c.relkind = 'i' AND a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace
"""
HEAPS = """
SELECT c.relname, v.msg FROM pg_class c, LATERAL verify_heapam(c.oid) v
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""


def breaches(url: str, acknowledged: Sequence[str], *, thorough: bool = False) -> list[str]:
    """What is not as it must be. `acknowledged` are references; the files are looked at if `thorough`."""
    with closing(
        Database(url)
    ) as database:  # closed: the next process finds the files as the killed one left them
        with database.reading.connect() as connection:
            if not database.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            found = [text for check in CHECKS for text in check(connection)]
            found += _missing(connection, acknowledged)
        if thorough:
            with database.writing.begin() as connection:
                found += _damage(connection)
    return found


def _rows(connection: sa.Connection, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(sa.text(statement))]


def _number(connection: sa.Connection, statement: str) -> int:
    return int(connection.scalar(sa.text(statement)) or 0)


def _list(what: str, items: Iterable[object]) -> Iterator[str]:
    """A line that names the first few."""
    shown = sorted(map(str, items))
    if shown:
        yield f"{what}: {len(shown)}, as {', '.join(shown[:3])}"


# ----------------------------------------------------------------- the orders
def _missing(connection: sa.Connection, acknowledged: Sequence[str]) -> Iterator[str]:
    there = {reference for (reference,) in _rows(connection, "SELECT reference FROM toyshop_order")}
    yield from _list("acknowledged orders that are not there", set(acknowledged) - there)
    yield from _list("acknowledged twice", (key for key, count in Counter(acknowledged).items() if count > 1))


def _doubled(connection: sa.Connection) -> Iterator[str]:
    found = "SELECT reference FROM toyshop_order GROUP BY reference HAVING count(*) > 1"
    yield from _list("orders that are there more than once", (row[0] for row in _rows(connection, found)))


def _half(connection: sa.Connection) -> Iterator[str]:
    """Every order has two lines; what is computed of them is stored with them."""
    found = (
        "SELECT o.reference FROM toyshop_order o LEFT JOIN toyshop_line l ON l.order_id = o.id"
        " GROUP BY o.id, o.reference, o.pieces HAVING count(l.id) <> 2 OR o.pieces <> sum(l.quantity)"
    )
    yield from _list("half orders", (row[0] for row in _rows(connection, found)))


def _numbers(connection: sa.Connection) -> Iterator[str]:
    """From 1, each once, none missing, and the counter stands at the last."""
    numbers = [row[0] for row in _rows(connection, "SELECT number FROM toyshop_order")]
    if Counter(numbers) != Counter(map(str, range(1, len(numbers) + 1))):
        wanted = set(map(str, range(1, len(numbers) + 1)))
        yield f"numbers are not 1 to {len(numbers)}: missing {sorted(wanted - set(numbers))[:3]}"
    last = _number(connection, "SELECT last FROM sequence_counter WHERE sequence = 'toyshop.order'")
    if last != len(numbers):
        yield f"the counter is at {last} after {len(numbers)} orders"


# ----------------------------------------------------------------- what an order moves
def _stock(connection: sa.Connection) -> Iterator[str]:
    found = (
        "SELECT p.name, p.stock, coalesce(sum(l.quantity), 0) FROM toyshop_product p"
        " LEFT JOIN toyshop_line l ON l.product_id = p.id GROUP BY p.id, p.name, p.stock"
    )
    for name, stock, sold in _rows(connection, found):
        if stock != STOCK - sold:  # type: ignore[operator]
            yield f"of {name} there are {stock} of {STOCK}, but {sold} were sold"


def _points(connection: sa.Connection) -> Iterator[str]:
    found = (
        "SELECT c.name, c.points, coalesce(sum(l.quantity), 0) FROM toyshop_customer c"
        " LEFT JOIN toyshop_order o ON o.customer_id = c.id LEFT JOIN toyshop_line l ON l.order_id = o.id"
        " GROUP BY c.id, c.name, c.points"
    )
    for name, points, earned in _rows(connection, found):
        if points != earned:
            yield f"{name} has {points} points, but earned {earned}"


def _jobs(connection: sa.Connection) -> Iterator[str]:
    orders = Counter(row[0] for row in _rows(connection, "SELECT id FROM toyshop_order"))
    jobs = Counter(
        row[0] for row in _rows(connection, "SELECT record_id FROM outbox WHERE name = 'toyshop.confirm'")
    )
    yield from _list("orders without their job", (orders - jobs).elements())
    yield from _list("jobs without their order", (jobs - orders).elements())


# ----------------------------------------------------------------- what the core keeps of it
def _history(connection: sa.Connection) -> Iterator[str]:
    """Each order and line was made once, and the changes of the stock lead from the first value to the last."""
    for table in ("toyshop_order", "toyshop_line"):
        model = table.replace("_", ".")
        made = f"SELECT record_id FROM base_change WHERE model = '{model}' AND action = 'create'"
        there, told = (Counter(row[0] for row in _rows(connection, statement))
                       for statement in (f"SELECT id FROM {table}", made))  # fmt: skip
        yield from _list(f"{model} without the history of its making", (there - told).elements())
        yield from _list(f"histories of {model} without it", (told - there).elements())
    changes = "SELECT CAST(\"values\" AS TEXT) FROM base_change WHERE model = 'toyshop.product' AND action = 'write'"
    moved = 0
    for (text,) in _rows(connection, changes):
        before, after = json.loads(str(text)).get("stock", (0, 0))
        moved += int(before) - int(after)
    sold = _number(connection, "SELECT sum(quantity) FROM toyshop_line")
    if moved != sold:
        yield f"by its history {moved} pieces left the stock, but {sold} were sold"


def _search(connection: sa.Connection) -> Iterator[str]:
    """Each order is found by its reference, and no order that is not there."""
    model = model_number("toyshop.order")
    found = f"SELECT record_id, body FROM search WHERE model = {model}"
    if connection.dialect.name == "sqlite":
        found = f"SELECT rowid & {KEY_MASK}, body FROM search WHERE rowid >> {KEY_BITS} = {model}"
    bodies = dict(_rows(connection, found))  # type: ignore[arg-type, var-annotated]
    orders = dict(_rows(connection, "SELECT id, reference FROM toyshop_order"))  # type: ignore[arg-type, var-annotated]
    lost = (reference for key, reference in orders.items() if reference not in bodies.get(key, ""))
    yield from _list("orders that no search finds", lost)
    yield from _list("found, but not there", bodies.keys() - orders.keys())


CHECKS = (_doubled, _half, _numbers, _stock, _points, _jobs, _history, _search)


# ----------------------------------------------------------------- the files
def _damage(connection: sa.Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        yield from (str(row[0]) for row in _rows(connection, "PRAGMA integrity_check") if row[0] != "ok")
        yield from (f"link to nothing: {row}" for row in _rows(connection, "PRAGMA foreign_key_check"))
        connection.execute(sa.text("INSERT INTO search(search) VALUES ('integrity-check')"))  # raises
        return
    connection.execute(sa.text("CREATE EXTENSION amcheck"))
    connection.execute(sa.text(TREES))  # raises
    yield from (f"{table}: {message}" for table, message in _rows(connection, HEAPS))
