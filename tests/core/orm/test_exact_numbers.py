"""Exact numbers: what goes in comes out, and SQL means the same on both databases or is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal as Number
from decimal import localcontext
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import Decimal, Integer, Model, Money, Percent
from core.errors import FieldError, LumbungError
from core.i18n.catalogs import speaking
from core.i18n.formats import formats
from core.orm.registry import Registry
from core.orm.types import DIGITS, Exact, InexactOperation, exact
from core.sql import average, product, total
from tests.core.orm.toys import ACCESS, World, world

SCALES = {"money": 2, "weight": 3, "whole": 0}
quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


class Item(Model, name="toy.item", access=ACCESS):
    money = Money()
    weight = Decimal(scale=3)
    whole = Decimal(scale=0)
    other = Money()
    share = Percent(least=0, most=100, label="Share")
    count = Integer()


def numbers(scale: int, digits: int = DIGITS) -> st.SearchStrategy[Number]:
    """Numbers of that scale, often half-way or at the end of the range."""
    most = 10**digits - 1
    return st.integers(-most, most).map(lambda value: Number(value).scaleb(-scale))


@pytest.fixture(scope="module")
def items() -> Iterator[Registry]:
    registry = Registry({"toy": [Item]})
    yield registry
    registry.dispose()


@pytest.fixture
def shop(url: str, items: Registry) -> Iterator[World]:
    with world(url, items) as made:
        yield made


@contextmanager
def rows(shop: World, *values: dict[str, Any]) -> Iterator[Any]:
    """An env in which these rows are all there are; nothing of it stays."""
    with shop.env() as env:
        env.create(Item, values)
        env.flush()
        yield env
        env.session.rollback()


def places(value: Number) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def half_up(value: Fraction, scale: int) -> Number:
    """Half away from zero, as money is rounded."""
    scaled = abs(value) * 10**scale
    whole = int(scaled) + (1 if scaled - int(scaled) >= Fraction(1, 2) else 0)
    with localcontext() as context:
        context.prec = 60
        return Number(whole if value >= 0 else -whole).scaleb(-scale)


# ----------------------------------------------------------------- in and out
@quick
@given(values=st.tuples(*(numbers(scale) for scale in SCALES.values())))
def test_what_goes_in_comes_out(shop: World, values: tuple[Number, ...]) -> None:
    row = dict(zip(SCALES, values, strict=True))
    with rows(shop, row) as env:
        env.session.expunge_all()
        record = env.scalars(sa.select(env[Item])).one()
        for name, value in row.items():
            assert getattr(record, name) == value
            assert places(getattr(record, name)) == SCALES[name], "on both databases"
            assert env.scalar(sa.select(env[Item].id).where(getattr(env[Item], name) == value)) == record.id


def test_memory_and_row_say_the_same(shop: World) -> None:
    """A product of Python has more places than the column keeps: rounded at the flush, not when re-read."""
    with rows(shop, {"money": Number("1.005"), "weight": 2, "whole": Number("-0.5")}) as env:
        record = env.scalars(sa.select(env[Item])).one()
        values = (record.money, record.weight, record.whole)
        assert tuple(map(str, values)) == ("1.01", "2.000", "-1")
        record.money = Number("2.345")
        env.flush()
        assert str(record.money) == "2.35"
        record.money = Number("2.35")
        env.flush()
        assert record.version == 2
        env.session.expire(record)
        assert str(record.money) == "2.35"


@pytest.mark.parametrize("absurd", [Number("1e16"), Number("-1e16"), Number("9999999999999999.995"), 10**30])
def test_what_does_not_fit_is_refused_by_field(shop: World, absurd: Any) -> None:
    with pytest.raises(FieldError) as refusal, shop.env() as env:
        env.create(Item, [{"money": absurd}])
    assert refusal.value.field == "money"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("-0.01", "Share is at least 0."),
        ("100.01", "Share is at most 100."),
        ("101", "Share is at most 100."),
    ],
)
def test_what_is_beyond_the_bounds_is_refused_as_it_is_set_and_typed(
    shop: World, value: str, told: str
) -> None:
    with speaking("en"), pytest.raises(FieldError, match=re.escape(told)) as refusal, shop.env() as env:
        env.create(Item, [{"share": Number(value)}])
    assert refusal.value.field == "share"
    share = shop.registry.info(Item).fields["share"]
    with pytest.raises(FieldError), speaking("en"):
        share.parse(f"{value}%", formats("en", "Asia/Jakarta"))
    assert share.read(value) == Number(value), "a filter may ask for it"


def test_the_bounds_themselves_are_within(shop: World) -> None:
    with rows(shop, {"share": Number(0)}, {"share": Number(100)}, {"share": None}) as env:
        kept = env.scalars(sa.select(env[Item].share).order_by(env[Item].id)).all()
    assert kept == [Number(0), Number(100), None]


def test_a_float_is_no_exact_number(shop: World) -> None:
    with pytest.raises(TypeError, match="money: a float is not an exact number"), shop.env() as env:
        env.create(Item, [{"money": 0.1}])
    with pytest.raises(sa.exc.StatementError, match="float"), shop.env() as env:
        env.scalar(sa.select(env[Item].id).where(env[Item].money == 0.1))


@given(
    value=st.decimals(allow_nan=True, allow_infinity=True) | st.integers() | st.text(),
    scale=st.integers(0, 18),
)
def test_exact_gives_a_number_of_that_scale_or_a_value_error(value: Any, scale: int) -> None:
    try:
        number = exact(value, scale)
    except ValueError:
        return
    assert places(number) == scale
    assert abs(number.scaleb(scale)) < 10**DIGITS
    assert abs(number - Number(value)) <= Number(5).scaleb(-scale - 1)
    assert exact(number, scale) == number


# ----------------------------------------------------------------- what SQL may do
@quick
@given(values=st.lists(st.none() | numbers(2, 16), min_size=1, max_size=5), other=numbers(2, 16))
def test_sum_min_max_plus_and_minus(shop: World, values: list[Number | None], other: Number) -> None:
    with rows(shop, *({"money": value, "other": other} for value in values)) as env:
        X = env[Item]
        there = [value for value in values if value is not None]
        found = env.execute(sa.select(sa.func.sum(X.money), sa.func.min(X.money), sa.func.max(X.money))).one()
        assert tuple(found) == ((sum(there), min(there), max(there)) if there else (None, None, None))
        sums = env.execute(
            sa.select(
                X.money + X.other, X.money - X.other, -X.money, X.money + 1, 7 - X.money, other + X.money
            ).order_by(X.id)
        ).all()
        assert [tuple(row) for row in sums] == [
            (None,) * 6
            if value is None
            else (value + other, value - other, -value, value + 1, 7 - value, other + value)
            for value in values
        ]
        for text in ("money", "other"):
            column = getattr(X, text)
            found = env.scalars(sa.select(column).where(column.is_not(None)).order_by(column.desc())).all()
            assert found == sorted(there if text == "money" else [other] * len(values), reverse=True)


@quick
@given(value=numbers(2, 17), other=numbers(2, 17))
def test_comparisons(shop: World, value: Number, other: Number) -> None:
    with rows(shop, {"money": value, "other": other}) as env:
        X = env[Item]
        found = env.execute(sa.select(
            X.money == X.other, X.money < X.other, X.money <= other, X.money > X.other, X.money != other,
            X.money.in_([value, other]), X.money.between(min(value, other), max(value, other)),
            X.money.in_(sa.select(X.other)), X.money.in_([X.other, value]), X.money.in_([X.other, 0]),
            X.money.in_(sa.union(sa.select(X.other), sa.select(X.money))), X.money.is_(None),
            X.money == sa.select(sa.func.max(X.other)).scalar_subquery(),
        )).one()  # fmt: skip
        assert tuple(map(bool, found)) == (
            value == other, value < other, value <= other, value > other, value != other,
            True, True, value == other, True, value in (other, 0), True, False, value == other,
        )  # fmt: skip


def test_a_plain_number_among_exact_ones_is_one_too(shop: World) -> None:
    """Where SQLAlchemy binds it as an integer, 5 would be 0.05 on SQLite."""
    with rows(shop, {"money": Number(10), "count": 1}, {"count": 2}) as env:
        X = env[Item]
        asked: dict[str, Any] = {
            "coalesce": sa.func.coalesce(X.money, 5),
            "nullif": sa.func.nullif(X.money, 10),
            "case": sa.case((X.count == 2, X.money), else_=5),
            "filter": sa.case((X.money > 9, X.money), else_=None),
        }
        for number in (5, Number("7.5")):  # the second time the statement comes from the cache
            asked["cached"] = sa.func.coalesce(X.money, number)
            found = env.execute(sa.select(*asked.values()).order_by(X.id)).all()
            assert [tuple(row) for row in found] == [(10, None, 5, 10, 10), (5, None, None, None, number)]
        total = sa.func.coalesce(sa.func.sum(X.money).filter(X.count > 5), 0)
        assert env.scalar(sa.select(total)) == 0
        env.execute(
            sa.update(X).where(X.count == 2).values(money=sa.select(sa.func.max(X.money)).scalar_subquery())
        )
        assert env.scalars(sa.select(X.money)).all() == [10, 10]


REFUSED: dict[str, Callable[[Any], Any]] = {
    "times": lambda X: X.money * 2,
    "times itself": lambda X: X.money * X.other,
    "times from the left": lambda X: 2 * X.money,
    "a whole column times": lambda X: X.count * X.money,
    "divided": lambda X: X.money / 2,
    "floor": lambda X: X.money // 2,
    "modulo": lambda X: X.money % 2,
    "plus a whole column": lambda X: X.money + X.count,
    "a whole column minus": lambda X: X.count - X.money,
    "a chain that begins whole": lambda X: X.count + X.count + X.money,
    "another scale": lambda X: X.money + X.weight,
    "another scale compared": lambda X: X.money == X.weight,
    "a whole column compared": lambda X: X.count == X.money,
    "compared to a whole column": lambda X: X.money < X.count,
    "compared to a typed number": lambda X: X.money == sa.literal(10),
    "in a whole column": lambda X: X.money.in_(sa.select(X.count)),
    "in a list with a whole column": lambda X: X.money.in_([X.other, X.count]),
    "in a list that begins with another scale": lambda X: X.money.in_([X.weight, X.other]),
    "a whole column in a list of exact ones": lambda X: X.count.in_([X.money, X.other]),
    "in a union of whole columns": lambda X: X.money.in_(sa.union(sa.select(X.count), sa.select(X.id))),
    "tuples of exact and whole columns": lambda X: sa.tuple_(X.money, X.id) == sa.tuple_(X.count, X.id),
    "in another scale": lambda X: X.money.in_(sa.select(X.weight)),
    "between whole columns": lambda X: X.money.between(X.count, X.count),
    "a subselect of whole numbers": lambda X: X.money == sa.select(sa.func.max(X.count)).scalar_subquery(),
    "like": lambda X: X.money.like("1%"),
    "concatenated": lambda X: X.money.concat("x"),
    "an operator of one's own": lambda X: X.money.op("*")(2),
    "avg": lambda X: sa.func.avg(X.money),
    "AVG in capitals": lambda X: sa.func.AVG(X.money),
    "round": lambda X: sa.func.round(X.money, 1),
    "abs": lambda X: sa.func.abs(X.money),
    "total": lambda X: sa.func.total(X.money),
    "stddev": lambda X: sa.func.stddev(X.money),
    "a function nobody knows": lambda X: sa.func.lumbung(X.count, X.money),
    "coalesce with a whole column": lambda X: sa.func.coalesce(X.money, X.count),
    "coalesce that begins whole": lambda X: sa.func.coalesce(0, X.money),
    "coalesce of two scales": lambda X: sa.func.coalesce(X.money, X.weight),
    "case that ends whole": lambda X: sa.case((X.count == 1, X.money), (X.count == 2, 5)),
    "case with a whole column": lambda X: sa.case((X.count == 1, X.count), else_=X.money),
    "cast": lambda X: sa.cast(X.money, sa.Integer),
    "cast to text": lambda X: X.money.cast(sa.String),
    "cast to another scale": lambda X: sa.cast(X.money, Exact(3)),
    "a total compared": lambda X: total(X.money) > 5,
    "a total compared from the left": lambda X: sa.literal(5) < total(X.money),
    "a total sorted by": lambda X: total(X.money).desc(),
    "a total and a number": lambda X: total(X.money) + 1,
    "product of money and text": lambda X: product(X.money, sa.literal("x")),
    "average of whole numbers": lambda X: average(X.count),
}


def _passing(execute: Callable[[Any], Any], cls: Any) -> Iterator[str]:
    for name, made in REFUSED.items():
        with suppress(InexactOperation, LumbungError):
            execute(sa.select(made(cls)))
            yield name


def test_what_would_be_wrong_is_refused(shop: World) -> None:
    row = {"money": 1, "other": 1, "weight": 1, "count": 1}
    with rows(shop, row) as env, env.sudo("the test") as su, env.unsafe_sql("the test") as session:
        assert list(_passing(env.execute, env[Item])) == []
        assert list(_passing(su.execute, env[Item])) == []
        assert list(_passing(session.execute, env[Item])) == []


def test_updates_across_kinds_are_refused(shop: World) -> None:
    with rows(shop, {"money": 1, "weight": 1, "count": 1}) as env:
        X = env[Item]
        changes: list[dict[str, Any]] = [{"money": X.count}, {"count": X.money}, {"money": X.weight}]
        for values in changes:
            with pytest.raises(InexactOperation):
                env.execute(sa.update(X).where(X.id > 0).values(**values))
        env.execute(sa.update(X).where(X.id > 0).values(money=X.money + 1, count=X.count * 2, weight=7))
        assert tuple(env.execute(sa.select(X.money, X.count, X.weight)).one()) == (2, 2, 7)


# ----------------------------------------------------------------- product and average
@quick
@given(money=numbers(2, 10), weight=numbers(3, 8), count=st.integers(-1000, 1000))
def test_products(shop: World, money: Number, weight: Number, count: int) -> None:
    with rows(shop, {"money": money, "weight": weight, "other": money, "count": count}) as env:
        X = env[Item]
        pairs = [
            (product(X.money, X.weight), Fraction(money) * Fraction(weight), 3),
            (product(X.weight, X.money, scale=2), Fraction(money) * Fraction(weight), 2),
            (product(X.weight, X.money, scale=0), Fraction(money) * Fraction(weight), 0),
            (product(X.weight, X.money, scale=6), Fraction(money) * Fraction(weight), 6),
            (product(X.count, X.money), Fraction(money) * count, 2),
            (product(X.money + X.other, X.count), Fraction(money) * 2 * count, 2),
        ]
        found = env.execute(sa.select(*(expression for expression, _value, _scale in pairs))).one()
        assert list(found) == [half_up(value, scale) for _expression, value, scale in pairs]


@pytest.mark.parametrize(
    ("money", "weight", "rounded"),
    [("0.50", "0.010", "0.01"), ("-0.50", "0.010", "-0.01"), ("0.49", "0.010", "0.00"),
     ("1.25", "-0.100", "-0.13"), ("1.25", "0.100", "0.13"), ("12345678.91", "1000.005", "12345740638.39")],
)  # fmt: skip
def test_products_half_way(shop: World, money: str, weight: str, rounded: str) -> None:
    with rows(shop, {"money": Number(money), "weight": Number(weight)}) as env:
        X = env[Item]
        line = product(X.money, X.weight, scale=2)
        assert str(env.scalar(sa.select(line))) == rounded
        assert str(env.scalar(sa.select(sa.func.sum(line)))) == rounded
        assert env.scalar(sa.select(X.id).where(line == Number(rounded))) is not None
        assert env.scalar(sa.select(X.id).where(line > Number(rounded))) is None


def test_a_product_of_too_many_digits_is_no_wrong_number(shop: World) -> None:
    value = Number("1234567890123456.78")
    with rows(shop, {"money": value, "other": value}) as env:
        X = env[Item]
        statement = sa.select(product(X.money, X.other))
        if shop.database.is_sqlite:
            with pytest.raises(OverflowError, match="more digits than SQLite can hold"):
                env.scalar(statement)
        else:
            assert env.scalar(statement) == half_up(Fraction(value) ** 2, 2)


@quick
@given(values=st.lists(st.none() | numbers(2, 17), min_size=0, max_size=6))
def test_averages(shop: World, values: list[Number | None]) -> None:
    there = [Fraction(value) for value in values if value is not None]
    with rows(shop, {"count": 0, "money": None}, *({"money": value} for value in values)) as env:
        found = env.scalar(sa.select(average(env[Item].money)))
        assert found == (half_up(sum(there, Fraction(0)) / len(there), 2) if there else None)


@pytest.mark.parametrize(
    ("values", "mean"),
    [(["0.01", "0.00"], "0.01"), (["-0.01", "0.00"], "-0.01"), (["0.01", "0.00", "0.00"], "0.00"),
     (["-0.02", "-0.03"], "-0.03"),
     (["1234567890123456.00"] * 2 + ["1234567890123456.01"], "1234567890123456.00")],
)  # fmt: skip
def test_averages_half_way_and_grouped(shop: World, values: list[str], mean: str) -> None:
    with rows(
        shop, *({"money": Number(value), "count": count} for value in values for count in (1, 2))
    ) as env:
        X = env[Item]
        found = env.execute(sa.select(X.count, average(X.money)).group_by(X.count).order_by(X.count)).all()
        assert [(count, str(value)) for count, value in found] == [(1, mean), (2, mean)]


@quick
@given(values=st.lists(st.none() | numbers(2), min_size=0, max_size=30))
def test_totals_of_any_size(shop: World, values: list[Number | None]) -> None:
    most = Number("9999999999999999.99")
    there = [value for value in values if value is not None]
    with rows(shop, {"count": 0}, *({"money": value} for value in values)) as env:
        assert env.scalar(sa.select(total(env[Item].money))) == (sum(there) if there else None)
    with rows(
        shop, *({"money": sign * most, "count": sign} for sign in (1, -1) for _each in range(12))
    ) as env:
        X = env[Item]
        sums = sa.select(X.count, total(X.money)).group_by(X.count).order_by(X.count)
        assert [tuple(row) for row in env.execute(sums)] == [(-1, -12 * most), (1, 12 * most)]


def test_columns_of_a_table_take_numbers_from_the_left(shop: World) -> None:
    """As the core itself writes statements, without a mapped class that turns the sides round."""
    with rows(shop, {"money": Number("1.25"), "weight": 1, "count": 1}) as env:
        column = env.registry.info(Item).table.c.money
        connection = env.session.core_connection()
        assert connection.scalar(sa.select(7 - column)) == Number("5.75")
        with pytest.raises(InexactOperation):
            connection.scalar(sa.select(2 * column))
