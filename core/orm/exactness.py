"""Refuses SQL that is wrong over exact numbers: by powers of ten, on SQLite only, in silence.

`Exact` itself sees what is done to it. Here is seen, once per statement as it is compiled, what is done beside
it: another column on the left, a function, a cast, a plain number among exact ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, ExpressionClauseList, Grouping
from sqlalchemy.sql.functions import Function, ReturnTypeFromArgs

from core.orm.types import ALLOWED, READ_ONLY, Exact, InexactOperation

AGGREGATES = frozenset({"sum", "min", "max", "count"})
CHOICES = frozenset({"coalesce", "nullif"})
"""Functions that give back one of their arguments."""


class nullif(ReturnTypeFromArgs[Any]):
    """`func.nullif(a, b)`: has the type of `a`, which SQLAlchemy alone does not know."""

    inherit_cache = True


@compiles(BinaryExpression)
def _binary(element: Any, compiler: Any, **kwargs: Any) -> str:
    _check_operands(element.operator, _sides(element))
    return compiler.visit_binary(element, **kwargs)  # type: ignore[no-any-return]


@compiles(ExpressionClauseList)
def _chain(element: Any, compiler: Any, **kwargs: Any) -> str:
    """`a + b + c` is one of these, as `a AND b` is."""
    if element.operator not in (operators.and_, operators.or_):
        _check_operands(element.operator, element.clauses)
    return compiler.visit_expression_clauselist(element, **kwargs)  # type: ignore[no-any-return]


@compiles(sa.Update)
def _update(element: Any, compiler: Any, **kwargs: Any) -> str:
    for name, value in (element._values or {}).items():
        if not isinstance(value, sa.BindParameter):
            column = element.table.c[name] if isinstance(name, str) else name
            _check_operands(operators.eq, (column, value))
    return compiler.visit_update(element, **kwargs)  # type: ignore[no-any-return]


@compiles(Function)
def _function(element: Any, compiler: Any, **kwargs: Any) -> str:
    name, arguments = element.name.lower(), list(element.clauses)
    kind = next(filter(None, map(_kind, arguments)), None)
    if kind is not None and name in CHOICES:
        element = getattr(sa.func, name)(*_alike(arguments, kind, element.type, name))
    elif kind is not None and name not in AGGREGATES:
        raise _refusal(name)
    return compiler.visit_function(element, **kwargs)  # type: ignore[no-any-return]


@compiles(sa.Case)
def _case(element: Any, compiler: Any, **kwargs: Any) -> str:
    results = [result for _condition, result in element.whens]
    ends = results if element.else_ is None else [*results, element.else_]
    kind = next(filter(None, map(_kind, ends)), None)
    if kind is not None:
        alike = _alike(ends, kind, element.type, "case")
        whens = [(condition, result) for (condition, _old), result in zip(element.whens, alike, strict=False)]
        element = sa.case(*whens, value=element.value, else_=alike[-1] if element.else_ is not None else None)
    return compiler.visit_case(element, **kwargs)  # type: ignore[no-any-return]


@compiles(sa.Cast)
def _cast(element: Any, compiler: Any, **kwargs: Any) -> str:
    kind = _kind(element.clause)
    if kind is not None and not _same(element.type, kind):
        raise _refusal("cast")
    return compiler.visit_cast(element, **kwargs)  # type: ignore[no-any-return]


def _alike(parts: Sequence[Any], kind: Exact, given: Any, name: str) -> list[Any]:
    """Expressions one of which is chosen, plain values among them as exact numbers."""
    if not isinstance(given, Exact):
        raise InexactOperation(
            f"{name} of an exact number: its place must give the type, first in coalesce, last in case"
        )
    values = [sa.type_coerce(part, kind) if isinstance(part, sa.BindParameter) else part for part in parts]
    for value in values:
        _check(value, kind, name)
    return values


def _sides(element: Any) -> Sequence[Any]:
    is_between = element.operator in (operators.between_op, operators.not_between_op)
    right = element.right.clauses if is_between else _each(element.right)
    return (*_each(element.left), *right)


def _each(side: Any) -> Iterable[Any]:
    """The parts of a list or tuple, each of which is compared; else the side itself."""
    inner = side.element if isinstance(side, Grouping) else side
    return inner.clauses if isinstance(inner, sa.sql.elements.ClauseList) else (side,)


def _check_operands(operator: Any, sides: Sequence[Any]) -> None:
    if any(getattr(_type(side), "is_read_only", False) for side in sides):
        raise InexactOperation(READ_ONLY)
    kind = next(filter(None, map(_kind, sides)), None)
    if kind is not None:
        if operator not in ALLOWED:
            raise _refusal(operator.__name__)
        for side in sides:
            _check(side, kind, operator.__name__)


def _check(part: Any, kind: Exact, name: str) -> None:
    """Raises InexactOperation unless `part` is an exact number of that scale, or nothing."""
    if isinstance(part, sa.Null) or _same(_type(part), kind):
        return
    other = _type(part)
    if isinstance(other, Exact):
        raise InexactOperation(f"exact numbers of scale {kind.scale} and {other.scale} do not mix in SQL")
    raise _refusal(name)


def _kind(part: Any) -> Exact | None:
    found = _type(part)
    return found if isinstance(found, Exact) else None


def _type(part: Any) -> Any:
    return _type(part.element) if isinstance(part, Grouping) else getattr(part, "type", None)


def _same(other: Any, kind: Exact) -> bool:
    return isinstance(other, Exact) and other.scale == kind.scale


def _refusal(name: str) -> InexactOperation:
    return InexactOperation(f"{name} over an exact number: use core.sql, or give both sides the same type")
