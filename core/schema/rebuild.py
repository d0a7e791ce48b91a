"""A table of SQLite made anew with another shape: a copy takes its place, with its rows, keys and indexes.

SQLite can add to a table and rename, but take no constraint away. The foreign keys have to be switched off
(core.schema.turns), else whatever leads to a row of the old table would go with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import sqlalchemy as sa


@dataclass(frozen=True)
class Column:
    """A column as SQLite itself describes it; `link` is the table that it leads to and what deleting there does."""

    name: str
    type: str
    required: bool
    default: str | None
    key: int
    """Its place in the primary key, 0 where it is none of it."""
    link: tuple[str, str] | None = None
    cast: bool = False
    """Whether what it holds is to be turned into another type."""


Change: TypeAlias = Callable[[Column], Column | None]


def rebuild(connection: sa.Connection, table: str, change: Change) -> None:
    """Gives each column of `table` the shape that `change` says; None takes it away with its indexes."""
    before = columns(connection, table)
    after = {name: changed for name, column in before.items() if (changed := change(column)) is not None}
    if list(after.values()) == list(before.values()):
        return
    indexes = _indexes(connection, table, after)
    last = _last_key(connection, table)
    half = f"{table}__half"
    connection.exec_driver_sql(_create(half, table, list(after.values()), last is not None))
    names = ", ".join(f'"{name}"' for name in after)
    values = ", ".join(_value(column) for column in after.values())
    connection.exec_driver_sql(f'INSERT INTO "{half}" ({names}) SELECT {values} FROM "{table}"')
    connection.exec_driver_sql(f'DROP TABLE "{table}"')
    connection.exec_driver_sql(f'ALTER TABLE "{half}" RENAME TO "{table}"')
    if last is not None:
        _set_last_key(connection, table, last)
    for statement in indexes:
        connection.exec_driver_sql(statement)


def columns(connection: sa.Connection, table: str) -> dict[str, Column]:
    """The columns of a table by name, in their order."""
    rows = connection.exec_driver_sql(f'PRAGMA table_info("{table}")').all()
    found = {row.name: Column(row.name, row.type, bool(row.notnull), row.dflt_value, row.pk) for row in rows}
    for link in connection.exec_driver_sql(f'PRAGMA foreign_key_list("{table}")').mappings():
        found[link["from"]] = replace(found[link["from"]], link=(link["table"], link["on_delete"]))
    return found


def _create(name: str, table: str, found: list[Column], counts: bool) -> str:
    """The statement by the words that SQLAlchemy uses, so that a table made anew equals one made at once."""
    keys = [column.name for column in sorted(found, key=lambda column: column.key) if column.key]
    lines = [_declaration(column, counts and [column.name] == keys) for column in found]
    if keys and not counts:
        lines.append(f"CONSTRAINT pk_{table} PRIMARY KEY ({', '.join(_quoted(key) for key in keys)})")
    for column in found:
        if column.link is not None:
            target, action = column.link
            deleting = "" if action == "NO ACTION" else f" ON DELETE {action}"
            lines.append(f'FOREIGN KEY("{column.name}") REFERENCES "{target}" (id){deleting}')
    return f'CREATE TABLE "{name}" ({", ".join(lines)})'


def _declaration(column: Column, is_counted: bool) -> str:
    parts = [_quoted(column.name), column.type]
    parts += [f"DEFAULT {column.default}"] if column.default is not None else []
    parts += ["NOT NULL"] if column.required else []
    parts += ["PRIMARY KEY AUTOINCREMENT"] if is_counted else []
    return " ".join(parts)


def _value(column: Column) -> str:
    return f'CAST("{column.name}" AS {column.type})' if column.cast else _quoted(column.name)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _indexes(connection: sa.Connection, table: str, kept: Mapping[str, Any]) -> list[str]:
    """The statements of the indexes whose columns all stay."""
    asked = sa.text(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql <> ''"
    )
    found = []
    for name, statement in connection.execute(asked, {"table": table}).all():
        parts = connection.exec_driver_sql(f'PRAGMA index_info("{name}")').all()
        if all(part.name is None or part.name in kept for part in parts):
            found.append(statement)
    return found


def _last_key(connection: sa.Connection, table: str) -> int | None:
    """The last key that was drawn, None for a table that draws none. Keys once used do not come again."""
    asked = sa.text(
        "SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE type = 'table' AND name = :table"
    )
    if not connection.scalar(asked, {"table": table}):
        return None
    return (
        connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table})
        or 0
    )


def _set_last_key(connection: sa.Connection, table: str, last: int) -> None:
    values = {"table": table, "last": last}
    connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :table"), values)
    connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), values)
