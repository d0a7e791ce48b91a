"""Numbers, money, dates and times in both languages, and back from what people type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FieldError
from core.i18n.catalogs import speaking
from core.i18n.formats import NO_BREAK, Formats, formats, round_half_up

ID, EN = formats("id"), formats("en")
LANGUAGES = st.sampled_from([ID, EN])
AMOUNTS = st.decimals(-(10**16), 10**16, places=2)
NOW = dt.datetime(2026, 11, 19, 7, 30, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 19)


def both(method: str, *args: Any) -> tuple[str, str]:
    return getattr(ID, method)(*args), getattr(EN, method)(*args)


# ----------------------------------------------------------------- show
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (D("1650000"), ("Rp1.650.000", "Rp1,650,000")),
        (D("-920000"), ("−Rp920.000", "−Rp920,000")),
        (D("1650000.00"), ("Rp1.650.000", "Rp1,650,000")),
        (D("1650.5"), ("Rp1.650,50", "Rp1,650.50")),
        (D("0"), ("Rp0", "Rp0")),
        (D("-0.00"), ("Rp0", "Rp0")),
        (D("0.004"), ("Rp0", "Rp0")),
        (D("-0.004"), ("Rp0", "Rp0")),
        (D("0.005"), ("Rp0,01", "Rp0.01")),
        (D("12345.6789"), ("Rp12.345,68", "Rp12,345.68")),
        (D("1E+12"), ("Rp1.000.000.000.000", "Rp1,000,000,000,000")),
        (D("9" * 18), ("Rp999.999.999.999.999.999", "Rp999,999,999,999,999,999")),
    ],
)
def test_money(value: D, expected: tuple[str, str]) -> None:
    assert both("money", value) == expected
    assert (ID.money_formatter()(value), EN.money_formatter("IDR")(value)) == expected


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        ("USD", ("US$1.650,50", "$1,650.50")),
        ("JPY", ("JP¥1.651", "¥1,651")),
        ("CHF", (f"CHF{NO_BREAK}1.650,50", f"CHF{NO_BREAK}1,650.50")),
        ("KWD", (f"KWD{NO_BREAK}1.650,500", f"KWD{NO_BREAK}1,650.500")),
    ],
)
def test_money_of_other_currencies(currency: str, expected: tuple[str, str]) -> None:
    assert both("money", D("1650.5"), currency) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("985000000", ("Rp985 jt", "Rp985m")),
        ("1650000000", ("Rp1,65 miliar", "Rp1.65bn")),
        ("1000000", ("Rp1 jt", "Rp1m")),
        ("48200000", ("Rp48,2 jt", "Rp48.2m")),
        ("1285000000", ("Rp1,29 miliar", "Rp1.29bn")),
        ("999499", ("Rp999.499", "Rp999,499")),
        ("999600000", ("Rp1 miliar", "Rp1bn")),
        ("-4100000000", ("−Rp4,1 miliar", "−Rp4.1bn")),
        ("1234000000000000", ("Rp1.234 triliun", "Rp1,234tn")),
        ("1500.5", ("Rp1.500,50", "Rp1,500.50")),
        ("0", ("Rp0", "Rp0")),
        ("-0", ("Rp0", "Rp0")),
    ],
)
def test_short_money_has_three_digits_and_a_word(value: str, expected: tuple[str, str]) -> None:
    assert both("money_short", D(value)) == expected


@pytest.mark.parametrize(
    ("method", "args", "expected"),
    [
        ("number", (1650000,), ("1.650.000", "1,650,000")),
        ("number", (-5,), ("−5", "−5")),
        ("number", (D("12.5"),), ("12,5", "12.5")),
        ("number", (D("1E+6"),), ("1.000.000", "1,000,000")),
        ("number", (D("0.125"), 2), ("0,13", "0.13")),
        ("number", (D("-0.001"), 2), ("0,00", "0.00")),
        ("number", (7, 2), ("7,00", "7.00")),
        ("decimal", (D("1234.5600"),), ("1.234,56", "1,234.56")),
        ("decimal", (D("100"),), ("100", "100")),
        ("decimal", (D("-0.0"),), ("0", "0")),
        ("percent", (D("40.00"),), ("40%", "40%")),
        ("percent", (D("12.50"),), ("12,5%", "12.5%")),
        ("date", (dt.date(2026, 11, 19),), ("19 Nov 2026", "19 Nov 2026")),
        ("date", (dt.date(2026, 8, 1),), ("1 Agu 2026", "1 Aug 2026")),
        ("long_date", (dt.date(2026, 11, 30),), ("Sen, 30 Nov 2026", "Mon, 30 Nov 2026")),
        ("long_date", (dt.date(2026, 5, 31),), ("Min, 31 Mei 2026", "Sun, 31 May 2026")),
        ("moment", (NOW,), ("19 Nov 2026 14.30", "19 Nov 2026 14:30")),
        ("moment", (NOW.replace(hour=17, minute=5),), ("20 Nov 2026 00.05", "20 Nov 2026 00:05")),
        ("time", (NOW,), ("14.30 WIB", "14:30 WIB")),
    ],
)
def test_shown(method: str, args: tuple[Any, ...], expected: tuple[str, str]) -> None:
    assert both(method, *args) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Makassar", "15.30 WITA"),
        ("Asia/Jayapura", "16.30 WIT"),
        ("Europe/Berlin", "08.30 MEZ"),
        ("Asia/Nowhere", "14.30 WIB"),
        ("", "14.30 WIB"),
        ("../etc/passwd", "14.30 WIB"),
        ("Asia", "14.30 WIB"),
        ("Asia/\0", "14.30 WIB"),
    ],
)
def test_times_are_in_the_reader_s_zone(zone: str, expected: str) -> None:
    shown = formats("id", zone).time(NOW)
    if zone == "Europe/Berlin":  # Babel's name for it depends on its version
        shown, expected = shown[:5], expected[:5]
    assert shown == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOW, ("baru saja", "just now")),
        (NOW - dt.timedelta(minutes=1), ("1 menit lalu", "1 minute ago")),
        (NOW - dt.timedelta(minutes=59), ("59 menit lalu", "59 minutes ago")),
        (NOW - dt.timedelta(hours=2), ("2 jam lalu", "2 hours ago")),
        (NOW + dt.timedelta(hours=2), ("hari ini", "today")),
        (NOW - dt.timedelta(hours=15), ("kemarin", "yesterday")),
        (TODAY, ("hari ini", "today")),
        (TODAY - dt.timedelta(1), ("kemarin", "yesterday")),
        (TODAY + dt.timedelta(1), ("besok", "tomorrow")),
        (TODAY - dt.timedelta(6), ("6 hari lalu", "6 days ago")),
        (TODAY - dt.timedelta(7), ("7 hari lalu", "7 days ago")),
        (TODAY + dt.timedelta(2), ("2 hari lagi", "in 2 days")),
        (TODAY - dt.timedelta(8), ("11 Nov 2026", "11 Nov 2026")),
        (TODAY + dt.timedelta(8), ("27 Nov 2026", "27 Nov 2026")),
    ],
)
def test_near_days_are_told_in_words(value: dt.date, expected: tuple[str, str]) -> None:
    assert both("relative", value, NOW) == expected


def test_words_are_in_the_language_of_the_formats() -> None:
    with speaking("en"):
        assert ID.relative(TODAY, NOW) == "hari ini"


def test_rounding_is_commercial() -> None:
    assert [str(round_half_up(D(value), 2)) for value in ("0.125", "0.135", "-0.125", "1E+30")] == [
        "0.13", "0.14", "-0.13", "1" + "0" * 30 + ".00"]  # fmt: skip


def test_formats_are_shared() -> None:
    assert formats("id") is ID


# ----------------------------------------------------------------- read
@pytest.mark.parametrize(
    ("text", "in_id", "in_en"),
    [
        ("1.650.000,50", "1650000.50", "1650000.50"),
        ("1,650,000.50", "1650000.50", "1650000.50"),
        ("1.650.000", "1650000", "1650000"),
        ("1,650,000", "1650000", "1650000"),
        ("12,5", "12.5", "12.5"),
        ("12.5", "12.5", "12.5"),
        ("12.5000", "12.5", "12.5"),
        ("1.250", "1250", "1.25"),
        ("1,250", "1.25", "1250"),
        ("0.125", "0.125", "0.125"),
        ("1234.567", "1234.567", "1234.567"),
        ("1234567,89", "1234567.89", "1234567.89"),
        ("Rp1.650.000", "1650000", "1650000"),
        ("rp. 1.650.000,-", "1650000", "1650000"),
        ("IDR 5", "5", "5"),
        ("  −Rp5 ", "-5", "-5"),
        ("Rp -5", "-5", "-5"),
        ("+5", "5", "5"),
        ("007", "7", "7"),
    ],
)
def test_numbers_are_read_as_they_are_typed(text: str, in_id: str, in_en: str) -> None:
    assert (ID.parse_number(text), EN.parse_number(text)) == (D(in_id), D(in_en))


NOT_NUMBERS = [
    "", " ", "-", "Rp", "1e308", "1E5", "٣", "１２", "1\0", "\0", "1.2.3", "1,2,3", "--5", "-+5", "-Rp-5",
    "NaN", "Infinity", "0x10", "1_000", "1.650,000.50", "1.65.000", "1.000,000,000.5", "12,345,6", "5.", ".5",
    "1 000", "12 5", "9" * 10_000, "1" + ".000" * 5000, "½", "5%", "'; DROP TABLE lead",
]  # fmt: skip
NOT_DATES = [
    "", " ", "31/02/1990", "29/02/2025", "00/01/2026", "01/00/2026", "01/13/2026", "01/01/0000", "0000-01-01",
    "0999-01-01", "+99999999", "-99999999", "2026-13-01", "2026-1-1", "275760-01-01", "30/11/26",
    "٣٠/١١/٢٠٢٦", "30/11/2026\0", "\0", "NaN", "30 Foo 2026", "30 Nov", "Nov 2026", "9" * 10_000,
    "30/11/" + "2" * 10_000,
    "next week", "+", "--1", "'; DROP TABLE lead",
]  # fmt: skip
NOT_MOMENTS = [
    "", "14:30", "30/11/2026", "30/11/2026 24:00", "30/11/2026 14:60", "30/11/2026 14", "30/11/2026 1430",
    "31/02/1990 10:00", "+99999999 10:00", "٣٠/١١/٢٠٢٦ 10:00", "30/11/2026 ١٠:٠٠", "0000-01-01T00:00",
    "x" * 10_000, "30/11/2026 14:30\0", "T14:30", " 14:30",
]  # fmt: skip
SAID = {
    "parse_number": ("bukan angka", "is not a number"),
    "parse_date": ("bukan tanggal|tidak ada di kalender", "is not a date|is not in the calendar"),
    "parse_moment": ("bukan tanggal|tidak ada di kalender", "is not a date|is not in the calendar"),
}


@pytest.mark.parametrize(
    ("method", "text"),
    [
        *(("parse_number", text) for text in NOT_NUMBERS),
        *(("parse_date", text) for text in NOT_DATES),
        *(("parse_moment", text) for text in NOT_MOMENTS),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_cannot_be_read_is_refused_in_the_user_s_words(method: str, text: str) -> None:
    for own, words in zip((ID, EN), SAID[method], strict=True):
        with speaking(own.lang), pytest.raises(FieldError, match=words) as caught:
            getattr(own, method)(text)
        with speaking(own.lang):
            assert len(str(caught.value)) < 150


@pytest.mark.parametrize("method", ["parse_number", "parse_date", "parse_moment"])
@given(text=st.text() | st.text("0123456789.,+-−/:T Rpmei\0٣", max_size=30))
def test_no_text_is_worse_than_refused(method: str, text: str) -> None:
    for own in (ID, EN):
        try:
            getattr(own, method)(text)
        except FieldError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30/11/2026", "2026-11-30"),
        ("30-11-2026", "2026-11-30"),
        ("30.11.2026", "2026-11-30"),
        ("1/2/2026", "2026-02-01"),
        ("30/11", "2026-11-30"),
        ("2026-11-30", "2026-11-30"),
        ("30 Nov 2026", "2026-11-30"),
        ("Sen, 30 Nov 2026", "2026-11-30"),
        ("17 Agustus 1945", "1945-08-17"),
        ("17 aug 1945", "1945-08-17"),
        ("29/02/2024", "2024-02-29"),
        (" BESOK ", "2026-11-20"),
        ("tomorrow", "2026-11-20"),
        ("lusa", "2026-11-21"),
        ("hari ini", "2026-11-19"),
        ("kemarin", "2026-11-18"),
        ("+7", "2026-11-26"),
        ("-19", "2026-10-31"),
        ("+9999", "2054-04-05"),
    ],
)
def test_dates_are_read_in_both_languages(text: str, expected: str) -> None:
    for own in (ID, EN):
        assert own.parse_date(text, today=TODAY).isoformat() == expected


def test_a_day_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(FieldError, match="tidak ada di kalender"):
        ID.parse_date("besok", today=dt.date.max)
    with pytest.raises(FieldError, match="tidak ada di kalender"):
        formats("id", "America/New_York").parse_moment("9999-12-31 23:59")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("19/11/2026 14.30", NOW),
        ("19/11/2026 14:30", NOW),
        ("2026-11-19T14:30", NOW),
        ("2026-11-19T14:30:59.123", NOW),
        ("19 NOV 2026  14:30", NOW),
        ("1 Oct 2026 7:05", dt.datetime(2026, 10, 1, 0, 5, tzinfo=dt.UTC)),
    ],
)
def test_moments_are_read_in_the_user_s_zone(text: str, expected: dt.datetime) -> None:
    assert ID.parse_moment(text) == EN.parse_moment(text) == expected
    assert formats("id", "Asia/Jayapura").parse_moment(text) == expected - dt.timedelta(hours=2)


def test_today_is_that_of_the_user_s_zone() -> None:
    with time_machine.travel(dt.datetime(2026, 11, 19, 16, 30, tzinfo=dt.UTC), tick=False):
        assert [
            formats("id", zone).parse_date("hari ini").day for zone in ("Asia/Jakarta", "Asia/Jayapura")
        ] == [19, 20]


# ----------------------------------------------------------------- there and back
@given(own=LANGUAGES, value=AMOUNTS)
def test_money_comes_back(own: Formats, value: D) -> None:
    assert own.parse_number(own.money(value)) == value


@given(own=LANGUAGES, value=st.decimals(-(10**14), 10**14, places=4))
def test_decimals_come_back(own: Formats, value: D) -> None:
    assert own.parse_number(own.decimal(value)) == value
    assert own.parse_number(own.number(value, 4)) == value
    assert own.parse_number(own.percent(value).removesuffix("%")) == value


@given(own=LANGUAGES, value=st.integers(-(10**18), 10**18))
def test_whole_numbers_come_back(own: Formats, value: int) -> None:
    assert own.parse_number(own.number(value)) == value


@given(own=LANGUAGES, value=st.dates(dt.date(1000, 1, 1)))
def test_dates_come_back(own: Formats, value: dt.date) -> None:
    assert own.parse_date(own.date(value)) == value
    assert own.parse_date(own.long_date(value)) == value
    assert own.parse_date(value.isoformat()) == value


@given(
    lang=st.sampled_from(["id", "en"]),
    zone=st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]),
    value=st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(9999, 12, 30)),
)
def test_moments_come_back_to_the_minute(lang: str, zone: str, value: dt.datetime) -> None:
    own = formats(lang, zone)
    moment = value.replace(second=0, microsecond=0, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    assert own.parse_moment(own.moment(moment)) == moment
