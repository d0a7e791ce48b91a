"""The order of the flush: a model that logs what is asked of it, and the statements between."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import pytest
import sqlalchemy as sa

from core import Char, Env, Integer, Many2one, Model, One2many, Ref, Rule, UserError
from core.access.door import AccessDenied
from core.access.rights import Policy
from core.base.hooks import models as shipped_models
from core.orm.events import Listeners
from core.orm.registry import Registry
from core.schema.tables import outbox
from tests.core.orm import sales
from tests.core.orm.sales import changes, row, store
from tests.core.orm.toys import World

ACCESS = {"base.user": "rwcd"}
LOG: list[str] = []


class Told(Char[Any]):
    """A text that logs when it is validated."""

    def settled(self, value: Any) -> Any:
        LOG.append("validation")
        return super().settled(value)


class Shelf(Model, name="log.shelf", access=ACCESS):
    name = Char(label="Name")
    books: One2many[Book] = One2many(lambda: Book, "shelf")
    pages = Integer(compute="_pages", depends=("books.pages",))

    @classmethod
    def _pages(cls, records: Sequence[Self]) -> None:
        LOG.append("dotted compute")
        for record in records:
            record.pages = sum(book.pages or 0 for book in record.books)


class Book(Model, name="log.book", access=ACCESS):
    title = Told(search=True, label="Title")
    pages = Integer(label="Pages")
    letters = Integer(compute="_letters", depends=("title",))
    shelf = Many2one(Shelf, label="Shelf")
    shelf_id: Ref

    @classmethod
    def _letters(cls, records: Sequence[Self]) -> None:
        LOG.append("own compute")
        for record in records:
            record.letters = len(record.title or "")

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        LOG.append("before_create")

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        LOG.append("before_write")

    @classmethod
    def before_delete(cls, records: Sequence[Self]) -> None:
        super().before_delete(records)
        LOG.append("before_delete")


STATEMENTS = {
    r"SELECT count.*log_book": "access",
    r"INSERT INTO log_book": "SQL",
    r"UPDATE log_book": "SQL",
    r"DELETE FROM log_book": "SQL",
    r"INSERT INTO base_change": "history",
    r"(INSERT INTO|INSERT OR REPLACE INTO|DELETE FROM) search": "search",
}


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    made = Registry({"base": shipped_models(), "log": [Shelf, Book]}, {"log": frozenset({"base"})})
    made.policy = Policy(made, [Rule(Book, "rwcd", where=lambda B, env: B.id > 0)])
    listeners = {name: lambda name=name: LOG.append(name) for name in Listeners()._of}
    made.listeners = Listeners([(name, "log", listener) for name, listener in listeners.items()])
    yield made
    made.dispose()


@pytest.fixture
def library(url: str, registry: Registry) -> Iterator[World]:
    with store(url, registry) as made:
        with made.env() as env:
            shelf = env.create(Shelf, [{"name": "a"}])[0]
            env.create(Book, [{"title": "first", "pages": 10, "shelf": shelf}])
        LOG.clear()
        yield made


def told(library: World, work: Any) -> list[str]:
    """What is logged while `work` is done, repetitions once."""

    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        LOG.extend(name for pattern, name in STATEMENTS.items() if re.match(pattern, statement, re.DOTALL))

    sa.event.listen(library.database.writing, "before_cursor_execute", note)
    try:
        with library.env() as env:
            work(env)
    finally:
        sa.event.remove(library.database.writing, "before_cursor_execute", note)
    return [name for place, name in enumerate(LOG) if place == 0 or LOG[place - 1] != name]


def test_the_order_of_a_create(library: World) -> None:
    assert told(library, lambda env: env.create(Book, [{"title": "b", "pages": 5, "shelf_id": 1}])) == [
        "before_create", "validation", "own compute", "SQL", "access", "dotted compute", "history", "search",
        "record_created", "after_commit",
    ]  # fmt: skip


def test_the_order_of_a_change(library: World) -> None:
    def change(env: Env) -> None:
        book = env.get(Book, 1)
        assert book is not None
        book.title, book.pages = "other", 7

    assert told(library, change) == [
        "before_write", "validation", "own compute", "access", "SQL", "access", "dotted compute", "history",
        "search", "record_updated", "after_commit",
    ]  # fmt: skip
    assert row(library, "log.shelf")["pages"] == 7


def test_the_order_of_a_delete(library: World) -> None:
    assert told(library, lambda env: env.delete([env.get(Book, 1)])) == [
        "before_delete", "access", "SQL", "dotted compute", "history", "search", "record_deleted", "after_commit",
    ]  # fmt: skip
    assert row(library, "log.shelf")["pages"] == 0


def test_the_stored_row_is_looked_at_before_it_is_written_and_the_new_one_after(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that holds for either row only refuses the move, whichever of them breaks it."""
    with store(url) as shop:
        with shop.env() as env:
            env.create(sales.Order, [{"name": "mine"}, {"name": "theirs"}])
        rule = Rule(sales.Order, "w", where=lambda order, env: order.name != "theirs")
        monkeypatch.setattr(shop.registry, "policy", Policy(shop.registry, [rule]))
        for key, name in ((1, "theirs"), (2, "mine")):
            with pytest.raises(AccessDenied), shop.env() as env:
                order = env.get(sales.Order, key)
                assert order is not None
                order.name = name
        with shop.env() as env:
            order = env.get(sales.Order, 1)
            assert order is not None
            order.name = "still mine"
        assert [row(shop, "sales.order", key)["name"] for key in (1, 2)] == ["still mine", "theirs"]


def test_the_version_counts_what_somebody_set(url: str) -> None:
    with store(url) as shop:
        with shop.env() as env:
            customer = env.create(sales.Customer, [{"name": "Sari"}])[0]
            order = env.create(sales.Order, [{"name": "a", "customer": customer}])[0]
        made = row(shop, "sales.order")
        with shop.env() as env:
            env.create(sales.Line, [{"order_id": 1, "qty": 2, "price": 5}])
        assert row(shop, "sales.order")["total"] == 10
        assert row(shop, "sales.order") == {**made, "total": 10, "count": 1, "due": 10}, (
            "no stamp moves either"
        )
        with shop.env(id=9) as env:
            order = env.get(sales.Order, 1)  # type: ignore[assignment]
            order.name = "b"
            env.flush()
            order.discount = 1  # type: ignore[assignment]
            env.flush()
            order.archived = True
            env.flush()
        stored = row(shop, "sales.order")
        assert stored["version"] == 3, "archiving is no change of a field"
        assert (stored["created_by"], stored["updated_by"]) == (7, 9)
        assert stored["updated_at"] > made["updated_at"] == made["created_at"]


def test_a_job_is_asked_for_in_the_transaction(url: str) -> None:
    with store(url) as shop:
        with shop.env() as env:
            number = env.jobs.enqueue("sales.mail", 5)
        with pytest.raises(ZeroDivisionError), shop.env() as env:
            env.jobs.enqueue("sales.mail", 6)
            raise ZeroDivisionError
        with shop.database.reading.begin() as connection:
            found = connection.execute(sa.select(outbox)).one()
        assert (found.id, found.name, found.record_id, found.user_id) == (number, "sales.mail", 5, 7)
        assert found.state == "waiting" and found.made_at == found.due_at


TAKE = sa.text(
    "UPDATE outbox SET state = 'done' WHERE name = :name AND state = 'waiting' RETURNING record_id"
)


def taken(env: Env, name: str) -> Sequence[int]:
    """What waits under this name. It is done with what this transaction does about it, or else it waits on."""
    with env.unsafe_sql("the outbox is no model") as session:
        return session.scalars(TAKE, {"name": name}).all()


def test_a_job_waits_until_somebody_takes_it(url: str) -> None:
    with store(url) as shop:
        with shop.env() as env:
            for name, key in (("sales.mail", 5), ("sales.mail", 6), ("sales.other", 7)):
                env.jobs.enqueue(name, key)
        with pytest.raises(ZeroDivisionError), shop.env() as env:
            assert sorted(taken(env, "sales.mail")) == [5, 6]
            raise ZeroDivisionError
        with shop.env() as env:
            assert sorted(taken(env, "sales.mail")) == [5, 6]
        with shop.env() as env:
            assert (taken(env, "sales.mail"), taken(env, "sales.other")) == ([], [7])


def test_what_is_refused_late_leaves_nothing(url: str) -> None:
    """Refused in the last step of all: row, computed fields, history, text and job go back together."""
    with store(url) as shop:
        with shop.env() as env:
            env.create(sales.Order, [{"name": "a"}])
        before, past = row(shop, "sales.order"), changes(shop)

        def refuse() -> None:
            raise UserError("no")

        sales.listening(shop, ("record_created", "sales", refuse))
        try:
            with pytest.raises(UserError, match="no"), shop.env() as env:
                env.jobs.enqueue("x", 1)
                env.create(sales.Line, [{"order_id": 1, "qty": 2, "price": 5, "product": "apple"}])
        finally:
            sales.listening(shop)
        assert (row(shop, "sales.order"), changes(shop)) == (before, past)
        with shop.database.reading.begin() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(outbox)) == 0
