"""SQL that is right for exact numbers on both databases."""

from __future__ import annotations

import decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from core.orm.types import Exact


class _Rescaled(FunctionElement[decimal.Decimal]):
    """An expression over exact numbers whose raw value carries `digits` places, brought to the scale of `type`."""

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy reads it from the class
        *FunctionElement._traverse_internals,
        ("digits", sa.sql.visitors.InternalTraversal.dp_plain_obj),
        ("type", sa.sql.visitors.InternalTraversal.dp_type),
    ]

    def __init__(self, expression: Any, digits: int, scale: int) -> None:
        super().__init__(expression)
        self.digits = digits
        self.type = Exact(scale)


@compiles(_Rescaled)
def _plain(element: _Rescaled, compiler: Any, **kwargs: Any) -> str:
    inner = compiler.process(element.clauses, **kwargs)
    return f"ROUND({inner}, {element.type.scale})"  # type: ignore[attr-defined]


@compiles(_Rescaled, "sqlite")
def _scaled(element: _Rescaled, compiler: Any, **kwargs: Any) -> str:
    """Integer arithmetic, half away from zero as NUMERIC rounds: floats would lose the last digits."""
    inner = compiler.process(element.clauses, **kwargs)
    shift = element.digits - element.type.scale  # type: ignore[attr-defined]
    if shift <= 0:
        return f"({inner} * {10**-shift})"
    unit = 10**shift
    return f"(({inner} + CASE WHEN {inner} < 0 THEN -{unit // 2} ELSE {unit // 2} END) / {unit})"


class _Average(FunctionElement[decimal.Decimal]):
    """The mean of an exact column, rounded half away from zero to its own scale."""

    inherit_cache = True

    def __init__(self, column: Any) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(_Average)
def _plain_average(element: _Average, compiler: Any, **kwargs: Any) -> str:
    inner = compiler.process(element.clauses, **kwargs)
    return f"ROUND(AVG({inner}), {element.type.scale})"  # type: ignore[attr-defined]


@compiles(_Average, "sqlite")
def _scaled_average(element: _Average, compiler: Any, **kwargs: Any) -> str:
    inner = compiler.process(element.clauses, **kwargs)
    total, count = f"SUM({inner})", f"COUNT({inner})"
    half = f"CASE WHEN {total} < 0 THEN -{count} ELSE {count} END"
    return f"((2 * {total} + {half}) / (2 * NULLIF({count}, 0)))"


def product(left: Any, right: Any, scale: int | None = None) -> sa.ColumnElement[decimal.Decimal]:
    """`left * right` of two exact columns, rounded half away from zero to `scale` (that of the finer one).

    The raw product must fit 18 digits on SQLite.
    """
    digits = left.type.scale + right.type.scale
    scale = max(left.type.scale, right.type.scale) if scale is None else scale
    raw = sa.type_coerce(left, _raw(left)) * sa.type_coerce(right, _raw(right))
    return _Rescaled(raw, digits, scale)


def average(column: Any) -> sa.ColumnElement[decimal.Decimal]:
    """The mean of an exact column, in its own scale; NULL over no rows."""
    return _Average(column)


def _raw(column: Any) -> sa.types.TypeEngine[Any]:
    return sa.Numeric(38, column.type.scale)
