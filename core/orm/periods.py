"""Stretches of days that a filter can name, as they are in the reader's zone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from core.i18n.lazy import TextLike, _

PERIODS: Mapping[str, TextLike] = {
    "today": _("today"),
    "this_month": _("this month"),
    "last_30_days": _("the last 30 days"),
}
DAY = dt.timedelta(days=1)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def period(text: str, zone: dt.tzinfo) -> tuple[dt.date, dt.date] | None:
    """The first day of what a text names and the first behind it; None where it names no days.

    Raises OverflowError at the end of the calendar.
    """
    if _DAY.fullmatch(text):
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            return None
        return day, day + DAY
    today = dt.datetime.now(zone).date()
    match text:
        case "today":
            return today, today + DAY
        case "this_month":
            first = today.replace(day=1)
            return first, (first + 31 * DAY).replace(day=1)
        case "last_30_days":
            return today - 29 * DAY, today + DAY
    return None


def beginning(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """The moment in UTC at which a day begins in a zone. Raises OverflowError at the ends of the calendar."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
