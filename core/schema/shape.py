"""Changing tables that hold rows, alike on both databases: renaming, taking away, loosening, tightening, linking.

PostgreSQL alters a table in place; SQLite does where it can, else the table is made anew (core.schema.rebuild).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.schema import rebuild
from core.schema.rebuild import Column


class Shape:
    """The tables of one connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"

    def has_table(self, table: str) -> bool:
        """Whether there is such a table."""
        return sa.inspect(self.connection).has_table(table)

    def columns(self, table: str) -> set[str]:
        """The names of the columns of a table, none where there is no such table."""
        if not self.has_table(table):
            return set()
        return {column["name"] for column in sa.inspect(self.connection).get_columns(table)}

    def indexes(self, table: str) -> dict[str, list[str | None]]:
        """The columns of each index of a table."""
        found = sa.inspect(self.connection).get_indexes(table)
        return {str(index["name"]): list(index["column_names"]) for index in found}

    def links(self, table: str) -> dict[str, str]:
        """The columns that lead to other tables with a constraint, and where to."""
        keys = sa.inspect(self.connection).get_foreign_keys(table)
        return {key["constrained_columns"][0]: key["referred_table"] for key in keys}

    # ------------------------------------------------------------- names
    def rename_table(self, table: str, new: str) -> None:
        """What leads to it follows, and its key: PostgreSQL keeps the names of keys among those of tables."""
        self._say(f"ALTER TABLE {self._quoted(table)} RENAME TO {self._quoted(new)}")
        key = sa.inspect(self.connection).get_pk_constraint(new)["name"] if not self.is_sqlite else None
        if key not in (None, named := f"pk_{new}"):
            self._alter(new, f"RENAME CONSTRAINT {self._quoted(key)} TO {self._quoted(named)}")

    def rename_column(self, table: str, column: str, new: str) -> None:
        """Constraints and indexes follow, under their names of before."""
        self._say(
            f"ALTER TABLE {self._quoted(table)} RENAME COLUMN {self._quoted(column)} TO {self._quoted(new)}"
        )

    # ------------------------------------------------------------- taking away
    def drop_table(self, table: str) -> None:
        """With its rows and indexes."""
        self._say(f"DROP TABLE {self._quoted(table)}")

    def drop_index(self, name: str) -> None:
        """Only the index."""
        self._say(f"DROP INDEX {self._quoted(name)}")

    def drop_columns(self, table: str, names: Collection[str]) -> None:
        """With the indexes that they are part of."""
        if not names:
            return
        if self.is_sqlite:
            rebuild.rebuild(self.connection, table, lambda column: None if column.name in names else column)
            return
        for name in names:
            self._alter(table, f"DROP COLUMN {self._quoted(name)}")

    def drop_links(self, table: str, names: Collection[str]) -> None:
        """Leaves the columns `names` with their values, without a constraint."""
        if self.is_sqlite:
            self._rebuild(table, names, link=None)
            return
        for key in sa.inspect(self.connection).get_foreign_keys(table):
            if key["constrained_columns"][0] in names:
                self._alter(table, f"DROP CONSTRAINT {self._quoted(str(key['name']))}")

    # ------------------------------------------------------------- as the models say
    def add_links(self, table: sa.Table, names: Collection[str]) -> None:
        """Gives those of the columns `names` that lead to other tables in the model a constraint, if they have none."""
        missing = {
            column.name: key
            for column in table.columns
            for key in column.foreign_keys
            if column.name in set(names) - self.links(table.name).keys()
        }
        if self.is_sqlite and missing:
            ways = {
                name: (key.column.table.name, key.ondelete or "NO ACTION") for name, key in missing.items()
            }
            rebuild.rebuild(
                self.connection,
                table.name,
                lambda column: replace(column, link=ways.get(column.name, column.link)),
            )
        for key in [] if self.is_sqlite else missing.values():
            assert key.constraint is not None
            self.connection.execute(sa.schema.AddConstraint(key.constraint, isolate_from_table=False))

    def conform(self, column: sa.Column[Any]) -> None:
        """Gives a column type, default and link of the model, and lets it be empty where the model does."""
        assert isinstance(column.table, sa.Table)
        table, name = column.table.name, column.name
        links = {key.column.table.name for key in column.foreign_keys}
        if set(filter(None, [self.links(table).get(name)])) - links:
            self.drop_links(table, {name})
        type_, default = self._type(column), self._default(column)
        if self.is_sqlite:
            rebuild.rebuild(
                self.connection,
                table,
                lambda found: _conformed(found, type_, default, column) if found.name == name else found,
            )
            self.add_links(column.table, {name})
            return
        quoted = self._quoted(name)
        self._alter(table, f"ALTER COLUMN {quoted} DROP DEFAULT")
        self._alter(table, f"ALTER COLUMN {quoted} TYPE {type_} USING {quoted}::{type_}")
        if default is not None:
            self._alter(table, f"ALTER COLUMN {quoted} SET DEFAULT {default}")
        if column.nullable:
            self._alter(table, f"ALTER COLUMN {quoted} DROP NOT NULL")
        self.add_links(column.table, {name})

    def require(self, table: str, names: Collection[str]) -> None:
        """Lets the columns never be empty again; no row may have them empty now."""
        if self.is_sqlite:
            self._rebuild(table, names, required=True)
            return
        for name in names:
            self._alter(table, f"ALTER COLUMN {self._quoted(name)} SET NOT NULL")

    def _rebuild(self, table: str, names: Collection[str], **changes: Any) -> None:
        """A table of SQLite with `changes` to the columns `names`."""
        rebuild.rebuild(
            self.connection,
            table,
            lambda column: replace(column, **changes) if column.name in names else column,
        )

    # ------------------------------------------------------------- words
    def count(self, table: str, column: str | None = None) -> int:
        """How many rows a table has, or how many of them have something in a column."""
        counted = "*" if column is None else self._quoted(column)
        return int(
            self.connection.exec_driver_sql(f"SELECT count({counted}) FROM {self._quoted(table)}").scalar()
            or 0
        )

    def _type(self, column: sa.Column[Any]) -> str:
        return str(self.connection.dialect.type_compiler_instance.process(column.type))

    def _default(self, column: sa.Column[Any]) -> str | None:
        compiler: Any = self.connection.dialect.ddl_compiler(self.connection.dialect, None)  # type: ignore[arg-type]
        default: str | None = compiler.get_column_default_string(column)
        return default

    def _alter(self, table: str, what: str) -> None:
        self._say(f"ALTER TABLE {self._quoted(table)} {what}")

    def _say(self, statement: str) -> None:
        self.connection.exec_driver_sql(statement)

    def _quoted(self, name: str) -> str:
        return self.connection.dialect.identifier_preparer.quote_identifier(name)


def _conformed(found: Column, type_: str, default: str | None, column: sa.Column[Any]) -> Column:
    return replace(
        found,
        type=type_,
        default=default,
        required=found.required and not column.nullable,
        cast=found.type != type_,
    )


def dangling(connection: sa.Connection, table: str, column: str, target: str) -> Iterable[int]:
    """The keys that a column leads to and that are no more."""
    here, there = sa.table(table, sa.column(column)), sa.table(target, sa.column("id")).alias("there")
    statement = (
        sa.select(here.c[column])
        .select_from(here.outerjoin(there, there.c.id == here.c[column]))
        .where(here.c[column].is_not(None), there.c.id.is_(None))
        .distinct()
        .order_by(here.c[column])
    )
    return connection.scalars(statement).all()
