"""What a month says: the frame of the list, and its days with what falls on each."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.i18n.lazy import _
from core.orm.kinds import Select
from core.orm.periods import beginning
from core.orm.times import DateTime
from core.web.listing.columns import stored
from core.web.listing.labels import Labels, label_column, label_text
from core.web.listing.page import ListPage, frame
from core.web.listing.query import YEARS
from core.web.listing.reading import Reading

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.listing.query import Query
    from core.web.listing.typed import FilterForm
    from core.web.listing.view import ListView

MOST = 500
"""Entries of a month that are drawn; how many there are more is said."""
EACH_DAY = 3


@dataclass
class Entry:
    """One record on a day: its time where it has one, and the tone of its state."""

    time: str
    label: str
    href: str
    tone: str


@dataclass
class Day:
    """A day of the grid; `href` is the list of all that falls on it."""

    number: str
    name: str
    iso: str
    href: str
    is_out: bool
    is_today: bool
    entries: list[Entry] = field(default_factory=list)
    more: str = ""


@dataclass
class MonthPage:
    """What the template knows as `month`."""

    title: str
    weekdays: Sequence[tuple[str, str]]
    weeks: Sequence[Sequence[Day]]
    prev_href: str | None
    next_href: str | None
    today_href: str
    count: str
    note: str = ""


def month_page(view: ListView, env: Env, query: Query, form: FilterForm) -> tuple[ListPage, MonthPage]:
    """The frame and the month that a query asks for."""
    reading = Reading(env, view.model, query, Labels(env))
    page = frame(view, reading, form)
    return page, _Month(view, reading).draw()


class _Month:
    """The days of one month, from a Monday to a Sunday, and what falls on them."""

    def __init__(self, view: ListView, reading: Reading) -> None:
        self.view, self.reading, self.env, self.query = view, reading, reading.env, reading.query
        self.zone = self.env.formats.zone
        self.today = self.env.today()
        self.first = self.query.month or self.today.replace(day=1)
        self.item = view.dates[0]
        self.days = [
            day
            for week in calendar.Calendar().monthdatescalendar(self.first.year, self.first.month)
            for day in week
        ]

    def draw(self) -> MonthPage:
        entries = self._entries()
        days = [self._day(day, entries.get(day, [])) for day in self.days]
        count, months = sum(map(len, entries.values())), self.env.formats.locale.days["stand-alone"]
        return MonthPage(
            title=self.env.formats.month(self.first),
            weekdays=[(months["abbreviated"][number], months["wide"][number]) for number in range(7)],
            weeks=[days[start : start + 7] for start in range(0, len(days), 7)],
            prev_href=self._href(self.first - dt.timedelta(days=1)),
            next_href=self._href(self.first + dt.timedelta(days=31)),
            today_href=self._href(self.today) or "",
            count=self.env.formats.number(count),
            note=str(_("The first %(number)s of them are shown.", number=MOST)) if count == MOST else "",
        )

    def _href(self, day: dt.date) -> str | None:
        return self.query.href(month=f"{day:%Y-%m}") if day.year in YEARS else None

    def _entries(self) -> Mapping[dt.date, list[Entry]]:
        """What falls on the days, in one statement."""
        attribute, state = stored(self.reading.cls, self.item), self._state()
        begin, end = self._span()
        columns = [attribute] if state is None else [attribute, stored(self.reading.cls, state)]
        label = label_column(self.view.model, self.reading.cls)
        chosen = sa.select(self.reading.cls if label is None else self.reading.cls.id, *columns)
        if label is not None:
            chosen = chosen.add_columns(label)
        chosen = chosen.where(*self.reading.where(), attribute >= begin, attribute < end)
        rows = self.env.execute(chosen.order_by(attribute, self.reading.cls.id).limit(MOST)).all()
        found: dict[dt.date, list[Entry]] = defaultdict(list)
        for row in rows:
            day, time = self._place(row[1])
            key = row[0].id if label is None else row[0]
            text = row[0].display_label() if label is None else label_text(key, row[-1])
            tone = state.tones.get(row[2], "") if state is not None else ""
            found[day].append(Entry(time, text, f"{self.view.path}/{key}", tone))
        return found

    def _state(self) -> Select[Any] | None:
        """The first choice with colours."""
        fields = (item for item in self.view.model.own_fields if isinstance(item, Select) and item.tones)
        return next((item for item in fields if item.name in self.view.readable), None)

    def _span(self) -> tuple[Any, Any]:
        first, behind = self.days[0], self.days[-1] + dt.timedelta(days=1)
        is_moment = isinstance(self.item, DateTime)
        return (beginning(first, self.zone), beginning(behind, self.zone)) if is_moment else (first, behind)

    def _place(self, value: Any) -> tuple[dt.date, str]:
        """The day of a value in the reader's zone, and its time if it has one."""
        if not isinstance(value, dt.datetime):
            return value, ""
        local = value.astimezone(self.zone)
        return local.date(), self.env.formats.time(value).rpartition(" ")[0]

    def _day(self, day: dt.date, entries: list[Entry]) -> Day:
        name = self.item.name
        href = self.query.href(**{"view": None, "month": None, f"{name}__eq": day.isoformat()})
        more = len(entries) - EACH_DAY
        return Day(
            str(day.day), self.env.formats.long_date(day), day.isoformat(), href, day.month != self.first.month,
            day == self.today, entries[:EACH_DAY], self.env.formats.number(more) if more > 0 else "",
        )  # fmt: skip
