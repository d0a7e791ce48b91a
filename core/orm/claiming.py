"""That claims do not overlap, asked before they are written: in words, and of both databases alike.

Whoever claims a resource holds its row until the transaction ends, so the second of two sees what the first has taken.
SQLite has one writer at a time. What goes past the records is refused by PostgreSQL's constraint, on SQLite afterwards.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm import ends
from core.orm.claims import Claim, link_of, taken_text
from core.orm.session import BULK_FOLLOWERS, Session
from core.sql import one_of

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.info import ModelInfo
    from core.orm.links import Many2one

TIMES = frozenset({"begins", "ends", "archived"})
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


def refuse_taken(session: Session, changes: Changes) -> None:
    """Raises FieldError beside the resource of a claim that another has at that time, naming who where that is seen."""
    for info in {*changes.created, *changes.updated}:
        if issubclass(info.cls, Claim) and (touched := list(_touched(changes, info))):
            leaving = {record.id for record in changes.deleted.get(info, ())}
            _check(session, info, [record for record in touched if _counts(record)], touched, leaving)


def _touched(changes: Changes, info: ModelInfo) -> Iterator[Any]:
    link = link_of(info)
    yield from changes.created.get(info, ())
    for record, names in changes.updated.get(info, {}).items():
        if names & {link.name, link.key, *TIMES}:
            yield record


def _counts(record: Any) -> bool:
    """Whether it takes anything. Raises FieldError where it ends before it begins."""
    if record.ends is not None and record.ends < record.begins:
        raise FieldError(_("It ends before it begins."), "ends", record)
    return not record.archived and record.ends != record.begins


def _check(
    session: Session, info: ModelInfo, claims: Sequence[Any], touched: Sequence[Any], leaving: set[int]
) -> None:
    link, mine = link_of(info), defaultdict[Any, list[Any]](list)
    for record in sorted(claims, key=lambda one: one.begins):
        mine[ends.key_at(record, link) or ends.given(record, link.name)].append(record)
    for batch in mine.values():
        for one, other in pairwise(batch):
            if other.begins < _end(one):
                raise _taken(session, link, other, one)
    written = {record.id for record in touched} | leaving
    for row in _others(
        session, info, link, {key: batch for key, batch in mine.items() if isinstance(key, int)}
    ):
        for record in mine[row[link.key]] if row["id"] not in written else ():
            if record.begins < (row["ends"] or NEVER) and row["begins"] < _end(record):
                raise _taken(session, link, record, session.env.get(info.cls, row["id"]))


def _end(record: Any) -> dt.datetime:
    return record.ends or NEVER


def _others(
    session: Session, info: ModelInfo, link: Many2one[Any], mine: Mapping[int, Sequence[Any]]
) -> Sequence[sa.RowMapping]:
    """The rows of claims on the same resources around that time, once nobody else can add one."""
    if not mine:
        return ()
    connection = session.core_connection()
    dialect = connection.dialect.name
    if dialect != "sqlite":
        column = session.env.registry.models[link.target_name].table.c.id
        held = sa.select(column).where(one_of(dialect, column, mine)).order_by(column)
        connection.execute(held.with_for_update(key_share=True))
    columns, claims = info.table.c, [record for batch in mine.values() for record in batch]
    first, last = min(record.begins for record in claims), max(map(_end, claims))
    wanted = sa.select(columns.id, columns[link.key], columns.begins, columns.ends).where(
        one_of(dialect, columns[link.key], mine),
        columns.archived.is_(False),
        sa.or_(columns.ends.is_(None), sa.and_(columns.ends > first, columns.ends > columns.begins)),
        *([] if last is NEVER else [columns.begins < last]),
    )
    return connection.execute(wanted.order_by(columns.begins, columns.id)).mappings().all()


def _taken(session: Session, link: Many2one[Any], record: Any, holder: Any) -> FieldError:
    """In words; who holds it is said to those who may read that claim."""
    if holder is None:
        return FieldError(taken_text(link), link.name, record)
    who, env = holder.display_label(), session.env
    if holder.ends is None:
        text = _("%(field)s is taken: %(holder)s.", field=link.label, holder=who)
    else:
        until = env.formats.moment(holder.ends)
        text = _("%(field)s is taken until %(until)s: %(holder)s.", field=link.label, until=until, holder=who)
    return FieldError(text, link.name, record)


def _follow_many(session: Session, cls: type[Any], names: frozenset[str]) -> None:
    """After an UPDATE over many rows, which no record knows of: the same, of all rows."""
    if not issubclass(cls, Claim) or not names:
        return
    info: ModelInfo = cls.__lumbung__
    link, one, other = link_of(info), info.table.alias(), info.table.alias()
    if not names & {link.name, link.key, *TIMES}:
        return
    counted = [sa.or_(row.c.ends.is_(None), row.c.ends > row.c.begins) for row in (one, other)]
    overlapping = sa.select(one.c.id).where(
        one.c[link.key] == other.c[link.key],
        one.c.id < other.c.id,
        one.c.archived.is_(False),
        other.c.archived.is_(False),
        sa.or_(one.c.ends.is_(None), one.c.ends > other.c.begins),
        sa.or_(other.c.ends.is_(None), other.c.ends > one.c.begins),
        *counted,
    )
    if session.core_connection().scalar(overlapping.limit(1)) is not None:
        raise FieldError(taken_text(link), link.name)


BULK_FOLLOWERS.append(_follow_many)
