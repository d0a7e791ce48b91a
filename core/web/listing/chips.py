"""Filters as a reader sees them: a chip each, with what is filtered, how, and a way to drop it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.i18n.lazy import TextLike, _
from core.orm.links import Link
from core.orm.numbers import Money
from core.orm.periods import PERIODS
from core.orm.times import Calendar
from core.web.listing.filters import Filter
from core.web.listing.labels import Labels

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.listing.query import Query


@dataclass
class Chip:
    """One condition: its field, what is asked of it, and the list without it."""

    label: str
    text: str
    href: str

    @property
    def name(self) -> str:
        """Field and condition in one."""
        return f"{self.label}: {self.text}" if self.label else self.text


def chips(env: Env, query: Query, labels: Labels) -> list[Chip]:
    """The filters of a query."""
    return [
        Chip(wanted.label, str(_words(env, wanted, labels)), query.without(index))
        for index, wanted in enumerate(query.filters)
    ]


def search_chip(query: Query) -> Chip:
    """The search as a condition beside the filters."""
    return Chip("", str(_("“%(text)s”", text=query.text)), query.href(q=None))


def _words(env: Env, wanted: Filter, labels: Labels) -> TextLike:
    if wanted.operator == "isnull":
        return _("empty") if wanted.text == "true" else _("not empty")
    value = ", ".join(_values(env, wanted, labels))
    if wanted.operator == "contains":
        return _("contains “%(value)s”", value=value)
    if wanted.operator == "ne":
        return _("not %(value)s", value=value)
    if isinstance(wanted.item, Calendar):
        return _time(wanted.operator, value)
    return _size(wanted.operator, value)


def _time(operator: str, value: str) -> TextLike:
    match operator:
        case "lt":
            return _("before %(value)s", value=value)
        case "le":
            return _("until %(value)s", value=value)
        case "gt":
            return _("after %(value)s", value=value)
        case "ge":
            return _("from %(value)s", value=value)
    return value


def _size(operator: str, value: str) -> TextLike:
    match operator:
        case "lt":
            return _("less than %(value)s", value=value)
        case "le":
            return _("at most %(value)s", value=value)
        case "gt":
            return _("more than %(value)s", value=value)
        case "ge":
            return _("at least %(value)s", value=value)
    return value


def _values(env: Env, wanted: Filter, labels: Labels) -> Sequence[str]:
    item = wanted.item
    if isinstance(item, Link):
        known = labels.get(item.target_name, wanted.keys)
        return [known[key].text if key in known else f"#{key}" for key in wanted.keys]
    if wanted.operator == "contains":
        return [wanted.text]
    parts = item.parts(wanted.text) if wanted.operator == "in" else [wanted.text]
    if isinstance(item, Calendar):
        return [_day(env, item, part) for part in parts]
    is_money = isinstance(item, Money)
    write = env.currencies.writer(env.currencies.own) if is_money else item.formatter(env.formats)
    return [write(item.read(part)) for part in parts]


def _day(env: Env, item: Calendar[dt.date], text: str) -> str:
    if text in PERIODS:
        return str(PERIODS[text])
    first, _behind = item.span(text, env.formats.zone)
    is_moment = isinstance(first, dt.datetime)
    if is_moment and len(text) > len("2026-11-30"):
        return env.formats.moment(first)
    return env.formats.date(first.astimezone(env.formats.zone) if is_moment else first)
