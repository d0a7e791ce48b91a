"""An UPDATE or DELETE over many rows, as a statement: with the stamps, history, computes and texts of a flush.

The methods of models and the validation of links do not run, as there are no records: where they matter, use
`env.write()` and `env.delete()`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event, orm

from core.access import door
from core.errors import FieldError
from core.i18n.lazy import _
from core.orm import computes, events, history
from core.orm.closed import CLOSED, mapped_key
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
    names = frozenset(map(_name, statement._values or ()))
    columns = _needed(session, info, names)
    before = _rows(session, info, columns, state, "w")
    statement = statement.values(_settled(info, statement._values or {}))
    values = {_name(key): value for key, value in (statement._values or {}).items()}
    statement = _stamped(session, info, statement, names).where(_among(session, info, before))
    result = state.invoke_statement(statement, execution_options={"synchronize_session": False})
    _expire(session, info, before, names)
    after = _become(session, info, columns, values, before)
    held = {key: (row, after[key]) for key, row in before.items() if key in after}
    history.write_many(session, info, _differences(info, names, held), history.UPDATED)
    stale = computes.look_at_rows(session, info, names, held, are_gone=False)
    _follow(session, info, names, list(held), computes.of_rows(session, info, names, list(held), stale))
    events.note_rows(session, info, list(held), info.fields_behind(names))
    return result


def _delete(session: Session, state: orm.ORMExecuteState) -> sa.Result[Any]:
    info: ModelInfo = state.bind_mapper.class_.__lumbung__  # type: ignore[union-attr]
    before = _rows(session, info, _needed(session, info, frozenset()), state, "d")
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


def _rows(
    session: Session, info: ModelInfo, columns: Sequence[Any], state: orm.ORMExecuteState, operation: Any
) -> dict[int, Any]:
    """By key the rows that the statement means, as far as the user may see them and do this with them.

    They are held until the transaction ends. Whoever waits for another's row then sees what it has become, and
    leaves it out where it is not meant any more.
    """
    cls: Any = info.cls
    statement: Any = state.statement
    condition = None if session.rights is None else session.rights.condition(info, operation)
    chosen = sa.select(cls.id, *columns).where(*statement._where_criteria).order_by(cls.id)
    if condition is not None:
        chosen = chosen.where(condition)
    options = {**state.execution_options, door.INTERNAL: True}
    rows = session.execute(chosen.with_for_update(key_share=True, of=info.table), execution_options=options)
    return {row[0]: row for row in rows}


def _needed(session: Session, info: ModelInfo, names: frozenset[str]) -> list[Any]:
    """What history and computes have to know beside the key: the columns that are set, and where links lead."""
    leads = bool(session.env.registry.computes.triggers.get(info))
    items = [
        item
        for item in info.fields.values()
        if not isinstance(item, Many2many | One2many)
        and item.name != "id"
        and (names & {item.name, item.key} or (leads and isinstance(item, Many2one)))
    ]
    return [info.table.c[item.key] for item in items]


def _become(
    session: Session,
    info: ModelInfo,
    columns: Sequence[Any],
    values: Mapping[str, Any],
    keys: Collection[int],
) -> Mapping[int, Any]:
    """By key, what the statement has made of a row: at least the columns that it sets."""
    if all(isinstance(value, sa.BindParameter) for value in values.values()):
        return dict.fromkeys(keys, SimpleNamespace(**{name: value.value for name, value in values.items()}))
    connection, key = session.core_connection(), info.table.c.id
    chosen = sa.select(key, *columns).where(one_of(connection.dialect.name, key, keys))
    return {row[0]: row for row in connection.execute(chosen)}


def _expire(session: Session, info: ModelInfo, keys: Iterable[int], names: frozenset[str]) -> None:
    """Has what the statement set read again where it is in memory; what is pending there stays.

    SQLAlchemy's own way asks the database for the keys, which are known here.
    """
    set_ = {info.fields[name] for name in info.fields_behind(names)}
    attributes = {
        "updated_at",
        "updated_by",
        "version",
        *(name for item in set_ for name in (item.name, mapped_key(item))),
    }
    for key in keys if session.identity_map else ():
        record = session.identity_map.get((info.cls, (key,), None))
        if record is not None:
            session.expire(record, attributes & sa.inspect(record).dict.keys())


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


def _differences(
    info: ModelInfo, names: frozenset[str], rows: Mapping[int, tuple[Any, Any]]
) -> dict[int, dict[str, Any]]:
    """By key, what each field was and became where it differs; rows that are alike beside each other share it."""
    items = [
        item for item in info.followed if not isinstance(item, Many2many) and names & {item.name, item.key}
    ]
    if not items:
        return {}
    read, found = attrgetter(*(item.key for item in items)), dict[int, dict[str, Any]]()
    last: Any = None
    told: dict[str, Any] = {}
    for key, (old, new) in rows.items():
        both = read(old), read(new)
        if both != last:
            last, told = both, _told(items, *(both if items[1:] else zip(both, strict=True)))
        if told:
            found[key] = told
    return found


def _told(items: Sequence[Any], before: Sequence[Any], after: Sequence[Any]) -> dict[str, Any]:
    fields = zip(items, before, after, strict=True)
    return {item.name: [item.dump(was), item.dump(became)] for item, was, became in fields if was != became}


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
