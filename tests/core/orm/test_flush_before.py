"""What methods do before a write: in batches, along `super()`, told again of what they change, with an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import pytest
import sqlalchemy as sa

from core import Char, Integer, Many2one, Model, Ref, UserError
from core.base.hooks import models as shipped_models
from core.orm.changes import stored
from core.orm.registry import Registry
from tests.core.orm.sales import changes, row, store
from tests.core.orm.toys import World

ACCESS = {"base.user": "rwcd"}
CALLS: list[tuple[Any, ...]] = []


class Room(Model, name="hotel.room", access=ACCESS):
    name = Char(required=True, label="Name")
    state = Char(default="free")
    guest: Many2one[Guest | None] = Many2one(lambda: Guest, ondelete="set_null")
    guest_id: Ref
    count = Integer()

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        CALLS.append(("create", [room.name for room in records]))
        for room in records:
            room.name = room.name.upper()

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        CALLS.append(("write", dict(changed)))
        for room in records:
            if "state" in changed[room.id]:
                CALLS.append((stored(room, "state"), room.state))

    @classmethod
    def before_delete(cls, records: Sequence[Self]) -> None:
        super().before_delete(records)
        CALLS.append(("delete", [room.id for room in records]))
        if any(room.state == "taken" for room in records):
            raise UserError("A guest sleeps there.", field="state")


class Suite(Room):
    """An extension, which runs around the model's own."""

    stars = Integer()

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        CALLS.append(("around",))
        super().before_create(records)
        for room in records:
            if room.name == "BAD":
                raise UserError("Not this one.", field="name")

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        for room in records:
            if "state" in changed[room.id]:
                room.count = (room.count or 0) + 1


class Guest(Model, name="hotel.guest", access=ACCESS):
    name = Char(required=True)

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        for guest in records:
            if guest.name == "ghost":
                guest.env.create(Guest, [{"name": "ghost"}])
            elif guest.name == "friends":
                guest.env.create(Room, [{"name": "theirs", "guest": guest}])
                guest.env.flush()  # writes nothing yet, as this is the flush
            elif guest.name == "secret":
                with guest.env.sudo("a room") as su:
                    su.create(Room, [{"name": "hidden"}])


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    fragments = {"base": shipped_models(), "hotel": [Room, Guest], "suites": [Suite]}
    made = Registry(fragments, {"hotel": frozenset({"base"}), "suites": frozenset({"base", "hotel"})})
    yield made
    made.dispose()


@pytest.fixture
def hotel(url: str, registry: Registry) -> Iterator[World]:
    with store(url, registry) as made:
        with made.env() as env:
            env.create(Room, [{"name": "a"}, {"name": "b"}])
        CALLS.clear()
        yield made


def count(hotel: World, model: str) -> int:
    with hotel.env() as env:
        return int(env.scalar(sa.select(sa.func.count(env[model].id))))


def test_created_in_one_batch_along_super(hotel: World) -> None:
    with hotel.env() as env:
        env.create(Room, [{"name": "c"}, {"name": "d"}])
        env.session.add(env[Room](name="e"))
    assert CALLS == [("around",), ("create", ["c", "d", "e"])]
    assert [row(hotel, "hotel.room", key)["name"] for key in (3, 4, 5)] == ["C", "D", "E"]


def test_a_new_record_in_the_place_of_one_that_goes_is_written_whole(hotel: World) -> None:
    with hotel.env() as env:
        [old, _other] = env.scalars(sa.select(env[Room]).order_by(env[Room].id))
        old.state, old.count = "free", 7
        env.flush()
        env.session.delete(old)
        env.create(Room, [{"id": old.id, "name": "fresh", "state": "new"}, {"name": "beside"}])
    found = row(hotel, "hotel.room", 1)
    assert (found["name"], found["state"], found["count"]) == ("FRESH", "new", None)


def test_nothing_is_stored_of_a_new_record(hotel: World) -> None:
    with hotel.env() as env:
        [room] = env.create(Room, [{"name": "c", "guest": env.create(Guest, [{"name": "one"}])[0]}])
        room.state = "taken"
        assert [stored(room, name) for name in ("name", "state", "guest", "count")] == [None] * 4
        env.flush()
        room.state = "gone"
        assert [stored(room, name) for name in ("name", "state", "count")] == ["C", "taken", None]


@pytest.mark.parametrize("how", ["attribute", "write"])
def test_written_in_one_batch_and_told_what_was_stored(hotel: World, how: str) -> None:
    with hotel.env() as env:
        rooms = env.read(Room, [1, 2])
        if how == "write":
            env.write(rooms, {"state": "taken"})
        else:
            rooms[0].state = rooms[1].state = "taken"
        env.flush()
        assert stored(rooms[0], "state") == "taken"
    first, *told, last = CALLS
    assert first == ("write", {1: frozenset({"state"}), 2: frozenset({"state"})})
    assert told == [("free", "taken"), ("free", "taken")]
    assert last == ("write", {1: frozenset({"count"}), 2: frozenset({"count"})}), (
        "what they change is told again"
    )
    assert row(hotel, "hotel.room")["count"] == 1 and row(hotel, "hotel.room")["version"] == 2


def test_what_was_stored_of_a_record_that_sudo_changed(hotel: World) -> None:
    """The user's record has forgotten what it held; what is asked of it is read first."""
    with hotel.env() as env:
        room = env.read(Room, [1])[0]
        with env.sudo("the test") as su:
            su.write(su.read(Room, [1]), {"state": "cleaned"})
        CALLS.clear()
        room.state = "taken"
        env.flush()
        assert CALLS[1] == ("cleaned", "taken")
        room.guest = env.create(Guest, [{"name": "x"}])[0]
        env.flush()
        assert stored(room, "guest") == room.guest_id == 1, "a link is given as its key"
    assert [change.values for change in changes(hotel) if change.model == "hotel.room"][-2:] == [
        {"state": ["cleaned", "taken"], "count": [1, 2]}, {"guest": [None, 1]},
    ]  # fmt: skip


def test_what_is_set_again_to_what_it_was_is_no_change(hotel: World) -> None:
    with hotel.env() as env:
        room = env.read(Room, [1])[0]
        env.session.expire(room)
        room.state = "free"
    assert CALLS == [] and row(hotel, "hotel.room")["version"] == 1


def test_what_a_method_refuses_rolls_back_all(hotel: World) -> None:
    with pytest.raises(UserError, match="Not this one") as refusal, hotel.env() as env:
        env.create(Guest, [{"name": "x"}])
        env.flush()
        env.create(Room, [{"name": "c"}, {"name": "bad"}])
    assert refusal.value.field == "name"
    assert (count(hotel, "hotel.room"), count(hotel, "hotel.guest")) == (2, 0)


def test_deleted_in_one_batch_or_not_at_all(hotel: World) -> None:
    with hotel.env() as env:
        env.write(env.read(Room, [2]), {"state": "taken"})
    with pytest.raises(UserError, match="sleeps"), hotel.env() as env:
        env.delete(env.read(Room, [1, 2]))
    assert CALLS[-1] == ("delete", [1, 2])
    assert count(hotel, "hotel.room") == 2


def test_methods_make_records_of_other_models_and_in_sudo(hotel: World) -> None:
    with hotel.env() as env:
        env.create(Guest, [{"name": "friends"}, {"name": "secret"}])
    assert [row(hotel, "hotel.room", key)["name"] for key in (3, 4)] == ["HIDDEN", "THEIRS"]
    assert row(hotel, "hotel.room", 4)["guest_id"] == 1


def test_methods_that_go_on_for_ever_are_named(hotel: World) -> None:
    with pytest.raises(RuntimeError, match=r"before_.*: hotel\.guest"), hotel.env() as env:
        env.create(Guest, [{"name": "ghost"}])
    assert count(hotel, "hotel.guest") == 0
