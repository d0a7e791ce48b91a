"""Rows under the values of one field, each with its count and the sums of its money columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core import sql
from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.fields import Field
from core.orm.kinds import Boolean, Char, Integer
from core.orm.links import Many2one
from core.orm.model import Model
from core.orm.numbers import Money
from core.orm.times import Calendar
from core.web.listing.columns import NOT_VISIBLE, Columns, stored
from core.web.listing.reading import Reading
from core.web.listing.refusal import SHOWN, BadRequest

MOST_GROUPS = 500
"""Groups that a list shows; a field with more values is no help in reading."""
UNSEEN = -1
"""Stands for all records that a link leads to and the reader may not see."""
KEY = "lumbung_group"
"""The column of a statement that tells the group."""


@dataclass(frozen=True)
class Group:
    """A group with all its rows, whatever page is shown. `token` names it in an address."""

    value: Any
    count: int
    sums: dict[str, dict[str, Decimal | None]]
    """Of each column that is summed, by currency."""
    folded: bool = False

    @property
    def token(self) -> str:
        if self.value is None:
            return ""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


class Grouping:
    """Grouping of a list by a field: dates by month, links by what they lead to."""

    def __init__(self, reading: Reading, item: Field[Any]) -> None:
        self.reading, self.item = reading, item
        self.env, self.cls = reading.env, reading.cls
        self.folded = [self._value(token) for token in reading.query.folded]
        self.down = reading.query.sort == f"-{item.name}"

    def _value(self, token: str) -> Any:
        """The value that a token names. Raises BadRequest."""
        if token == "" or (token == str(UNSEEN) and isinstance(self.item, Many2one)):
            return None if token == "" else UNSEEN
        try:
            return _month(token) if isinstance(self.item, Calendar) else self.item.read(token)
        except FieldError:
            raise BadRequest(_("There is no group “%(name)s”.", name=token[:SHOWN])) from None

    # ------------------------------------------------------------- statements
    def _parts(self, statement: sa.Select[Any]) -> tuple[sa.Select[Any], Any, Any]:
        """The statement with the group's value, that value, and what groups are put in order by."""
        item, attribute = self.item, stored(self.cls, self.item)
        key: Any
        order: Any
        if isinstance(item, Many2one):
            statement, target, order = self.reading.joined(statement, item)
            order = self._own_order(target, order)
            key = sa.case((target.id.is_not(None), target.id), (attribute.is_not(None), UNSEEN), else_=None)
        elif isinstance(item, Calendar):
            key = order = item.group(attribute, self.env.formats.tz)
        else:
            key, order = item.group(attribute), item.rank(attribute)
            key = sa.func.nullif(key, "") if isinstance(item, Char) else key
            order = sa.cast(order, sa.Integer) if isinstance(item, Boolean) else order
        return statement.add_columns(key.label(KEY)), key, order

    def _own_order(self, target: Any, label: Any) -> Any:
        """What links lead to is in its own order where people gave it one, as to stages, else by its label."""
        info = self.env.registry.models[self.item.target_name]  # type: ignore[attr-defined]
        item = info.fields.get(info.order or "")
        is_given = isinstance(item, Integer) and self.env.may_see(info.name, item.name)
        return item.rank(stored(target, item)) if item is not None and is_given else label

    def groups(self, columns: Columns) -> list[Group]:
        """The groups in order, at most one more than MOST_GROUPS; one statement."""
        summed = summed_items(columns)
        sums = [
            total for place, item in enumerate(summed) for total in totals(self.reading, columns, item, place)
        ]
        counted: Any = sa.select(sa.func.count(self.cls.id), *sums).select_from(self.cls)
        statement, _key, order = self._parts(counted.where(*self.reading.where()))
        place = sa.func.min(order)
        statement = statement.group_by(KEY)
        statement = statement.order_by((place.desc() if self.down else place).nulls_last(), KEY)
        found = self.env.execute(statement.limit(MOST_GROUPS + 1)).all()
        return [self._group(row, [item.name for item in summed]) for row in found]

    def _group(self, row: Sequence[Any], summed: Sequence[str]) -> Group:
        count, *totals, value = row
        codes = list(self.env.currencies.by_code)
        sums = {
            name: dict(zip(codes, totals[place * len(codes) :], strict=False))
            for place, name in enumerate(summed)
        }
        return Group(value, count, sums, value in self.folded)

    def rows(self, columns: Columns) -> sa.Select[Any]:
        """The rows of the groups that are open, group by group; their group is the last column."""
        statement, key, order = self._parts(self.reading.rows(columns).where(*self.reading.where()))
        if self.folded:
            statement = statement.where(sa.not_(self._is_folded(key)))
        statement = statement.order_by((order.desc() if self.down else order).nulls_last(), KEY)
        return self.reading.sorted(statement)

    def _is_folded(self, key: Any) -> Any:
        values = [value for value in self.folded if value is not None]
        parts: list[Any] = [sa.func.coalesce(key.in_(values), sa.false())] if values else []
        return sa.or_(*parts, key.is_(None)) if None in self.folded else parts[0]

    # ------------------------------------------------------------- words
    def labels(self, groups: Iterable[Group]) -> list[str]:
        """What a reader calls each of the groups."""
        values = [group.value for group in groups]
        if isinstance(self.item, Many2one):
            known = self._named([value for value in values if value not in (None, UNSEEN)])
            shown = [str(NOT_VISIBLE) if value == UNSEEN else known.get(value, "") for value in values]
        elif isinstance(self.item, Calendar):
            shown = ["" if value is None else self._month_label(value) for value in values]
        else:
            write = self.item.formatter(self.env.formats)
            shown = ["" if value is None else write(value) for value in values]
        nothing = str(_("%(field)s: empty", field=self.item.label))
        return [text or nothing for text in shown]

    def _named(self, keys: Sequence[int]) -> dict[int, str]:
        """What the records are called that groups are of: among all of their kind, where that is another name."""
        target = self.item.target_name  # type: ignore[attr-defined]
        cls: Any = self.env[target]
        if cls.choice_label is Model.choice_label:
            return {key: label.text for key, label in self.reading.labels.get(target, keys).items()}
        found = self.env.scalars(sa.select(cls).where(sql.among(self.env, cls.id, keys))) if keys else ()
        return {record.id: record.choice_label() for record in found}

    def _month_label(self, value: str) -> str:
        return self.env.formats.month(dt.date.fromisoformat(f"{value}-01"))


def totals(reading: Reading, columns: Columns, item: Money[Any], place: int) -> list[Any]:
    """The sum of a column for each currency, as amounts of several do not add up."""
    cls, currencies = reading.cls, reading.env.currencies
    amount, link = stored(cls, item), columns.decider(item)
    if link is None or len(currencies.by_code) == 1:
        others = [sa.null()] * (len(currencies.by_code) - 1)
        return [total.label(f"sum_{place}_{n}") for n, total in enumerate([sql.total(amount), *others])]
    company, found = stored(cls, link), list[Any]()
    for n, (code, keys) in enumerate(currencies.by_code.items()):
        mine = company.in_(keys)
        is_of = sa.or_(mine, company.is_(None)) if code == currencies.own else mine
        found.append(sql.total(sa.case((is_of, amount))).label(f"sum_{place}_{n}"))
    return found


def summed_items(columns: Columns) -> list[Money[Any]]:
    """The columns that are summed: money of the company's currency, as others do not add up, that may be read."""
    return [
        item
        for item in columns.items
        if isinstance(item, Money) and item.currency is None and item.name not in columns.masked
    ]


def _month(token: str) -> str:
    try:
        return dt.date.fromisoformat(f"{token}-01").isoformat()[:7]
    except ValueError:
        raise FieldError(_("Use a date such as 2026-11-30.")) from None


def shown_groups(groups: Sequence[Group], first: int, size: int) -> list[Group]:
    """The groups of a page: `size` rows of the open ones from `first` on, and the folded ones between."""
    shown: list[Group] = []
    end, place, total = first + size, 0, open_rows(groups)
    for group in groups:
        behind = place if group.folded else place + group.count
        is_at_end = place == behind == total and first <= total <= end
        if (place < end and behind > first) or (place == behind and first <= place < end) or is_at_end:
            shown.append(group)
        place = behind
    return shown


def open_rows(groups: Sequence[Group]) -> int:
    """The rows of the groups that are not folded."""
    return sum(group.count for group in groups if not group.folded)
