"""Filters, order and groups of each kind of field, the same on both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal as Number
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.errors import FieldError
from tests.core.orm.every import FIELDS, STATES, Every
from tests.core.orm.toys import Partner, World

UTC = dt.UTC
WIB = ZoneInfo("Asia/Jakarta")


@pytest.fixture
def four(shop: World) -> World:
    """Rows a, b and c with rising values, and e, which is empty."""
    with shop.env() as env:
        partners = env.create(Partner, [{"name": str(number)} for number in range(3)])
        env.flush()
        for place, name in enumerate("abc"):
            env.create(Every, [{
                "name": name, "text": f"Text {name.upper()} 100%_", "yes": name == "b", "number": place,
                "amount": Number(place) / 8, "money": Number(place), "share": Number(place),
                "day": dt.date(2026, 11, 1) + dt.timedelta(days=20 * place),
                "moment": dt.datetime(2026, 11, 30, 16, 30, tzinfo=UTC) + dt.timedelta(hours=place),
                "state": list(STATES)[place], "data": {"place": place}, "email": f"{name}@x.id",
                "phone": f"+628122045778{place}", "site": f"https://{name}.id", "partner": partners[place],
            }])  # fmt: skip
        env.create(Every, [{"name": "e"}])
    return shop


FILTERS: list[tuple[str, str, str, str]] = [
    ("name", "eq", "b", "b"), ("name", "ne", "b", "ace"), ("name", "in", "a,c,zz", "ac"),
    ("name", "contains", "B", "b"),
    ("name", "isnull", "false", "abce"), ("text", "contains", "text b", "b"),
    ("text", "contains", "100%_", "abc"),
    ("text", "contains", "t%0", ""), ("text", "contains", "t_xt", ""), ("text", "contains", "\\", ""),
    ("text", "isnull", "true", "e"),
    ("text", "ne", "Text A 100%_", "bce"),
    ("yes", "eq", "true", "b"), ("yes", "eq", "false", "ace"), ("yes", "ne", "true", "ace"),
    ("number", "eq", "1", "b"), ("number", "ne", "1", "ace"), ("number", "lt", "1", "a"),
    ("number", "le", "1", "ab"),
    ("number", "gt", "1", "c"), ("number", "ge", "1", "bc"), ("number", "in", "0,2", "ac"),
    ("number", "isnull", "true", "e"),
    ("amount", "eq", "0.125", "b"), ("amount", "ge", "0.125", "bc"), ("amount", "in", "0.250,0", "ac"),
    ("money", "eq", "1.00", "b"), ("money", "ne", "1", "ace"), ("money", "lt", "1.01", "ab"),
    ("money", "isnull", "false", "abc"),
    ("share", "gt", "0.5", "bc"),
    ("day", "eq", "2026-11-21", "b"), ("day", "ne", "2026-11-21", "ace"), ("day", "lt", "2026-11-21", "a"),
    ("day", "le", "2026-11-21", "ab"), ("day", "gt", "2026-11-21", "c"), ("day", "gt", "2026-11-20", "bc"),
    ("day", "ge", "2026-11-21", "bc"),
    ("day", "in", "2026-11-01,2026-12-11", "ac"), ("day", "isnull", "true", "e"),
    ("moment", "eq", "2026-11-30T17:30:00Z", "b"), ("moment", "eq", "2026-12-01T00:30:00+07:00", "b"),
    ("moment", "lt", "2026-11-30T17:30:00Z", "a"), ("moment", "ge", "2026-11-30T17:30:00Z", "bc"),
    ("moment", "eq", "2026-11-30", "a"), ("moment", "eq", "2026-12-01", "bc"),
    ("moment", "ne", "2026-12-01", "ae"),
    ("moment", "le", "2026-11-30", "a"), ("moment", "gt", "2026-11-30", "bc"),
    ("moment", "in", "2026-11-30,2026-12-02", "a"),
    ("moment", "isnull", "true", "e"),
    ("state", "eq", "old", "b"), ("state", "ne", "old", "ace"), ("state", "in", "new,gone", "ac"),
    ("state", "isnull", "true", "e"),
    ("data", "isnull", "true", "e"), ("data", "isnull", "false", "abc"),
    ("email", "eq", "B@x.id", "b"), ("email", "contains", "@X.", "abc"),
    ("email", "in", "a@x.id,C@x.id", "ac"),
    ("phone", "eq", "0812-2045-7781", "b"), ("site", "eq", "b.id", "b"), ("site", "contains", "//c", "c"),
    ("archived", "eq", "false", "abce"), ("version", "eq", "1", "abce"), ("id", "ge", "1", "abce"),
    ("created_by", "eq", "7", "abce"),
]  # fmt: skip


def _matching(env: Any, name: str, operator: str, text: str) -> str:
    E, item = env[Every], env.registry.info(Every).fields[name]
    condition = item.filter(getattr(E, item.key), operator, text, WIB)
    return "".join(env.scalars(sa.select(E.name).where(condition).order_by(E.name)))


def test_filters(four: World) -> None:
    with four.env() as env:
        for name, operator, text, expected in FILTERS:
            if operator in env.registry.info(Every).fields[name].operators:
                assert (name, operator, text, _matching(env, name, operator, text)) == (
                    name,
                    operator,
                    text,
                    expected,
                )
            else:
                assert (name, operator) == ("id", "ge")


def test_filters_by_link(four: World) -> None:
    with four.env() as env:
        first, second, third = (
            partner.id for partner in env.scalars(sa.select(env[Partner]).order_by(env[Partner].id))
        )
        for operator, text, expected in (
            ("eq", str(second), "b"), ("ne", str(second), "ace"), ("in", f"{first},{third},99999", "ac"),
            ("isnull", "true", "e"), ("isnull", "false", "abc"),
        ):  # fmt: skip
            assert (operator, _matching(env, "partner", operator, text)) == (operator, expected)


ODD = ("", " ", "x", "'", "1,,2", ",", "1, 2", "NaN", "1e5", "-", "--", "9" * 40, "2026-13-01", "0000-00-00",
       "9999-12-31", "0001-01-01", "9999-12-31T23:59:59-07:00", "today,x", "null", "None", "%", "\\", "a" * 999,
       "٣", "true ", "1.2.3", ",".join(map(str, range(500))), "' OR 1=1 --", "\ud800", "😀")  # fmt: skip


def test_odd_filters_are_answered_or_refused(four: World) -> None:
    """Whatever stands in an address: rows or a refusal in words, and the next statement still runs."""
    with four.env() as env:
        for name, item in env.registry.info(Every).fields.items():
            for operator in (
                "eq",
                "ne",
                "lt",
                "le",
                "gt",
                "ge",
                "in",
                "contains",
                "isnull",
                "between",
                "",
                "EQ",
            ):
                for text in ODD:
                    try:
                        _matching(env, name, operator, text)
                        assert operator in item.operators
                    except FieldError as refusal:
                        assert str(refusal)
                    except UnicodeEncodeError:
                        assert "\ud800" in text
        assert _matching(env, "name", "eq", "a") == "a"


# ----------------------------------------------------------------- order and groups
@pytest.mark.parametrize(
    "name", [name for name, item in FIELDS.items() if item.sortable and name not in ("yes", "partner")]
)
def test_empty_values_come_last_in_both_directions(four: World, name: str) -> None:
    with four.env() as env:
        E, item = env[Every], FIELDS[name]
        for descending, expected in ((False, "abce"), (True, "ecba" if name == "name" else "cbae")):
            order = item.sort(getattr(E, item.key), descending)
            assert "".join(env.scalars(sa.select(E.name).order_by(order))) == expected


def test_booleans_sort_and_data_and_long_texts_do_not(four: World) -> None:
    assert [name for name, item in FIELDS.items() if not item.sortable] == ["text", "data"]
    with four.env() as env:
        E = env[Every]
        order = FIELDS["yes"].sort(E.yes, descending=True)
        assert env.scalars(sa.select(E.name).order_by(order, E.name)).all() == ["b", "a", "c", "e"]


def test_choices_sort_as_they_are_written(four: World) -> None:
    """Not by their keys; one that is no choice any more comes with the empty ones."""
    with four.env() as env:
        E, item = env[Every], FIELDS["state"]
        retired = env.create(Every, [{"name": "r"}])[0]
        env.flush()
        with env.unsafe_sql("a choice that was taken away") as session:
            session.connection().execute(
                sa.update(E.__table__).where(E.id == retired.id).values(state="retired")
            )
        order = [item.sort(E.state), E.name]
        assert "".join(env.scalars(sa.select(E.name).order_by(*order))) == "abcer"
        some = (
            sa.select(E.name).where(item.filter(E.state, "in", "new,gone")).order_by(item.sort(E.state, True))
        )
        assert "".join(env.scalars(some)) == "ca"
        counted = (
            sa.select(E.state, sa.func.count(E.id)).group_by(E.state).order_by(item.sort(E.state), E.state)
        )
        found = [tuple(row) for row in env.execute(counted)]
        assert found[:3] == [("new", 1), ("old", 1), ("gone", 1)]
        assert sorted(found[3:], key=str) == [("retired", 1), (None, 1)] or sorted(found[3:], key=str) == [
            (None, 1),
            ("retired", 1),
        ]


GROUPS: list[tuple[str, Sequence[Any]]] = [
    ("name", ["a", "b", "c", "e"]), ("yes", [False, True]), ("number", [0, 1, 2, None]),
    ("day", ["2026-11", "2026-12", None]), ("moment", ["2026-11", "2026-12", None]),
    ("state", ["gone", "new", "old", None]),
    ("email", ["a@x.id", "b@x.id", "c@x.id", None]),
]  # fmt: skip


def test_groups(four: World) -> None:
    assert [name for name, item in FIELDS.items() if not item.groupable] == [
        "text",
        "amount",
        "money",
        "share",
        "data",
    ]
    with four.env() as env:
        E = env[Every]
        for name, expected in GROUPS:
            group = FIELDS[name].group(getattr(E, name), "Asia/Jakarta")
            found = env.execute(
                sa.select(group, sa.func.count(E.id)).group_by(group).order_by(group.nulls_last())
            ).all()
            assert (name, [row[0] for row in found]) == (name, expected)
            assert sum(row[1] for row in found) == 4
        moments = FIELDS["moment"].group(E.moment, "UTC")
        assert env.scalars(sa.select(moments).group_by(moments).order_by(moments.nulls_last())).all() == [
            "2026-11",
            None,
        ]
