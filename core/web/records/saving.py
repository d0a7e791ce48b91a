"""Saving a form: once, on the record as it is now, and nothing of what others saved meanwhile is lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import request
from werkzeug.exceptions import NotFound

from core.orm.copying import copy_lines
from core.orm.writing import locked
from core.schema.tables import idempotency
from core.sql import upsert
from core.web import requests
from core.web.forms.conflict import Conflict, compare
from core.web.forms.drawn import fingerprint
from core.web.records import home

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.forms import RecordForm

KEPT = dt.timedelta(days=1)
"""How long it is known that a form was sent."""


class Stale(Exception):
    """Somebody else changed what the form changes, since it was drawn: the user has to choose."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__()
        self.conflict = conflict


@dataclass(frozen=True)
class Saved:
    """What was saved."""

    key: int
    label: str
    home: str = ""
    """The page of the record that it goes with."""
    again: str = ""
    """What makes another one of the same record."""


class MadeAlready(Exception):
    """The form has made a record, with other content; `known` is it, if it is there and may be seen."""

    def __init__(self, known: Saved | None) -> None:
        super().__init__()
        self.known = known


@requests.repeated
def save(form: RecordForm) -> Saved:
    """Writes what a valid form changes. Raises UserError, Stale, and NotFound where the record is gone."""
    with requests.writing() as env:
        record = _created(env, form) if form.key is None else _updated(env, form, form.key)
        env.flush()
        return Saved(record.id, record.display_label(), *home.places(record))


def _created(env: Env, form: RecordForm) -> Any:
    """The new record; of a form that was sent twice, the one that its first sending made."""
    used, sent = fingerprint(form.drawn), fingerprint(form.drawn, request.form)
    if not claim(env, used):
        return _known(env, form, used, sent)
    [record] = env.create(form.layout.model.cls, [form.values(env, None)])
    env.flush()
    _write_rows(env, form, record)
    like = env.get(form.layout.model.cls, form.drawn.copy) if form.drawn.copy else None
    if like is not None:
        copy_lines(env, {like: record})
    keep(env, used, record.id)
    env.session.core_connection().execute(
        sa.insert(idempotency).values(key=sent, made_at=env.now(), record_id=record.id)
    )
    return record


def _known(env: Env, form: RecordForm, used: str, sent: str) -> Any:
    """The record that the form made, where it came with the same content; else raises MadeAlready."""
    wanted = sa.select(idempotency.c.key, idempotency.c.record_id).where(idempotency.c.key.in_([used, sent]))
    found = {row.key: row.record_id for row in env.session.core_connection().execute(wanted)}
    record = env.get(form.layout.model.cls, found[used])
    if sent in found and record is not None:
        return record
    raise MadeAlready(None if record is None else Saved(record.id, record.display_label()))


def keep(env: Env, used: str, key: int) -> None:
    """Says of a form that was claimed which record it made."""
    known = sa.update(idempotency).where(idempotency.c.key == used).values(record_id=key)
    env.session.core_connection().execute(known)


def made_by(env: Env, used: str) -> int | None:
    """The key of the record that a form made."""
    known = sa.select(idempotency.c.record_id).where(idempotency.c.key == used)
    return env.session.core_connection().scalar(known)


def claim(env: Env, used: str) -> bool:
    """Whether a form comes for the first time.

    Of two at once the second waits at the row until the first is committed or undone.
    """
    connection, now = env.session.core_connection(), env.now()
    old = sa.delete(idempotency).where(idempotency.c.made_at < now - KEPT)
    connection.execute(old)
    row = upsert(connection.dialect.name, idempotency).values(key=used, made_at=now).on_conflict_do_nothing()
    return connection.scalar(row.returning(idempotency.c.key)) is not None


def _updated(env: Env, form: RecordForm, key: int) -> Any:
    record: Any = locked(env, form.layout.model.cls, key)
    if record is None:
        raise NotFound
    lists = form.lists.values()
    for rows in lists:
        rows.hold(env)
    if record.version != form.drawn.version or any(rows.moved for rows in lists):
        conflict = compare(form, env, record)
        if conflict.choices:
            raise Stale(conflict)
    for rows in lists:
        rows.remove(env)  # first, so that what replaces it is no repetition
    env.write([record], form.values(env, record))
    _write_rows(env, form, record)
    return record


def _write_rows(env: Env, form: RecordForm, record: Any) -> None:
    for rows in form.lists.values():
        rows.write(env, record)
