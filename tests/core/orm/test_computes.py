"""Computed stored fields: right in every step, whoever writes, and read anew by those who look at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal as Number
from typing import Any

import pytest
import sqlalchemy as sa

from core import Env
from core.access.door import AccessDenied
from core.texts.index import matching
from tests.core.orm import sales
from tests.core.orm.sales import LOG, Customer, Label, Line, Order, changes, row, seller, store
from tests.core.orm.toys import World


@pytest.fixture
def shop(url: str) -> Iterator[World]:
    """Sari has order 1 with two lines (10 and 15), order 2 has none and nobody."""
    with store(url) as made:
        with made.env() as env:
            sari = env.create(Customer, [{"name": "Sari"}])[0]
            order, _other = env.create(Order, [{"name": "first", "customer": sari}, {"name": "second"}])
            env.create(Line, [line(order, 2, 5, "apple"), line(order, 1, 15, "banana")])
        LOG.clear()
        yield made


def line(order: Any, qty: int, price: int, product: str = "x") -> dict[str, Any]:
    return {
        "order" if isinstance(order, Order) else "order_id": order,
        "qty": qty,
        "price": price,
        "product": product,
    }


def totals(shop: World) -> list[Any]:
    """What is stored of orders 1 and 2, and what Sari spent."""
    stored = [row(shop, "sales.order", key) for key in (1, 2)]
    return [
        *((order["total"], order["count"], order["due"]) for order in stored),
        row(shop, "sales.customer")["spent"],
    ]


def lines(env: Env, *keys: int) -> Sequence[Line]:
    return env.read(Line, keys)


def test_of_their_own_row_and_of_each_other(shop: World) -> None:
    assert (row(shop, "sales.line")["amount"], row(shop, "sales.line")["double"]) == (10, 20)
    with shop.env() as env:
        lines(env, 1)[0].qty = 3
        env.flush()
        assert LOG[:2] == ["amount", "double"], "in the order in which they depend"
        LOG.clear()
        lines(env, 1)[0].product = "pear"
        env.flush()
        assert "amount" not in LOG and "double" not in LOG, "nothing that they depend on"
    assert (row(shop, "sales.line")["amount"], row(shop, "sales.line")["double"]) == (15, 30)


def test_of_lines_in_two_steps_and_own_ones_of_those(shop: World) -> None:
    assert totals(shop) == [(25, 2, 25), (0, 0, 0), 25]
    with shop.env() as env:
        env.read(Order, [1])[0].discount = Number(5)
    assert totals(shop) == [(25, 2, 20), (0, 0, 0), 25]
    with shop.env() as env:
        lines(env, 2)[0].price = Number(100)
    assert totals(shop) == [(110, 2, 105), (0, 0, 0), 110]


@pytest.mark.parametrize("how", ["key", "record", "collection"])
@pytest.mark.parametrize("forgotten", [False, True])
def test_a_line_that_moves_counts_where_it_went_and_no_more_where_it_was(
    shop: World, how: str, forgotten: bool
) -> None:
    with shop.env() as env:
        first, second = env.read(Order, [1, 2])
        moved = lines(env, 1)[0]
        if how == "collection":
            assert len(second.lines) == 0
        if forgotten:
            with env.sudo("the test") as su:
                lines(su, 1)[0].product = "cherry"
        if how == "key":
            moved.order_id = 2
        elif how == "record":
            moved.order = second
        else:
            second.lines.append(moved)
        env.flush()
        assert (first.total, second.total) == (15, 10), "records in memory know it"
        assert [len(order.lines) for order in (first, second)] == [1, 1]
    assert totals(shop) == [(15, 1, 15), (10, 1, 10), 15]


def test_what_is_deleted_counts_no_more(shop: World) -> None:
    with shop.env() as env:
        env.delete(lines(env, 2))
    assert totals(shop) == [(10, 1, 10), (0, 0, 0), 10]
    with shop.env() as env:
        env.delete(env.read(Order, [1]))
    assert row(shop, "sales.customer")["spent"] == 0, "the order took its line along"
    with shop.env() as env:
        assert env.scalar(sa.select(sa.func.count(env[Line].id))) == 0


def test_of_a_link_up_and_of_many_to_many(shop: World) -> None:
    with shop.env() as env:
        order = env.read(Order, [1])[0]
        order.labels = env.create(Label, [{"name": "hot"}, {"name": "new"}])
        env.flush()
        assert (order.whose, order.marks) == ("Sari", "hot new")
        env.read(Label, [1])[0].name = "cold"
        env.read(Customer, [1])[0].name = "Sari Dewi"
        env.flush()
        assert (order.whose, order.marks) == ("Sari Dewi", "cold new")
        order.labels.pop(0)
        order.customer = None
        env.flush()
        assert (order.whose, order.marks) == (None, "new")
    stored = row(shop, "sales.order")
    assert (stored["whose"], stored["marks"]) == (None, "new")
    assert row(shop, "sales.customer")["spent"] == 0, "the order left Sari"
    with shop.env() as env:
        env.delete(env.read(Label, [2]))
    assert row(shop, "sales.order")["marks"] == ""


def test_a_link_that_empties_as_its_target_goes(shop: World) -> None:
    with shop.env() as env:
        env.delete(env.read(Customer, [1]))
    assert row(shop, "sales.order")["whose"] is None


def test_of_the_key_which_is_drawn_late(shop: World) -> None:
    assert row(shop, "sales.order")["code"] == "S00001"
    with shop.env() as env:
        assert [order.code for order in _flushed(env, env.create(Order, [{}, {}]))] == ["S00003", "S00004"]


def _flushed(env: Env, records: Sequence[Any]) -> Sequence[Any]:
    env.flush()
    return records


def test_records_in_memory_hold_what_was_computed(shop: World) -> None:
    """Those that were just made and those read before, without a further statement."""
    with shop.env() as env:
        old = env.read(Order, [1])[0]
        new = env.create(Order, [{"name": "new"}])[0]
        env.create(Line, [line(new, 2, 4, "kiwi"), line(1, 1, 1)])
        env.flush()
        with shop.statements() as seen:
            assert (new.total, new.count, new.due, new.contents) == (8, 1, 8, "kiwi")
            assert (old.total, old.count, old.due) == (26, 3, 26)
        assert seen == []
        assert not env.session.dirty, "it is stored already"


def test_what_somebody_sets_is_computed_again(shop: World) -> None:
    with shop.env() as env:
        order, made = env.read(Order, [1])[0], env.create(Order, [{"total": 99, "due": 99}])[0]
        order.total = Number(99)
        env.flush()
        assert order.total == 25, "though none of its lines has changed"
        lines(env, 1)[0].amount = Number(99)
        env.flush()
        assert (order.total, made.total, made.due, lines(env, 1)[0].amount) == (25, 0, 0, 10)
    assert totals(shop)[0] == (25, 2, 25)


def test_neither_version_nor_history(shop: World) -> None:
    before, past = row(shop, "sales.order"), len(changes(shop))
    with shop.env() as env:
        lines(env, 1)[0].qty = 9
    after = row(shop, "sales.order")
    assert after["total"] == 60
    assert {**after, "total": 25, "due": 25} == before
    assert [(change.model, change.values) for change in changes(shop)[past:]] == [
        ("sales.line", {"qty": [2, 9]})
    ]


def test_what_is_computed_is_found(shop: World) -> None:
    def found(word: str) -> list[int]:
        with shop.env(readonly=True) as env:
            return list(env.scalars(sa.select(env[Order].id).where(matching(env, Order, word))))

    assert (found("apple"), found("cherry")) == ([1], [])
    with shop.env() as env:
        lines(env, 1)[0].product = "cherry"
    assert (found("apple"), found("cherry")) == ([], [1])


def test_a_seller_who_sees_neither_the_order_nor_its_other_lines(shop: World) -> None:
    with shop.database.writing.begin() as connection:
        table = shop.registry.info(Line).table
        connection.execute(table.update().where(table.c.id == 1).values(created_by=8))
    with shop.env(**seller()) as env:
        assert [mine.id for mine in env.scalars(sa.select(env[Line]))] == [1]
        assert not env.may(Order, "r")
        lines(env, 1)[0].qty = 4
        env.flush()
        with pytest.raises(AccessDenied):
            assert lines(env, 1)[0].double
    assert totals(shop)[0] == (35, 2, 35), "of all lines"
    with shop.env(**seller()) as env:
        env.delete(lines(env, 1))
    assert totals(shop) == [(15, 1, 15), (0, 0, 0), 15]


def test_what_sudo_writes_is_computed_and_read_anew_by_the_user(shop: World) -> None:
    with shop.env() as env:
        order = env.read(Order, [1])[0]
        assert order.total == 25
        with env.sudo("the test") as su:
            su.create(Line, [line(1, 1, 5)])
        assert (order.total, order.count) == (30, 3)


def test_refused_and_rolled_back(shop: World) -> None:
    with pytest.raises(ZeroDivisionError), shop.env() as env:
        env.create(Line, [line(1, 1, 5)])
        env.flush()
        raise ZeroDivisionError
    assert totals(shop)[0] == (25, 2, 25)


@pytest.mark.parametrize("spread", [1, 400])
def test_many_lines_at_once(shop: World, spread: int) -> None:
    """A thousand lines take as many statements as ten, in one order and over many."""

    def add(count: int) -> int:
        with shop.env() as env:
            orders = env.create(
                Order, [{"name": "bulk", "customer_id": 1} for _ in range(min(spread, count))]
            )
            env.flush()
            with shop.statements() as seen:
                env.create(Line, [line(orders[place % len(orders)], 1, 2) for place in range(count)])
                env.flush()
            assert sum(order.total for order in orders) == 2 * count
        return len(seen)

    few = add(10)
    assert add(1_000) == few
    with shop.env() as env:
        with shop.statements() as seen:
            env.delete(env.scalars(sa.select(env[Line]).where(env[Line].order_id > 2)).all())
        assert len(seen) < 3 * few
    assert row(shop, "sales.customer")["spent"] == 25


def test_over_more_orders_than_one_batch(shop: World) -> None:
    with shop.env() as env:
        made = env.create(Order, [{"customer_id": 1} for _ in range(1_200)])
        env.create(Line, [line(order, 1, 1) for order in made])
        env.flush()
        assert {order.total for order in made} == {1}
        assert {order.code[0] for order in made if order.code} == {"S"}
    assert row(shop, "sales.customer")["spent"] == 1_225


def test_a_computed_field_is_not_for_the_form(shop: World) -> None:
    info = shop.registry.info(sales.Order)
    assert all(info.fields[name].readonly for name in ("total", "count", "due", "whose"))
