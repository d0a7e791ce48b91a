"""The flush, in its one order.

`before_*` methods, validation, computes of a record's own row, access to the stored row, version, SQL, access
to the new row, dotted computes, history and search rows; then what other parts of the core keep in step. Each
step gets the same `Changes`. What was given is validated before something is computed of it, what was computed
after: a method that computes gets values in the form in which they are stored.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from core.access import flush as access
from core.access import keeping, leaving, overrides
from core.orm import before, claiming, columns, computes, ends, events, history, keys, trees, validation
from core.orm.changes import Changes, read_forgotten
from core.orm.session import UNCOUNTED, Session
from core.texts import index as texts


@event.listens_for(Session, "before_flush")
def _before(session: Session, context: Any, instances: Any) -> None:
    """All that may still change or refuse the records, then their stamps and keys."""
    if session.env.readonly:
        session.refuse_writing()
        return
    with session.no_autoflush:
        read_forgotten(session)
        if before.call_methods(session):
            read_forgotten(session)
        changes = Changes(session)
        access.check_operations(session, changes)
        validation.validate(changes, computed=False)
        computes.of_own_rows(session, changes)
        validation.validate(changes, computed=True)
        trees.refuse_itself(session, changes)
        access.check_stored(session, changes)
        claiming.refuse_taken(session, changes)
        keeping.look(session, changes)
        _stamp(session, changes)
        leaving.follow(session, changes)
        computes.look_at_deleted(session, changes)
        history.look_at_deleted(session, changes)
        if changes.created:
            keys.draw(session.core_connection(), session.new)
            columns.note_reborn(session)
    session.changes = changes


@event.listens_for(Session, "after_flush")
def _after(session: Session, context: Any) -> None:
    """What follows from the rows as they are now."""
    changes, session.changes = session.changes, None
    if changes is None:
        return
    with session.no_autoflush:
        access.check_written(session, changes)
        computed = computes.of_other_rows(session, changes)
        history.write(session, changes)
        texts.follow(session, changes, computed)
        overrides.follow(session, changes)
        keeping.check(session, changes)
        trees.check(session, changes)
        _remember(session)
        events.note(session, changes)


def _stamp(session: Session, changes: Changes) -> None:
    """Who and when, and the version, which counts changes of fields that a person or addon set."""
    now, user = session.env.now(), session.env.user.id
    stamps = {"created_by": user, "updated_at": now, "updated_by": user}
    for records in changes.created.values():
        for record in records:
            values = vars(record)  # all that a new record holds is inserted: it needs no history
            values.update(stamps)
            if values.get("created_at") is None:  # sample data and imports bring their own
                values["created_at"] = now
    for info, changed in changes.updated.items():
        uncounted = UNCOUNTED | info.computed
        for record, names in changed.items():
            record.updated_at, record.updated_by = now, user
            ends.forget_targets(session, record, names)
            if names - uncounted:
                record.version += 1


def _remember(session: Session) -> None:
    for records in (session.new, session.dirty, session.deleted):
        ends.forget_collections(session, records)
        for record in records:
            session.written[type(record)].add(record.id)
