"""Reading what people type: numbers, days and times of day, told apart by pattern before all else.

Digits are 0 to 9 only; whatever fits no pattern is None, so that the caller says it in the user's words.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from babel import Locale

from core.i18n.catalogs import LANGUAGES

MINUS = "\u2212"
LONGEST = 60
"""What is longer is no number and no date."""
FIRST_YEAR = 1000
DAYS = {
    "hari ini": 0, "today": 0, "besok": 1, "tomorrow": 1, "lusa": 2, "kemarin": -1, "yesterday": -1,
}  # fmt: skip

_NUMBER = re.compile(
    rf"([-+{MINUS}]?)\s*(?:(?:rp\.?|idr)\s*)?([-+{MINUS}]?)([0-9]+(?:[.,][0-9]+)*)(?:[.,]-)?", re.IGNORECASE
)
_NUMERIC = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})(?:[/.-]([0-9]{4}))?")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_WORDED = re.compile(r"(?:[^\W\d_]+\.?,\s*)?([0-9]{1,2})\s+([^\W\d_]+)\.?\s+([0-9]{4})")
_OFFSET = re.compile(r"([+-][0-9]{1,4})")
_CLOCK = re.compile(
    r"(?:(.*)(?:\s|(?<=[0-9])T(?=[0-9])))?([0-9]{1,2})[.:]([0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?"
)


def number(text: str, group: str) -> Decimal | None:
    """The number, `group` being what the language puts between thousands; None if it is none."""
    match = _NUMBER.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if match is None or (match[1] and match[2]):
        return None
    plain = _plain(match[3], group)
    if plain is None:
        return None
    return -Decimal(plain) if match[1] + match[2] in ("-", MINUS) else Decimal(plain)


def _plain(digits: str, group: str) -> str | None:
    """The digits with a point and no groups; None where the separators make no sense."""
    marks = [char for char in digits if char in ".,"]
    if not marks:
        return digits
    once = marks.count(marks[-1]) == 1
    if len(marks) == 1:
        is_point = marks[0] != group or not _grouped(digits, marks[0])
    else:
        is_point = once
    whole, fraction = digits, ""
    if is_point:
        whole, _mark, fraction = digits.rpartition(marks.pop())
    if marks and not (len(set(marks)) == 1 and _grouped(whole, marks[0])):
        return None
    whole = whole.replace(".", "").replace(",", "")
    return f"{whole}.{fraction}" if fraction else whole


def _grouped(digits: str, mark: str) -> bool:
    """Whether these are digits in groups of three, as in `1.650.000`."""
    first, *rest = digits.split(mark)
    return len(first) <= 3 and first[0] != "0" and all(len(part) == 3 for part in rest)


def date(text: str, today: dt.date) -> dt.date | None:
    """The day; None if it is none. Raises ValueError or OverflowError on a day that the calendar lacks."""
    text = text.strip().lower()
    if len(text) > LONGEST:
        return None
    if text in DAYS:
        return today + dt.timedelta(days=DAYS[text])
    if match := _OFFSET.fullmatch(text):
        return today + dt.timedelta(days=int(match[1]))
    if match := _ISO.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMERIC.fullmatch(text):
        return _day(int(match[3] or today.year), int(match[2]), int(match[1]))
    match = _WORDED.fullmatch(text)
    month = _months().get(match[2]) if match else None
    return _day(int(match[3]), month, int(match[1])) if match and month else None


def moment(text: str) -> tuple[str, dt.time | None]:
    """The text of the day, and the time of day that follows it; None if there is no such time or no day."""
    match = _CLOCK.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if match is None or not match[1] or int(match[2]) > 23 or int(match[3]) > 59:
        return "", None
    return match[1], dt.time(int(match[2]), int(match[3]))


def _day(year: int, month: int, day: int) -> dt.date:
    if year < FIRST_YEAR:
        raise ValueError(f"year {year}")
    return dt.date(year, month, day)


@cache
def _months() -> Mapping[str, int]:
    """Names of months, short and full, in every language."""
    return {
        name.lower().rstrip("."): number
        for code in LANGUAGES
        for width in ("abbreviated", "wide")
        for number, name in Locale.parse(code).months["format"][width].items()
    }
