"""The mixin of records that go with another one of any model: notes, activities, notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from core import Char, Env, Model, UserError, _
from core.base.thread import Thread, threads
from core.orm.kinds import RecordKey
from core.orm.uses import FURTHER

if TYPE_CHECKING:
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry


class OfRecord(Model, abstract=True):
    """Goes with the record `record_id` of `model`, a Thread: whoever may read that one reads this, and nobody else.

    It stays when that record is deleted, out of everyone's sight: undone, both are there again. Keys do not come again.
    """

    model = Char(80, required=True, label=_("Kind of record"))
    record_id = RecordKey("model", required=True, index=True, label=_("Record"))

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        known = {
            None,
            *(info.name for info in threads(records[0].env.registry)),
        }  # what is missing is told later
        for record in records:
            if record.model not in known:
                raise UserError(
                    _("There are no records of this kind that people work on together."), "model", record
                )

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        for record in records:
            if changed[record.id] & {"model", "record_id"}:
                raise UserError(_("It stays with the record that it was made for."), "record_id", record)


def _leading(registry: Registry, info: ModelInfo) -> Iterator[tuple[Any, ...]]:
    """What people wrote on records of a model or attached to them; what is told of them leads nowhere."""
    for other in registry if issubclass(info.cls, Thread) else ():
        if issubclass(other.cls, OfRecord) and other.keeps_history:
            columns = other.table.c
            yield other.name, columns.id, columns.record_id, columns.model == info.name


FURTHER.append(_leading)


def of_seen_records(model: Any, env: Env) -> sa.ColumnElement[bool]:
    """The rule: the record is one that the user may read."""
    rights = env.session.rights
    seen = [_is_seen(model, info, rights) for info in threads(env.registry) if env.may(info.name, "r")]
    return sa.or_(sa.false(), *seen)


def _is_seen(model: Any, info: Any, rights: Any) -> sa.ColumnElement[bool]:
    """Asked by the key, so that a page of one record costs nothing for the others."""
    condition = None if rights is None else rights.condition(info, "r")
    there = sa.select(sa.literal(1)).select_from(info.cls).where(info.cls.id == model.record_id)
    if condition is not None:
        there = there.where(condition)
    return sa.and_(model.model == info.name, there.correlate_except(info.table).exists())
