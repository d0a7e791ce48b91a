"""History: one thin row per record and flush, from which every value can be had again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal as Number
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import Env
from core.i18n import catalogs
from core.orm.undo import NothingToUndo, undo
from tests.core.orm.sales import Label, Line, Order, Paper, Quiet, changes, sales, store
from tests.core.orm.toys import Tag, World

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
FULL: dict[str, Any] = {
    "name": "full", "title": {"en": "T", "id": "J"}, "text": "é\n", "yes": True, "sure": False, "whole": 0,
    "amount": Number("1.250"), "money": Number("0.00"), "share": Number("12.50"), "day": dt.date(2026, 11, 24),
    "moment": NOON, "state": "old", "data": {"a": [1, None]}, "secret": "s",
}  # fmt: skip
KEPT = {
    **FULL, "amount": "1.250", "money": "0.00", "share": "12.50", "day": "2026-11-24",
    "moment": "2026-11-24T12:00:00+00:00",
}  # fmt: skip
"""The same as JSON holds it."""


@pytest.fixture
def papers(url: str) -> Iterator[World]:
    """A paper with all its values, links included, made in sudo as one field is closed."""
    with store(url) as made:
        with made.env() as env, env.sudo("the test") as su:
            su.create(Order, [{"name": "o"}])
            labels = su.create(Label, [{"name": "hot"}, {"name": "new"}, {"name": "old"}])
            su.create(Paper, [{**FULL, "order_id": 1, "labels": labels[:2]}])
        yield made


def papers_of(world: World) -> list[Any]:
    return [change for change in changes(world) if change.model == "sales.paper"]


def held(env: Env, key: int = 1) -> Paper:
    found = env.get(Paper, key)
    assert found is not None
    return found


def test_of_a_new_record_that_it_is_there(papers: World) -> None:
    (made,) = papers_of(papers)
    assert (made.action, made.record_id, made.values, made.created_by) == ("create", 1, None, 7)
    assert made.created_at <= dt.datetime.now(dt.UTC) and made.version == 1


def test_of_a_change_what_was_and_what_became(papers: World) -> None:
    with papers.env(id=9, lang="en") as env:
        paper, labels = held(env), env.read(Label, [2, 3])
        assert len(paper.labels) == 2
        paper.name, paper.whole, paper.day, paper.archived = "other", None, None, True
        paper.title = "Title"  # in the user's language
        paper.amount = Number("1.25")  # the same number
        paper.order = None
        paper.labels = labels
    change = papers_of(papers)[-1]
    assert (change.action, change.created_by) == ("write", 9)
    assert change.values == {
        "name": ["full", "other"], "whole": [0, None], "day": ["2026-11-24", None], "archived": [False, True],
        "title": [{"en": "T", "id": "J"}, {"en": "Title", "id": "J"}], "order": [1, None], "labels": [[1], [3]],
    }  # fmt: skip


def test_of_a_closed_field_too_whoever_may_read_it(papers: World) -> None:
    with papers.env() as env, env.sudo("the test") as su:
        held(su).secret = "t"
    assert papers_of(papers)[-1].values == {"secret": ["s", "t"]}


def test_of_a_deleted_record_all_that_it_held(papers: World) -> None:
    """Zero and an empty text are values too; no value and no are left out."""
    with papers.env() as env:
        env.delete([held(env)])
    last = papers_of(papers)[-1]
    wanted = {**KEPT, "order": 1, "labels": [1, 2]}
    del wanted["sure"]  # no
    assert (last.action, last.values) == ("delete", {name: [value, None] for name, value in wanted.items()})


def test_of_deleted_data_even_a_no(papers: World) -> None:
    with papers.env() as env:
        held(env).data, held(env).yes = False, False
        env.flush()
        env.delete([held(env)])
    values = papers_of(papers)[-1].values
    assert values["data"] == [False, None] and "yes" not in values, "data may be no, as well as nothing"


def test_of_a_cascade_each_record(url: str) -> None:
    with store(url) as shop:
        with shop.env() as env:
            order = env.create(Order, [{"name": "o"}])[0]
            env.create(Line, [{"order": order, "price": 3}, {"order": order, "price": 4}])
        with shop.env() as env:
            env.delete(env.read(Order, [1]))
        gone = [(change.model, change.record_id) for change in changes(shop) if change.action == "delete"]
        assert sorted(gone) == [("sales.line", 1), ("sales.line", 2), ("sales.order", 1)]
        values = next(c.values for c in changes(shop) if c.action == "delete" and c.model == "sales.line")
        assert values == {"order": [1, None], "qty": [1, None], "price": ["3.00", None]}, "nothing computed"


def test_no_row_where_nothing_differs_or_none_is_kept(papers: World) -> None:
    before = len(changes(papers))
    with papers.env() as env:
        paper = held(env)
        paper.name, paper.amount, paper.data = "full", Number("1.25"), {"a": [1, None]}
        paper.moment = NOON.astimezone(dt.timezone(dt.timedelta(hours=7)))
        paper.order = env.get(Order, 1)  # what it led to already, which nobody has read yet
        quiet = env.create(Quiet, [{"name": "a"}])[0]
        env.flush()
        quiet.name = "b"
        env.flush()
        env.delete([quiet])
    assert len(changes(papers)) == before


def test_one_row_per_flush_of_one_unit_in_sudo_too(papers: World) -> None:
    with papers.env() as env:
        held(env).name = "a"
        env.flush()
        held(env).name = "b"
        with env.sudo("the test") as su:
            held(su).name = "c"
        env.execute(sa.update(env[Paper]).values(name="d"))
    with papers.env() as env:
        held(env).name = "e"
    rows = papers_of(papers)[1:]
    assert [row.values["name"] for row in rows] == [
        ["full", "a"],
        ["a", "b"],
        ["b", "c"],
        ["c", "d"],
        ["d", "e"],
    ]
    assert len({row.unit for row in rows[:4]}) == 1 and rows[4].unit > rows[0].unit


def test_a_transaction_rolled_back_leaves_none(papers: World) -> None:
    before = len(changes(papers))
    with pytest.raises(ZeroDivisionError), papers.env() as env:
        held(env).name = "a"
        env.flush()
        raise ZeroDivisionError
    with papers.env() as env:
        with pytest.raises(ZeroDivisionError), env.sudo("the test") as su:
            held(su).name = "b"
            su.flush()
            raise ZeroDivisionError
        assert held(env).name == "full"
    assert len(changes(papers)) == before


def test_many_records_take_as_many_statements_as_few(papers: World) -> None:
    def work(count: int) -> list[int]:
        taken = []
        with papers.env() as env:
            made = env.create(Paper, [{"name": f"p{number}"} for number in range(count)])
            for change in (None, "new"):
                for paper in made if change else ():
                    paper.name = change or ""
                with papers.statements() as seen:
                    env.flush()
                taken.append(len(seen))
            with papers.statements() as seen:
                env.delete(made)
            taken.append(len(seen))
        return taken

    assert work(3)  # what is looked up once
    few = work(3)
    assert work(300) == few and max(few) < 10


def test_it_can_be_replayed(papers: World) -> None:
    """Undone from the last row to the first, the record is what it was; redone, what it became."""

    def look(env: Env) -> dict[str, Any]:
        paper, fields = held(env), env.registry.info(Paper).followed
        plain = {item.name: item.dump(getattr(paper, item.key)) for item in fields if item.name != "labels"}
        return {**plain, "labels": sorted(label.id for label in paper.labels)}

    with papers.env() as env, env.sudo("the test") as su:
        first = look(su)
        held(su).name, held(su).day = "other", dt.date(2020, 1, 1)
        su.flush()
        held(su).labels = su.read(Label, [2, 3])
        held(su).title = {"id": "Lain"}
        held(su).data = None
        su.flush()
        held(su).order, held(su).secret = None, None
        held(su).sure, held(su).money = True, Number(7)
        su.flush()
        last = look(su)
    steps = papers_of(papers)[1:]
    assert len(steps) == 3
    for wanted, order, side in ((first, reversed(steps), 0), (last, steps, 1)):
        with papers.env() as env, env.sudo("the test") as su:
            for step in order:
                _set(su, step.values, side)
            assert look(su) == wanted


def _set(env: Env, values: dict[str, Any], side: int) -> None:
    info, paper = env.registry.info(Paper), held(env)
    for name, pair in values.items():
        item = info.fields[name]
        if name == "labels":
            gone, came = (pair[1], pair[0]) if side == 0 else pair
            keys = ({label.id for label in paper.labels} - set(gone)) | set(came)
            paper.labels = env.read(Label, sorted(keys))
        else:
            setattr(paper, item.key, item.load(pair[side]))
    env.flush()


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
    "title": st.dictionaries(
        st.sampled_from(["en", "id"]), st.text("abé ", min_size=1, max_size=40), min_size=1
    ),
    "text": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50),
    "yes": st.booleans(),
    "whole": st.integers(-(2**63) + 1, 2**63 - 1),
    "amount": st.decimals(-(10**14), 10**14, places=3),
    "money": st.decimals(-(10**15), 10**15, places=2),
    "share": st.decimals(-999, 999, places=2),
    "day": st.dates(dt.date(1000, 1, 1)),
    "moment": st.datetimes(dt.datetime(1001, 1, 1), dt.datetime(9998, 1, 1), timezones=st.timezones()).map(
        lambda moment: moment.astimezone(dt.UTC)  # a local time that a clock shows twice equals no other
    ),
    "state": st.sampled_from(["new", "old"]),
    "data": st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("aé\"' ", max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=3), inner, max_size=3)
        ),
        max_leaves=5,
    ),
}


@given(data=st.data(), name=st.sampled_from(sorted(VALUES)))
def test_every_kind_is_kept_as_it_is(data: st.DataObject, name: str) -> None:
    """What `dump` gives is JSON, and `load` makes the very value of it."""
    item: Any = sales().info(Paper).fields[name]
    value = item.settled(data.draw(VALUES[name]))
    assert item.load(json.loads(json.dumps(item.dump(value)))) == value
    assert item.load(item.dump(None)) is None


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_kind_comes_back_from_the_database(papers: World, data: st.DataObject) -> None:
    values = {
        name: data.draw(strategy | st.none())
        for name, strategy in VALUES.items()
        if name not in ("name", "yes")
    }
    info = papers.registry.info(Paper)
    with papers.env() as env, env.sudo("the test") as su:
        paper = su.create(
            Paper, [{"name": "x", **{info.fields[name].key: value for name, value in values.items()}}]
        )[0]
        su.flush()
        key = paper.id
        before = {name: getattr(paper, info.fields[name].key) for name in values}
        su.delete([paper])
    last = papers_of(papers)[-1]
    assert (last.record_id, last.action) == (key, "delete")
    kept = {name: last.values.get(name, [None])[0] for name in values}
    assert {name: info.fields[name].load(value) for name, value in kept.items()} == before


def test_the_language_of_who_writes_does_not_matter(papers: World) -> None:
    for lang in catalogs.LANGUAGES:
        with papers.env(lang=lang) as env:
            held(env).title = f"in {lang}"
    texts, titles = {"en": "T", "id": "J"}, []
    for lang in catalogs.LANGUAGES:
        titles.append([texts, texts := {**texts, lang: f"in {lang}"}])
    assert [row.values["title"] for row in papers_of(papers)[1:]] == titles


def test_where_none_is_kept_nothing_can_be_taken_back(toy: World) -> None:
    with toy.env() as env:
        unit = env.session.unit
        env.create(Tag, [{"name": "a"}])
    with pytest.raises(NothingToUndo), toy.env() as env:
        undo(env, unit)
