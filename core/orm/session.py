"""The session under the env: it stamps records as they are written and remembers what it wrote."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event, orm

if TYPE_CHECKING:
    from core.orm.env import Env

STAMPS = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by"})


class Session(orm.Session):
    """A SQLAlchemy session that knows its env."""

    env: Env

    def __init__(self, **options: Any) -> None:
        super().__init__(autoflush=True, **options)
        self.written: dict[type, set[int]] = defaultdict(set)
        """Keys of the rows that this session wrote, by class; None among them for all of the class."""

    def expire_written(self, written: dict[type, set[int]]) -> None:
        """Forgets what another session on the same connection wrote, so that it is read again."""
        for record in list(self.identity_map.values()):
            keys = written.get(type(record))
            state = sa.inspect(record)
            if keys and (state.identity[0] in keys or ALL in keys):
                self.expire(record)


ALL = -1
"""Stands in `Session.written` for every row of a class."""


@event.listens_for(Session, "before_flush")
def _stamp(session: Session, context: Any, instances: Any) -> None:
    """Who and when, and the version, which counts changes of fields that a person or addon set."""
    now = dt.datetime.now(dt.UTC)
    user = session.env.user.id
    for record in session.new:
        if record.created_at is None:  # sample data and imports bring their own
            record.created_at = now
        record.updated_at = now
        record.created_by = record.updated_by = user
    for record in session.dirty:
        if _changed(session, record):
            record.updated_at, record.updated_by = now, user
            record.version += 1


def _changed(session: Session, record: Any) -> bool:
    """Whether a column or a set of links that this record holds differs from what was read."""
    if not session.is_modified(record, include_collections=False):
        state = sa.inspect(record)
        between = type(record).__lumbung__.associations
        return any(state.attrs[name].history.has_changes() for name in between if name in state.dict)
    return True


@event.listens_for(Session, "after_flush")
def _remember(session: Session, context: Any) -> None:
    for records in (session.new, session.dirty, session.deleted):
        for record in records:
            session.written[type(record)].add(record.id)


@event.listens_for(Session, "after_bulk_update")
@event.listens_for(Session, "after_bulk_delete")
def _remember_all(context: Any) -> None:
    context.session.written[context.mapper.class_].add(ALL)
