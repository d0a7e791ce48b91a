"""Carrying out a plan, in the transaction of the caller: all of it or nothing, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from core.errors import DatabaseError
from core.i18n.lazy import LazyText, _
from core.schema.plan import Plan

LOCK_TIMEOUT = "2s"
"""How long DDL waits for a table in use: behind an idle transaction it would wait for ever."""
TRIES = 100
"""So often several tables are asked for anew where one of them is in use."""


class SchemaRefused(DatabaseError):
    """The plan holds differences that only an upgrade script can make good."""

    def __init__(self, plan: Plan) -> None:
        self.refused = plan.refused
        lines = [f"{item.addon}: {item.reason} {item.remedy}" for item in plan.refused]
        super().__init__(_("The tables cannot be brought up to date:\n%(lines)s", lines="\n".join(lines)))


def apply(connection: sa.Connection, plan: Plan) -> None:
    """Makes what is planned. Raises SchemaRefused, before anything is touched, where something is refused."""
    if plan.refused:
        raise SchemaRefused(plan)
    limit_waiting(connection)
    if connection.dialect.name == "postgresql":
        take(connection, sorted({column.table.name for column in plan.columns}))
    for metadata in {table.metadata: None for table in plan.tables}:
        metadata.create_all(connection, [t for t in plan.tables if t.metadata is metadata], checkfirst=False)
    for column in plan.columns:
        connection.execute(_AddColumn(column, empty=any(column is item for item in plan.filled)))
        if connection.dialect.name != "sqlite":
            for key in column.foreign_keys:
                assert key.constraint is not None
                connection.execute(sa.schema.AddConstraint(key.constraint, isolate_from_table=False))
    for index in plan.indexes:
        _make_index(connection, index)


def limit_waiting(connection: sa.Connection) -> None:
    """Lets this transaction fail, rather than hang, where a lock cannot be had. On SQLite it always does."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")


def take(connection: sa.Connection, names: Sequence[str]) -> None:
    """Locks the tables that readers have to keep away from, and waits for one only while it holds none.

    Else somebody who reads one of them and waits for another would be broken off, as the two wait in a circle.
    """
    for _try in range(TRIES):
        taken = connection.begin_nested()
        try:
            for number, name in enumerate(names):
                table = connection.dialect.identifier_preparer.quote(name)
                nowait = " NOWAIT" if number else ""
                connection.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE{nowait}")
            taken.commit()
            return
        except sa.exc.OperationalError:
            taken.rollback()
            if name == names[0]:
                raise
            names = [name, *(other for other in names if other != name)]
    raise DatabaseError(
        _("Other people keep the tables in use all the time. Try again when less is going on.")
    )


def _make_index(connection: sa.Connection, index: sa.Index) -> None:
    try:
        connection.execute(sa.schema.CreateIndex(index))
    except sa.exc.IntegrityError as error:
        raise DatabaseError(_duplicates(index)) from error


def _duplicates(index: sa.Index) -> LazyText:
    assert index.table is not None
    return _(
        "%(table)s.%(columns)s is to be unique, but some rows have the same value. Change them first.",
        table=index.table.name,
        columns=", ".join(column.name for column in index.columns),
    )


class _AddColumn(sa.schema.ExecutableDDLElement):
    """`ALTER TABLE ... ADD COLUMN` by the very words of `CREATE TABLE`, so that both give the same column."""

    def __init__(self, column: sa.Column[Any], *, empty: bool = False) -> None:
        self.column = column
        self.empty = empty
        """Whether it may be empty for now, whatever the model says."""


@compiles(_AddColumn)
def _add_column(element: _AddColumn, compiler: Any, **kwargs: Any) -> str:
    table = compiler.preparer.format_table(element.column.table)
    column = compiler.get_column_specification(element.column)
    if element.empty:
        column = column.removesuffix(" NOT NULL")
    return f"ALTER TABLE {table} ADD COLUMN {column}"


@compiles(_AddColumn, "sqlite")
def _add_column_with_reference(element: _AddColumn, compiler: Any, **kwargs: Any) -> str:
    """SQLite cannot add a constraint later: the reference stands in the column, where it has no name."""
    references = [
        compiler.visit_foreign_key_constraint(key.constraint).partition(") ")[2]
        for key in element.column.foreign_keys
    ]
    return " ".join([_add_column(element, compiler), *references])


@compiles(sa.ForeignKeyConstraint, "sqlite")
def _nameless(constraint: sa.ForeignKeyConstraint, compiler: Any, **kwargs: Any) -> str:
    """Without a name in `CREATE TABLE` as well, so that both ways give the same table."""
    text: str = compiler.visit_foreign_key_constraint(constraint, **kwargs)
    return text[text.index("FOREIGN KEY") :]
