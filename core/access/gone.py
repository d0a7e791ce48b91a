"""Rows that are gone, as the history holds them: whether a user could see them while they were there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo

MOST = 200
"""So many rows are asked about by one statement: SQLite joins no more than 500."""
Held = Mapping[str, "list[Any]"]
Gone = tuple["ModelInfo", int, Held]


def seen_gone(env: Env, rows: Sequence[Gone]) -> set[tuple[str, int]]:
    """Model and key of those that meet what the user's roles and rules ask of a record that is read.

    The database is asked, of rows that are made of what they held. Stamps are not known any more: to whom a
    record was open only for having made it, it is closed.
    """
    found = set[tuple[str, int]]()
    for start in range(0, len(rows), MOST):
        by_model: dict[str, list[Gone]] = defaultdict(list)
        for row in rows[start : start + MOST]:
            by_model[row[0].name].append(row)
        asked = sa.union_all(*(_asked(env, batch) for batch in by_model.values()))
        found |= {(model, key) for model, key in env.session.core_connection().execute(asked)}
    return found


def _asked(env: Env, rows: Sequence[Gone]) -> sa.Select[Any]:
    """Model and key of those of the rows, all of one model, that may be read."""
    info, rights = rows[0][0], env.session.rights
    condition = None if rights is None else rights.condition(info, "r")
    columns = {info.table.c.id, *(() if condition is None else _columns(info, condition))}
    lines = [
        sa.select(*(sa.literal(_value(info, column.key, key, held), column.type).label(column.key)
                    for column in columns))
        for _info, key, held in rows
    ]  # fmt: skip
    past = sa.union_all(*lines).subquery() if len(lines) > 1 else lines[0].subquery()
    chosen = sa.select(sa.literal(info.name, sa.Text), past.c.id)

    def moved(element: Any, **_options: Any) -> Any:
        return past.c[element.key] if _is_of(info, element) else None

    return chosen if condition is None else chosen.where(visitors.replacement_traverse(condition, {}, moved))


def _columns(info: ModelInfo, condition: sa.ColumnElement[bool]) -> Iterator[Any]:
    element: Any
    for element in visitors.iterate(condition):
        if _is_of(info, element):
            yield info.table.c[element.key]


def _is_of(info: ModelInfo, element: Any) -> bool:
    """Whether it is a column of the model's own table, and not of an alias of it."""
    return (
        isinstance(element, sa.Column)
        and info.table.c.get(element.key) is not None
        and (
            getattr(element.table, "name", None) == info.table.name
            and not isinstance(element.table, sa.Alias)
        )
    )


def _value(info: ModelInfo, name: str, key: int, held: Held) -> Any:
    """What a row held; the history leaves out what was empty or a plain no."""
    if name == "id":
        return key
    item = info.fields[info.field_of[name]]
    value = held.get(item.name, [None])[0]
    if value is not None:
        return item.load(value)
    return False if isinstance(info.table.c[name].type, sa.Boolean) else None
