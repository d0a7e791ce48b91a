"""Choices that are over by time: a Select that says "held" until a moment, and then something else, with no job run.

The column keeps what was written, mapped under another name as that of a closed field; history and undo go by it. What
is read, of a record or in any statement, is what holds at this moment, so lists, filters, groups and files agree.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property

from core.errors import LoadError
from core.i18n.lazy import _
from core.orm.closed import CLOSED, closed
from core.orm.kinds import Select
from core.orm.times import DateTime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.orm.compose import Publication
    from core.orm.info import ModelInfo


def lapsing(item: Select[Any]) -> hybrid_property[Any]:
    """The attribute of a Select with `lapses`. It has no anonymous bind: those break GROUP BY on PostgreSQL."""
    kept, lapses, inner = closed(item.key), item.lapses, item.key + CLOSED
    fget: Any = kept.fget

    def read(record: Any) -> Any:
        value = fget(record) if item.access is not None else getattr(record, inner)
        until, after = lapses.get(value, ("", None))
        moment = getattr(record, until) if until else None
        return after if moment is not None and moment <= _now() else value

    def expression(cls: Any) -> sa.ColumnElement[Any]:
        column = getattr(cls, inner)
        return sa.case(
            *(
                (
                    sa.and_(column == _word(value), getattr(cls, until) <= _moment(getattr(cls, until))),
                    _word(after),
                )
                for value, (until, after) in lapses.items()
            ),
            else_=column,
        )

    return hybrid_property(read, kept.fset, expr=expression)


def check_lapses(models: Mapping[str, ModelInfo], publication: Publication) -> None:
    """Raises LoadError where a choice would lapse at no open moment of its model, or into no other choice."""
    for info in models.values():
        for item in info.own_fields:
            for value, (until, after) in item.lapses.items():
                moment, choices = info.fields.get(until), item.choices if isinstance(item, Select) else ()
                is_open = isinstance(moment, DateTime) and moment.access is None
                if not is_open or not {value, after} <= set(choices) or not f"{value}{after}".isidentifier():
                    raise LoadError(
                        _("“%(value)s” of %(model)s.%(field)s cannot lapse like this.", value=value,
                          model=info.name, field=item.name),
                        _("Write lapses={\"held\": (\"held_until\", \"available\")}: a choice, a DateTime without "
                          "access=, and another choice."),
                        addon=publication.owner(item.owner), origin=item.origin)  # fmt: skip


def _word(value: str) -> sa.ColumnClause[str]:
    return sa.literal_column(f"'{value}'", sa.String())


def _moment(column: Any) -> sa.BindParameter[dt.datetime]:
    return sa.bindparam("lumbung_now", callable_=_now, type_=column.type)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
