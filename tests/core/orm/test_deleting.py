"""Deleting: what holds a record, what goes with it, what lets go of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import pytest
import sqlalchemy as sa

from core import Char, Many2one, Model, One2many, UserError
from core.orm.circles import circular
from core.orm.registry import Registry
from tests.core.orm.toys import ACCESS, TOYS, Lead, Partner, Tag, World, world


class Order(Model, name="toy.order", plural="Orders", access=ACCESS):
    name = Char(required=True)
    partner = Many2one(Partner)
    first: Many2one[Line | None] = Many2one(lambda: Line, ondelete="cascade")
    lines: One2many[Line] = One2many(lambda: Line, "order")


class Line(Model, name="toy.line", access=ACCESS):
    going: list[str] = []
    name = Char(required=True)
    order = Many2one(Order, required=True, ondelete="cascade")
    above: Many2one[Line | None] = Many2one(lambda: Line, ondelete="cascade")

    @classmethod
    def before_delete(cls, records: Sequence[Self]) -> None:
        super().before_delete(records)
        cls.going += [f"{record.name} of {record.order.name}" for record in records]
        if any(record.name == "stay" for record in records):
            raise UserError("This line stays.")


@pytest.fixture(scope="module")
def orders() -> Iterator[Registry]:
    registry = Registry({"toy": [*TOYS["toy"], Order, Line]})
    yield registry
    registry.dispose()


@pytest.fixture
def shop(url: str, orders: Registry) -> Iterator[World]:
    Line.going.clear()
    with world(url, orders) as made:
        yield made


def test_circular() -> None:
    edges = {"a": {"b"}, "b": {"a", "c"}, "c": set(), "d": {"a"}, "e": {"e"}}
    assert circular(edges) == {"a", "b", "e"}
    assert circular({"a": {"b"}, "b": {"c"}, "c": set()}) == set()


def _count(env: Any, *models: type[Model]) -> list[int]:
    return [env.scalar(sa.select(sa.func.count(env[model].id))) for model in models]


def _order(env: Any, name: str, lines: Sequence[str], **values: Any) -> Order:
    order: Order = env.create(Order, [{"name": name, **values}])[0]
    env.create(Line, [{"name": line, "order": order} for line in lines])
    env.flush()
    return order


def test_what_is_used_is_refused_and_said_in_words(shop: World) -> None:
    with shop.env(lang="en") as env:
        partner = env.create(Partner, [{"name": "p"}])[0]
        for number in range(5):
            _order(env, f"o{number}", (), partner=partner)
        with pytest.raises(UserError) as refusal:
            env.delete([partner])
        assert "used by 5 records of Orders (o0, o1, o2)" in str(refusal.value)
        assert _count(env, Partner, Order) == [1, 5]


def test_one_record_that_uses_it_is_one(shop: World) -> None:
    with shop.env(lang="en") as env:
        partner = env.create(Partner, [{"name": "p"}])[0]
        _order(env, "o", (), partner=partner)
        with pytest.raises(
            UserError, match=r"used by 1 record of Orders \(o\)\. Archive it instead, or change that"
        ):
            env.delete([partner])


def test_what_uses_it_may_go_with_it(shop: World) -> None:
    with shop.env() as env:
        partner = env.create(Partner, [{"name": "p"}])[0]
        order = _order(env, "o", "ab", partner=partner)
        env.delete([partner, order])
        assert _count(env, Partner, Order, Line) == [0, 0, 0]


def test_links_that_may_be_emptied_are_emptied(shop: World) -> None:
    with shop.env() as env:
        kept, gone = env.create(Partner, [{"name": "kept"}, {"name": "gone"}])
        env.create(Lead, [{"title": title, "partner": gone} for title in "abc"])
        other = env.create(Lead, [{"title": "d", "partner": kept}])[0]
    with shop.env(id=8) as env:
        leads = env.scalars(sa.select(env[Lead]).order_by(env[Lead].title)).all()
        assert [lead.partner.name for lead in leads if lead.partner] == ["gone", "gone", "gone", "kept"]
        env.delete(env.read(Partner, [gone.id]))
        assert [lead.partner and lead.partner.name for lead in leads] == [None, None, None, "kept"]
        assert [lead.version for lead in leads] == [2, 2, 2, 1], "it is a change of theirs"
        assert [lead.updated_by for lead in leads] == [8, 8, 8, other.updated_by]


def test_a_record_that_goes_too_is_not_changed_before(shop: World) -> None:
    with shop.env() as env:
        partner = env.create(Partner, [{"name": "p"}])[0]
        lead = env.create(Lead, [{"title": "a", "partner": partner}])[0]
        env.delete([partner, lead])
        assert lead.version == 1
        assert _count(env, Partner, Lead) == [0, 0]


def test_what_hangs_on_it_goes_through_the_orm(shop: World) -> None:
    with shop.env() as env:
        order = _order(env, "o", "ab")
        env.create(Line, [{"name": "pending", "order": order}])
        env.delete([order])
        assert sorted(Line.going) == ["a of o", "b of o", "pending of o"]
        assert _count(env, Order, Line) == [0, 0]


def test_a_refusal_of_what_hangs_on_it_keeps_all(shop: World) -> None:
    with shop.env() as env:
        order = _order(env, "o", ("a", "stay"))
    with pytest.raises(UserError, match="stays"), shop.env() as env:
        env.delete(env.read(Order, [order.id]))
    with shop.env() as env:
        assert _count(env, Order, Line) == [1, 2]


def test_circles_of_rows_go(shop: World) -> None:
    """An order that names a line of its own, lines that stand above each other, one above itself."""
    with shop.env() as env:
        order = _order(env, "o", "abc")
        a, b, c = order.lines
        env.write([a], {"above_id": b.id})
        env.write([b], {"above_id": a.id})
        env.write([c], {"above_id": c.id})
        order.first = a
    with shop.env() as env:
        env.delete(env.read(Order, [order.id]))
        assert _count(env, Order, Line) == [0, 0]
        assert len(Line.going) == 3


def test_a_tree_goes_from_its_leaves(shop: World) -> None:
    with shop.env() as env:
        level = env.create(Partner, [{"name": "root"}])
        tree = list(level)
        for _depth in range(4):
            level = env.create(
                Partner, [{"name": "p", "parent": parent} for parent in level for _twice in "ab"]
            )
            tree += level
        env.flush()
        keys = [partner.id for partner in tree]
    with shop.env(lang="en") as env:
        with pytest.raises(UserError, match="used by 2 records"):
            env.delete(env.read(Partner, keys[:1]))
        with shop.statements() as seen:
            env.delete(env.read(Partner, keys))
        assert _count(env, Partner) == [0]
    assert sum(statement.startswith("DELETE FROM toy_partner") for statement in seen) == 5, "one a level"


def test_links_in_tables_between_go_unread(shop: World) -> None:
    with shop.env() as env:
        tags = env.create(Tag, [{"name": name} for name in "ab"])
        env.create(Lead, [{"title": str(number), "tags": tags} for number in range(700)])
    with shop.env() as env, shop.statements() as seen:
        leads = env.scalars(sa.select(env[Lead]).where(env[Lead].title != "7")).all()
        env.delete(leads)
        env.delete(env.read(Tag, [tags[0].id]))
        assert [[tag.id for tag in lead.tags] for lead in env.scalars(sa.select(env[Lead]))] == [[tags[1].id]]
    assert not any(statement.startswith("DELETE FROM toy_lead__tags_rel") for statement in seen)
    assert sum(statement.startswith("DELETE FROM toy_lead") for statement in seen) == 1


def test_many_are_looked_at_in_batches(shop: World) -> None:
    with shop.env() as env:
        partners = env.create(Partner, [{"name": str(number)} for number in range(1200)])
        env.flush()
        env.create(Lead, [{"title": "a", "partner_id": partner.id} for partner in partners])
    with shop.env() as env, shop.statements() as seen:
        env.delete(env.scalars(sa.select(env[Partner])).all())
        assert _count(env, Partner, Lead) == [0, 1200]
        assert env.scalar(sa.select(sa.func.count(env[Lead].partner_id))) == 0
    assert len(seen) < 40


def test_new_records_and_nothing_at_all(shop: World) -> None:
    with shop.env() as env:
        env.delete([])
        env.delete(env.create(Partner, [{"name": "x"}, {"name": "y"}]))
        assert _count(env, Partner) == [0]


def test_collections_in_memory_follow(shop: World) -> None:
    with shop.env() as env:
        order = _order(env, "o", "abc")
        other = _order(env, "p", ())
        a, b, c = order.lines
        assert other.lines == []
        env.delete([a])
        assert order.lines == [b, c]
        env.write([b], {"order_id": other.id})
        env.flush()
        assert (b.order, order.lines, other.lines) == (other, [c], [b])
        c.order = other
        env.flush()
        assert (order.lines, other.lines) == ([], [b, c])
        new = env.create(Line, [{"name": "d", "order_id": order.id}])
        env.flush()
        assert order.lines == new
