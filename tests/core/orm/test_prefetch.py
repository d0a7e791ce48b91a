"""Prefetch: a link that is touched on one record is loaded for all of its result."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import strategies
from sqlalchemy.orm.state import InstanceState

from core import Char, Many2one, Model, One2many, Ref
from core.orm import prefetch
from core.orm.registry import Registry
from tests.core.orm.toys import TOYS, Lead, Partner, Tag, World, toys, world

MANY = 400


@pytest.fixture
def crowd(toy: World) -> World:
    """400 leads of 400 partners, one without; tag 1 on all, tag 2 on every second, in reversed order."""
    with toy.env() as env:
        tags = env.create(Tag, [{"name": "first"}, {"name": "second"}])
        partners = env.create(Partner, [{"name": f"p{number}"} for number in range(MANY)])
        env.flush()
        env.create(Lead, [
            {"title": f"l{number}", "partner_id": partner.id, "tags": tags[::-1] if number % 2 else tags[:1]}
            for number, partner in enumerate(partners)
        ])  # fmt: skip
        env.create(Lead, [{"title": "alone"}])
    return toy


def test_many2one_costs_two_statements(crowd: World) -> None:
    with crowd.env() as env, crowd.statements() as seen:
        leads = env.scalars(sa.select(env[Lead]).order_by(env[Lead].id)).all()
        names = [lead.partner.name if lead.partner else None for lead in leads]
    assert names == [*(f"p{number}" for number in range(MANY)), None]
    assert len(seen) == 2


def test_many2many_costs_two_statements_and_is_ordered(crowd: World) -> None:
    with crowd.env() as env, crowd.statements() as seen:
        leads = env.scalars(sa.select(env[Lead]).order_by(env[Lead].id)).all()
        names = [[tag.name for tag in lead.tags] for lead in leads]
    assert names == [["first", "second"] if number % 2 else ["first"] for number in range(MANY)] + [[]]
    assert len(seen) == 2


def test_one2many_costs_two_statements_and_is_ordered(toy: World) -> None:
    with toy.env() as env:
        partners = env.create(Partner, [{"name": f"p{number}"} for number in range(3)])
        env.flush()
        for title, place in (("a", 2), ("b", 0), ("c", 2), ("d", 0), ("e", 0)):
            env.create(Lead, [{"title": title, "partner_id": partners[place].id}])
    with toy.env() as env, toy.statements() as seen:
        found = env.scalars(sa.select(env[Partner]).order_by(env[Partner].id)).all()
        titles = [[lead.title for lead in partner.leads] for partner in found]
    assert titles == [["b", "d", "e"], [], ["a", "c"]]
    assert len(seen) == 2


def test_what_is_in_memory_costs_nothing(crowd: World) -> None:
    with crowd.env() as env:
        known = env.scalars(sa.select(env[Partner])).all()
        leads = env.scalars(sa.select(env[Lead])).all()
        with crowd.statements() as seen:
            assert len(known) == MANY
            assert all(lead.partner for lead in leads if lead.partner_id)
    assert not seen


def test_only_what_is_missing_is_read(crowd: World) -> None:
    with crowd.env() as env:
        known = env.scalars(sa.select(env[Partner]).order_by(env[Partner].id).limit(MANY - 1)).all()
        leads = env.scalars(sa.select(env[Lead]).order_by(env[Lead].id)).all()
        env.session.expire(known[0])
        with crowd.statements() as seen:
            names = [lead.partner.name for lead in leads[:MANY] if lead.partner]
    assert names == [f"p{number}" for number in range(MANY)]
    assert len(seen) == 1, "the two that are not known, in one statement"


def test_results_do_not_mix(crowd: World) -> None:
    """Touching a record of one result loads nothing for the records of another."""
    with crowd.env() as env:
        L = env[Lead]
        first = env.scalars(sa.select(L).where(L.id <= 10)).all()
        second = env.scalars(sa.select(L).where(L.id > 10)).all()
        assert first[0].partner
        assert all("partner" in vars(lead) for lead in first)
        assert not any("partner" in vars(lead) for lead in second)


def test_archived_and_tree_links_are_followed(toy: World) -> None:
    with toy.env() as env:
        root, old = env.create(Partner, [{"name": "root"}, {"name": "old", "archived": True}])
        env.create(Partner, [{"name": "a", "parent": root}, {"name": "b", "parent": old}])
    with toy.env() as env:
        P = env[Partner]
        found = env.scalars(sa.select(P).where(P.archived.is_(False)).order_by(P.name)).all()
        parents = [partner.parent.name if partner.parent else None for partner in found]
        assert parents == ["root", "old", None]
        assert [[child.name for child in partner.children] for partner in found] == [[], [], ["a"]]


def test_large_results_go_in_batches(crowd: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "BATCH", 150)
    with crowd.env() as env:
        leads = env.scalars(sa.select(env[Lead])).all()
        with crowd.statements() as seen:
            assert sum(len(lead.tags) for lead in leads) == MANY * 3 // 2
    assert len(seen) == 3


def test_what_is_pending_is_written_before(toy: World) -> None:
    """As with SQLAlchemy's own loading: a new line of one of several orders is not missed."""
    with toy.env() as env:
        env.create(Partner, [{"name": name} for name in "abc"])
    with toy.env() as env:
        partners = env.scalars(sa.select(env[Partner]).order_by(env[Partner].id)).all()
        env.create(Lead, [{"title": "new", "partner_id": partners[1].id}])
        assert [lead.title for lead in partners[0].leads] == []
        assert [lead.title for lead in partners[1].leads] == ["new"]


def test_what_is_set_is_not_overwritten(crowd: World) -> None:
    with crowd.env() as env:
        leads = env.scalars(sa.select(env[Lead]).order_by(env[Lead].id)).all()
        second = env.scalars(sa.select(env[Tag]).order_by(env[Tag].id.desc())).first()
        assert second is not None
        leads[0].tags = [second]
        leads[2].tags.append(second)
        leads[4].partner = None
        assert leads[6].tags and leads[6].partner, "the others are loaded meanwhile"
        key = leads[0].id
    with crowd.env() as env:
        found = env.scalars(sa.select(env[Lead]).where(env[Lead].id < key + 5).order_by(env[Lead].id)).all()
        assert [[tag.name for tag in lead.tags] for lead in found] == [
            ["second"], ["first", "second"], ["first", "second"], ["first", "second"], ["first"],
        ]  # fmt: skip
        assert [lead.partner is None for lead in found] == [False, False, False, False, True]
        assert [lead.version for lead in found] == [2, 1, 2, 1, 2]


def test_pinned_sqlalchemy_has_the_private_names() -> None:
    """A new SQLAlchemy without them would make every list slow, in silence: here it is said."""
    loader = strategies._LazyLoader
    assert list(inspect.signature(loader._load_for_state).parameters)[:5] == [
        "self", "state", "passive", "loadopt", "extra_criteria",
    ]  # fmt: skip
    assert "runid" in InstanceState.__annotations__
    assert prefetch.STRATEGY == "prefetch"
    for name in ("partner", "tags"):
        relation: Any = sa.inspect(toys()[Lead]).relationships[name]
        assert isinstance(relation.strategy, prefetch.PrefetchLoader)
        assert list(relation._strategies.values()) == [relation.strategy], "none that never loads"


def test_records_without_links_are_not_searched_for_more_to_write(toy: World) -> None:
    """To look at each attribute for further records takes a tenth of a bulk create; with links it has to be."""
    searched: list[Any] = []
    cascade = sa.inspect(toy.registry[Partner]).cascade_iterator
    with pytest.MonkeyPatch.context() as patch, toy.env() as env:
        patch.setattr(
            sa.inspect(toy.registry[Partner]),
            "cascade_iterator",
            lambda *args, **options: searched.append(args[1].obj().name) or cascade(*args, **options),
        )
        env.create(Partner, [{"name": "alone"}, {"name": "with", "leads": [env[Lead](title="its")]}])
        env.flush()
        assert env.scalars(sa.select(env[Lead].title)).all() == ["its"]
    assert searched == ["with"]


def test_without_the_private_names_links_load_one_by_one(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "STRATEGY", "select")
    with world(url, Registry(TOYS)) as plain:
        with plain.env() as env:
            tag = env.create(Tag, [{"name": "t"}])
            env.create(Partner, [{"name": name, "leads": env.create(Lead, [{"title": name, "tags": tag}])}
                                 for name in "ab"])  # fmt: skip
        with plain.env() as env, plain.statements() as seen:
            leads = env.scalars(sa.select(env[Lead]).order_by(env[Lead].id)).all()
            assert [lead.partner.name for lead in leads if lead.partner] == ["a", "b"]
            assert [[tag.name for tag in lead.tags] for lead in leads] == [["t"], ["t"]]
            assert len(seen) == 5
        plain.registry.dispose()


class Shelf(Model, name="toy.shelf", access={"base.user": "rwcd"}):
    name = Char(label="Name")
    books: One2many[Book] = One2many(lambda: Book, inverse="shelf")


class Book(Model, name="toy.book", access={"base.user": "rwcd"}):
    name = Char(label="Name")
    shelf = Many2one(Shelf, access={"base.user": "rw"})
    shelf_id: Ref


@pytest.mark.parametrize("is_stored", [False, True])
def test_the_far_end_of_a_closed_link_follows_its_key(url: str, is_stored: bool) -> None:
    with world(url, Registry({"toy": [Shelf, Book]})) as closed, closed.env() as env:
        [shelf] = env.create(Shelf, [{"name": "one"}])
        books = env.create(Book, [{"name": "first"}]) if is_stored else []
        env.flush()
        assert shelf.books == []
        for book in books or env.create(Book, [{"name": "first"}]):
            book.shelf_id = shelf.id
        env.flush()
        assert [book.name for book in shelf.books] == ["first"]
