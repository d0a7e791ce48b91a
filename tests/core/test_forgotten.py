"""Classes that say something of a model and that no models() returns are told, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from core.checks.forgotten import forgotten
from tests.core.workshop import GOOD, Workshop, forget, workshop

HEAD = """\
from core import *
addon = Addon("bad", version="1.0", depends=("good",), extras={"far": "with_far"})
"""
NONE = "\n@hookimpl\ndef models():\n    return []\n"
FAR = """\
from core import *
addon = Addon("far", version="1.0")
class Star(Model, name="far.star", access={"base.user": "r"}): pass
@hookimpl
def models():
    return [Star]
"""
WITH_FAR = """\
from core import *
from far import Star as FarStar
from good import Thing as GoodThing
from bad.lenses import Lens
class Star(FarStar): pass
class Thing(GoodThing): pass
@hookimpl
def models():
    return [Star, Thing, Lens]
"""
LENSES = """\
from good import Thing as GoodThing
class Lens(GoodThing): pass
"""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as shop:
        shop.write({"good": GOOD, "far": FAR})
        yield shop


def told(made: Workshop, *active: str, **modules: str) -> list[str]:
    """What is told of the addon `bad`, whose modules these are."""
    for name, source in modules.items():
        made.write({f"bad/{name}.py": dedent(source)})
    assembly = made.assemble("good", "bad", *active)
    assert not assembly.quarantined
    found = list(forgotten(made.discover().addons["bad"], assembly.names))
    assert all(item.addon == "bad" for item in found)
    return [f"{Path(item.origin.file).name}:{item.origin.line}: {item.text}" for item in found if item.origin]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("from good import Thing as GoodThing\nclass Thing(GoodThing): pass", 2),
        ("from good import *\nclass Thing(Thing): pass", 2),
        ("import good\n\nclass Thing(good.Thing): pass", 3),
        ("import good as best\nfrom core import Model\nclass Thing(best.Sized, best.Thing): pass", 3),
        ("from bad import GoodThing\nclass Thing(GoodThing): pass", 2),
        ("from . import GoodThing\nclass Thing(GoodThing): pass", 2),
    ],
)
@pytest.mark.parametrize("imported", ["", "from bad import thing\n"])
def test_a_class_that_nobody_publishes_is_told(made: Workshop, source: str, line: int, imported: str) -> None:
    package = f"{HEAD}from good import Thing as GoodThing\n{imported}{NONE}"
    text = "“bad.thing.Thing” extends good.thing, but models() does not return it. Add it to the list."
    assert told(made, __init__=package, thing=source) == [f"thing.py:{line}: {text}"]


def test_where_the_list_is_not_heard_the_manifest_is_told(made: Workshop) -> None:
    """The class is in it; to add it there again would not help."""
    source = "from good import Thing as GoodThing\nclass Thing(GoodThing): pass"
    hooks = "from core import *\nfrom bad import thing\n@hookimpl\ndef models():\n    return [thing.Thing]\n"
    [text] = told(made, __init__=HEAD, thing=source, hooks=hooks)
    assert text.endswith('Add "hooks" to modules= of the manifest: the hooks there are not called.')
    for other in (hooks.replace("thing.Thing", ""), hooks.replace("@hookimpl\n", "")):
        [text] = told(made, __init__=HEAD, thing=source, hooks=other)
        assert text.endswith("Add it to the list.")


def test_so_is_a_model_that_begins_there_and_what_builds_on_it(made: Workshop) -> None:
    source = 'class Own(Model, name="bad.own"): pass\nclass More(Own): pass\n'
    assert [text.split(",")[0] for text in told(made, __init__=HEAD + source + NONE)] == [
        "__init__.py:3: “bad.Own” begins bad.own",
        "__init__.py:4: “bad.More” extends bad.own",
    ]


def test_mixins_and_what_is_published_are_not(made: Workshop) -> None:
    source = """
        from good import Sized, Thing as GoodThing
        class Mixed(Model, abstract=True): pass
        class Taller(Sized, abstract=True): pass
        class Thing(GoodThing): pass
        class Plain: pass
        class Plainer(Plain, Exception): pass
        @hookimpl
        def models():
            return [Thing]
    """
    assert told(made, __init__=HEAD + dedent(source)) == []


def test_what_waits_for_another_addon_is_not_told_before_that_is_there(made: Workshop) -> None:
    """Also where the process has imported it, as another database has both."""
    files = {"__init__": HEAD, "with_far": WITH_FAR, "lenses": LENSES}
    assert told(made, **files) == []
    assert told(made, "far", **files) == []
    assert told(made, **files) == []
    files["with_far"] = WITH_FAR.replace("[Star, Thing, Lens]", "[Star]")
    made.write({"bad/with_far.py": files["with_far"]})
    forget(made.folder)
    assert [text.partition(" ")[0] for text in told(made, "far", **files)] == [
        "lenses.py:2:",
        "with_far.py:6:",
    ]
    assert told(made, **files) == []


def test_where_models_cannot_be_asked_nothing_is_said(made: Workshop) -> None:
    made.write(
        {"bad": HEAD + "from good import Thing\nclass More(Thing): pass\n@hookimpl\ndef models(): 1 / 0"}
    )
    found = made.discover().addons["bad"]
    assert list(forgotten(found, ["good", "bad"])) == []


def test_of_an_addon_that_is_one_module_too(made: Workshop) -> None:
    made.write(
        {"single.py": HEAD.replace("bad", "single") + "class Own(Model, name='single.own'): pass" + NONE}
    )
    [finding] = forgotten(made.discover().addons["single"], ("good", "single"))
    assert str(finding.text).startswith("“single.Own” begins single.own")
