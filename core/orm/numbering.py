"""Numbers of documents, drawn from sequences that an administrator can shape.

A gap-free sequence is drawn last of all, when nothing can go wrong any more: its row is locked until the
transaction ends, and everyone else who draws waits. Others are drawn at once, in a transaction of their own
where the database allows a second writer; what is rolled back leaves a gap.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.errors import UserError
from core.i18n.lazy import _
from core.schema.tables import sequence_counter as counters
from core.sql import upsert

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.model import Model

SEQUENCE = "base.sequence"


@dataclass(frozen=True)
class Wish:
    """Records that are to get the next numbers of a sequence, in a field each."""

    records: Sequence[Model]
    field: str
    sequence: Any


def assign(env: Env, records: Iterable[Model], field: str, code: str) -> None:
    """Gives records the next numbers of the sequence `code`. Raises UserError where there is none of that code."""
    table = env.registry.models[SEQUENCE].table
    found = env.session.core_connection().execute(sa.select(table).where(table.c.code == code)).one_or_none()
    if found is None:
        raise UserError(_("There is no sequence “%(code)s”; an administrator can make it.", code=code))
    wish = Wish(list(records), field, found)
    if found.gap_free:
        env.session.wishes.append(wish)
    elif env.database.is_sqlite:  # which has one writer only: this one
        _grant(env, env.session.core_connection(), [wish])
    else:
        with env.database.writing.begin() as connection:
            _grant(env, connection, [wish])


def draw_last(env: Env) -> bool:
    """Grants the wishes that had to wait. Whether there were any.

    In sudo: who may make a document need not have the right to change it, and may have made it in sudo.
    """
    wishes, env.session.wishes = env.session.wishes, []
    if wishes:
        with env.sudo("numbers of new documents") as su:
            _grant(su, su.session.core_connection(), [_read_again(su, wish) for wish in wishes])
    return bool(wishes)


def _read_again(env: Env, wish: Wish) -> Wish:
    """The wish for the records of `env`, without those that are gone: they would leave gaps."""
    keys: dict[Any, list[int]] = defaultdict(list)
    for record in wish.records:
        if identity := sa.inspect(record).identity:
            keys[type(record)].append(identity[0])
    records = [record for model, wanted in keys.items() for record in env.read(model, wanted)]
    return replace(wish, records=records)


def _grant(env: Env, connection: sa.Connection, wishes: Iterable[Wish]) -> None:
    """Locks the counters in the order of their keys, as everyone does: nobody waits in a circle."""
    now = env.now().astimezone(ZoneInfo(env.tz))
    batches: dict[tuple[str, int, int], list[tuple[Wish, Any]]] = defaultdict(list)
    for wish in wishes:
        year = now.year if wish.sequence.yearly else 0
        for record in wish.records:
            batches[wish.sequence.code, _company(env, record), year].append((wish, record))
    for (code, company, year), batch in sorted(batches.items(), key=itemgetter(0)):
        last = _raise(connection, code, company, year, len(batch))
        for number, (wish, record) in enumerate(batch, last - len(batch) + 1):
            setattr(record, wish.field, shape(wish.sequence.pattern, wish.sequence.padding, number, now))


def _company(env: Env, record: Any) -> int:
    """The company within which a record is counted: its own, else that of the user."""
    own = getattr(record, "company_id", None) or getattr(getattr(record, "company", None), "id", None)
    return own or env.company or 0


def _raise(connection: sa.Connection, code: str, company: int, year: int, count: int) -> int:
    """Counts on by `count`; gives the last number. Locks the counter until the transaction ends."""
    added = upsert(connection.dialect.name, counters).values(
        sequence=code, company=company, year=year, last=count
    )
    raised = added.on_conflict_do_update(
        index_elements=[counters.c.sequence, counters.c.company, counters.c.year],
        set_={"last": counters.c.last + count},
    )
    last: int = connection.scalars(raised.returning(counters.c.last)).one()
    return last


def shape(pattern: str, padding: int, number: int, day: dt.date) -> str:
    """The number as it is written: `{number}`, `{year}` and `{month}` of `pattern` are filled in, the rest stays."""
    parts = {"{number}": str(number).zfill(padding), "{year}": f"{day:%Y}", "{month}": f"{day:%m}"}
    for name, value in parts.items():
        pattern = pattern.replace(name, value)
    return pattern
