"""Numbers, money, dates and times as a reader of a language writes them, and back.

The rules are Babel's (CLDR); separators and names are looked up once per language, so that a list formats a
column at the price of string formatting. Times are shown in the reader's zone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache, cached_property, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import babel.dates
import babel.numbers
from babel import Locale

from core.errors import FieldError
from core.i18n import reading
from core.i18n.catalogs import speaking
from core.i18n.lazy import LazyText, _, ngettext

MINUS = reading.MINUS
NO_BREAK = "\u00a0"
DEFAULT_ZONE = "Asia/Jakarta"
ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
DEFAULT_CURRENCY = "IDR"
DECIMALS = {"IDR": 2}
"""Currencies that Babel counts without the small coins that are out of use: a stored amount hides none of them."""
RELATIVE_DAYS = 7
"""How far from today a day is told in words."""
_SHORT = {
    "id": ((12, " triliun"), (9, " miliar"), (6, " jt")),
    "en": ((12, "tn"), (9, "bn"), (6, "m")),
}
"""Per language, powers of ten and what stands for them, largest first."""
_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)


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
        self._months: dict[int, str] = dict(self.locale.months["format"]["abbreviated"])
        self._days: dict[int, str] = dict(self.locale.days["format"]["abbreviated"])
        self._colon = "." if "." in self.locale.time_formats["short"].pattern else ":"

    # ---------------------------------------------------------------- show
    def number(self, value: int | Decimal, places: int | None = None) -> str:
        """`1.650.000` or `12,5`; with `places`, rounded half up to exactly so many after the point."""
        if places is not None:
            value = round_half_up(Decimal(value), places)
        return format(value or abs(value), "," if isinstance(value, int) else ",f").translate(self._swap)

    def decimal(self, value: Decimal) -> str:
        """A number without the zeros at its end."""
        text = f"{value or abs(value):,f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text).translate(self._swap)

    def money(self, value: Decimal, currency: str = DEFAULT_CURRENCY) -> str:
        """`Rp1.650.000`, `−Rp920.000`; the currency's decimals only where they are not zero."""
        return self.money_formatter(currency)(value)

    def money_formatter(self, currency: str = DEFAULT_CURRENCY) -> Callable[[Decimal], str]:
        """`money` for many values of one currency."""
        symbol, decimals, swap = _symbol(currency, self.lang), _decimals(currency), self._swap

        def show(value: Decimal) -> str:
            amount: int | Decimal = int(value)
            if value != amount:
                value = round_half_up(value, decimals)
                amount = int(value) if value == int(value) else value
            digits = f"{abs(amount):,}".translate(swap)
            return f"{MINUS if value < 0 else ''}{symbol}{digits}"

        return show

    def symbol(self, currency: str = DEFAULT_CURRENCY) -> str:
        """`Rp`, `US$`: what stands before an amount."""
        return _symbol(currency, self.lang)

    def money_short(self, value: Decimal, currency: str = DEFAULT_CURRENCY) -> str:
        """`Rp985 jt`, `Rp1,65 miliar` (en `Rp985m`, `Rp1.65bn`): three digits; below a million in full.

        For tiles and cards, with the full value as title.
        """
        for power, suffix in _SHORT[self.lang]:
            if value.adjusted() < power - 1:
                continue  # not even rounded up
            rounded = _three_digits(abs(value).scaleb(-power))
            if rounded >= 1:
                sign = MINUS if value < 0 else ""
                return f"{sign}{_symbol(currency, self.lang)}{self.decimal(rounded)}{suffix}"
        return self.money(value, currency)

    def percent(self, value: Decimal) -> str:
        """`40%`, `12,5%`."""
        return f"{self.decimal(value)}%"

    def date(self, value: dt.date) -> str:
        """`19 Nov 2026`."""
        return f"{value.day} {self._months[value.month]} {value.year}"

    def long_date(self, value: dt.date) -> str:
        """`Sen, 30 Nov 2026`."""
        return f"{self._days[value.weekday()]}, {self.date(value)}"

    def month(self, value: dt.date) -> str:
        """`November 2026`."""
        return f"{self.locale.months['stand-alone']['wide'][value.month]} {value.year}"

    def moment(self, value: dt.datetime) -> str:
        """`19 Nov 2026 14.30` (en `19 Nov 2026 14:30`) in the reader's zone."""
        local = value.astimezone(self.zone)
        return f"{self.date(local)} {local.hour:02}{self._colon}{local.minute:02}"

    def time(self, value: dt.datetime) -> str:
        """`14.30 WIB` (en `14:30 WIB`) in the reader's zone."""
        local = value.astimezone(self.zone)
        return f"{local.hour:02}{self._colon}{local.minute:02} {self.zone_name}"

    def relative(self, value: dt.date, now: dt.datetime | None = None) -> str:
        """`kemarin`, `6 hari lalu`, `2 hari lagi`, `5 menit lalu`; beyond 7 days the date.

        `value` and `now` are aware where they are moments. Show it with the full date as title.
        """
        now = (now or dt.datetime.now(dt.UTC)).astimezone(self.zone)
        day = value.astimezone(self.zone).date() if isinstance(value, dt.datetime) else value
        days = (day - now.date()).days
        if abs(days) > RELATIVE_DAYS:
            return self.date(day)
        today = _since(now - value) if isinstance(value, dt.datetime) and value <= now else _("today")
        with speaking(self.lang):
            return str(_away(days) if days else today)

    @cached_property
    def zone_name(self) -> str:
        """`WIB`, `WITA`, `WIT`; elsewhere the name that Babel gives."""
        known = ZONE_NAMES.get(self.tz)
        return known or babel.dates.get_timezone_name(self.zone, width="short", locale=self.locale)

    # ---------------------------------------------------------------- read
    def parse_number(self, text: str) -> Decimal:
        """The number a person typed: `1.650.000,50`, `1,650,000.50`, `12,5`, `Rp1.650.000`.

        Raises FieldError. Groups have three digits. A separator that comes once is the decimal point in
        either language, unless exactly three digits follow: then it is what the language says.
        """
        number = reading.number(text, group=self.comma)
        if number is None:
            raise FieldError(_("“%(text)s” is not a number. Write it like %(sample)s.", text=text[:40],
                               sample=self.number(Decimal("1250.5"))))  # fmt: skip
        return number

    def parse_date(self, text: str, today: dt.date | None = None) -> dt.date:
        """The day a person typed: `30/11/2026`, `30/11`, `30 Nov 2026`, `besok`, `+7`, `2026-11-30`.

        Raises FieldError, also for years before 1000.
        """
        try:
            day = reading.date(text, today or dt.datetime.now(self.zone).date())
        except (ValueError, OverflowError):
            raise FieldError(_("%(text)s is not in the calendar.", text=text[:40])) from None
        if day is None:
            raise FieldError(_("“%(text)s” is not a date. Write it like 30/11/2026.", text=text[:40]))
        return day

    def parse_moment(self, text: str) -> dt.datetime:
        """The moment in UTC that a person typed in their zone: a date, then `14.30` or `14:30`.

        Raises FieldError.
        """
        day, clock = reading.moment(text)
        if clock is None:
            raise FieldError(
                _("“%(text)s” is not a date and time. Write it like 30/11/2026 14:30.", text=text[:40])
            )
        local = dt.datetime.combine(self.parse_date(day), clock, self.zone)
        try:
            return local.astimezone(dt.UTC)
        except OverflowError:
            raise FieldError(_("%(text)s is not in the calendar.", text=text[:40])) from None


@lru_cache(maxsize=256)
def formats(lang: str, tz: str = DEFAULT_ZONE) -> Formats:
    """The shared formats of a language and zone; of an unknown zone, those of WIB."""
    return Formats(lang, tz)


def round_half_up(value: Decimal, places: int) -> Decimal:
    """Commercial rounding to `places` after the point."""
    return value.quantize(_unit(places), context=_WIDE)


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _three_digits(value: Decimal) -> Decimal:
    """A positive number rounded to three digits, to a whole one where it has more."""
    return round_half_up(value, max(0, 2 - value.adjusted()))


def _away(days: int) -> LazyText:
    if abs(days) == 1:
        return _("tomorrow") if days > 0 else _("yesterday")
    if days > 0:
        return ngettext("in %(count)s day", "in %(count)s days", days)
    return ngettext("%(count)s day ago", "%(count)s days ago", -days)


def _since(passed: dt.timedelta) -> LazyText:
    minutes = passed // dt.timedelta(minutes=1)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes)
    return ngettext("%(count)s hour ago", "%(count)s hours ago", minutes // 60)


@cache
def _symbol(currency: str, lang: str) -> str:
    """Rupiah is written Rp in every language; others as CLDR says, letters apart from the digits."""
    if currency == "IDR":
        return "Rp"
    symbol = babel.numbers.get_currency_symbol(currency, locale=lang)
    return f"{symbol}{NO_BREAK}" if symbol[-1:].isalpha() else symbol


@cache
def _decimals(currency: str) -> int:
    return DECIMALS.get(currency) or babel.numbers.get_currency_precision(currency)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(DEFAULT_ZONE)
