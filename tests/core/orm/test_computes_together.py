"""Two people at once: no line is lost in a total, nobody waits for ever, and those broken off try again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from core import UserError
from core.web.requests import repeated
from tests.core.orm.sales import Line, Order, row, store
from tests.core.orm.toys import World

ROUNDS = 100


@pytest.fixture
def shop(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # SQLite queues nobody, and these two ask for its lock without a pause between.
    monkeypatch.setattr("core.orm.database.BUSY_SECONDS", 60)
    with store(url) as made:
        with made.env() as env:
            env.create(Order, [{"name": "first"}, {"name": "second"}])
        yield made


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Does all of it in threads that begin together; raises what one of them raises."""
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works, timeout=120))


def right(shop: World, key: int) -> int:
    """What the order of that key must come to, of its lines as they are stored; checks that it does."""
    lines = shop.registry.info(Line).table
    with shop.database.reading.begin() as connection:
        amounts = connection.scalars(sa.select(lines.c.amount).where(lines.c.order_id == key)).all()
    order = row(shop, "sales.order", key)
    assert (order["total"], order["count"], order["due"]) == (sum(amounts), len(amounts), sum(amounts))
    return len(amounts)


@pytest.mark.slow
def test_two_add_lines_to_one_order(shop: World) -> None:
    def add(price: int) -> None:
        for number in range(ROUNDS):
            with shop.env() as env:
                made = env.create(Line, [{"order_id": 1, "price": price, "qty": 1 + number % 3}])
                env.flush()
                if number % 10 == 9:
                    env.delete(made)

    at_once(lambda: add(7), lambda: add(11))
    assert right(shop, 1) == 2 * ROUNDS * 9 // 10


def test_two_change_lines_of_two_orders_in_opposite_order_at_once(shop: World) -> None:
    """In one flush rows are locked in the order of their keys, whatever the order in which they were touched."""
    with shop.env() as env:
        env.create(Line, [{"order_id": key, "price": 1} for key in (1, 2, 1, 2)])

    def change(keys: tuple[int, int]) -> None:
        for number in range(ROUNDS):
            with shop.env() as env:
                for line in env.read(Line, keys):
                    line.qty = number + 2

    at_once(lambda: change((1, 2)), lambda: change((4, 3)))
    assert (right(shop, 1), right(shop, 2)) == (2, 2)
    assert row(shop, "sales.order", 1)["total"] == 2 * (ROUNDS + 1)


def test_two_change_orders_in_opposite_order_one_after_the_other(shop: World) -> None:
    """No order of locks helps here: one is broken off and does all of it again."""
    if not shop.database.is_sqlite:  # which breaks off none, as there is one writer
        with shop.database.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            name = connection.dialect.identifier_preparer.quote(shop.database.url.database or "")
            connection.execute(sa.text(f"ALTER DATABASE {name} SET deadlock_timeout = '20ms'"))
        shop.database.writing.dispose()
    tries: list[int] = []

    @repeated
    def change(first: int, second: int) -> None:
        tries.append(first)
        with shop.env() as env:
            for key in (first, second):
                env.create(Line, [{"order_id": key, "price": 3}])
                env.flush()
                time.sleep(0.001)

    for _round in range(20):
        at_once(lambda: change(1, 2), lambda: change(2, 1))
    assert (right(shop, 1), right(shop, 2)) == (40, 40)
    assert shop.database.is_sqlite or len(tries) > 40, "some were broken off, else this tests nothing"


def test_a_line_for_an_order_that_another_is_deleting(shop: World) -> None:
    """Either the line is first and goes along, or it is refused: no line without an order, no order lost half."""

    def add() -> None:
        for _number in range(5):
            try:
                with shop.env() as env:
                    env.create(Line, [{"order_id": 2, "price": 1}])
            except UserError:
                return

    def delete() -> None:
        try:
            with shop.env() as env:
                env.delete(env.read(Order, [2]))
        except UserError:
            return

    at_once(add, delete)
    with shop.env() as env:
        left = env.scalars(sa.select(env[Order].id)).all()
        orphans = env.scalar(sa.select(sa.func.count(env[Line].id)).where(env[Line].order_id.not_in(left)))
    assert orphans == 0
    right(shop, 1)
