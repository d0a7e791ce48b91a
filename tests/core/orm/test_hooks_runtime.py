"""The hooks that are told what is written: in rounds with an end, in one transaction, and after it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from core import Env, Model, UserError
from core.orm.events import ROUNDS
from core.orm.happened import Event
from tests.core.orm.sales import Customer, Label, Line, Order, Quiet, changes, listening, row, store
from tests.core.orm.toys import World


@pytest.fixture
def shop(url: str) -> Iterator[World]:
    with store(url) as made:
        with made.env() as env:
            env.create(Customer, [{"name": "Sari"}])
            env.create(Order, [{"name": "first"}, {"name": "second"}])
        yield made
        listening(made)


class Ear:
    """Notes what it is told, and may do something about it."""

    def __init__(self, world: World) -> None:
        self.heard: list[Any] = []
        listening(
            world,
            ("record_created", "ear", self.created),
            ("record_updated", "ear", self.updated),
            ("record_deleted", "ear", self.deleted),
            ("after_commit", "ear", self.after),
        )

    def created(self, env: Env, records: Sequence[Model]) -> None:
        self.heard.append(("created", _name(records), [record.id for record in records]))

    def updated(self, records: Sequence[Model], changed: Mapping[int, frozenset[str]]) -> None:
        self.heard.append(("updated", _name(records), {key: set(names) for key, names in changed.items()}))

    def deleted(self, ids: Sequence[int], model: str) -> None:
        self.heard.append(("deleted", model, list(ids)))

    def after(self, events: Sequence[Event]) -> None:
        self.heard.append([(e.kind, e.model, e.ids, set(e.fields)) for e in events])


def _name(records: Sequence[Any]) -> str:
    return str(records[0].__lumbung__.name)


def test_batches_per_model_in_the_transaction_and_events_after(shop: World) -> None:
    ear = Ear(shop)
    with shop.env() as env:
        first, second = env.read(Order, [1, 2])
        env.create(Label, [{"name": "a"}, {"name": "b"}])
        first.name, second.customer_id = "other", 1
        env.flush()
        assert ear.heard == [
            ("created", "sales.label", [1, 2]), ("updated", "sales.order", {1: {"name"}, 2: {"customer"}}),
        ]  # fmt: skip
        ear.heard.clear()
        env.delete(env.read(Label, [2]))
        assert ear.heard == [("deleted", "sales.label", [2])]
        ear.heard.clear()
    assert ear.heard == [
        [("created", "sales.label", (1, 2), set()), ("updated", "sales.order", (1, 2), {"name", "customer"}),
         ("deleted", "sales.label", (2,), set())],
    ]  # fmt: skip


def test_what_a_query_wrote_is_told_at_the_next_flush(shop: World) -> None:
    ear = Ear(shop)
    with shop.env() as env:
        env.create(Label, [{"name": "a"}])
        assert len(env.scalars(sa.select(env[Label])).all()) == 1
        assert ear.heard == [], "no hook runs in the midst of a query"
    assert ear.heard[0] == ("created", "sales.label", [1])


def test_nothing_is_told_of_what_was_rolled_back(shop: World) -> None:
    """As a page does that shows a refused form again, in the env that commits at the end of the request."""
    ear = Ear(shop)
    with shop.env() as env:
        env.create(Label, [{"name": "a"}])
        env.flush()
        ear.heard.clear()
        env.session.rollback()
        env.create(Label, [{"name": "b"}])
    assert [told[1] for told in ear.heard if isinstance(told, tuple)] == ["sales.label"]
    [after] = [told for told in ear.heard if isinstance(told, list)]
    assert [kind for kind, *_others in after] == ["created"] and len(after[0][2]) == 1


def test_what_is_gone_again_before_it_is_told(shop: World) -> None:
    ear = Ear(shop)
    with shop.env() as env:
        label = env.create(Label, [{"name": "a"}])[0]
        env.session.flush()
        label.name = "b"
        env.session.flush()
        env.session.delete(label)
    assert ear.heard[:-1] == [("deleted", "sales.label", [1])], "no record that is not there"


def test_a_hook_takes_what_it_names(shop: World) -> None:
    seen: list[Any] = []
    listening(shop, ("record_created", "a", lambda: seen.append("bare")),
              ("record_created", "b", lambda records: seen.append(len(records))),
              ("after_commit", "b", lambda env: seen.append(env.user.id)))  # fmt: skip
    with shop.env() as env:
        env.create(Label, [{"name": "a"}])
    assert seen == ["bare", 1, 7]


def test_what_a_hook_changes_is_told_in_a_further_round(shop: World) -> None:
    heard: list[Any] = []

    def note(env: Env, records: Sequence[Any], changed: Mapping[int, frozenset[str]]) -> None:
        heard.append({key: set(names) for key, names in changed.items()})
        for order in env.only(Order, records):
            if order.name != "third":
                order.name = {"changed": "again", "again": "third"}[order.name or ""]

    listening(shop, ("record_updated", "note", note))
    with shop.env() as env:
        env.read(Order, [1])[0].name = "changed"
    assert heard == [{1: {"name"}}] * 3
    assert row(shop, "sales.order")["name"] == "third"
    assert [change.values for change in changes(shop) if change.action == "write"] == [
        {"name": ["first", "changed"]}, {"name": ["changed", "again"]}, {"name": ["again", "third"]},
    ]  # fmt: skip


def _restless(env: Env, records: Sequence[Any]) -> None:
    for order in env.only(Order, records):
        order.count, order.name = 0, f"{order.version}"


def _restless_with_flush(env: Env, records: Sequence[Any]) -> None:
    _restless(env, records)
    env.flush()


def _restless_in_sudo(env: Env, records: Sequence[Any]) -> None:
    with env.sudo("again") as su:
        _restless(su, [su.as_own(record) for record in records])


@pytest.mark.parametrize("hook", [_restless, _restless_with_flush, _restless_in_sudo])
def test_hooks_that_go_on_for_ever_are_stopped_and_named(shop: World, hook: Callable[..., None]) -> None:
    calls: list[int] = []

    def counted(env: Env, records: Sequence[Any]) -> None:
        calls.append(1)
        hook(env, records)

    listening(shop, ("record_updated", "quiet", lambda: None), ("record_updated", "restless", counted))
    with (
        pytest.raises(RuntimeError, match=r"record hooks go on changing records: restless$"),
        shop.env() as env,
    ):
        env.read(Order, [1])[0].name = "x"
    assert len(calls) == ROUNDS
    assert row(shop, "sales.order")["name"] == "first"


def test_a_hook_that_comes_to_rest_in_the_very_last_round_is_let_be(shop: World) -> None:
    rounds: list[int] = []

    def count_down(env: Env, records: Sequence[Any]) -> None:
        rounds.append(1)
        if len(rounds) < ROUNDS:
            env.only(Order, records)[0].name = f"round {len(rounds)}"

    listening(shop, ("record_updated", "count", count_down))
    with shop.env() as env:
        env.read(Order, [1])[0].name = "x"
    assert len(rounds) == ROUNDS
    assert row(shop, "sales.order")["name"] == f"round {ROUNDS - 1}"


def test_a_hook_that_flushes_sees_its_rows_and_is_told_of_them_after(shop: World) -> None:
    seen: list[Any] = []

    def work(env: Env, records: Sequence[Any]) -> None:
        seen.append(_name(records))
        if env.only(Order, records):
            label = env.create(Label, [{"name": "made by hook"}])[0]
            env.flush()
            seen.append(label.id)
            env.delete(env.read(Order, [1]))

    listening(shop, ("record_created", "work", work))
    with shop.env() as env:
        env.create(Order, [{}])
    assert seen == ["sales.order", 1, "sales.label"]
    with shop.env() as env:
        assert env.read(Order, [1]) == []


def test_what_a_hook_refuses_is_refused_whole(shop: World) -> None:
    def refuse(model: str) -> None:
        raise UserError(f"{model} stays", field="name")

    listening(shop, ("record_deleted", "refuse", refuse))
    with pytest.raises(UserError, match=r"sales\.order stays"), shop.env() as env:
        env.create(Label, [{"name": "a"}])
        env.delete(env.read(Order, [2]))
    with shop.env() as env:
        assert len(env.read(Order, [2])) == 1 and env.read(Label, [1]) == []


def test_sudo_is_told_too_in_its_own_env(shop: World) -> None:
    heard: list[Any] = []
    listening(shop, ("record_created", "a", lambda env, records: heard.append((env.is_sudo, len(records)))),
              ("after_commit", "a", lambda events: heard.append([e.model for e in events])))  # fmt: skip
    with shop.env() as env:
        env.create(Label, [{"name": "a"}])
        with env.sudo("the test") as su:
            su.create(Quiet, [{"name": "q"}, {"name": "r"}])
    assert heard == [(True, 2), (False, 1), ["sales.label", "sales.quiet"]]


def test_nothing_is_told_after_a_rollback(shop: World) -> None:
    ear = Ear(shop)
    with pytest.raises(ZeroDivisionError), shop.env() as env:
        env.create(Label, [{"name": "a"}])
        env.flush()
        raise ZeroDivisionError
    assert ear.heard == [("created", "sales.label", [1])]
    ear.heard.clear()
    with shop.env() as env:
        with pytest.raises(ZeroDivisionError), env.sudo("the test") as su:
            su.create(Label, [{"name": "b"}])
            su.flush()
            raise ZeroDivisionError
        env.create(Quiet, [{"name": "c"}])
    assert ear.heard[-1] == [("created", "sales.quiet", (1,), set())], "what sudo took back is no event"


def test_nothing_of_a_sudo_that_fails_is_told(shop: World) -> None:
    ear = Ear(shop)
    with shop.env() as env:
        first, second = env.read(Order, [1, 2])
        first.name = "kept"
        with pytest.raises(ZeroDivisionError), env.sudo("the test"):
            second.name = "lost"
            env.session.delete(first)
            env.create(Label, [{"name": "lost"}])
            env.session.flush()
            raise ZeroDivisionError
    assert ear.heard == [
        ("updated", "sales.order", {1: {"name"}}), [("updated", "sales.order", (1,), {"name"})],
    ]  # fmt: skip


def test_what_was_told_within_a_sudo_that_fails_is_told_again(shop: World) -> None:
    ear = Ear(shop)
    with shop.env() as env:
        env.read(Order, [1])[0].name = "kept"
        with pytest.raises(ZeroDivisionError), env.sudo("the test"):
            env.flush()
            raise ZeroDivisionError
    assert ear.heard[:-1] == [("updated", "sales.order", {1: {"name"}})] * 2, "what hooks wrote is gone"


def test_after_commit_is_isolated_and_does_not_hear_itself(
    shop: World, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    def fail(env: Env) -> None:
        calls.append("fail")
        env.create(Label, [{"name": "lost"}])
        env.flush()
        raise ZeroDivisionError("broken")

    def write(env: Env, events: Sequence[Event]) -> None:
        calls.append("write")
        assert [event.model for event in events] == ["sales.line"]
        assert env.read(Line, events[0].ids)[0].amount == 6, (
            "it is committed, and this is another transaction"
        )
        env.create(Label, [{"name": "kept"}])

    listening(shop, ("after_commit", "bad", fail), ("after_commit", "good", write),
              ("record_created", "within", lambda records: calls.append(_name(records))))  # fmt: skip
    with caplog.at_level(logging.ERROR, "lumbung.addons"), shop.env() as env:
        env.create(Line, [{"order_id": 1, "qty": 2, "price": 3}])
    assert calls == ["sales.line", "fail", "sales.label", "write", "sales.label"]
    assert "after_commit() of addon bad failed" in caplog.text and "broken" in caplog.text
    with shop.env() as env:
        assert [label.name for label in env.scalars(sa.select(env[Label]))] == ["kept"]
    assert row(shop, "sales.order")["total"] == 6


def test_what_is_computed_of_other_rows_is_no_event(shop: World) -> None:
    ear = Ear(shop)
    with shop.env() as env:
        env.create(Line, [{"order_id": 1, "qty": 2, "price": 3}])
    assert ear.heard == [("created", "sales.line", [1]), [("created", "sales.line", (1,), set())]]
    ear.heard.clear()
    with shop.env() as env:
        env.read(Line, [1])[0].qty = 3
    assert ear.heard[0] == ("updated", "sales.line", {1: {"qty", "amount", "double"}}), "of its own row it is"
