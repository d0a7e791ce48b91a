"""The table of searched texts, on each database in its own way; the rest of the core sees one `Store`."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import sqlalchemy as sa

from core.sql import pairs_sent, upsert
from core.texts.text import spellings

BATCH = 500
MODEL_BITS, KEY_BITS = 23, 39
KEY_MASK = (1 << KEY_BITS) - 1

metadata = sa.MetaData()
postgresql_table = sa.Table(
    "search",
    metadata,
    sa.Column("model", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("record_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
)
sqlite_table = sa.table("search", sa.column("rowid", sa.BigInteger), sa.column("body", sa.Text))
state = sa.Table(
    "search_state",
    metadata,
    sa.Column("model", sa.String(80), primary_key=True),
    sa.Column("fields", sa.Text, nullable=False),
)
"""Per model, the fields that its texts were made of: where they are others now, it is made anew."""
TRIGRAMS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS ix_search_body ON search USING gin (body gin_trgm_ops)",
)
TABLES = (postgresql_table, sqlite_table)


def model_number(model: str) -> int:
    """The number under which a model's texts lie; the registry refuses two models with one."""
    return zlib.crc32(model.encode()) >> (32 - MODEL_BITS)


class Store(Protocol):
    """Where the texts are."""

    def prepare(self, connection: sa.Connection) -> None:
        """Makes the table where it is not there yet."""

    def write(self, connection: sa.Connection, number: int, bodies: Mapping[int, str], *, new: bool) -> None:
        """Puts texts by record key; `new` says that none of them has one yet."""

    def delete(self, connection: sa.Connection, number: int, keys: Sequence[int]) -> None:
        """Takes texts away."""

    def clear(self, connection: sa.Connection, number: int) -> None:
        """Takes all texts of a model away."""

    def among(self, column: Any, number: int, words: Sequence[str]) -> sa.ColumnElement[bool]:
        """The condition that `column` is the key of a record whose text has every word."""

    def beside(self, column: Any, number: int, word: str) -> sa.ColumnElement[bool]:
        """The same, looked up for each record: for a word that stands in so many that few are looked at."""

    def hits(self, words: Sequence[str], most: int) -> sa.Select[Any]:
        """Per number of a model how many records have every word, of at most `most`, and their keys as one text."""


@cache
def _written() -> Any:
    """A row for each key and text that is sent, in place of the one that is there."""
    sent = sa.select(sa.bindparam("number", type_=sa.Integer), *pairs_sent("postgresql", sa.Text()))
    added = upsert("postgresql", postgresql_table).from_select(["model", "record_id", "body"], sent)
    return added.on_conflict_do_update(
        index_elements=["model", "record_id"], set_={"body": added.excluded.body}
    )


class PostgreSQLStore:
    """Rows with a trigram index; where the database has or allows no such extension, found more slowly."""

    def prepare(self, connection: sa.Connection) -> None:
        """Makes the table, and the index where it can be."""
        metadata.create_all(connection, [postgresql_table, state])
        with contextlib.suppress(sa.exc.DBAPIError), connection.begin_nested():
            for statement in TRIGRAMS:
                connection.exec_driver_sql(statement)

    def write(self, connection: sa.Connection, number: int, bodies: Mapping[int, str], *, new: bool) -> None:
        """One statement, whether they are there already or not."""
        connection.execute(_written(), {"number": number, "pairs": json.dumps(bodies)})

    def delete(self, connection: sa.Connection, number: int, keys: Sequence[int]) -> None:
        """In batches."""
        table = postgresql_table.c
        for start in range(0, len(keys), BATCH):
            chunk = keys[start : start + BATCH]
            connection.execute(
                postgresql_table.delete().where(table.model == number, table.record_id.in_(chunk))
            )

    def clear(self, connection: sa.Connection, number: int) -> None:
        """All rows of the model."""
        connection.execute(postgresql_table.delete().where(postgresql_table.c.model == number))

    def among(self, column: Any, number: int, words: Sequence[str]) -> sa.ColumnElement[bool]:
        """By LIKE, which the trigram index serves from three letters on.

        The keys are gathered first, as an array: left to choose, PostgreSQL walks the records in the order of
        the list and looks at the text of each, which takes a hundred times longer where few are found.
        """
        table = postgresql_table.c
        keys = sa.select(table.record_id).where(
            table.model == number,
            *(_has(table.body, word) for word in words),
        )
        return column == sa.any_(sa.func.array(keys.scalar_subquery()))  # type: ignore[no-any-return]

    def beside(self, column: Any, number: int, word: str) -> sa.ColumnElement[bool]:
        """The offset keeps PostgreSQL from gathering all texts with the word first."""
        table = postgresql_table.c
        here = sa.select(table.record_id).where(
            table.model == number, table.record_id == column, _has(table.body, word)
        )
        return sa.exists(here.offset(0))

    def hits(self, words: Sequence[str], most: int) -> sa.Select[Any]:
        """By the trigram index, from three letters on."""
        table = postgresql_table.c
        has = [_has(table.body, word) for word in words]
        hits = sa.select(table.model, table.record_id).where(*has).limit(most).subquery().c
        keys = sa.func.string_agg(sa.cast(hits.record_id, sa.Text), ",")
        return sa.select(hits.model, sa.func.count(), keys).group_by(hits.model)


class SQLiteStore:
    """An FTS5 table with trigrams; the rowid holds the model's number and the record's key."""

    def prepare(self, connection: sa.Connection) -> None:
        """Makes the virtual table. Raises sqlalchemy.exc.OperationalError where SQLite lacks FTS5."""
        metadata.create_all(connection, [state])
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(body, tokenize='trigram')"
        )

    def write(self, connection: sa.Connection, number: int, bodies: Mapping[int, str], *, new: bool) -> None:
        """One executemany; where texts may be there already they are replaced."""
        verb = "INSERT" if new else "INSERT OR REPLACE"
        rows = [(_rowid(number, key), body) for key, body in bodies.items()]
        connection.exec_driver_sql(f"{verb} INTO search(rowid, body) VALUES (?, ?)", rows)

    def delete(self, connection: sa.Connection, number: int, keys: Sequence[int]) -> None:
        """One executemany."""
        rows = [(_rowid(number, key),) for key in keys]
        connection.exec_driver_sql("DELETE FROM search WHERE rowid = ?", rows)

    def clear(self, connection: sa.Connection, number: int) -> None:
        """The model's range of rowids."""
        connection.exec_driver_sql(
            "DELETE FROM search WHERE rowid BETWEEN ? AND ?", (_rowid(number, 0), _rowid(number, KEY_MASK))
        )

    def among(self, column: Any, number: int, words: Sequence[str]) -> sa.ColumnElement[bool]:
        """Words of three letters and more by the index, shorter ones by reading what it leaves."""
        table, conditions = sqlite_table.c, self._have(words)
        inside = table.rowid.between(_rowid(number, 0), _rowid(number, KEY_MASK))
        return column.in_(sa.select(table.rowid.op("&")(KEY_MASK)).where(inside, *conditions))  # type: ignore[no-any-return]

    def _have(self, words: Sequence[str]) -> list[sa.ColumnElement[bool]]:
        long = [word for word in words if len(word) > 2]
        conditions = [_contains(sqlite_table.c.body, word) for word in words if len(word) < 3]
        if long:
            phrases = " AND ".join(f"({' OR '.join(map(_phrase, spellings(word)))})" for word in long)
            conditions.append(sa.literal_column("search", sa.Text).op("MATCH")(phrases))
        return conditions

    def beside(self, column: Any, number: int, word: str) -> sa.ColumnElement[bool]:
        """By the rowid, which is quicker for one text than the index."""
        table = sqlite_table.c
        here = sa.literal(_rowid(number, 0), sa.BigInteger) + column
        return sa.exists(sa.select(table.rowid).where(table.rowid == here, _has(table.body, word)))

    def hits(self, words: Sequence[str], most: int) -> sa.Select[Any]:
        """By the index, from three letters on."""
        table = sqlite_table.c
        number, key = table.rowid.op(">>")(KEY_BITS), table.rowid.op("&")(KEY_MASK)
        chosen = (
            sa.select(number.label("model"), key.label("record_id")).where(*self._have(words)).limit(most)
        )
        hits = chosen.subquery().c
        return sa.select(hits.model, sa.func.count(), sa.func.group_concat(hits.record_id, ",")).group_by(
            hits.model
        )


def store_of(dialect: str) -> Store:
    """The store of a database."""
    return SQLiteStore() if dialect == "sqlite" else PostgreSQLStore()


def _has(body: sa.ColumnElement[str], word: str) -> sa.ColumnElement[bool]:
    return sa.or_(*(_contains(body, text) for text in spellings(word)))


def _contains(body: sa.ColumnElement[str], word: str) -> sa.ColumnElement[bool]:
    return body.contains(word, autoescape=True)


def _phrase(word: str) -> str:
    """As FTS5 takes it, for which nothing inside of quotes is an operator."""
    return '"' + word.replace('"', '""') + '"'


def _rowid(number: int, key: int) -> int:
    return number << KEY_BITS | key
