"""Keys of new records on SQLite, drawn for a batch at once.

PostgreSQL gives back the keys of many rows in their order; SQLite promises no order, so that SQLAlchemy would
insert row by row. The writer holds SQLite's only write lock: nobody else draws meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

_drawn = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
"""SQLite's own table of the last key of each AUTOINCREMENT table, kept up by itself as rows come."""


def draw(connection: sa.Connection, records: Iterable[Any]) -> None:
    """Sets `id` on new records of SQLite, where a table has several. Keys once used do not come again."""
    if connection.dialect.name != "sqlite":
        return
    batches: dict[str, list[Any]] = defaultdict(list)
    for record in records:
        batches[type(record).__lumbung__.table.name].append(record)
    for table, batch in batches.items():
        bare = [record for record in batch if record.id is None]
        if len(bare) > 1:
            last = connection.scalar(sa.select(_drawn.c.seq).where(_drawn.c.name == table)) or 0
            given = [record.id for record in batch if record.id is not None]
            for key, record in enumerate(bare, start=max(last, *given, 0) + 1):
                record.id = key
