"""UPDATE and DELETE over many rows, as statements: what a flush does for records, they do for rows."""

from __future__ import annotations

import decimal
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Self

import pytest
import sqlalchemy as sa

from core import Char, Env, FieldError, Many2one, Model, Money, One2many, Ref, Rule
from core.access.rights import Policy
from core.base.change import Change
from core.orm.events import Listeners
from core.orm.happened import Event
from core.orm.registry import Registry
from tests.core.orm.toys import ACCESS, World, world

TOLD: list[tuple[str, Any]] = []


class Order(Model, name="bulk.order", access=ACCESS):
    name = Char(required=True)
    total = Money(compute="_total", depends=("lines.amount",))
    lines: One2many[Line] = One2many(lambda: Line, "order")

    @classmethod
    def _total(cls, records: Sequence[Self]) -> None:
        for order in records:
            order.total = sum((line.amount or 0 for line in order.lines), decimal.Decimal(0))


class Line(Model, name="bulk.line", access=ACCESS):
    order = Many2one(Order, required=True, ondelete="cascade")
    order_id: Ref
    label = Char(20, search=True)
    price = Money()
    amount = Money(compute="_amount", depends=("price",))

    @classmethod
    def _amount(cls, records: Sequence[Self]) -> None:
        for line in records:
            line.amount = None if line.price is None else line.price * 2


def _updated(env: Env, records: Sequence[Model], changed: Any) -> None:
    TOLD.append(
        ("updated", {record.id: names for record, names in zip(records, changed.values(), strict=True)})
    )


def _deleted(env: Env, model: str, ids: Sequence[int]) -> None:
    TOLD.append(("deleted", (model, sorted(ids))))


@cache
def registry() -> Registry:
    made = Registry({"base": [Change], "bulk": [Order, Line]})
    made.listeners = Listeners([("record_updated", "bulk", _updated), ("record_deleted", "bulk", _deleted)])
    return made


@pytest.fixture
def orders(url: str) -> Iterator[World]:
    """Order 1 with lines 1 to 3 of 1, 2 and 3; order 2 with line 4 of 4. Amounts are twice that."""
    with world(url, registry()) as made:
        with made.env() as env:
            first, second = env.create(Order, [{"name": "first"}, {"name": "second"}])
            env.flush()
            for price, order in ((1, first), (2, first), (3, first), (4, second)):
                env.create(Line, [{"order": order, "price": decimal.Decimal(price), "label": f"n{price}"}])
                env.flush()
        TOLD.clear()
        yield made


def totals(env: Env) -> list[decimal.Decimal | None]:
    return [order.total for order in env.scalars(sa.select(env[Order]).order_by(env[Order].id))]


def changes(env: Env, action: str) -> list[tuple[str, int, Any]]:
    C = env[Change]
    with env.sudo("look at history") as su:
        found = su.scalars(sa.select(C).where(C.action == action).order_by(C.id))
        return [(row.model, row.record_id, row.values) for row in found]


def test_an_update_has_history_stamps_and_computes(orders: World) -> None:
    with orders.env() as env:
        L = env[Line]
        known = env.get(Order, 1)
        assert known is not None and known.total == 12
        assert env.execute(sa.update(L).where(L.order_id == 1, L.id < 3).values(price=10)).rowcount == 2  # type: ignore[attr-defined]
        assert totals(env) == [46, 8]
        assert [line.amount for line in env.read(Line, [1, 2, 3])] == [20, 20, 6]
        assert [line.version for line in env.read(Line, [1, 2, 3])] == [2, 2, 1]
        assert known.total == 46 and known.version == 1
        assert changes(env, "write") == [
            ("bulk.line", 1, {"price": ["1.00", "10.00"]}),
            ("bulk.line", 2, {"price": ["2.00", "10.00"]}),
        ]
        env.flush()
    assert [("updated", {1: {"price"}, 2: {"price"}})] == TOLD


def test_what_is_committed_is_told_by_keys_whoever_may_see_the_rows(
    orders: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []

    def after(events: Sequence[Event]) -> None:
        told.extend((event.kind, event.model, event.ids, event.fields) for event in events)

    own = Rule(Line, "r", where=lambda line, env: line.label != "gone")
    monkeypatch.setattr(orders.registry, "policy", Policy(orders.registry, [own]))
    monkeypatch.setattr(orders.registry, "listeners", Listeners([("after_commit", "bulk", after)]))
    with orders.env() as env:
        L = env[Line]
        env.execute(sa.update(L).where(L.id < 3).values(label="gone"))
        env.execute(sa.update(L).where(L.id > 9).values(label="gone"))
        env.execute(sa.delete(L).where(L.id == 4))
        env.execute(sa.delete(L).where(L.id > 9))
    assert told == [
        ("updated", "bulk.line", (1, 2), frozenset({"label"})), ("deleted", "bulk.line", (4,), frozenset()),
    ]  # fmt: skip


@pytest.mark.parametrize("worked_out", [False, True])
def test_history_is_the_same_whether_a_value_is_given_or_worked_out(orders: World, worked_out: bool) -> None:
    with orders.env() as env:
        L, price = env[Line], decimal.Decimal("2.5")
        env.execute(
            sa.update(L).where(L.id < 3).values(price=L.price - L.price + price if worked_out else price)
        )
        assert [values["price"] for _model, _key, values in changes(env, "write")] == [
            ["1.00", "2.50"],
            ["2.00", "2.50"],
        ]


@pytest.mark.parametrize("more", [{}, {"label": "baru"}])
def test_each_of_many_rows_has_its_own_past(orders: World, more: dict[str, str]) -> None:
    """Of rows that are alike it is written once, and stands at each of them and at no other."""
    prices = [1] * 9 + [2] * 9 + [1] * 9 + [9]
    with orders.env() as env:
        L: Any = env[Line]
        made = env.create(L, [{"order_id": 1, "label": "lama", "price": price} for price in prices])
        env.flush()
        keys = [record.id for record in made]
        env.execute(sa.update(L).where(L.id.in_(keys)).values(price=9, **more))
        found = {key: values for _model, key, values in changes(env, "write")}
    label = {"label": ["lama", "baru"]} if more else {}
    past = [({"price": [f"{price}.00", "9.00"]} if price != 9 else {}) | label for price in prices]
    assert found == {key: values for key, values in zip(keys, past, strict=True) if values}


def test_an_update_leaves_what_is_pending_in_memory(orders: World) -> None:
    with orders.env() as env:
        L = env[Line]
        line = env.read(Line, [1])[0]
        with env.session.no_autoflush:
            line.label = "pending"
            env.execute(sa.update(L).where(L.id < 3).values(price=9))
        assert (line.price, line.label) == (9, "pending")
        env.flush()
        assert env.scalar(sa.select(L.label).where(L.id == 1)) == "pending"


def test_rows_that_keep_their_value_have_no_history_and_archiving_no_version(orders: World) -> None:
    with orders.env() as env:
        L = env[Line]
        env.execute(sa.update(L).where(L.id < 3).values(price=1))
        assert changes(env, "write") == [("bulk.line", 2, {"price": ["2.00", "1.00"]})]
        env.execute(sa.update(L).where(L.id == 4).values(archived=True))
        line = env.read(Line, [4])[0]
        assert (line.archived, line.version, line.updated_by) == (True, 1, env.user.id)
        assert changes(env, "write")[-1] == ("bulk.line", 4, {"archived": [False, True]})


def test_rows_that_left_ones_sight_are_told_to_no_hook_of_the_transaction(
    orders: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Rule(Line, "r", where=lambda line, env: line.label != "gone")
    monkeypatch.setattr(orders.registry, "policy", Policy(orders.registry, [own]))
    with orders.env() as env:
        L = env[Line]
        env.execute(sa.update(L).where(L.id == 1).values(label="gone"))
        env.execute(sa.update(L).where(L.id == 2).values(label="seen"))
    assert [("updated", {2: {"label"}})] == TOLD


def test_a_move_to_another_order_changes_both(orders: World) -> None:
    with orders.env() as env:
        L = env[Line]
        env.execute(sa.update(L).where(L.price >= 2, L.order_id == 1).values(order_id=2))
        assert totals(env) == [2, 18]


def test_a_delete_has_history_and_computes(orders: World) -> None:
    with orders.env() as env:
        L = env[Line]
        env.execute(sa.delete(L).where(L.price < 3))
        assert totals(env) == [6, 8]
        assert changes(env, "delete") == [
            ("bulk.line", key, {"order": [1, None], "label": [f"n{key}", None], "price": [f"{key}.00", None]})
            for key in (1, 2)
        ]
        env.flush()
    assert TOLD == [("deleted", ("bulk.line", [1, 2]))]


@pytest.mark.parametrize(
    ("name", "value"), [("label", "x" * 21), ("label", "a\0b"), ("order_id", None), ("price", "much")]
)
def test_a_value_that_cannot_be_is_refused(orders: World, name: str, value: Any) -> None:
    with pytest.raises(FieldError), orders.env() as env:
        env.execute(sa.update(env[Line]).values({name: value}))


def test_many_rows_take_as_many_statements_as_few(orders: World) -> None:
    counts = []
    for number in (10, 300):
        with orders.env() as env:
            order = env.create(Order, [{"name": "many"}])[0]
            env.create(Line, [{"order": order, "price": decimal.Decimal(1), "label": "many"}] * number)
            env.flush()
            L = env[Line]
            with orders.statements() as seen:
                env.execute(sa.update(L).where(L.order_id == order.id).values(price=2))
            counts.append(len(seen))
            assert totals(env)[-1] == 4 * number
    assert counts[0] == counts[1]
