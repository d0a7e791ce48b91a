"""SQL types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators

DIGITS = 18
"""Digits that an exact number may have in all: what a scaled BIGINT holds on SQLite."""

READ_ONLY = "total() is to be read only: compare and sort by func.sum()"

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""BIGINT keys; on SQLite INTEGER, which is 64 bit too and alone can be the rowid."""


class JsonType(sa.types.TypeDecorator[Any]):
    """JSON in which None is NULL, also where the column has a default."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name != "postgresql":
            return super().load_dialect_impl(dialect)
        from sqlalchemy.dialects.postgresql import JSONB  # a start on SQLite is shorter without it

        return dialect.type_descriptor(JSONB(none_as_null=True))

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        found = self.impl_instance.coerce_compared_value(op, value)
        return self if isinstance(found, sa.JSON) else found  # PostgreSQL compares JSONB with JSONB only


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """An aware moment, stored as UTC. Refuses a naive one: its zone would be a guess."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone; use env.now()")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    # Every record has two moments, so that SQLAlchemy's way over two functions each is felt in long lists.
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def process(value: dt.datetime | None) -> str | None:
            moment = self.process_bind_param(value, dialect)
            return None if moment is None else moment.isoformat(" ", "microseconds")

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        if dialect.name == "sqlite":
            read = dt.datetime.fromisoformat
            return lambda text: None if text is None else read(f"{text}+00:00")
        return lambda value: None if value is None else value.astimezone(dt.UTC)


class InexactOperation(TypeError):
    """An operation that would come out wrong on SQLite, where exact numbers are scaled integers."""


ALLOWED = {
    operators.eq, operators.ne, operators.lt, operators.le, operators.gt, operators.ge,
    operators.is_, operators.is_not, operators.in_op, operators.not_in_op,
    operators.between_op, operators.not_between_op,
    operators.add, operators.sub, operators.neg,
    operators.asc_op, operators.desc_op, operators.nulls_first_op, operators.nulls_last_op,
    operators.distinct_op, operators.is_distinct_from, operators.is_not_distinct_from,
}  # fmt: skip
"""The operators that mean the same for scaled integers."""


class Exact(sa.types.TypeDecorator[decimal.Decimal]):
    """An exact decimal: scaled BIGINT on SQLite, NUMERIC(20, scale) on PostgreSQL.

    Compare, sum, min, max, plus and minus between equal scales work in SQL; everything else raises
    `InexactOperation`, as it would be wrong by powers of ten on SQLite only: use `core.sql.product` and
    `core.sql.average`.
    """

    impl = sa.BigInteger
    cache_ok = True

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.BigInteger())
        return dialect.type_descriptor(sa.Numeric(20, self.scale))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        scale, scaled = self.scale, dialect.name == "sqlite"

        def process(value: Any) -> Any:
            if value is None:
                return None
            number = exact(value, scale)
            return int(number.scaleb(scale)) if scaled else number

        return process

    def literal_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        process = self.bind_processor(dialect)
        return lambda value: str(process(value))

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        if dialect.name != "sqlite":
            return None
        factor = -self.scale
        make = decimal.Decimal

        def process(value: Any) -> Any:
            if value is None:
                return None
            if value.__class__ is float:  # what SQLite makes of a whole number of more than 64 bits
                raise OverflowError("an exact number of more digits than SQLite can hold")
            return make(value).scaleb(factor)

        return process

    def coerce_compared_value(self, op: Any, value: Any) -> sa.types.TypeEngine[Any]:
        return self

    class Comparator(sa.types.TypeDecorator.Comparator[decimal.Decimal]):
        """Lets through what is right on both databases and refuses the rest; operands: core.orm.exactness."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            self._check(op)
            return super().operate(op, *other, **kwargs)

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
            self._check(op)
            return super().reverse_operate(op, other, **kwargs)

        def _check(self, op: Any) -> None:
            if op not in ALLOWED:
                name = getattr(op, "__name__", str(op))
                raise InexactOperation(f"{name} on an exact number: use core.sql.product or core.sql.average")

    comparator_factory = Comparator


def exact(value: Any, scale: int) -> decimal.Decimal:
    """`value` as a Decimal of `scale` places, half up. Raises ValueError on floats, other text and out of range."""
    if isinstance(value, float):
        raise ValueError("a float is not an exact number; use Decimal")
    try:
        places = decimal.Decimal(1).scaleb(-scale)
        number = decimal.Decimal(value).quantize(places, rounding=decimal.ROUND_HALF_UP)
    except decimal.InvalidOperation:
        raise ValueError(f"{value!r} is not a number of up to {DIGITS} digits") from None
    if not number.is_finite() or abs(number) >= decimal.Decimal(10) ** (DIGITS - scale):
        raise ValueError(f"{value} has more than {DIGITS - scale} digits before the point")
    return number
