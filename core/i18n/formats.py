"""Numbers, money, dates and phones as a reader of a language writes them, and back.

The rules are Babel's (CLDR); separators and month names are looked up once per language, so that a list
formats a column at the price of string formatting. Times are shown in the reader's zone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import babel.dates
import babel.numbers
from babel import Locale

from core.errors import FieldError
from core.i18n.lazy import _

MINUS = "\u2212"
DEFAULT_ZONE = "Asia/Jakarta"
ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_DATE = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})(?:[/.-]([0-9]{4}))?")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_OFFSET = re.compile(r"([+-])([0-9]{1,4})")
_DAYS = {
    "hari ini": 0, "today": 0, "besok": 1, "tomorrow": 1, "lusa": 2, "kemarin": -1, "yesterday": -1,
}  # fmt: skip


class Formats:
    """The formats of one language and time zone; `formats(lang, tz)` gives the shared one."""

    def __init__(self, lang: str, tz: str) -> None:
        self.lang = lang
        self.locale = Locale.parse(lang)
        self.zone = _zone(tz)
        self.tz = self.zone.key
        symbols = self.locale.number_symbols["latn"]
        self.point, self.comma = symbols["decimal"], symbols["group"]
        self._swap = str.maketrans({".": self.point, ",": self.comma, "-": MINUS})

    # ---------------------------------------------------------------- show
    def number(self, value: int | Decimal, places: int | None = None) -> str:
        """`1.650.000` or `12,5`; with `places`, exactly so many after the point."""
        text = f"{value:,}" if places is None else f"{value:,.{places}f}"
        return text.translate(self._swap)

    def decimal(self, value: Decimal) -> str:
        """A number without the zeros at its end."""
        text = f"{value:,f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text).translate(self._swap)

    def money(self, value: Decimal, currency: str = "IDR") -> str:
        """`Rp1.650.000`, `−Rp920.000`; decimals only where they are not zero."""
        return self.money_formatter(currency)(value)

    def money_formatter(self, currency: str = "IDR") -> Callable[[Decimal], str]:
        """`money` for many values of one currency."""
        symbol, swap = _symbol(currency, self.lang), self._swap

        def show(value: Decimal) -> str:
            places = 0 if value == value.to_integral_value() else 2
            text = f"{abs(value):,.{places}f}".translate(swap)
            return f"{MINUS if value < 0 else ''}{symbol}{text}"

        return show

    def percent(self, value: Decimal) -> str:
        """`40%`, `12,5%`."""
        return f"{self.decimal(value)}%"

    def date(self, value: dt.date) -> str:
        """`19 Nov 2026`."""
        return _date_text(value, self.lang)

    def moment(self, value: dt.datetime) -> str:
        """`19 Nov 2026 14.30` in the reader's zone."""
        local = value.astimezone(self.zone)
        separator = "." if self.lang == "id" else ":"
        return f"{_date_text(local.date(), self.lang)} {local:%H}{separator}{local:%M}"

    @cached_property
    def zone_name(self) -> str:
        """`WIB`, `WITA`, `WIT`; elsewhere the name that Babel gives."""
        known = ZONE_NAMES.get(self.tz)
        return known or babel.dates.get_timezone_name(self.zone, width="short", locale=self.locale)

    # ---------------------------------------------------------------- read
    def parse_number(self, text: str) -> Decimal:
        """The number a person typed: `1.650.000,50`, `1,650,000.50`, `12,5`. Raises FieldError.

        A separator that comes once and is not followed by exactly three digits is the decimal point in
        either language; before three digits it is what the language says.
        """
        plain = text.strip().replace("\u00a0", "").replace(" ", "").removeprefix("Rp")
        sign = -1 if plain[:1] in ("-", MINUS) else 1
        plain = plain.lstrip("+-" + MINUS).removeprefix("Rp")
        if len(plain) > 40 or not _NUMBER.fullmatch(plain):
            raise FieldError(_("“%(text)s” is not a number. Write it like %(sample)s.", text=text[:40],
                               sample=self.number(Decimal("1250.5"))))  # fmt: skip
        return sign * Decimal(self._normal(plain))

    def _normal(self, plain: str) -> str:
        dots, commas = plain.count("."), plain.count(",")
        if dots and commas:
            point = "." if plain.rfind(".") > plain.rfind(",") else ","
        elif dots + commas == 1:
            mark = "." if dots else ","
            thousands = len(plain) - plain.index(mark) - 1 == 3 and mark == self.comma
            point = "" if thousands else mark
        else:
            point = ""
        if point and plain.count(point) > 1:
            raise FieldError(_("“%(text)s” is not a number. Write it like %(sample)s.", text=plain,
                               sample=self.number(Decimal("1250.5"))))  # fmt: skip
        whole, _mark, fraction = plain.partition(point) if point else (plain, "", "")
        return f"{whole.replace('.', '').replace(',', '')}.{fraction or '0'}"

    def parse_date(self, text: str, today: dt.date | None = None) -> dt.date:
        """The day a person typed: `30/11/2026`, `30/11`, `besok`, `+7`, `2026-11-30`. Raises FieldError."""
        text = text.strip().lower()
        today = today or dt.datetime.now(self.zone).date()
        if text in _DAYS:
            return today + dt.timedelta(days=_DAYS[text])
        if match := _OFFSET.fullmatch(text):
            return today + dt.timedelta(days=int(match[1] + match[2]))
        try:
            if match := _ISO.fullmatch(text):
                return dt.date(int(match[1]), int(match[2]), int(match[3]))
            if match := _DATE.fullmatch(text):
                return dt.date(int(match[3] or today.year), int(match[2]), int(match[1]))
        except ValueError:
            raise FieldError(_("%(text)s is not in the calendar.", text=text[:40])) from None
        raise FieldError(_("“%(text)s” is not a date. Write it like 30/11/2026.", text=text[:40]))

    def parse_moment(self, text: str) -> dt.datetime:
        """The moment a person typed in their zone: a date, then `14.30` or `14:30`. Raises FieldError."""
        day, _space, clock = text.strip().replace("T", " ").rpartition(" ")
        match = re.fullmatch(r"([0-9]{1,2})[.:]([0-9]{2})(?::[0-9]{2})?", clock)
        if not match or int(match[1]) > 23 or int(match[2]) > 59:
            raise FieldError(_("“%(text)s” is not a date and time. Write it like 30/11/2026 14:30.", text=text[:40]))
        moment = dt.time(int(match[1]), int(match[2]), tzinfo=self.zone)
        return dt.datetime.combine(self.parse_date(day), moment).astimezone(dt.UTC)


@cache
def formats(lang: str, tz: str = DEFAULT_ZONE) -> Formats:
    """The shared formats of a language and zone."""
    return Formats(lang, tz)


def round_half_up(value: Decimal, places: int) -> Decimal:
    """Commercial rounding to `places` after the point."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


@cache
def _date_text(value: dt.date, lang: str) -> str:
    return babel.dates.format_date(value, "d MMM y", locale=lang)


@cache
def _symbol(currency: str, lang: str) -> str:
    """Rupiah is written Rp in every language; others as CLDR says."""
    return "Rp" if currency == "IDR" else babel.numbers.get_currency_symbol(currency, locale=lang)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)
