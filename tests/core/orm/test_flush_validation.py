"""What a row must hold, whoever sets it: every kind of field against what code may give it by mistake."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as Number
from typing import Any

import pytest
import sqlalchemy as sa

from core import UserError
from core.errors import FieldError, Refusals
from core.i18n.catalogs import speaking
from core.orm.validation import MOST_FAULTS
from tests.core.orm.sales import Line, Order, Paper, row, store
from tests.core.orm.toys import Lead, World

NAIVE = dt.datetime(2026, 11, 24, 12, 0)
FIRST, LAST = dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)
WRONG: dict[str, tuple[Any, ...]] = {
    "name": (5, b"x", ["x"], "x" * 21, "a\0b", "a\ud800", None, ""),
    "title": (7, "x" * 41, "a\0b", {"en": 5}, {"en": "x" * 41}),
    "text": (5, "a\0b", "\udfff", "x" * 100_001),
    "yes": (1, "yes", None),
    "whole": (1.0, "1", True, 2**70, -(2**63), Number(1)),
    "amount": (Number("NaN"), Number("Infinity"), Number("1e308"), 10**15, "many", True, [1], b"1"),
    "money": (Number("NaN"), 10**16),
    "share": (Number("1e30"),),
    "day": ("2026-11-24", NAIVE, 5),
    "moment": (NAIVE, dt.date(2026, 11, 24), "now", FIRST, LAST),
    "state": ("gone", 5, "", ["new"], {}),
    "data": ({1, 2}, float("nan"), float("inf"), "a\0b", {"a": b"b"}, "\ud800"),
    "order_id": ("1", True, 0, -1, 2**63, 2**70, 1.0),
}
CASES = [(name, value) for name, values in WRONG.items() for value in values]
IDS = [f"{name}-{place}" for name, values in WRONG.items() for place, _value in enumerate(values)]


@pytest.fixture
def papers(url: str) -> Any:
    with store(url) as made:
        with made.env() as env:
            env.create(Paper, [{"name": "a", "title": "T"}])
        yield made


def test_wrong_values_are_refused_beside_their_field(papers: World) -> None:
    """New and changed, by a user and in sudo; nothing of it comes to be a fault of the server."""
    before = row(papers, "sales.paper")
    for (name, value), case in zip(CASES, IDS, strict=True):
        field = name.removesuffix("_id")
        for sudo in (False, True):
            with pytest.raises(UserError) as made, papers.env() as env:
                if sudo:
                    with env.sudo("the test") as su:
                        su.create(Paper, [{"name": "b", name: value}])
                else:
                    env.create(Paper, [{"name": "b", name: value}])
            assert (made.value.field, case) == (field, case)
        with pytest.raises(FieldError) as changed, papers.env() as env:
            paper = env.get(Paper, 1)
            setattr(paper, name, value)
            env.flush()
        assert (changed.value.field, case) == (field, case)
        assert changed.value.record is paper
    assert row(papers, "sales.paper") == before
    with papers.env() as env:
        assert env.scalar(sa.select(sa.func.count(env[Paper].id))) == 1


def test_values_come_to_rest_in_their_form(papers: World) -> None:
    zone = dt.timezone(dt.timedelta(hours=7))
    with papers.env() as env:
        paper = env.create(Paper, [{"name": "b", "amount": 2, "money": "1.005", "whole": -(2**63) + 1}])[0]
        paper.moment = dt.datetime(2026, 11, 24, 12, 0, tzinfo=zone)
        paper.data = {"a": [1, None, "é"]}
        env.flush()
        assert (str(paper.amount), str(paper.money)) == ("2.000", "1.01"), "as it is read again"
    stored = row(papers, "sales.paper", 2)
    assert (stored["amount"], stored["money"], stored["whole"]) == (2, Number("1.01"), -(2**63) + 1)
    assert stored["moment"] == dt.datetime(2026, 11, 24, 5, 0, tzinfo=dt.UTC)
    assert stored["data"] == {"a": [1, None, "é"]}


def test_all_faults_are_told_at_once_each_with_its_record(papers: World) -> None:
    with pytest.raises(Refusals) as refusal, papers.env() as env:
        papers_ = env.create(Paper, [{"name": "x" * 30, "whole": 2**70}, {"name": "fine"}, {"state": "gone"}])
        order = env.create(Order, [{"name": "o" * 50}])[0]
        env.flush()
    told = [(fault.field, fault.record) for fault in refusal.value.faults]
    assert sorted(told, key=str) == sorted(
        [
            ("name", papers_[0]),
            ("whole", papers_[0]),
            ("name", papers_[2]),
            ("state", papers_[2]),
            ("name", order),
        ],
        key=str,
    )
    with speaking("en"):
        assert "Name is too long" in str(refusal.value) and "Whole is too large" in str(refusal.value)


def test_so_many_faults_and_no_more(papers: World) -> None:
    with pytest.raises(Refusals) as refusal, papers.env() as env:
        env.create(Paper, [{"name": ""}] * 1_000)
    assert len(refusal.value.faults) == MOST_FAULTS


def test_a_change_is_looked_at_and_not_the_rest_of_an_old_row(papers: World) -> None:
    table = papers.registry.info(Paper).table
    with papers.database.writing.begin() as connection:
        connection.execute(table.update().values(name="", state="of old"))
    with papers.env() as env:
        paper = env.get(Paper, 1)
        assert paper is not None
        paper.whole = 5
    assert row(papers, "sales.paper")["whole"] == 5
    with pytest.raises(FieldError), papers.env() as env:
        env.get(Paper, 1).state = "older"  # type: ignore[union-attr]


def test_a_required_link_is_given_by_record_or_key(url: str) -> None:
    with store(url) as shop:
        with shop.env() as env:
            order = env.create(Order, [{"name": "new"}])[0]
            line = env.create(Line, [{"order": order}])[0]
        assert row(shop, "sales.line")["order_id"] == 1
        for change in ({"order": None}, {"order_id": None}):
            with pytest.raises(Refusals) as refusals, shop.env() as env:
                line = env.get(Line, 1)  # type: ignore[assignment]
                env.write([line], {**change, "qty": "many"})
            assert {fault.field for fault in refusals.value.faults} == {"order", "qty"}
        with pytest.raises(FieldError) as refusal, shop.env() as env:
            env.create(Line, [{"qty": 1}])
        assert refusal.value.field == "order"


def test_what_is_computed_is_computed_of_settled_values_and_looked_at_too(url: str) -> None:
    """A text that stands for an amount must not be doubled as a text."""
    with store(url) as shop:
        with shop.env() as env:
            env.create(Line, [{"order": env.create(Order, [{}])[0], "qty": 2, "price": "15"}])
        assert row(shop, "sales.line")["amount"] == 30
        with pytest.raises(FieldError) as refusal, shop.env() as env:
            env.create(Line, [{"order_id": 1, "qty": 1, "price": 10**16 - 1}])
        assert refusal.value.field == "double"
        with pytest.raises(FieldError) as refusal, shop.env() as env:
            env.create(Line, [{"order_id": 1, "qty": None, "price": 2}])
        assert refusal.value.field == "qty"


def test_a_record_that_is_there_may_be_emptied_where_nothing_is_required(toy: World) -> None:
    with toy.env() as env:
        env.create(Lead, [{"title": "a", "kind": None, "revenue": None, "partner_id": None}])
    assert row(toy, "toy.lead")["kind"] is None


def test_what_the_database_is_to_work_out_is_left_to_it(papers: World) -> None:
    """A counter that two raise at once: its value is known when it is written, and not before."""
    with papers.env() as env:
        papers_ = env[Paper]
        env.write(env.read(Paper, [1]), {"whole": 41})
        env.flush()
        env.write(env.read(Paper, [1]), {"whole": sa.func.coalesce(papers_.whole, 0) + 1})
    assert row(papers, "sales.paper")["whole"] == 42
