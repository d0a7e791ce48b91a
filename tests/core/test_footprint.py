"""What each addon adds and wraps of others, and where two of them meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.footprint import Touch, footprint
from core.i18n.catalogs import speaking
from tests.core.workshop import GOOD, Workshop, workshop

DEPENDS = "from core import *\nfrom good import Dyed as GoodDyed, Sized, Thing as GoodThing\n\n"
FIRST = (
    DEPENDS
    + """\
addon = Addon("first", version="1.0", depends=("good",))

class Marked(Model, name="first.marked", abstract=True):
    mark = Char(label="Mark")

class Thing(GoodThing, Marked, access={"base.admin": "r"}):
    height = Integer(label="Height")
    weight = Integer(label="Weight in grams", override=True)

    def display_label(self):
        return "first " + super().display_label()

    def own(self):
        return 1

@hookimpl
def models():
    return [Marked, Thing]

@hookimpl
def views():
    return [extend("good.thing.form", after("title", "height"), attrs("title", label="Name"))]

@hookimpl
def rules():
    return [Rule(Thing, "r", where=lambda thing, env: thing.id > 0, name="Positive")]

@hookimpl
def record_created(env, records):
    pass
"""
)
SECOND = (
    DEPENDS
    + """\
from first import Thing as FirstThing

addon = Addon("second", version="1.0", depends=("first",))

class Thing(FirstThing):
    def display_label(self):
        return "second " + super().display_label()

    def own(self):
        return 2

@hookimpl
def models():
    return [Thing]

@hookimpl
def views():
    return [extend("good.thing.form", attrs("title", label="Title of it"), hide("heigth"))]

@hookimpl
def record_created(env, records):
    pass
"""
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as made:
        made.write({"good": GOOD, "first": FIRST, "second": SECOND})
        yield made


def told(touches: object) -> set[tuple[str, ...]]:
    assert isinstance(touches, list)
    return {(one.kind, one.name, one.how, one.anchor, *one.calls) for one in touches}


def test_what_an_addon_adds_and_wraps_is_told_in_the_order_of_calls(bench: Workshop) -> None:
    found = footprint(bench.assemble("good", "first"), ["first"])
    assert told(found.touches["first"]) == {
        ("mixin", "first.marked", "", ""),
        ("field", "good.thing.height", "", "", "first"),
        ("field", "good.thing.mark", "", "", "first"),
        ("field", "good.thing.weight", "override", "", "first", "good"),
        ("method", "good.thing.display_label()", "method", "", "first", "good", "base"),
        ("rights", "good.thing: base.admin", "", ""),
        ("node", "height", "after", "title", "good", "first"),
        ("node", "label", "attrs", "title", "good", "first"),
        ("rule", "Positive", "", ""),
        ("hook", "first", "", "", "first"),
    }
    wrapped = {touch.name for touch in found.touches["first"] if touch.wraps}
    assert wrapped == {"good.thing.weight", "good.thing.display_label()", "label"}
    kinds = [touch.kind for touch in found.touches["first"]]
    assert kinds[0] == "mixin" and kinds[-1] == "hook", "models first, what happens later last"


def test_each_is_where_it_was_written(bench: Workshop) -> None:
    found = footprint(bench.assemble("good", "first"), ["first"])
    lines = FIRST.splitlines()
    places = {
        "good.thing.height": '    height = Integer(label="Height")',
        "good.thing.display_label()": "    def display_label(self):",
        "first": "@hookimpl",
    }
    for touch in found.touches["first"]:
        if touch.name in places:
            assert touch.origin is not None and touch.origin.file.endswith("first/__init__.py")
            assert lines[touch.origin.line - 1] == places[touch.name]
            assert touch.origin.near == f"first/__init__.py:{touch.origin.line}"


def test_where_two_wrap_the_same_it_is_said_in_the_order_of_calls(bench: Workshop) -> None:
    found = footprint(bench.assemble("good", "first", "second"), ["second"])
    said = [str(clash.says) for clash in found.clashes]
    assert "good.thing: good.thing.display_label() is wrapped by second, first, in this order." in said
    assert "good.thing.form: title is wrapped by first, second, in this order." in said
    assert any("no node heigth" in text for text in said), "what is found of it at the load is told too"
    assert any("own() replaces that of first without calling super()" in text for text in said)
    assert all(clash.origin is not None for clash in found.clashes)
    [hook] = [touch for touch in found.touches["second"] if touch.kind == "hook"]
    assert hook.calls == ("first", "second")


def test_what_others_do_to_what_is_its_own_is_told_too(bench: Workshop) -> None:
    found = footprint(bench.assemble("good", "first"), ["good"])
    assert {touch.name for touch in found.touches["good"]} >= {
        "good.thing",
        "good.thing.form",
        "GET /good/map",
    }
    assert "good.thing.height" in {touch.name for touch in found.touches["first"]}
    assert "first" not in {touch.name for touch in found.touches["first"]}, "its hook touches nothing of good"


def test_one_alone_meets_nobody(bench: Workshop) -> None:
    found = footprint(bench.assemble("good"), ["good"])
    assert found.clashes == [] and set(found.touches) == {"good"}
    assert not any(touch.wraps and touch.calls[-1] != "base" for touch in found.touches["good"])


@pytest.mark.parametrize(
    ("how", "said"),
    [("", ""), ("override", "overrides it"), ("method", "wraps it"), ("after", "after x"), ("before", "before x"),
     ("into", "into x"), ("replace", "instead of x"), ("hide", "hides x"), ("attrs", "changes x")],
)  # fmt: skip
def test_how_it_comes_to_its_place_is_said_in_words(how: str, said: str) -> None:
    with speaking("en"):
        assert str(Touch("one", "node", "view", "name", how, "x").told) == said


def test_who_changes_their_own_wraps_nobody() -> None:
    own = Touch("one", "node", "one.view", "label", "attrs", "x", ("one",))
    assert not own.wraps and replace(own, calls=("two", "one")).wraps
    assert not replace(own, how="after", calls=("two", "one")).wraps, "beside it nothing is changed"
