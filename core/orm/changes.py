"""What one flush writes: looked up once, and told to every step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.base import NO_VALUE

from core.orm import ends
from core.orm.closed import CLOSED, mapped_key
from core.sql import one_of

if TYPE_CHECKING:
    from core.orm.info import ModelInfo
    from core.orm.session import Session

KEY = attrgetter("id")
"""By which changed records are put in an order: the session has none for them."""
STAMPS = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by"})


class Changes:
    """New, changed and deleted records by model; of changed ones the names of what differs.

    Names are attributes that hold a value: a link set by its key is `partner_id`, by a record `partner`.
    """

    def __init__(self, session: orm.Session) -> None:
        self.created = by_model(session.new)
        self.deleted = by_model(session.deleted)
        self.last: dict[ModelInfo, dict[int, Any]] = {}
        """What the deleted rows held (core.orm.history)."""
        self.stale: Any = None
        """What depends on the deleted rows (core.orm.computes), looked up while they are there."""
        self.held: Any = None
        """What the changes may not take away (core.access.keeping)."""
        self.updated: dict[ModelInfo, dict[Any, frozenset[str]]] = defaultdict(dict)
        for record in sorted(session.dirty, key=KEY):
            if names := changed_names(record):
                self.updated[record.__lumbung__][record] = names

    def touch(self, models: Collection[str]) -> bool:
        """Whether a record of one of the models is among them: most flushes are of none that anybody watches."""
        return any(
            info.name in models for batch in (self.created, self.updated, self.deleted) for info in batch
        )


def read_forgotten(session: Session) -> None:
    """Reads what rows hold that changed records do not know: the past of a value that was set over a forgotten one."""
    forgetful: dict[ModelInfo, dict[int, Any]] = defaultdict(dict)
    for record in session.dirty:
        state = sa.inspect(record)
        columns = state.mapper.columns
        forgotten = any(past is NO_VALUE and name in columns for name, past in state.committed_state.items())
        if forgotten or not state.expired_attributes.isdisjoint(columns):
            forgetful[record.__lumbung__][state.identity[0]] = record
    for info, records in forgetful.items():
        connection = session.core_connection()
        found = sa.select(info.table).where(one_of(connection.dialect.name, info.table.c.id, records))
        for row in connection.execute(found):
            _remember(records[row.id], row._mapping)


def _remember(record: Any, row: Any) -> None:
    state = sa.inspect(record)
    for name, column in state.mapper.columns.items():
        if state.committed_state.get(name) is NO_VALUE:
            state.committed_state[name] = row[column]
        elif name in state.expired_attributes and name not in state.dict:
            set_committed_value(record, name, row[column])


def by_model(records: Iterable[Any]) -> dict[ModelInfo, list[Any]]:
    """Records in batches."""
    batches: dict[ModelInfo, list[Any]] = defaultdict(list)
    for record in records:
        batches[record.__lumbung__].append(record)
    return batches


def changed_names(record: Any) -> frozenset[str]:
    """The attributes of a record, columns and links that it holds, whose value differs from what was read.

    Stamps do not count, nor do the far ends of links: those are changes of the other record.
    """
    state = sa.inspect(record)
    touched = (name for name in state.committed_state if name not in STAMPS and _is_own(state.mapper, name))
    changed = (name for name in touched if ends.history(record, name).has_changes())
    return frozenset(name.removesuffix(CLOSED) for name in changed)


def stored(record: Any, name: str) -> Any:
    """What the row holds in a field that may have been changed since; None for a new record.

    For the methods that run before a write: `stored(lead, "state")`. A link is given as its key.
    """
    item = record.__lumbung__.fields[name]
    if not sa.inspect(record).has_identity:
        return None
    past = ends.history(record, mapped_key(item))
    before = past.deleted or past.unchanged
    return before[0] if before else None


def _is_own(mapper: Any, name: str) -> bool:
    """Whether an attribute is a column, or the near end of a link."""
    relation = mapper.relationships.get(name)
    if relation is None:
        return name in mapper.columns
    return relation.direction is not orm.interfaces.ONETOMANY
