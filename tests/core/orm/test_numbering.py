"""Numbers of documents: without gaps or doubles where that is wished, drawn last, shaped and never executed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import pytest
import sqlalchemy as sa

from core import Char, Env, Model, Rule, UserError
from core.access.rights import Policy
from core.base import CompanyOwned
from core.base.hooks import models as shipped_models
from core.orm.numbering import shape
from core.orm.registry import Registry
from tests.core.orm.sales import listening, store
from tests.core.orm.toys import World

ACCESS = {"base.user": "rwcd"}


class Invoice(CompanyOwned, name="papers.invoice", label="Invoice", plural="Invoices", access=ACCESS):
    """Asks for its number as it is made."""

    number = Char(30, label="Number")
    kind = Char(20, default="gap_free")

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        for kind in sorted({record.kind or "" for record in records} - {"plain"}):
            mine = [record for record in records if record.kind == kind]
            mine[0].env.number(mine, "number", kind)


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    made = Registry({"base": shipped_models(), "papers": [Invoice]}, {"papers": frozenset({"base"})})
    made.policy = Policy(made)
    yield made
    made.dispose()


@pytest.fixture
def office(url: str, registry: Registry) -> Iterator[World]:
    with store(url, registry) as made:
        with made.env() as env, env.sudo("the test") as su:
            rupiah = su.create(su["base.currency"], [{"code": "IDR", "name": "Rupiah", "symbol": "Rp"}])[0]
            su.create(su["base.company"], [{"name": name, "currency": rupiah} for name in ("one", "two")])
            su.create(su["base.sequence"], [
                {"name": "Invoices", "code": "gap_free", "pattern": "INV/{year}/{number}", "padding": 4,
                 "yearly": True, "gap_free": True},
                {"name": "Quotes", "code": "gapped", "pattern": "{number}", "padding": 1},
                {"name": "Notes", "code": "another", "pattern": "N{number}", "padding": 1, "gap_free": True},
            ])  # fmt: skip
        yield made
        listening(made)


def numbers(office: World, company: int | None = 1) -> list[str | None]:
    """What is stored, by key."""
    table = office.registry.info(Invoice).table
    with office.database.reading.begin() as connection:
        return list(
            connection.scalars(
                sa.select(table.c.number).where(table.c.company_id == company).order_by(table.c.id)
            )
        )


def make(env: Env, count: int = 1, **values: Any) -> list[Invoice]:
    return env.create(Invoice, [values] * count)


YEAR = f"{dt.datetime.now(dt.UTC):%Y}"


def test_drawn_in_order_per_company(office: World) -> None:
    with office.env(companies=(1, 2)) as env:
        make(env, 3)
        make(env, 2, company_id=2)
    with office.env(companies=(2,)) as env:
        make(env)
    assert numbers(office, 1) == [f"INV/{YEAR}/{number:04}" for number in (1, 2, 3)]
    assert numbers(office, 2) == [f"INV/{YEAR}/{number:04}" for number in (1, 2, 3)]


def test_a_company_given_as_a_record(office: World) -> None:
    with office.env(companies=(1, 2)) as env:
        two = env.read(env["base.company"], [2])[0]
        make(env, company=two, kind="gapped")
        make(env, company=two)
    with office.env(companies=(1, 2)) as env:
        make(env, kind="gapped")
    assert numbers(office, 2) == ["1", f"INV/{YEAR}/0001"]
    assert numbers(office, 1) == ["1"]


@pytest.mark.parametrize("month", [12, 1])
def test_anew_each_year_as_it_is_where_the_user_is(
    office: World, monkeypatch: pytest.MonkeyPatch, month: int
) -> None:
    """Half an hour before a year begins in UTC it has begun in Jakarta."""
    moment = dt.datetime(2030, 12, 31, 23, 30, tzinfo=dt.UTC)
    with office.env(companies=(1,)) as env:
        make(env)
    monkeypatch.setattr(Env, "now", lambda env: moment)
    tz, year = ("Asia/Jakarta", 2031) if month == 1 else ("UTC", 2030)
    with office.env(companies=(1,), tz=tz) as env:
        make(env)
    assert numbers(office) == [f"INV/{YEAR}/0001", f"INV/{year}/0001"]


def test_drawn_last_when_nothing_can_go_wrong(office: World) -> None:
    """Until the end a record has none, nothing is locked, and another goes first."""
    if office.database.is_sqlite:
        with office.env(companies=(1,)) as env:
            record = make(env)[0]
            env.flush()
            assert record.number is None
        return
    with office.env(companies=(1,)) as slow:
        record = make(slow, kind="gap_free")[0]
        slow.flush()
        assert record.number is None
        with office.env(companies=(1,)) as quick:
            quick.session.core_connection().execute(sa.text("SET lock_timeout = '1s'"))
            make(quick)
        assert numbers(office) == [f"INV/{YEAR}/0001"]
    assert numbers(office) == [f"INV/{YEAR}/0002", f"INV/{YEAR}/0001"]


def test_records_made_in_sudo_and_by_those_who_may_not_change_them(
    office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = Rule(Invoice, "w", where=lambda invoice, env: sa.false())
    monkeypatch.setattr(office.registry, "policy", Policy(office.registry, [rule]))
    with office.env(companies=(1,)) as env:
        make(env)
        with env.sudo("the test") as su:
            make(su)
    assert sorted(number or "" for number in numbers(office)) == [f"INV/{YEAR}/0001", f"INV/{YEAR}/0002"]


def test_what_is_gone_before_the_end_leaves_no_gap(office: World) -> None:
    with office.env(companies=(1,)) as env:
        first, _second = make(env, 2)
        env.flush()
        env.delete([first])
        with pytest.raises(ZeroDivisionError), env.sudo("the test") as su:
            make(su)
            su.flush()
            raise ZeroDivisionError
    assert numbers(office) == [f"INV/{YEAR}/0001"]


def test_what_was_never_written_takes_no_number(office: World) -> None:
    with office.env(companies=(1,)) as env:
        dropped, kept = make(env, 2, kind="plain")
        env.number([dropped, kept], "number", "gap_free")
        env.session.expunge(dropped)
    assert numbers(office) == [f"INV/{YEAR}/0001"]


def test_who_asked_within_a_sudo_that_fails_gets_no_number(office: World) -> None:
    with office.env(companies=(1,)) as env:
        plain = make(env, kind="plain")
        env.flush()
        with pytest.raises(ZeroDivisionError), env.sudo("the test"):
            env.number(plain, "number", "gap_free")
            raise ZeroDivisionError
    assert numbers(office) == [None]


def test_a_hook_that_makes_more_as_numbers_come(office: World) -> None:
    def follow(env: Env, records: Sequence[Model]) -> None:
        for invoice in env.only(Invoice, records):
            if invoice.number and invoice.number.endswith("0001"):
                make(env)

    listening(office, ("record_updated", "more", follow))
    with office.env(companies=(1,)) as env:
        make(env)
    assert numbers(office) == [f"INV/{YEAR}/0001", f"INV/{YEAR}/0002"]


def test_an_unknown_sequence_is_refused(office: World) -> None:
    with pytest.raises(UserError), office.env(companies=(1,)) as env:
        make(env, kind="nothing")
    assert numbers(office) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gap_free", "gapped"])
def test_eight_at_once_a_fifth_of_them_rolled_back(office: World, kind: str) -> None:
    """1 to n without one missing or twice; where gaps are allowed, none twice."""

    def work(place: int) -> int:
        chance, done = random.Random(place), 0
        for _number in range(25):
            try:
                with office.env(companies=(1,), id=place + 1) as env:
                    make(env, kind=kind)
                    if chance.random() < 0.2:
                        env.flush()
                        raise ZeroDivisionError
                done += 1
            except ZeroDivisionError:
                pass
        return done

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(work, range(8), timeout=120))
    drawn = sorted(int((number or "").rpartition("/")[2]) for number in numbers(office))
    assert 100 < done < 200 and len(drawn) == done
    if kind == "gap_free":
        assert drawn == list(range(1, done + 1))
    else:
        assert len(set(drawn)) == done


def test_sequences_drawn_in_opposite_order_do_not_block_each_other(office: World) -> None:
    def work(kinds: tuple[str, str]) -> None:
        for number in range(30):
            with office.env(companies=(1, 2)) as env:
                for kind in kinds:
                    for company in (1, 2) if number % 2 == (kinds[0] == "another") else (2, 1):
                        make(env, kind=kind, company_id=company)
                        env.flush()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [("gap_free", "another"), ("another", "gap_free")], timeout=60))
    for company in (1, 2):
        assert {f"N{number}" for number in range(1, 61)} <= set(numbers(office, company))
        assert {f"INV/{YEAR}/{number:04}" for number in range(1, 61)} <= set(numbers(office, company))


DAY = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ("INV/{year}/{month}/{number}", "INV/2026/03/0007"),
        ("{number}{number}", "00070007"),
        ("{{number}}", "{0007}"),
        ("{number.__class__}", "{number.__class__}"),
        ("{0}{number!r}{number:>999999999}", "{0}{number!r}{number:>999999999}"),
        ("%(number)s ${number} {{ 7*7 }} {% x %}", "%(number)s $0007 {{ 7*7 }} {% x %}"),
        ("{unknown}", "{unknown}"),
        ("plain", "plain"),
    ],
)
def test_a_pattern_is_filled_in_and_nothing_more(pattern: str, shown: str) -> None:
    assert shape(pattern, 4, 7, DAY) == shown
