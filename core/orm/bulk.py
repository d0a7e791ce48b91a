"""An UPDATE or DELETE over many rows, as a statement: with the stamps, history, computes and texts of a flush.

The methods of models and the validation of links do not run, as there are no records: where they matter, use
`env.write()` and `env.delete()`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event, orm

from core.access import door
from core.errors import FieldError
from core.i18n.lazy import _
from core.orm import computes, events, history
from core.orm.closed import CLOSED
from core.orm.links import Many2many, Many2one, One2many
from core.orm.session import ALL, BULK_FOLLOWERS, UNCOUNTED, Session
from core.sql import one_of
from core.texts import index as texts

if TYPE_CHECKING:
    from core.orm.info import ModelInfo


@event.listens_for(Session, "do_orm_execute")
def _pass_door(state: orm.ORMExecuteState) -> sa.Result[Any] | None:
    """Every statement passes the door; what writes many rows is told to those who follow."""
    session: Any = state.session
    door.guard(session, state)
    if not (state.is_update or state.is_delete) or state.bind_mapper is None:
        return None
    return _update(session, state) if state.is_update else _delete(session, state)


def _update(session: Session, state: orm.ORMExecuteState) -> sa.Result[Any]:
    info: ModelInfo = state.bind_mapper.class_.__lumbung__  # type: ignore[union-attr]
    statement: Any = state.statement
    names = frozenset(_name(key) for key in statement._values or ())
    columns = _needed(session, info, names)
    before = _rows(session, columns, _keys(session, info, state, "w"))
    statement = statement.values(_settled(info, statement._values or {}))
    result = state.invoke_statement(
        _stamped(session, info, statement, names).where(_among(session, info, before))
    )
    after = _rows(session, columns, before)
    held = {key: (row, after[key]) for key, row in before.items() if key in after}
    history.write_many(session, info, dict(_differences(info, names, held)), history.UPDATED)
    stale = computes.look_at_rows(session, info, names, held, are_gone=False)
    _follow(session, info, names, list(held), computes.of_rows(session, info, names, list(held), stale))
    events.note_rows(session, info, list(held), info.fields_behind(names))
    return result


def _delete(session: Session, state: orm.ORMExecuteState) -> sa.Result[Any]:
    info: ModelInfo = state.bind_mapper.class_.__lumbung__  # type: ignore[union-attr]
    before = _rows(session, _needed(session, info, frozenset()), _keys(session, info, state, "d"))
    keys = list(before)
    gone = {key: (row,) for key, row in before.items()}
    stale = computes.look_at_rows(session, info, frozenset(), gone, are_gone=True)
    last = history.held(session, info, keys)
    statement: Any = state.statement
    result = state.invoke_statement(statement.where(_among(session, info, before)))
    history.write_many(session, info, last, history.DELETED)
    texts.forget(session, info, keys)
    _follow(session, info, frozenset(), (), computes.of_rows(session, info, frozenset(), (), stale))
    events.note_rows(session, info, keys, None)
    return result


def _keys(session: Session, info: ModelInfo, state: orm.ORMExecuteState, operation: Any) -> list[int]:
    """The rows that the statement means, as far as the user may see them and do this with them."""
    cls: Any = info.cls
    statement: Any = state.statement
    condition = None if session.rights is None else session.rights.condition(info, operation)
    chosen = sa.select(cls.id).where(*statement._where_criteria)
    options = {**state.execution_options, door.INTERNAL: True}
    return list(
        session.scalars(chosen if condition is None else chosen.where(condition), execution_options=options)
    )


def _needed(session: Session, info: ModelInfo, names: frozenset[str]) -> list[Any]:
    """The key, and what history and computes have to know: the columns that are set, and where links lead."""
    leads = bool(session.env.registry.computes.triggers.get(info))
    items = [
        item
        for item in info.fields.values()
        if not isinstance(item, Many2many | One2many)
        and item.name != "id"
        and (names & {item.name, item.key} or (leads and isinstance(item, Many2one)))
    ]
    return [info.table.c.id, *(info.table.c[item.key] for item in items)]


def _rows(session: Session, columns: Sequence[Any], keys: Any) -> dict[int, Any]:
    """Rows by key, which is the first of the columns; held until the transaction ends."""
    connection, key = session.core_connection(), columns[0]
    chosen = sa.select(*columns).where(one_of(connection.dialect.name, key, keys)).order_by(key)
    return {row.id: row for row in connection.execute(chosen.with_for_update(key_share=True))}


def _among(session: Session, info: ModelInfo, rows: Mapping[int, Any]) -> sa.ColumnElement[bool]:
    cls: Any = info.cls
    return one_of(session.core_connection().dialect.name, cls.id, rows)


def _name(key: Any) -> str:
    return str(getattr(key, "key", key)).removesuffix(CLOSED)


def _settled(info: ModelInfo, values: Mapping[Any, Any]) -> dict[Any, Any]:
    """The plain ones among the values, in the form in which they are stored. Raises FieldError."""
    settled = {}
    for key, given in values.items():
        item = info.fields.get(info.field_of.get(_name(key), ""))
        if item is not None and not item.system and isinstance(given, sa.BindParameter):
            if given.value is None and item.required:
                raise FieldError(_("%(field)s is required.", field=item.label), item.name)
            settled[key] = None if given.value is None else item.settled(given.value)
    return settled


def _stamped(session: Session, info: ModelInfo, statement: Any, names: frozenset[str]) -> Any:
    """An UPDATE that says who and when, and raises versions, as a flush does."""
    cls: Any = info.cls
    stamps = {"updated_at": session.env.now(), "updated_by": session.env.user.id}
    if names - UNCOUNTED - info.computed:
        stamps["version"] = cls.version + 1
    return statement.values(stamps)


def _differences(info: ModelInfo, names: frozenset[str], rows: Mapping[int, tuple[Any, Any]]) -> Any:
    """By key, what each field was and became where it differs."""
    items = [
        item for item in info.followed if not isinstance(item, Many2many) and names & {item.name, item.key}
    ]
    for key, (old, new) in rows.items():
        pairs = {item.name: (getattr(old, item.key), getattr(new, item.key)) for item in items}
        values = {
            name: [info.fields[name].dump(value) for value in pair]
            for name, pair in pairs.items()
            if pair[0] != pair[1]
        }
        if values:
            yield key, values


def _follow(
    session: Session, info: ModelInfo, names: frozenset[str], keys: Any, computed: computes.Computed
) -> None:
    """Texts, other parts of the core that keep in step, and what is in memory."""
    texts.renew(session, info, keys, names)
    for other, records in computed.items():
        texts.renew(session, other, list(records), other.computed)
    session.written[info.cls].add(ALL)
    for follow in BULK_FOLLOWERS:
        follow(session, info.cls, names)
