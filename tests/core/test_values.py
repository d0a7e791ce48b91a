"""Names in what addons declare that stand for nothing are findings with their line, and with what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.checks.values import SPRITE, icons
from core.views.nodes import TONES
from tests.core.workshop import GOOD, Workshop, workshop

HEAD = """\
from core import *
from good import Sized, Thing as GoodThing
addon = Addon("bad", version="1.0", depends=("good",))
"""
OWN = """\
class Own(Model, name="bad.own", {words}access={{"base.user": "r"}}):{class_mark}
    day = Date()
    days = Text()
    {field}{mark}
class Thing(GoodThing): {more}
@hookimpl
def models(): return [Own, Thing]
"""
HERE = "  # here"
PAGE = "Page('/bad/<int:key>', print, roles=('base.user',), offer=Offer(Own, 'x', {}))"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as shop:
        shop.write({"good": GOOD})
        yield shop


def own(*, words: str = "", field: str = "", more: str = "pass", marks: bool = True) -> str:
    marked = (HERE, "") if words else ("", HERE if field else "")
    return HEAD + OWN.format(
        words=f"{words}, " if words else "",
        field=field or "pass",
        more=more,
        class_mark=marked[0] if marks else "",
        mark=marked[1] if marks else "",
    )


def hook(name: str, value: str) -> str:
    return f"{own()}@hookimpl\ndef {name}():\n    return [{value}]{HERE}\n"


TREE = "Many2one(lambda: Own, ondelete='{}')"
WRONG = {
    "unknown field": (own(words='order="-dya"'), "bad.own is ordered by “-dya”", "Did you mean “day”?"),
    "field without an order": (own(words='order="days"'), "ordered by “days”", "Did you mean “day”?"),
    "nothing like it": (own(words='order="x, y"'), "ordered by “x, y”", "Name one of its fields, with -"),
    "tone": (own(field="a = Select({'x': 'X'}, tones={'x': 'wran'})"), "tone “wran”", "Did you mean “warn”?"),
    "colour": (own(field="a = Select({'x': 'X'}, tones={'x': 'red'})"), "tone “red”", "There are: bad, info,"),
    "symbol": (own(field="a = Select({'x': 'X'}, symbols={'x': 'fone'})"), "icon “fone”", "Did you mean “"),
    "ondelete": (own(field=f"a = {TREE.format('cascad')}"), "ondelete=“cascad”", "Did you mean “cascade”?"),
    "menu": (hook("menus", "Menu('bad.own', 'X', Own, icon='bulding')"), "The menu bad.own", "“building”?"),
    "button": (hook("pages", PAGE.format("'hous'")), "The button to /bad/<int:key>", "There are: bag, bank,"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_stands_for_nothing_is_found(made: Workshop, name: str) -> None:
    source, *words = WRONG[name]
    made.write({"bad": source})
    assembly = made.assemble("good", "bad")
    assert not assembly.quarantined
    [finding] = assembly.findings
    assert finding.addon == "bad" and finding.origin == made.marked()
    assert [word for word in words if word not in str(finding.text)] == [], str(finding.text)


RIGHT = {
    "order": own(words='order="-day"', marks=False),
    "order by a column of all": own(words='order="created_at"', marks=False),
    "tones": own(field="a = Select({'x': 'X', 'y': 'Y'}, tones={'x': 'ok', 'y': ''})"),
    "ondelete": own(field=f"a = {TREE.format('set_null')}"),
    "icons": hook("menus", "Menu('bad.own', 'X', Own), Menu('bad.more', 'X', Own, icon='truck')"),
    "button": hook("pages", PAGE.format("icon='edit'")),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_there_is_is_not(made: Workshop, name: str) -> None:
    made.write({"bad": RIGHT[name]})
    assembly = made.assemble("good", "bad")
    assert not assembly.quarantined and assembly.findings == []


def test_of_choices_that_an_addon_adds_it_is_that_addon_that_is_told(made: Workshop) -> None:
    made.write(
        {
            "good": GOOD.replace("weight =", "kind = Select({'a': 'A'})\n    weight ="),
            "bad": own(
                more=f"kind = Choices({{'x': 'X'}}, tones={{'x': 'wran'}}, symbols={{'x': 'fone'}}){HERE}"
            ),
        }
    )
    findings = made.assemble("good", "bad").findings
    assert [(item.addon, item.origin) for item in findings] == [("bad", made.marked())] * 2


def test_a_field_of_a_mixin_is_told_once(made: Workshop) -> None:
    sized = 'size = Integer(label="Size")'
    tall = "tall = Select({'a': 'A'}, tones={'a': 'wran'})"
    made.write(
        {
            "good": GOOD.replace(sized, tall + HERE),
            "bad": own().replace("(Model,", "(Sized,")
            + 'class Two(Sized, name="bad.two", access={"base.user": "r"}): pass\n',
        }
    )
    [finding] = made.assemble("good", "bad").findings
    assert (finding.addon, finding.origin) == ("good", made.marked())


def test_icons_and_tones_are_those_that_are_drawn() -> None:
    style = SPRITE.with_name("lumbung.css").read_text("utf-8")
    assert set(re.findall(r"\.tone-([a-z]+)", style)) == set(TONES)
    assert {"list", "cr", "trash"} <= icons() and not any(
        name.startswith(("art", "mark")) for name in icons()
    )
    assert len(icons()) == len(re.findall("<symbol ", SPRITE.read_text("utf-8"))) - 5, (
        "four drawings and the mark"
    )
