"""Composition: fragments of several addons become one class, by Python's own rules, and are given back."""

from __future__ import annotations

import gc
import types
import weakref
from collections.abc import Sequence
from typing import Any, Self

import pytest
import sqlalchemy as sa

from core import Char, DateTime, Integer, LoadError, Many2many, Many2one, Model, Money, One2many, Ref, Select
from core.i18n.catalogs import speaking
from core.orm.compose import Finding
from core.orm.registry import Registry, UnknownModel
from tests.core.orm.toys import ACCESS, TOYS, Lead, Partner, Published, Tag, toys, world

REACH = {
    "toy": frozenset({"toy"}),
    "first": frozenset({"toy", "first"}),
    "second": frozenset({"toy", "second"}),
    "third": frozenset({"toy", "first", "second", "third"}),
}


class Tracked(Model, abstract=True):
    """A mixin."""

    note = Char(label="Note")

    def story(self) -> list[str]:
        return ["tracked"]


class Closely(Tracked, abstract=True, name="toy.closely"):
    """A mixin of its own that builds on another."""

    detail = Char()

    def story(self) -> list[str]:
        return [*super().story(), "closely"]


class Room(
    Closely, Model, name="toy.room", label="Room", plural="Rooms", access={"toy.user": "r"}, order="code"
):
    code = Char(required=True, label="Code")
    size = Integer()

    def story(self) -> list[str]:
        return [*super().story(), "room"]

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        for record in records:
            record.code = f"{record.code}!"


class House(Tracked, Model, name="toy.house", access=ACCESS):
    rooms: One2many[Room] = One2many(lambda: FirstRoom, "house")


class FirstRoom(Room, label="Chamber"):
    house = Many2one(House)
    house_id: Ref
    price = Money()

    def story(self) -> list[str]:
        return [*super().story(), "first"]


class RoomAgain(Room):
    """The same addon again, in another file: its rows have had the value from the beginning."""

    floor = Integer(required=True)


class SecondRoom(Room, access={"second.user": "rw", "toy.user": "c"}):
    colour = Char()

    def story(self) -> list[str]:
        return [*super().story(), "second"]


class ThirdRoom(FirstRoom, SecondRoom):
    def story(self) -> list[str]:
        return [*super().story(), "third"]


class MoreTracked(Tracked, abstract=True):
    """An extension of a mixin, by another addon."""

    seen = Integer()

    def story(self) -> list[str]:
        return [*super().story(), "more"]


class MoreClosely(Closely, abstract=True):
    depth = Integer()


BASE: Published = {"toy": [Tracked, Closely, Room, House]}
WITH_FIRST: Published = {**BASE, "first": [FirstRoom]}


def _compose(**addons: Sequence[type[Model]]) -> Registry:
    return Registry(addons, REACH)


def _refusal(**addons: Sequence[type[Model]]) -> LoadError:
    with pytest.raises(LoadError) as refusal:
        _compose(**addons)
    return refusal.value


def _story(registry: Registry) -> list[str]:
    room: list[str] = registry[Room](code="x").story()
    return room


# ----------------------------------------------------------------- one class per signature
def test_later_addons_come_first_and_super_reaches_all() -> None:
    every: Published = {**WITH_FIRST, "second": [SecondRoom], "third": [ThirdRoom]}
    assert _story(_compose(**WITH_FIRST)) == ["tracked", "closely", "room", "first"]
    assert _story(_compose(**every)) == ["tracked", "closely", "room", "second", "first", "third"]
    two: Published = {**WITH_FIRST, "second": [SecondRoom]}
    assert _story(_compose(**two)) == ["tracked", "closely", "room", "first", "second"]


def test_a_fragment_alone_is_not_changed_by_others() -> None:
    registry = _compose(**WITH_FIRST, second=[SecondRoom])
    fields = registry.info("toy.room").fields
    assert list(fields)[-7:] == ["note", "detail", "code", "size", "house", "price", "colour"]
    assert [registry.addon_of(fields[name]) for name in ("note", "code", "price", "colour")] == [
        "toy", "toy", "first", "second",
    ]  # fmt: skip
    assert not hasattr(Room, "price")


def test_two_registries_stand_side_by_side(url: str) -> None:
    small, large = _compose(**WITH_FIRST), _compose(**WITH_FIRST, second=[SecondRoom])
    assert small[Room] is not large[Room]
    assert small[Room] is small[FirstRoom] is small["toy.room"] is small[small[Room]]
    assert (hasattr(small[Room], "colour"), hasattr(large[Room], "colour")) == (False, True)
    with pytest.raises(UnknownModel, match="SecondRoom' is not in this database: is its addon installed"):
        small[SecondRoom]
    with pytest.raises(UnknownModel):
        small[large[Room]]
    roles = frozenset({"toy.user", "second.user"})
    with world(url, large) as made, made.env(roles=roles) as env:
        assert env[Room] is env[env[Room]] is large[Room]
        room = env.create(SecondRoom, [{"code": "x", "colour": "red"}])[0]
        assert type(room) is large[Room]


def test_what_is_known_of_a_model() -> None:
    registry = _compose(**WITH_FIRST, second=[SecondRoom])
    info = registry.info(Room)
    assert info is registry.info("toy.room") is registry.info(registry[Room])
    assert (info.name, info.label, info.plural, info.order, info.addon) == (
        "toy.room",
        "Chamber",
        "Rooms",
        "code",
        "toy",
    )
    assert info.access == {"toy.user": "r c", "second.user": "rw"}
    assert (info.label_field, registry.info(House).label_field) == ("code", "note")
    assert info.table.name == "toy_room"
    assert [item.name for item in registry] == ["toy.room", "toy.house"]
    for key, there in (
        (Room, True),
        ("toy.room", True),
        (registry[Room], True),
        (Tracked, False),
        ("x.y", False),
        (5, False),
    ):
        assert (key in registry) == there
    unknown: tuple[Any, ...] = (Tracked, "x.y", Lead, int)
    for other in unknown:
        with pytest.raises(UnknownModel):
            registry.info(other)


def test_who_leads_where() -> None:
    incoming = [(info.name, link.name) for info, link in toys().incoming("toy.partner")]
    assert incoming == [("toy.partner", "parent"), ("toy.lead", "partner")]
    assert toys().incoming("toy.lead") == []


# ----------------------------------------------------------------- mixins
def test_an_extension_of_a_mixin_reaches_all_its_users() -> None:
    registry = _compose(**WITH_FIRST, second=[MoreTracked])
    for model in ("toy.room", "toy.house"):
        assert "seen" in registry.info(model).fields
    assert _story(registry)[-1] == "first" and "more" in _story(registry)
    assert "seen" not in _compose(**WITH_FIRST).info("toy.house").fields


def test_an_extension_of_a_mixin_on_a_mixin_reaches_only_its_users() -> None:
    registry = _compose(**WITH_FIRST, second=[MoreClosely])
    assert "depth" in registry.info("toy.room").fields
    assert "depth" not in registry.info("toy.house").fields


def test_a_mixin_has_no_table_of_its_own() -> None:
    assert set(_compose(**WITH_FIRST).metadata.tables) >= {"toy_room", "toy_house"}
    assert not any("tracked" in name or "closely" in name for name in _compose(**WITH_FIRST).metadata.tables)


# ----------------------------------------------------------------- links
class Mentor(Partner):
    pupils: One2many[Partner] = One2many(lambda: Partner, "parent")
    friends: Many2many[Partner] = Many2many(lambda: Partner)
    by_name: Many2one[Any] = Many2one("toy.partner", override=True)  # type: ignore[call-overload]


def test_links_by_name_to_itself_and_twice(url: str) -> None:
    registry = Registry({**TOYS, "first": [Mentor]}, REACH)
    with world(url, registry) as made:
        with made.env() as env:
            root, other = env.create(Mentor, [{"name": "root"}, {"name": "other"}])
            env.create(Mentor, [
                {"name": "a", "parent": root, "friends": [root, other], "by_name": other},
                {"name": "b", "by_name": root},
            ])  # fmt: skip
            env.flush()
            root.children.append(env.scalars(sa.select(env[Mentor]).where(env[Mentor].name == "b")).one())
        with made.env() as env:
            found = {partner.name: partner for partner in env.scalars(sa.select(env[Mentor]))}
            assert [child.name for child in found["root"].children] == ["a", "b"], "the first stays writable"
            assert found["root"].pupils == found["root"].children
            assert [friend.name for friend in found["a"].friends] == ["root", "other"]
            assert found["root"].friends == []
            assert found["b"].by_name is found["root"]
            assert found["a"].by_name_id == found["other"].id  # type: ignore[attr-defined]
    registry.dispose()


class Peer(Model, name="toy.peer", access=ACCESS):
    best: Many2one[Match | None] = Many2one(lambda: Match)


class Match(Model, name="toy.match", access=ACCESS):
    name = Char()
    peer: Many2one[Peer | None] = Many2one(lambda: Peer)


def test_models_that_lead_to_each_other(url: str) -> None:
    registry = Registry({"toy": [Peer, Match]})
    with world(url, registry) as made, made.env() as env:
        match = env.create(Match, [{"name": "m"}])[0]
        match.peer = env.create(Peer, [{"best": match}])[0]
        env.flush()
        assert match.peer.best is match
        match.name, match.peer.best = "n", match
        env.flush()
        env.delete([match, match.peer])
    registry.dispose()


# ----------------------------------------------------------------- what is refused
def test_faults_name_the_addon_and_the_line() -> None:
    class Twice(Room):
        colour = Char()

    class Again(Room):
        code = Char(required=True)

    class Meant(Room):
        code = Char(required=True, override=True, label="Number")

    class Nowhere(Room):
        link: Many2one[Any] = Many2one("toy.nowhere")  # type: ignore[call-overload]

    class Astray(House):
        things: One2many[Any] = One2many(lambda: Room, "size")

    class Bare(Room):
        must = Char(required=True)

    class Asked(Room):
        must = Char(required=True, default=lambda env: "x")

    class Linked(Room):
        must = Many2one(House, required=True, default=lambda env: 1)

    class Column(Room):
        house_id = Integer()

    class Given(Room):
        must = Char(required=True, default="x")
        yes = Char(required=True, translate=True, default="y")

    two: Published = {**WITH_FIRST, "second": [SecondRoom]}
    faults: tuple[tuple[Published, str], ...] = (
        ({**two, "third": [Twice]}, "defined by second and by third"),
        ({**WITH_FIRST, "third": [Again]}, "defined again"),
        ({**WITH_FIRST, "third": [Nowhere]}, "leads to toy.nowhere"),
        ({**WITH_FIRST, "third": [Astray]}, "no link back"),
        ({**WITH_FIRST, "third": [Bare]}, "required on a table of toy"),
        ({**WITH_FIRST, "third": [Asked]}, "required on a table of toy"),
        ({**WITH_FIRST, "third": [Linked]}, "required on a table of toy"),
        ({**WITH_FIRST, "third": [Column]}, "name of the column"),
    )
    for addons, fault in faults:
        with speaking("en"):
            refusal = _refusal(**addons)
            assert fault in str(refusal)
            assert str(refusal).startswith("addon 'third'")
            assert refusal.origin is not None and refusal.origin.file == __file__
    assert _compose(**WITH_FIRST, third=[Meant]).info(Room).fields["code"].label == "Number"
    assert _compose(**{**WITH_FIRST, "toy": [*BASE["toy"], RoomAgain]}).info(Room).fields["floor"].required
    assert _compose(**WITH_FIRST, third=[Given]).info(Room).fields["must"].required


RESERVED = [
    "id",
    "version",
    "env",
    "display_label",
    "before_create",
    "metadata",
    "registry",
    "x_mine",
    "Upper",
    "a__b",
    "_own",
]


@pytest.mark.parametrize("name", RESERVED)
def test_reserved_names(name: str) -> None:
    fragment = type("Reserved", (Room,), {"__module__": __name__, name: _named(name)})
    with speaking("en"):
        assert "reserved name" in str(_refusal(**WITH_FIRST, third=[fragment]))


def _named(name: str) -> Char[Any]:
    field: Char[Any] = Char()
    return field


def test_names_of_classes() -> None:
    faults: dict[str, tuple[tuple[type, ...], dict[str, Any]]] = {
        "has no name": ((Model,), {}),
        "gives a name to an extension": ((Room,), {"name": "toy.other"}),
        "extends two models at once": ((Room, House), {}),
        "is abstract but builds on a model": ((Room,), {"abstract": True}),
        "is not the name of a model": ((Model,), {"name": "Room"}),
    }
    for fault, (bases, options) in faults.items():
        with pytest.raises(LoadError) as refusal:
            types.new_class("Faulty", bases, options, lambda body: body.update(__module__=__name__))
        with speaking("en"):
            assert fault in str(refusal.value)
        assert refusal.value.origin is not None and refusal.value.origin.file == __file__


def test_nobody_may_use_it() -> None:
    class Closed(Model, name="toy.closed"):
        pass

    with speaking("en"):
        assert "nobody" in str(_refusal(toy=[Closed]))


def test_a_translated_value_is_not_unique() -> None:
    class Single(Model, name="toy.single", access=ACCESS):
        name = Char(translate=True, unique=True)

    with speaking("en"):
        assert "toy.single.name is translated, so it cannot be unique" in str(_refusal(toy=[Single]))


@pytest.mark.parametrize(
    "lapses",
    [{"held": ("name", "free")}, {"held": ("nothing", "free")}, {"held": ("secret", "free")},
     {"held": ("until", "gone")}, {"taken": ("until", "free")}, {"it's": ("until", "free")}],
)  # fmt: skip
def test_a_choice_lapses_at_an_open_moment_into_another_choice(lapses: dict[str, tuple[str, str]]) -> None:
    class Seat(Model, name="toy.seat", access=ACCESS):
        name = Char()
        until = DateTime()
        secret = DateTime(access={"base.admin": "r"})
        state = Select({"held": "Held", "free": "Free", "it's": "Odd"}, lapses=lapses)

    with speaking("en"):
        assert "toy.seat.state cannot lapse like this" in str(_refusal(toy=[Seat]))


class Silent(Room):
    def story(self) -> list[str]:
        return ["silent"]


def test_taking_behaviour_away_is_found() -> None:
    registry = _compose(**WITH_FIRST, third=[Silent])
    with speaking("en"):
        found = [(finding.addon, str(finding.text)) for finding in registry.findings]
    assert found == [("third", "toy.room.story() replaces that of first without calling super().")]
    assert isinstance(registry.findings[0], Finding)
    assert registry.findings[0].origin is not None and registry.findings[0].origin.file == __file__


# ----------------------------------------------------------------- labels
class Titled(Model, name="toy.titled", access=ACCESS):
    title = Many2one(Tag)
    number = Integer()
    word = Char()


class Bare(Model, name="toy.bare", access=ACCESS):
    number = Integer()


def test_labels_of_records(url: str) -> None:
    registry = Registry({"toy": [Tag, Titled, Bare]})
    assert registry.info(Titled).label_field == "word", "a link is no label"
    assert registry.info(Bare).label_field is None
    with world(url, registry) as made, made.env() as env:
        titled, bare = env.create(Titled, [{"word": "w"}])[0], env.create(Bare, [{"number": 5}])[0]
        env.flush()
        assert (titled.display_label(), bare.display_label()) == ("w", f"#{bare.id}")
    registry.dispose()


# ----------------------------------------------------------------- the end
def test_a_registry_gives_everything_back() -> None:
    registry = _compose(**WITH_FIRST, second=[SecondRoom])
    registry[Room](code="x")
    gone = [
        weakref.ref(thing)
        for thing in (registry[Room], sa.inspect(registry[Room]), registry.metadata, registry)
    ]
    registry.dispose()
    del registry
    gc.collect()
    assert [reference() for reference in gone] == [None] * 4
    assert Room.__lumbung__.model == "toy.room", "the fragments stay"
    assert _story(_compose(**WITH_FIRST))[-1] == "first"
