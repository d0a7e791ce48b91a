"""Computed stored fields: planned at load, kept up by the flush.

A field that depends on its own row only is computed before the row is written. One that depends on other rows
is computed after the SQL, in sudo, as rules would falsify what is stored for all; its rows are locked first, in
the order of their keys, and what it depends on is read after the lock, as two users' lines would lose each
other. It raises no version and has no history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from core.orm import ends
from core.orm.changes import Changes
from core.orm.closed import mapped_key
from core.orm.depends import Path, Plan, Step, Target
from core.orm.info import ModelInfo
from core.orm.keys import parts
from core.sql import one_of

if TYPE_CHECKING:
    from core.orm.fields import Field
    from core.orm.links import Many2one
    from core.orm.session import Session

Computed: TypeAlias = dict[ModelInfo, dict[int, Any]]
"""Records by key whose computed fields were written."""
New: TypeAlias = Mapping[tuple[type[Any], int], Any]
NOTHING_NEW: New = {}


def of_own_rows(session: Session, changes: Changes) -> None:
    """Computes the fields that depend on their own row, and counts them among what differs."""
    plan: Plan = session.env.registry.computes
    for info, item in plan.own:
        watched = plan.watched[info, item]
        changed = changes.updated.get(info, {})
        stale = [record for record, names in changed.items() if names & watched]
        records = [*changes.created.get(info, ()), *stale]
        if records:
            getattr(info.cls, item.compute or "")(records)
            for record in stale:
                changed[record] |= {item.name}


def look_at_deleted(session: Session, changes: Changes) -> None:
    """Finds what depends on rows that are about to go, while other rows still lead to them."""
    plan: Plan = session.env.registry.computes
    if plan.late and changes.deleted:
        changes.stale = _Stale(session, plan)
        for info, records in changes.deleted.items():
            changes.stale.look(info, dict.fromkeys(records), are_gone=True)


def of_other_rows(session: Session, changes: Changes) -> Computed:
    """Computes the fields that depend on other rows than their own."""
    plan: Plan = session.env.registry.computes
    computed: Computed = defaultdict(dict)
    if not plan.late:
        return computed
    stale = changes.stale or _Stale(session, plan)
    for info, records in changes.created.items():
        stale.look(info, dict.fromkeys(records))
    for info, changed in changes.updated.items():
        stale.look(info, changed)
    return _compute_all(session, plan, stale)


def look_at_rows(
    session: Session,
    info: ModelInfo,
    names: frozenset[str],
    rows: Mapping[int, Sequence[Any]],
    *,
    are_gone: bool,
) -> _Stale:
    """What depends on rows that a statement writes, or is about to delete."""
    stale = _Stale(session, session.env.registry.computes)
    stale.look_at_rows(info, names, rows, are_gone=are_gone)
    return stale


def of_rows(
    session: Session, info: ModelInfo, names: frozenset[str], keys: Sequence[int], stale: _Stale
) -> Computed:
    """Computes what follows from a statement over many rows: their own fields, and those of other rows."""
    plan: Plan = session.env.registry.computes
    for target in plan.own:
        if target[0] is info and names & plan.watched[target]:
            for part in parts(keys):
                differing = {record.id for record in _compute(session, info, target[1], part)}
                stale.follow(info, target[1].name, differing)
            names |= {target[1].name}
    return _compute_all(session, plan, stale)


def _compute_all(session: Session, plan: Plan, stale: _Stale) -> Computed:
    computed: Computed = defaultdict(dict)
    new = {(type(record), record.id): record for record in session.new}
    for info, item in plan.late:
        keys = sorted(stale.keys.pop((info, item), ()))
        for part in parts(keys):
            differing = {record.id: record for record in _compute(session, info, item, part, new)}
            computed[info] |= differing
            stale.follow(info, item.name, set(differing))
    return computed


class _Stale:
    """The keys of the rows whose computed fields have to be made anew."""

    def __init__(self, session: Session, plan: Plan) -> None:
        self.keys: dict[Target, set[int]] = defaultdict(set)
        self._connection = session.core_connection()
        self._plan = plan

    def look(
        self, info: ModelInfo, records: Mapping[Any, frozenset[str] | None], *, are_gone: bool = False
    ) -> None:
        """Notes what is stale because of records of a model, for changed ones with the names of what differs."""
        for name, targets in self._plan.triggers.get(info, {}).items():
            attributes = {name, info.fields[name].key}
            touched = [record for record, names in records.items() if names is None or names & attributes]
            keys = {record.id for record in touched}
            for target, path in targets if touched else ():
                self._walk(target, *_start(path, keys, lambda link: _ends_of(touched, link), are_gone))  # noqa: B023
        if not are_gone:
            for target in self._plan.late:
                if target[0] is info:  # a new row, and one in which somebody has set what is computed
                    self.keys[target].update(
                        record.id
                        for record, names in records.items()
                        if names is None or names & {target[1].name, target[1].key}
                    )

    def look_at_rows(
        self,
        info: ModelInfo,
        names: frozenset[str],
        rows: Mapping[int, Sequence[Any]],
        *,
        are_gone: bool = False,
    ) -> None:
        """The same for rows that a statement writes: each key with the row as it was, and what became of it."""

        def led_to(link: Many2one[Any]) -> set[Any]:
            return {getattr(row, link.key, None) for held in rows.values() for row in held} - {None}

        for name, targets in self._plan.triggers.get(info, {}).items():
            if are_gone or names & {name, info.fields[name].key}:
                for target, path in targets:
                    self._walk(target, *_start(path, set(rows), led_to, are_gone))

    def follow(self, info: ModelInfo, name: str, keys: set[int]) -> None:
        """Notes what is stale because a computed field of those rows has changed."""
        if not keys:
            return
        for target, path in self._plan.triggers.get(info, {}).get(name, ()):
            self._walk(target, path, keys)

    def _walk(self, target: Target, path: Path, keys: set[int]) -> None:
        for step in path:
            keys = set(self._next(step, sorted(keys)))
        self.keys[target] |= keys

    def _next(self, step: Step, keys: Sequence[int]) -> Iterator[int]:
        chosen = one_of(self._connection.dialect.name, step.source, keys)
        statement = sa.select(step.target).where(chosen, step.target.is_not(None)).distinct()
        yield from self._connection.scalars(statement)


def _start(
    path: Path, keys: set[int], led_to: Callable[[Many2one[Any]], set[int]], are_gone: bool
) -> tuple[Path, set[int]]:
    """The way that is left, and where it begins: up a record's own link it goes where that leads and led."""
    if path and path[0].link is not None:
        return path[1:], led_to(path[0].link)
    return path, set() if are_gone and not path else keys


def _ends_of(records: Iterable[Any], link: Many2one[Any]) -> set[int]:
    """Where a link of the records leads and led."""
    key, found = mapped_key(link), set[Any]()
    for record in records:
        if key not in vars(record):
            getattr(record, key)  # as it was forgotten
        past = ends.history(record, key)
        found.update(past.added or (), past.deleted or (), past.unchanged or ())
    return found - {None}


def _compute(
    session: Session, info: ModelInfo, item: Field[Any], keys: Sequence[int], new: New = NOTHING_NEW
) -> list[Any]:
    """Locks, reads, computes and writes rows; gives those whose value differs.

    The user's own records get the value too, also `new` ones, which the session does not know by key yet.
    """
    key, column = mapped_key(item), info.table.c[item.key]
    own = session.beside()
    rows = sa.select(info.cls).where(info.cls.id.in_(keys)).order_by(info.cls.id)
    records = own.scalars(rows.with_for_update(key_share=True)).all()
    before = {record.id: getattr(record, key) for record in records}
    getattr(info.cls, item.compute or "")(records)
    for record in records:
        value = getattr(record, key)
        set_committed_value(record, key, None if value is None else item.settled(value))
    differing = [record for record in records if getattr(record, key) != before[record.id]]
    if differing:
        update = info.table.update().where(info.table.c.id == sa.bindparam("row"))
        values = [{"row": record.id, "value": getattr(record, key)} for record in differing]
        session.core_connection().execute(
            update.values({column: sa.bindparam("value", type_=column.type)}), values
        )
        session.written[info.cls] |= {record.id for record in differing}
    mapper = sa.inspect(info.cls)
    for record in records:
        identity = mapper.identity_key_from_primary_key((record.id,))
        mine = new.get((info.cls, record.id)) or session.identity_map.get(identity)
        if mine is not None:
            set_committed_value(mine, key, getattr(record, key))
    return differing
