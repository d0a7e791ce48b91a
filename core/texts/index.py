"""Keeping the searched texts with the records, and finding by them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.orm.names import table_name
from core.orm.session import Session
from core.sql import one_of
from core.texts.store import model_number, state, store_of
from core.texts.text import body_maker, words

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry

BATCH = 5_000


def matching(env: Env, model: Any, text: str) -> sa.ColumnElement[bool]:
    """The condition that a record's text has every word of `text`; for no words, true. Raises FieldError.

    Wildcards and operators in `text` are plain characters. A searched link is found by its target's text.
    """
    info = env.registry.info(model)
    wanted = words(text)
    if not wanted:
        return sa.true()
    links = [item for item in info.searched_links if env.may_see(info.name, item.name)]
    if not links:
        return _has(env, info, info.cls.id, wanted)
    return sa.and_(*(_has_word(env, info, links, word) for word in wanted))


def _has(env: Env, info: ModelInfo, column: Any, wanted: Sequence[str]) -> sa.ColumnElement[bool]:
    store = store_of(env.database.url.get_backend_name())
    return store.among(column, model_number(info.name), wanted)


def _has_word(env: Env, info: ModelInfo, links: Sequence[Any], word: str) -> sa.ColumnElement[bool]:
    parts = [_has(env, info, info.cls.id, [word])]
    parts += [
        _visible(env, env.registry.info(item.target_name), getattr(info.cls, item.key), word)
        for item in links
    ]
    return sa.or_(*parts)


def _visible(env: Env, target: ModelInfo, column: Any, word: str) -> sa.ColumnElement[bool]:
    """By the text of a link's target, as far as the user may see that target."""
    cls: Any = target.cls
    return column.in_(sa.select(cls.id).where(_has(env, target, cls.id, [word])))  # type: ignore[no-any-return]


# ----------------------------------------------------------------- with every flush
def follow(session: Session, changes: Changes, computed: Mapping[ModelInfo, Mapping[int, Any]]) -> None:
    """Writes the texts of what the flush wrote, one statement per model and kind of change."""
    for info, records in changes.created.items():
        _write(session, info, records, new=True)
    for info in {*changes.updated, *computed}:
        names = {name for item in info.searched for name in (item.name, item.key)}
        changed = {
            record.id: record for record, set_ in changes.updated.get(info, {}).items() if set_ & names
        }
        _write(session, info, list({**changed, **computed.get(info, {})}.values()), new=False)
    for info, records in changes.deleted.items():
        forget(session, info, [record.id for record in records])


def _write(session: Session, info: ModelInfo, records: Sequence[Any], *, new: bool) -> None:
    if records and info.searched:
        body = body_maker(info.searched)
        store = store_of(session.env.database.url.get_backend_name())
        bodies = {record.id: body(record) for record in records}
        store.write(session.core_connection(), model_number(info.name), bodies, new=new)


def renew(session: Session, info: ModelInfo, keys: Sequence[int], names: frozenset[str]) -> None:
    """Writes the texts of rows anew where one of the fields `names` is searched."""
    if not keys or not names & {name for item in info.searched for name in (item.name, item.key)}:
        return
    connection, body, columns = session.core_connection(), body_maker(info.searched), info.table.c
    chosen = one_of(connection.dialect.name, columns.id, keys)
    rows = connection.execute(
        sa.select(columns.id, *(columns[item.key] for item in info.searched)).where(chosen)
    )
    store = store_of(connection.dialect.name)
    store.write(connection, model_number(info.name), {row.id: body(row) for row in rows}, new=False)


def forget(session: Session, info: ModelInfo, keys: Sequence[int]) -> None:
    """Takes the texts of rows away."""
    if keys and info.searched:
        connection = session.core_connection()
        store_of(connection.dialect.name).delete(connection, model_number(info.name), keys)


# ----------------------------------------------------------------- as a whole
def prepare(connection: sa.Connection) -> None:
    """Makes the tables of search where they are not there yet."""
    store_of(connection.dialect.name).prepare(connection)


def bring_up_to_date(env: Env) -> None:
    """Makes the texts of those models anew whose searched fields are others than before."""
    connection = env.session.core_connection()
    before = {row.model: row.fields for row in connection.execute(sa.select(state))}
    for info in env.registry:
        fields = ",".join(sorted(item.name for item in info.searched))
        if before.get(info.name, "") != fields:
            rebuild(env, info)
            connection.execute(state.delete().where(state.c.model == info.name))
            connection.execute(state.insert().values(model=info.name, fields=fields))


def forget_models(connection: sa.Connection, tables: Container[str]) -> None:
    """Takes away the texts of the models whose tables are parked; they are made anew when those come back."""
    store = store_of(connection.dialect.name)
    for model in connection.scalars(sa.select(state.c.model)).all():
        if table_name(model) in tables:
            store.clear(connection, model_number(model))
            connection.execute(state.delete().where(state.c.model == model))


def rebuild(env: Env, info: ModelInfo) -> None:
    """Makes the texts of a model anew, in batches, in this transaction."""
    connection = env.session.core_connection()
    store, number = store_of(connection.dialect.name), model_number(info.name)
    store.clear(connection, number)
    items = info.searched
    if not items:
        return
    body, last = body_maker(items), 0
    columns = [info.table.c.id, *(info.table.c[item.key] for item in items)]
    while True:
        statement = sa.select(*columns).where(info.table.c.id > last).order_by(info.table.c.id).limit(BATCH)
        rows = connection.execute(statement).all()
        if not rows:
            return
        store.write(connection, number, {row.id: body(row) for row in rows}, new=True)
        last = rows[-1].id


def check_numbers(registry: Registry) -> None:
    """Raises ValueError where two models would share their texts: one in eight million, and to be renamed."""
    seen: dict[int, str] = {}
    for info in registry:
        other = seen.setdefault(model_number(info.name), info.name)
        if other != info.name:
            raise ValueError(f"{other} and {info.name} have the same search number; rename one")
