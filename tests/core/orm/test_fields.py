"""Each kind of field: its column, what is typed, read and shown, and what comes back from the database."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as Number
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from core import Char, Decimal, Model, Money, Phone
from core.errors import FieldError
from core.i18n.catalogs import LANGUAGES, speaking
from core.i18n.formats import formats
from core.orm.fields import Field, FragmentAccess
from core.orm.kinds import Boolean
from core.orm.registry import Registry
from tests.core.orm import every
from tests.core.orm.every import FIELDS, STATES, Every
from tests.core.orm.toys import ACCESS, Partner, World, world

UTC = dt.UTC
WIB = ZoneInfo("Asia/Jakarta")


# ----------------------------------------------------------------- columns
COLUMNS = {
    "name": ("VARCHAR(20) NOT NULL", "VARCHAR(20) NOT NULL"),
    "text": ("TEXT", "TEXT"),
    "yes": ("BOOLEAN DEFAULT 0 NOT NULL", "BOOLEAN DEFAULT false NOT NULL"),
    "number": ("BIGINT", "BIGINT"),
    "amount": ("BIGINT", "NUMERIC(20, 3)"),
    "money": ("BIGINT", "NUMERIC(20, 2)"),
    "share": ("BIGINT", "NUMERIC(20, 2)"),
    "day": ("DATE", "DATE"),
    "moment": ("DATETIME", "TIMESTAMP WITH TIME ZONE"),
    "state": ("VARCHAR(40)", "VARCHAR(40)"),
    "data": ("JSON", "JSONB"),
    "email": ("VARCHAR(200)", "VARCHAR(200)"),
    "phone": ("VARCHAR(30)", "VARCHAR(30)"),
    "site": ("VARCHAR(200)", "VARCHAR(200)"),
    "partner": ("INTEGER", "BIGINT"),
}


def test_columns(kinds: Registry) -> None:
    table = kinds.info(Every).table
    dialects: list[Any] = [sqlite, postgresql]
    for place, dialect in enumerate(module.dialect() for module in dialects):
        made = str(sa.schema.CreateTable(table).compile(dialect=dialect))
        lines = {
            line.split()[0]: " ".join(line.strip(" ,").split()[1:])
            for line in made.splitlines()
            if line.strip()
        }
        assert {name: lines[FIELDS[name].key] for name in FIELDS} == {
            name: both[place] for name, both in COLUMNS.items()
        }
    indexes = {(index.name, index.columns[0].name, index.unique) for index in table.indexes}
    assert indexes == {
        ("uq_toy_every__number", "number", True), ("uq_toy_every__email", "email", True),
        ("ix_toy_every__money", "money", False), ("ix_toy_every__partner_id", "partner_id", False),
    }  # fmt: skip


def test_every_record_has_the_columns_of_the_core(kinds: Registry) -> None:
    info = kinds.info(Every)
    system = [name for name, item in info.fields.items() if item.system]
    assert system == ["id", "version", "archived", "created_at", "created_by", "updated_at", "updated_by"]
    assert [item.name for item in info.own_fields] == list(FIELDS)


def test_a_fragment_is_not_a_mapped_class() -> None:
    with pytest.raises(FragmentAccess, match=r"Every\.name: this is a fragment.*use env\[Every\]\.name"):
        Every.name  # noqa: B018
    with pytest.raises(FragmentAccess, match=r"make records with env\.create"):
        Every(name="x")


def test_labels(kinds: Registry) -> None:
    assert [str(FIELDS[name].label) for name in ("name", "partner")] == ["Name", "Partner"]
    assert Field(label=None).label == "?"
    with speaking("id"):
        assert str(kinds.info(Every).fields["created_at"].label) != "Created"


def test_declared_here() -> None:
    origin = FIELDS["money"].origin
    assert origin.file == every.__file__
    lines = Path(origin.file).read_text(encoding="utf-8").splitlines()
    assert lines[origin.line - 1].strip() == "money = Money(index=True)"


# ----------------------------------------------------------------- what a user types
PARSED: list[tuple[str, str, str, Any]] = [
    ("name", "id", "  Ani  ", "Ani"), ("name", "en", "", None), ("name", "en", " \t ", None),
    ("text", "id", "a\nb ", "a\nb"), ("text", "id", "\n", None),
    ("yes", "id", "true", True), ("yes", "id", "on", True), ("yes", "id", "", False),
    ("yes", "id", " ", False),
    ("yes", "id", "false", False),
    ("number", "id", "1.250", 1250), ("number", "en", "1,250", 1250), ("number", "id", "-7", -7),
    ("number", "id", "−7", -7), ("number", "id", "5,0", 5), ("number", "id", "", None),
    ("number", "id", "9223372036854775807", 2**63 - 1),
    ("amount", "id", "1.250,5", Number("1250.5")), ("amount", "en", "1,250.5", Number("1250.5")),
    ("amount", "id", "0,125", Number("0.125")), ("amount", "id", " ", None),
    ("money", "id", "Rp1.650.000", Number(1650000)), ("money", "en", "1,650,000.50", Number("1650000.50")),
    ("money", "id", "-1", Number(-1)),
    ("share", "id", "12,5%", Number("12.5")), ("share", "en", "12.5 %", Number("12.5")),
    ("share", "id", "%", None),
    ("day", "id", "30/11/2026", dt.date(2026, 11, 30)), ("day", "en", "30 Nov 2026", dt.date(2026, 11, 30)),
    ("day", "id", "17 Agu 2026", dt.date(2026, 8, 17)), ("day", "id", "", None),
    ("moment", "id", "30/11/2026 14.30", dt.datetime(2026, 11, 30, 7, 30, tzinfo=UTC)),
    ("moment", "en", "30/11/2026 14:30", dt.datetime(2026, 11, 30, 7, 30, tzinfo=UTC)),
    ("moment", "en", "1/1/2026 00:30", dt.datetime(2025, 12, 31, 17, 30, tzinfo=UTC)),
    ("moment", "en", "", None),
    ("state", "id", "new", "new"), ("state", "id", "", None),
    ("data", "id", '{"a": [1, null]}', {"a": [1, None]}), ("data", "id", "", None),
    ("data", "id", "null", None),
    ("email", "id", " Ani@Example.COM ", "ani@example.com"), ("email", "id", "", None),
    ("phone", "id", "0812-2045-7781", "+6281220457781"), ("phone", "id", "+65 6123 4567", "+6561234567"),
    ("site", "id", "lumbung.id", "https://lumbung.id"),
    ("site", "id", "http://a.b/c?d#e", "http://a.b/c?d#e"),
    ("partner", "id", "7", 7), ("partner", "id", " ", None),
]  # fmt: skip

REFUSED: list[tuple[str, str]] = [
    ("name", "x" * 21), ("text", "x" * 100_001),
    ("number", "1,5"), ("number", "x"), ("number", "9223372036854775808"), ("number", "1e3"),
    ("number", "1.2.3"),
    ("number", "٣"), ("number", "9" * 70),
    ("amount", "0,1234"), ("amount", "1e5"), ("amount", "nan"), ("amount", "1000000000000000"),
    ("money", "0,005"), ("money", "10000000000000000"), ("money", "inf"), ("share", "%%"), ("share", "0,125"),
    ("day", "31/02/2026"), ("day", "x"), ("day", "2026"), ("day", "1/1/0999"), ("day", "1/13/2026"),
    ("moment", "30/11/2026"), ("moment", "30/11/2026 25:00"), ("moment", "31/02/2026 10:00"),
    ("moment", "31/12/9999 23:59"), ("moment", "1/1/0999 10:00"), ("moment", "10:00"),
    ("state", "New"), ("state", "x"),
    ("data", "{"), ("data", "NaN"), ("data", "[1e999]"), ("data", '"\\ud800"'), ("data", '{"\\u0000": 1}'),
    ("data", "[" * 100_000), ("data", "9" * 5000),
    ("email", "ani"), ("email", "ani@x"), ("email", "a b@c.id"), ("email", "a@b@c.id"), ("email", "<a@b.id>"),
    ("email", "a@b.id\nBcc: c@d.id"), ("email", "a" * 200 + "@b.id"),
    ("phone", "12"), ("phone", "call me"), ("phone", "0812-CALL-ME"), ("phone", "+99 1"),
    ("site", "javascript:alert(1)"), ("site", "ftp://a.b"), ("site", "http://a b.c"), ("site", "x"),
    ("site", "http://[a.b"), ("site", "https://"),
    ("partner", "x"), ("partner", "-1"), ("partner", "9223372036854775808"), ("partner", "1.5"),
    ("partner", "٣"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "language", "text", "value"), PARSED)
def test_what_is_typed(name: str, language: str, text: str, value: Any) -> None:
    found = FIELDS[name].parse(text, formats(language))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("name", "text"), REFUSED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_typed_wrong_is_refused_in_words(name: str, text: str, language: str) -> None:
    with speaking(language):
        with pytest.raises(FieldError) as refusal:
            FIELDS[name].parse(text, formats(language))
        assert len(str(refusal.value)) > 10
        assert "%(" not in str(refusal.value)


def test_a_web_address_is_quoted_as_it_was_typed() -> None:
    with speaking("en"), pytest.raises(FieldError) as refusal:
        FIELDS["site"].parse("javascript:alert(1)", formats("en"))
    with speaking("en"):
        assert str(refusal.value) == "“javascript:alert(1)” is not a web address."


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20),
    "text": st.text(st.characters(categories=["L", "N", "P"]), min_size=1),
    "yes": st.booleans(),
    "number": st.integers(-(2**63) + 1, 2**63 - 1),
    "amount": st.decimals(-(10**14), 10**14, places=3),
    "money": st.decimals(-(10**15), 10**15, places=2),
    "share": st.decimals(-1000, 1000, places=2),
    "day": st.dates(dt.date(1000, 1, 1)),
    "moment": st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(9998, 12, 30), timezones=st.just(UTC)).map(
        lambda moment: moment.replace(second=0, microsecond=0)
    ),
    "state": st.sampled_from(list(STATES)),
    "data": st.recursive(
        st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text('ab"\\é '),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
        max_leaves=5,
    ),
    "email": st.sampled_from(["ani@example.com"]),
    "phone": st.sampled_from(["+6281220457781", "+622150001234", "+6561234567"]),
    "site": st.sampled_from(["https://lumbung.id/x?y=1"]),
}


@settings(max_examples=300)
@given(value=st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name])))
@example(value=("number", 1250))
@example(value=("amount", Number("1.250")))
@example(value=("amount", Number("-1250")))
@example(value=("money", Number("1250.50")))
@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Jayapura"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_shows_what_it_can_read(language: str, zone: str, value: tuple[str, Any]) -> None:
    item, own = FIELDS[value[0]], formats(language, zone)
    assert item.parse(item.typed(value[1], own), own) == value[1]


def test_a_form_shows_nothing_as_nothing() -> None:
    for name, item in FIELDS.items():
        if name != "partner":  # which a form shows by its own means
            assert item.typed(None, formats("id")) == ""


SHOWN: list[tuple[str, Any, str, str]] = [
    ("name", "Ani", "Ani", "Ani"),
    ("yes", True, "Ya", "Yes"), ("yes", False, "Tidak", "No"),
    ("number", -1250, "−1.250", "−1,250"), ("number", 0, "0", "0"),
    ("amount", Number("1250.500"), "1.250,5", "1,250.5"),
    ("money", Number("1650000.00"), "Rp1.650.000", "Rp1,650,000"),
    ("money", Number("-0.50"), "−Rp0,50", "−Rp0.50"),
    ("share", Number("12.50"), "12,5%", "12.5%"),
    ("day", dt.date(2026, 8, 17), "17 Agu 2026", "17 Aug 2026"),
    ("moment", dt.datetime(2026, 8, 17, 17, 5, tzinfo=UTC), "18 Agu 2026 00.05", "18 Aug 2026 00:05"),
    ("state", "old", "Old", "Old"), ("state", "retired", "retired", "retired"),
    ("data", {"b": 1, "a": "é"}, '{"a": "é", "b": 1}', '{"a": "é", "b": 1}'),
    ("phone", "+6281220457781", "0812-2045-7781", "0812-2045-7781"),
    ("phone", "+6561234567", "+6561234567", "+6561234567"),
    ("phone", "+622150001234", "021-50001234", "021-50001234"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "indonesian", "english"), SHOWN)
def test_what_is_shown(name: str, value: Any, indonesian: str, english: str) -> None:
    for language, expected in (("id", indonesian), ("en", english)):
        with speaking(language):
            assert FIELDS[name].formatter(formats(language))(value) == expected


def test_nothing_is_shown_as_nothing(kinds: Registry) -> None:
    for name, item in kinds.info(Every).fields.items():
        shown = item.formatter(formats("id"))(None)
        assert shown == ("Tidak" if isinstance(item, Boolean) else ""), name


# ----------------------------------------------------------------- what a program says
READ: list[tuple[str, str, Any]] = [
    ("id", "12", 12), ("name", " a ", " a "), ("yes", "true", True), ("yes", "false", False),
    ("number", "-12", -12),
    ("amount", "1250.125", Number("1250.125")), ("money", "-0.5", Number("-0.5")),
    ("share", "12.5", Number("12.5")),
    ("day", "2026-11-30", dt.date(2026, 11, 30)), ("day", "9999-12-31", dt.date(9999, 12, 31)),
    ("moment", "2026-11-30T14:30:00+07:00", dt.datetime(2026, 11, 30, 7, 30, tzinfo=UTC)),
    ("moment", "2026-11-30T14:30:00Z", dt.datetime(2026, 11, 30, 14, 30, tzinfo=UTC)),
    ("moment", "2026-11-30T14:30:00", dt.datetime(2026, 11, 30, 14, 30, tzinfo=UTC)),
    ("state", "old", "old"), ("data", "[1]", [1]), ("email", "A@b.id", "a@b.id"), ("partner", "3", 3),
]  # fmt: skip

MISREAD: list[tuple[str, str]] = [
    ("id", "x"), ("id", "1.0"), ("id", str(2**63)), ("yes", "1"), ("yes", "True"), ("yes", ""),
    ("number", "1.0"), ("number", "1,000"), ("number", "+1"), ("number", " 1"), ("number", ""),
    ("number", str(2**63)),
    ("amount", "1,5"), ("amount", "1e5"), ("amount", "1.2345"), ("amount", "NaN"), ("amount", "."),
    ("amount", "1."),
    ("amount", str(10**15)), ("money", "0.001"), ("share", "12%"),
    ("day", "30/11/2026"), ("day", "2026-1-1"), ("day", "2026-02-30"), ("day", "20261130"),
    ("day", "0999-12-31"),
    ("moment", "x"), ("moment", "2026-11-30 25:00"), ("moment", "0001-01-01T00:00:00+07:00"),
    ("moment", "9999-12-31T23:59:59-07:00"), ("moment", "9999-12-31T23:59:59Z"),
    ("state", "Old"), ("data", ""), ("email", "x"), ("partner", "x"), ("partner", ""),
]  # fmt: skip


def test_what_a_program_says(kinds: Registry) -> None:
    fields = kinds.info(Every).fields
    for name, text, value in READ:
        assert (fields[name].read(text), name) == (value, name)
    for name, text in MISREAD:
        with pytest.raises(FieldError) as refusal:
            fields[name].read(text)
        assert refusal.value.field == name, text


# ----------------------------------------------------------------- in and out of the database
ROW: dict[str, Any] = {
    "name": "Ani", "text": "a\nb", "yes": True, "number": -(2**63) + 1, "amount": Number("-1.125"),
    "money": Number("1650000.50"), "share": Number("12.5"), "day": dt.date(9999, 12, 31),
    "moment": dt.datetime(2026, 11, 30, 23, 59, 59, 123456, tzinfo=WIB), "state": "old",
    "data": {"a": [1, None, "é", 1.5, True]}, "email": "a@b.id", "phone": "+6281220457781", "site": "https://a.b",
}  # fmt: skip


def test_what_is_stored_is_read_again(shop: World) -> None:
    with shop.env() as env:
        partner = env.create(Partner, [{"name": "p"}])[0]
        env.create(Every, [{**ROW, "partner": partner}, {"name": "nothing"}])
    with shop.env() as env:
        full, bare = env.scalars(sa.select(env[Every]).order_by(env[Every].id))
        assert {name: getattr(full, name) for name in ROW} == ROW
        assert {type(getattr(full, name)) for name in ("amount", "money", "share")} == {Number}
        assert full.moment.tzinfo is UTC if full.moment else False
        assert full.partner is not None and full.partner.name == "p"
        assert {name: getattr(bare, name) for name in ROW} == {
            **dict.fromkeys(ROW),
            "name": "nothing",
            "yes": False,
        }


def test_what_lies_within_data_can_be_asked_for(shop: World) -> None:
    with shop.env() as env:
        env.create(
            Every,
            [{"name": "one", "data": {"a": 1, "b": ["x", "y"], "c": "z"}}, {"name": "two", "data": {"a": 2}}],
        )
    with shop.env() as env:
        E = env[Every]
        assert env.scalars(sa.select(E.name).where(E.data["a"].as_integer() == 2)).all() == ["two"]
        assert env.scalars(sa.select(E.name).where(E.data["b"][1].as_string() == "y")).all() == ["one"]
        assert env.scalars(sa.select(E.name).where(E.data == {"a": 2})).all() == ["two"]
        within = E.data.op("->>", return_type=sa.Text())
        assert env.scalars(sa.select(E.name).where(within("c") == "z")).all() == ["one"]


def test_a_moment_without_a_zone_is_refused(shop: World) -> None:
    with pytest.raises(FieldError), shop.env() as env:
        env.create(Every, [{"name": "x", "moment": dt.datetime(2026, 1, 1)}])
    with pytest.raises(sa.exc.StatementError, match="needs its time zone"), shop.env() as env:
        env.scalars(sa.select(env[Every]).where(env[Every].moment > dt.datetime(2026, 1, 1))).all()


def test_records_without_a_name_have_a_label(shop: World) -> None:
    with shop.env() as env:
        record = env.create(Every, [{"name": "n"}])[0]
        assert record.display_label() == "n"
        env.flush()
        record.name = ""
        assert record.display_label() == f"#{record.id}"
        record.name = "n"


class Begun(Model, name="toy.begun", access=ACCESS):
    amount = Money(default=5)
    share = Decimal(scale=3, default="0.5")
    phone = Phone(default="0812-2045-7781")
    name = Char(translate=True, default="Name")


def test_a_constant_default_is_stored_as_a_given_value_is(url: str) -> None:
    registry = Registry({"toy": [Begun]})
    with world(url, registry) as made:
        with made.env() as env:
            env.create(Begun, [{}])
        with made.env() as env:
            found = env.scalars(sa.select(env[Begun])).one()
            assert (str(found.amount), str(found.share)) == ("5.00", "0.500")
            assert found.phone == "+6281220457781"
            assert found.name == "Name"
            columns = registry.info(Begun).table.c
            assert columns.phone.default.arg == "+6281220457781"
    registry.dispose()
