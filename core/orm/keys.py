"""Keys of new records, drawn for a batch at once.

With its keys known a batch is one prepared INSERT. Without them SQLAlchemy inserts row by row on SQLite, which
promises no order of the keys that it gives back, and in statements of a thousand rows on PostgreSQL, which
take longer to read than to carry out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

_drawn = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
"""SQLite's own table of the last key of each AUTOINCREMENT table, kept up by itself as rows come."""
BATCH = 500
"""Keys per statement: both databases take so many parameters."""
NEAR = 10_000
"""So many keys are drawn, where a sequence is to go on behind a key that was given, before its place is set."""
T = TypeVar("T")


def parts(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    """Keys, or rows with one each, in batches."""
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


def draw(connection: sa.Connection, records: Iterable[Any]) -> None:
    """Sets `id` on new records, where a table has several. Keys once used do not come again, nor those given."""
    batches: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        batches[type(record).__lumbung__.table.name].append(vars(record))
    for table, batch in batches.items():
        bare = [values for values in batch if values.get("id") is None]
        given = [values["id"] for values in batch if values.get("id") is not None]
        if given and connection.dialect.name == "postgresql":
            _pass_by(connection, table, max(given))
        if len(bare) > 1 or (bare and given):
            for values, key in zip(bare, _next(connection, table, len(bare), given), strict=True):
                values["id"] = key


def _next(connection: sa.Connection, table: str, count: int, given: Iterable[int]) -> Iterable[int]:
    """So many keys that are free; `given` are about to be taken."""
    if connection.dialect.name == "postgresql":
        drawn = sa.select(sa.func.nextval(_sequence(connection, table)))
        return connection.scalars(drawn.select_from(sa.func.generate_series(1, count))).all()
    # The writer holds SQLite's only write lock: nobody else draws meanwhile.
    last = connection.scalar(sa.select(_drawn.c.seq).where(_drawn.c.name == table)) or 0
    first = max(last, *given, 0) + 1
    return range(first, first + count)


def _pass_by(connection: sa.Connection, table: str, key: int) -> None:
    """Lets a sequence go on behind a key that was given; SQLite does so by itself.

    It never goes back, whoever draws meanwhile: a short way is drawn key by key, and of two that go a long one
    the second waits until the first is committed.
    """
    sequence = _sequence(connection, table)
    ahead = _ahead(connection, sequence, key)
    if ahead > NEAR:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(table))))
        ahead = _ahead(connection, sequence, key)  # who went first may have gone by: then others draw there
    if ahead > NEAR:
        farther = sa.func.greatest(sa.func.nextval(sequence), key)
        connection.execute(sa.select(sa.func.setval(sequence, farther)))
    elif ahead > 0:
        _next(connection, table, ahead, ())


def _ahead(connection: sa.Connection, sequence: Any, key: int) -> int:
    last = sa.func.coalesce(sa.func.pg_sequence_last_value(sequence), 0)
    return key - int(connection.scalar(sa.select(last)))


def _sequence(connection: sa.Connection, table: str) -> Any:
    """The sequence that PostgreSQL keeps for the keys of a table, looked up once in a statement."""
    name = connection.dialect.identifier_preparer.quote(table)
    return sa.func.to_regclass(sa.select(sa.func.pg_get_serial_sequence(name, "id")).scalar_subquery())
