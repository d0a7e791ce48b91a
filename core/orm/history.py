"""History: one thin row per record and flush, with what each field was and became, written with the change.

A new record has a row without values, as the record holds them. Computed fields and stamps have no history. What a
record belonged to notes that it has left, so that its history can be told there too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.orm import ends
from core.orm.belonging import homes
from core.orm.closed import mapped_key
from core.orm.kinds import Json
from core.orm.links import Many2many
from core.sql import insert_row, one_of, pairs_sent

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry
    from core.orm.session import Session

CHANGE = "base.change"
CREATED, UPDATED, DELETED = "create", "write", "delete"
LOOKED = "look"
"""Nothing was changed: somebody looked at what a user sees."""
LEFT = "left"
"""Nothing was changed in the record: others that belonged to it are gone, or belong to another one by now."""
INSERT = "insert of rows"
"""Under which a table keeps its statement in `Table.info`."""


def write(session: Session, changes: Changes) -> None:
    """Writes what the changes were, one statement per model and kind of change."""
    table = table_of(session)
    if table is None:
        return
    for info, records in changes.created.items():
        _insert(session, table, info, CREATED, {record.id: None for record in records})
    for info, changed in changes.updated.items():
        _insert(session, table, info, UPDATED, dict(_updates(info, changed)))
    for info in changes.deleted:
        _insert(session, table, info, DELETED, changes.last.get(info, {}))


def table_of(session: Session) -> Any:
    """The table of changes; None in a registry without one."""
    info = session.env.registry.models.get(CHANGE)
    return None if info is None else info.table


def write_many(
    session: Session, info: ModelInfo, values: Mapping[int, Mapping[str, Any] | None], action: str
) -> None:
    """Writes what a statement over many rows did to each."""
    table = table_of(session)
    if table is not None:
        _insert(session, table, info, action, values)


def _updates(info: ModelInfo, changed: Mapping[Any, frozenset[str]]) -> Iterator[tuple[int, dict[str, Any]]]:
    fields = info.followed_of
    for record, names in changed.items():
        touched = dict.fromkeys(fields[name] for name in names if name in fields)
        values = {item.name: past for item in touched if (past := _past(item, record)) is not None}
        if values:
            yield record.id, values


def _past(item: Field[Any], record: Any) -> list[Any] | None:
    """What a field was and became; of a set of links, what left and what came."""
    if isinstance(item, Many2many):
        past = ends.history(record, item.name)
        return [_ids(past.deleted), _ids(past.added)] if past.has_changes() else None
    past = ends.history(record, mapped_key(item))
    if not past.has_changes():
        return None
    before, after = (item.dump(values[0]) if values else None for values in (past.deleted, past.added))
    return [before, after]


def _ids(records: Iterable[Any] | None) -> list[int]:
    return sorted(record.id for record in records or ())


def look_at_deleted(session: Session, changes: Changes) -> None:
    """Notes all that the rows hold which are about to go, so that they can be made again."""
    for info, records in changes.deleted.items():
        changes.last[info] = held(session, info, [record.id for record in records])


def held(session: Session, info: ModelInfo, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By key, what rows hold that are about to go; nothing where no history is kept."""
    if table_of(session) is None or not info.keeps_history:
        return {}
    return dict(_last(session.core_connection(), info, keys))


def _last(
    connection: sa.Connection, info: ModelInfo, keys: Sequence[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """By key, what each field was, without what is empty or a plain no. One statement, and one per set of links."""
    plain = [item for item in info.followed if not isinstance(item, Many2many)]
    links = {
        item.name: _linked(connection, info, item, keys)
        for item in info.near_links
        if isinstance(item, Many2many)
    }
    columns = info.table.c
    chosen = one_of(connection.dialect.name, columns.id, keys)
    rows = sa.select(columns.id, *(columns[item.key] for item in plain)).where(chosen)
    for key, *values in connection.execute(rows):
        held = {
            item.name: item.dump(value)
            for item, value in zip(plain, values, strict=True)
            if value is not None and (value is not False or isinstance(item, Json))
        }
        held |= {name: targets[key] for name, targets in links.items() if key in targets}
        yield key, {name: [value, None] for name, value in held.items()}


def _linked(
    connection: sa.Connection, info: ModelInfo, item: Many2many[Any], keys: Sequence[int]
) -> dict[int, list[int]]:
    between, found = info.associations[item.name].c, defaultdict[int, list[int]](list)
    chosen = one_of(connection.dialect.name, between.source_id, keys)
    pairs = sa.select(between.source_id, between.target_id).where(chosen).order_by(between.target_id)
    for source, target in connection.execute(pairs):
        found[source].append(target)
    return found


def _insert(session: Session, table: Any, info: ModelInfo, action: str, values: Mapping[int, Any]) -> None:
    if not values or not info.keeps_history:
        return
    _put(session, table, info.name, action, values)
    for model, left in _left(session.env.registry, info, values).items():
        _put(session, table, model, LEFT, {key: {info.name: [rows, []]} for key, rows in left.items()})


def _left(registry: Registry, info: ModelInfo, values: Mapping[int, Any]) -> dict[str, dict[int, list[int]]]:
    """By model and key, which records have left that belonged to a record."""
    found: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for name, model in homes(registry, info.name):
        for key, held in values.items():
            before = held[name][0] if held and name in held else None
            if before is not None:
                found[model][before].append(key)
    return found


def _put(session: Session, table: Any, model: str, action: str, values: Mapping[int, Any]) -> None:
    now, connection = session.env.now(), session.core_connection()
    row = {
        "model": model, "action": action, "unit": session.unit, "version": 1, "archived": False,
        "created_at": now, "updated_at": now, "created_by": session.env.user.id, "updated_by": session.env.user.id,
    }  # fmt: skip
    if len(values) == 1:
        [(key, held)] = values.items()
        insert_row(connection, table, {**row, "record_id": key, "values": held})
        return
    kept = INSERT, connection.dialect.name
    if kept not in table.info:
        table.info[kept] = _insert_of_rows(connection.dialect.name, table, row)
    shared = {f"shared_{name}": value for name, value in row.items()}
    connection.execute(table.info[kept], {**shared, "pairs": _pairs(values)})


def _pairs(values: Mapping[int, Any]) -> str:
    """Values by key as a JSON object; what rows share is written once."""
    texts = {id(held): held for held in values.values()}
    if len(texts) * 4 > len(values):
        return json.dumps(values)
    written = {key: json.dumps(held) for key, held in texts.items()}
    return "{" + ",".join([f'"{key}":{written[id(held)]}' for key, held in values.items()]) + "}"


def _insert_of_rows(dialect: str, table: Any, names: Iterable[str]) -> sa.Insert:
    """A row for each key and values that are sent, all with the same values of the columns `names`.

    Kept with the table, as to make it takes twice as long as to execute it for few rows.
    """
    columns: dict[str, Any] = {
        name: sa.bindparam(f"shared_{name}", type_=table.c[name].type) for name in names
    }
    columns |= zip(("record_id", "values"), pairs_sent(dialect, table.c["values"].type), strict=True)
    return table.insert().from_select(list(columns), sa.select(*columns.values()))  # type: ignore[no-any-return]
