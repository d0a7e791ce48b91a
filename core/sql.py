"""SQL that means the same on both databases: exact numbers, months, and sets of keys."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from core.orm.types import READ_ONLY, Exact, InexactOperation, JsonType

if TYPE_CHECKING:
    from core.orm.env import Env


class _Rescaled(FunctionElement[decimal.Decimal]):
    """An expression over exact numbers, whose raw value has `digits` places, in the scale of `type`."""

    inherit_cache = True
    _traverse_internals = [
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
    return f"(({inner}) / {unit} + 2 * (({inner}) % {unit}) / {unit})"


class _Average(FunctionElement[decimal.Decimal]):
    """The mean of an exact column, rounded half away from zero to its own scale."""

    inherit_cache = True

    def __init__(self, column: Any) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(_Average)
def _plain_average(element: _Average, compiler: Any, **kwargs: Any) -> str:
    """In whole numbers, as AVG itself rounds to some 16 digits and a rounded half is no half any more."""
    inner, scale = compiler.process(element.clauses, **kwargs), element.type.scale  # type: ignore[attr-defined]
    total, count = f"SUM({inner}) * {10**scale}", f"NULLIF(COUNT({inner}), 0)"
    rounded = f"DIV({total}, {count}) + DIV(2 * MOD({total}, {count}), {count})"
    return f"(({rounded}) * {decimal.Decimal(1).scaleb(-scale):f})"


@compiles(_Average, "sqlite")
def _scaled_average(element: _Average, compiler: Any, **kwargs: Any) -> str:
    inner = compiler.process(element.clauses, **kwargs)
    total, count = f"SUM({inner})", f"COUNT({inner})"
    return f"({total} / {count} + 2 * ({total} % {count}) / {count})"


class _Sum(sa.types.TypeDecorator[decimal.Decimal]):
    """What `_Total` gives back: on SQLite two whole numbers as one text."""

    impl = sa.Numeric
    cache_ok = True
    is_read_only = True

    def __init__(self, scale: int) -> None:
        super().__init__(38, scale)
        self.scale = scale

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        if dialect.name != "sqlite":
            return None
        factor = -self.scale
        return lambda value: None if value is None else decimal.Decimal(_joined(value)).scaleb(factor)

    class Comparator(sa.types.TypeDecorator.Comparator[decimal.Decimal]):
        """Refuses all: two numbers in one text neither compare nor sort."""

        def operate(self, *operation: Any, **kwargs: Any) -> Any:
            raise InexactOperation(READ_ONLY)

        reverse_operate = operate

    comparator_factory = Comparator


_HALF = 10**9


def _joined(parts: str) -> int:
    high, low = parts.split(":")
    return int(high) * _HALF + int(low)


class _Total(FunctionElement[decimal.Decimal]):
    """The sum of an exact column, however many rows: on SQLite in halves, as a BIGINT would overflow."""

    inherit_cache = True
    name = "sum"

    def __init__(self, column: Any) -> None:
        super().__init__(column)
        self.type = _Sum(column.type.scale)


@compiles(_Total)
def _plain_total(element: _Total, compiler: Any, **kwargs: Any) -> str:
    return f"SUM({compiler.process(element.clauses, **kwargs)})"


@compiles(_Total, "sqlite")
def _total_in_halves(element: _Total, compiler: Any, **kwargs: Any) -> str:
    inner = compiler.process(element.clauses, **kwargs)
    return f"(SUM({inner} / {_HALF}) || ':' || SUM({inner} % {_HALF}))"


class _Month(FunctionElement[str]):
    """The month of a day or moment. The zone is no parameter: GROUP BY has to be the very same text."""

    inherit_cache = True
    type = sa.String(7)
    _traverse_internals = [
        *FunctionElement._traverse_internals,
        ("zone", sa.sql.visitors.InternalTraversal.dp_string),
    ]

    def __init__(self, column: Any, zone: str | None) -> None:
        super().__init__(column)
        self.zone = ZoneInfo(zone).key if zone else ""


@compiles(_Month)
def _plain_month(element: _Month, compiler: Any, **kwargs: Any) -> str:
    inner = compiler.process(element.clauses, **kwargs)
    return (
        f"to_char(timezone('{element.zone}', {inner}), 'YYYY-MM')"
        if element.zone
        else f"to_char({inner}, 'YYYY-MM')"
    )


@compiles(_Month, "sqlite")
def _month_by_python(element: _Month, compiler: Any, **kwargs: Any) -> str:
    inner = compiler.process(element.clauses, **kwargs)
    return f"lumbung_month({inner}, '{element.zone}')" if element.zone else f"substr({inner}, 1, 7)"


def month_of(moment: str | None, zone: str) -> str | None:
    """`2026-11` of a moment as SQLite stores it, in UTC: SQLite knows no zones, so it asks Python."""
    if moment is None:
        return None
    return dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC).astimezone(_zone(zone)).isoformat()[:7]


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def month(column: Any, zone: str | None = None) -> sa.ColumnElement[str]:
    """The month of a day, or of a moment as it is in `zone`, as `2026-11`."""
    return _Month(column, zone)


def total(column: Any) -> sa.ColumnElement[decimal.Decimal]:
    """The sum of an exact column, in its own scale and of any size; NULL over no rows."""
    return _Total(column)


def product(left: Any, right: Any, scale: int | None = None) -> sa.ColumnElement[decimal.Decimal]:
    """`left * right` of exact or whole columns, rounded half away from zero to `scale`, else that of the finer.

    The raw product must fit 18 digits on SQLite: more raise OverflowError as they are read.
    """
    scales = [_scale(left), _scale(right)]
    raw = [
        sa.type_coerce(side, sa.Numeric(38, places))
        for side, places in zip((left, right), scales, strict=True)
    ]
    return _Rescaled(raw[0] * raw[1], sum(scales), max(scales) if scale is None else scale)


def average(column: Any) -> sa.ColumnElement[decimal.Decimal]:
    """The mean of an exact column, in its own scale; NULL over no rows."""
    if not isinstance(column.type, Exact):
        raise InexactOperation("average() is of an exact number")
    return _Average(column)


def _scale(column: Any) -> int:
    """The places of an exact number, or of a whole one, which has none."""
    if isinstance(column.type, Exact):
        return column.type.scale
    if isinstance(column.type, sa.Integer):
        return 0
    raise InexactOperation("product() is of exact and whole numbers")


def constant(number: int) -> sa.ColumnElement[int]:
    """A number that is always the same, written out, for a LIMIT.

    PostgreSQL plans a prepared statement anew each time it runs it where it fears that the limit is none, and to plan a
    board takes longer than to read it.
    """
    return sa.literal_column(str(int(number)), sa.Integer())


def among(env: Env, column: Any, keys: Sequence[int]) -> sa.ColumnElement[bool]:
    """Whether a column is one of `keys`: one value and one plan, however many they are."""
    return one_of(env.database.url.get_backend_name(), column, keys)


def one_of(dialect: str, column: Any, keys: Iterable[int]) -> sa.ColumnElement[bool]:
    """The same for a database that is known by its name only."""
    return _one_of(dialect, column, sa.literal(sent(dialect, keys), sa.Text))


def one_of_sent(dialect: str, column: Any) -> sa.ColumnElement[bool]:
    """The same for a statement that is kept: the keys come as the parameter `keys`, made by `sent`."""
    return _one_of(dialect, column, sa.bindparam("keys", type_=sa.Text))


def one_of_listed(dialect: str, column: Any, listed: str) -> sa.ColumnElement[bool]:
    """The same for keys that came as a text from the database, with commas between: nothing here reads them."""
    return _one_of(dialect, column, sa.literal(_as_list(dialect, listed), sa.Text))


def sent(dialect: str, keys: Iterable[int]) -> str:
    """Keys as one text: psycopg takes ten times longer to write a list."""
    return _as_list(dialect, ",".join(map(str, keys)))


def _as_list(dialect: str, listed: str) -> str:
    return f"[{listed}]" if dialect == "sqlite" else f"{{{listed}}}"


def _one_of(dialect: str, column: Any, keys: Any) -> sa.ColumnElement[bool]:
    if dialect == "sqlite":
        listed = sa.func.json_each(keys).table_valued("value")
        return column.in_(sa.select(listed.c.value))  # type: ignore[no-any-return]
    return column == sa.any_(sa.cast(keys, sa.ARRAY(sa.BigInteger)))  # type: ignore[no-any-return]


def among_few(env: Env, column: Any, keys: Sequence[int]) -> sa.ColumnElement[bool]:
    """`among` for a few keys and a condition that stands in many statements, of which SQLite is to plan each as usual.

    SQLAlchemy writes an IN anew into the text of a statement each time it runs: a quarter of what a short one costs.
    """
    if len(keys) == 1:
        return column == keys[0]  # type: ignore[no-any-return]
    return column.in_(keys) if env.database.is_sqlite else among(env, column, keys)


def pairs_sent(dialect: str, kind: sa.types.TypeEngine[Any]) -> list[sa.ColumnElement[Any]]:
    """A number and a value, JSON or text: columns of the rows that the parameter `pairs` brings as a JSON object.

    One parameter for all rows: psycopg writes arrays element by element, which takes ten times longer, and for
    SQLite SQLAlchemy prepares the parameters of each row for longer than that takes to write them.
    """
    pairs: Any = sa.bindparam("pairs", type_=sa.Text)
    if dialect == "sqlite":
        return _key_and_value(sa.func.json_each(pairs), kind)
    pairs = sa.cast(pairs, JsonType())
    if not isinstance(kind, JsonType):
        return _key_and_value(sa.func.jsonb_each_text(pairs), kind)
    key, value = _key_and_value(sa.func.jsonb_each(pairs), kind)
    return [key, sa.func.nullif(value, sa.literal_column("'null'::jsonb"), type_=kind)]


def _key_and_value(each: Any, kind: sa.types.TypeEngine[Any]) -> list[sa.ColumnElement[Any]]:
    sent = each.table_valued("key", sa.column("value", kind)).c
    return [sa.cast(sent.key, sa.BigInteger), sent.value]


class _RowInsert:
    """The INSERT of a row of certain columns, with what makes a value of each what the driver takes."""

    def __init__(self, dialect: Dialect, table: sa.Table, names: Sequence[str]) -> None:
        compiled: Any = table.insert().inline().compile(dialect=dialect, column_keys=list(names))
        makers = {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names}
        self._makers = {name: make for name, make in makers.items() if make is not None}
        self._text, self._places = str(compiled), compiled.positiontup

    def execute(self, connection: sa.Connection, row: Mapping[str, Any]) -> None:
        made = {**row, **{name: make(row[name]) for name, make in self._makers.items()}}
        sent = made if self._places is None else tuple(made[name] for name in self._places)
        connection.exec_driver_sql(self._text, sent)


def insert_row(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Inserts a row of a table that every flush writes to: SQLAlchemy's own way takes three times as long.

    A table is always given the same columns. Nothing of the row is given back.
    """
    kept = _RowInsert, connection.dialect.name
    if kept not in table.info:
        table.info[kept] = _RowInsert(connection.dialect, table, list(row))
    table.info[kept].execute(connection, row)


def upsert(dialect: str, table: sa.Table) -> Any:
    """An insert into a table that can say what to do `on_conflict`. Reads no dialect but the one that is used."""
    module = import_module(f"sqlalchemy.dialects.{dialect}")
    return module.insert(table)


def unindexed(env: Env, column: Any) -> Any:
    """A column that nearly every row shares a value of, for a condition that stands in every statement.

    SQLite takes an index over such a condition rather than the one that has the rows in order, and sorts
    all of them for a page: a sign in front keeps it from that. PostgreSQL knows how many there are.
    """
    if not env.database.is_sqlite:
        return column
    return sa.sql.elements.UnaryExpression(
        column, operator=sa.sql.operators.custom_op("+"), type_=column.type
    )
