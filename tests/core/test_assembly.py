"""The assembly: hooks gathered in order, models, views and findings together, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import hookspecs
from core.apps import companions
from core.assembly import assemble
from core.errors import LoadError, Origin, UserError
from core.explain import explain
from core.loader import discover
from core.orm.events import AFTER, ASKED, WITHIN
from core.plugins import RETURNS
from core.web.site import build_site
from tests.core.workshop import GOOD, Workshop, workshop

HEAD = "from core import *\n"
BAD = HEAD + 'addon = Addon("bad", version="1.0")\n1 / 0\n'


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as made:
        made.write({"good": GOOD})
        yield made


def extra(name: str, body: str = "", **options: object) -> str:
    given = "".join(f", {option}={value!r}" for option, value in options.items())
    return f'{HEAD}from good import Thing\naddon = Addon("{name}", version="2.0"{given})\n{body}'


MORE = """
class More(Thing):
    {field} = Char(label="{field}", list=True)

@hookimpl
def models():
    return [More]
"""


# ----------------------------------------------------------------- whole
def test_a_set_is_put_together(made: Workshop) -> None:
    made.write({"more": extra("more", MORE.format(field="hue"), depends=("good",))})
    made_of = made.assemble("more", "good")
    assert made_of.names == ("base", "good", "more")
    assert made_of.signature == "base=1.0 good=1.2 more=2.0"
    assert made_of.quarantined == {}
    assert [f.name for f in made_of.registry.info("good.thing").own_fields] == ["title", "weight", "hue"]
    assert "hue" in made_of.views["good.thing.list"].index
    assert made_of.folders["more"] == made.folder / "more"
    assert [(item.addon, item.value.name) for item in made_of.roles] == [
        ("base", "base.user"),
        ("base", "base.admin"),
    ]
    assert [(item.addon, item.module, item.value.path) for item in made_of.pages] == [
        ("good", "good", "/good/map")
    ]


def test_base_alone_is_a_set(made: Workshop) -> None:
    assert made.assemble().names == ("base",)
    assert made.assemble("base").signature == "base=1.0"


def test_the_signature_does_not_depend_on_the_order_of_installing(made: Workshop) -> None:
    made.write({"more": extra("more", depends=("good",))})
    assert made.assemble("good", "more").signature == made.assemble("more", "good").signature
    assert made.assemble("good").signature != made.assemble("good", "more").signature


def test_the_product_itself_is_put_together() -> None:
    assembly = assemble(discover([]), ["crm"])
    assert assembly.names == ("base", "crm")
    assert assembly.quarantined == {}
    assert [str(finding.text) for finding in assembly.findings] == []
    assembly.dispose()


# ----------------------------------------------------------------- hooks
def test_every_hook_says_what_it_returns() -> None:
    specs = {name for name, value in vars(hookspecs).items() if hasattr(value, "lumbung_spec")}
    assert specs == set(RETURNS) | {*WITHIN, *ASKED, AFTER}


MENU = 'from core import *\n@hookimpl\ndef menus():\n    return [Menu("{0}", "{0}", "/x")]\n'


def test_modules_are_plugins_and_answer_in_the_order_of_the_manifest(made: Workshop) -> None:
    made.write({
        "more": extra("more", MENU.format("more.first"), depends=("good",), modules=("zoo", "ant")),
        "more/zoo.py": MENU.format("more.zoo"),
        "more/ant.py": MENU.format("more.ant"),
        "more/unused.py": "raise SystemExit",
    })  # fmt: skip
    menus = made.assemble("more", "good").menus
    assert [(item.module, item.value.name) for item in menus] == [
        ("more", "more.first"),
        ("more.zoo", "more.zoo"),
        ("more.ant", "more.ant"),
    ]
    assert menus[1].origin == Origin(str(made.folder / "more" / "zoo.py"), 2)


def test_an_imported_hook_is_not_published_twice(made: Workshop) -> None:
    modules = ("hooks", "again")
    made.write({
        "more": extra("more", "from more.hooks import menus\n", depends=("good",), modules=modules),
        "more/hooks.py": MENU.format("more.once"),
        "more/again.py": "from more.hooks import *\n",
    })  # fmt: skip
    assert [item.module for item in made.assemble("more", "good").menus] == ["more.hooks"]


def test_extras_take_part_only_where_the_other_is_active(made: Workshop) -> None:
    made.write({
        "able": 'from core import *\naddon = Addon("able", version="1.0", extras={"good": "with_good"})\n',
        "able/with_good.py": "from core import *\nfrom good import Thing\n" + MORE.format(field="hue"),
    })  # fmt: skip
    alone = made.assemble("able")
    assert alone.names == ("base", "able") and "good.thing" not in alone.registry
    both = made.assemble("able", "good")
    assert both.names == ("base", "good", "able")
    hue = both.registry.info("good.thing").fields["hue"]
    assert both.registry.addon_of(hue) == "able"


def test_extras_answer_after_the_modules(made: Workshop) -> None:
    manifest = 'addon = Addon("able", version="1.0", modules=("hooks",), extras={"good": "with_good"})\n'
    made.write({
        "able": f"from core import *\n{manifest}",
        "able/with_good.py": MENU.format("able.extra"),
        "able/hooks.py": MENU.format("able.own"),
    })  # fmt: skip
    assert [item.value.name for item in made.assemble("able", "good").menus] == ["able.own", "able.extra"]


def test_extras_rest_while_the_other_is_in_quarantine(made: Workshop) -> None:
    made.write({
        "bad": BAD,
        "able": 'from core import *\naddon = Addon("able", version="1.0", extras={"bad": "with_bad"})\n',
        "able/with_bad.py": "raise SystemExit",
    })  # fmt: skip
    assembly = made.assemble("able", "bad")
    assert assembly.names == ("base", "able") and set(assembly.quarantined) == {"bad"}


def test_an_optional_hook_that_does_not_exist_is_let_be(made: Workshop) -> None:
    body = "@hookimpl(optionalhook=True)\ndef hook_of_tomorrow(env, records):\n    return []\n"
    made.write({"more": extra("more", body, depends=("good",))})
    assert made.assemble("more", "good").quarantined == {}


def test_a_hook_may_answer_under_another_name_and_take_defaults(made: Workshop) -> None:
    body = '@hookimpl(specname="menus")\ndef mine(cache={}, *a, **b):\n    return [Menu("m", "M", "/x")]\n'
    made.write({"more": extra("more", body, depends=("good",))})
    assert [item.value.name for item in made.assemble("more", "good").menus] == ["m"]


def test_fragments_may_be_named_in_any_order(made: Workshop) -> None:
    body = """
class Own(Model, name="more.own", access={"base.user": "r"}):
    code = Char(label="Code")

class Longer(Own):
    note = Char(label="Note")

@hookimpl
def models():
    return [Longer, Own]
"""
    made.write({"more": extra("more", body, depends=("good",))})
    assembly = made.assemble("more", "good")
    assert [item.name for item in assembly.registry.info("more.own").own_fields] == ["code", "note"]


def test_one_address_may_answer_by_two_pages_for_two_methods(made: Workshop) -> None:
    body = """
@hookimpl
def pages():
    return [
        Page("/more/x", print, roles=("base.user",)),
        Page("/more/x", repr, methods=("POST",), roles=("base.user",)),
    ]
"""
    made.write({"more": extra("more", body, depends=("good",))})
    site = build_site(made.assemble("more", "good"), "a secret of the test")
    rules = [rule.methods or set() for rule in site.app.url_map.iter_rules() if rule.rule == "/more/x"]
    assert [sorted(methods & {"GET", "POST"}) for methods in rules] == [["GET"], ["POST"]]


# ----------------------------------------------------------------- quarantine
def test_dependants_fall_with_it_and_say_through_whom(made: Workshop) -> None:
    made.write({
        "bad": BAD,
        "near": 'from core import *\naddon = Addon("near", version="1.0", depends=("bad",))\n',
        "far": 'from core import *\naddon = Addon("far", version="1.0", depends=("near", "good"))\n',
    })  # fmt: skip
    assembly = made.assemble("far", "near", "bad", "good")
    assert assembly.names == ("base", "good")
    assert set(assembly.quarantined) == {"bad", "near", "far"}
    far = assembly.quarantined["far"]
    assert far.origin == Origin(str(made.folder / "far" / "__init__.py"), 2)
    assert all(name in str(far.fault) for name in ("far", "near", "bad"))


def test_several_faults_are_all_found(made: Workshop) -> None:
    menus = '@hookimpl\ndef menus():\n    return [Menu("a", "A", "no.model")]\n'
    made.write({
        "bad": BAD,
        "hooked": extra("hooked", "@hookimpl\ndef roles():\n    return 5\n", depends=("good",)),
        "modelled": extra("modelled", MORE.format(field="title"), depends=("good",)),
        "viewed": extra("viewed", menus, depends=("good",)),
    })  # fmt: skip
    assembly = made.assemble("viewed", "modelled", "hooked", "bad", "good")
    assert assembly.names == ("base", "good")
    assert {name: error.addon for name, error in assembly.quarantined.items()} == {
        name: name for name in ("bad", "hooked", "modelled", "viewed")
    }


def test_an_addon_that_is_gone_is_told(made: Workshop) -> None:
    assembly = made.assemble("good", "goood")
    error = assembly.quarantined["goood"]
    assert "nowhere to be found" in str(error.fault) and "“good”" in str(error.remedy)


def test_a_fault_that_is_mended_is_forgotten(made: Workshop) -> None:
    made.write({"more": extra("more", "@hookimpl\ndef roles():\n    return 5\n", depends=("good",))})
    catalogue = made.discover()
    first = assemble(catalogue, ["good", "more"])
    assert set(first.quarantined) == {"more"}
    first.dispose()
    sound = assemble(catalogue, ["good"])
    assert sound.quarantined == {}
    sound.dispose()


@pytest.mark.parametrize(
    "fault",
    [
        "1 / 0",
        "@hookimpl\ndef menus():\n    return 5",
        "class Own(Model, name='base.own'): pass\n@hookimpl\ndef data():\n    return [Rows(Own, [])]",
    ],
)
def test_a_fault_in_base_stops_the_start(fault: str, made: Workshop) -> None:
    file = made.base / "workshop_base.py"
    file.write_text(f"{file.read_text()}\n{fault}\n")
    with pytest.raises(LoadError) as caught:
        made.assemble("good")
    assert caught.value.addon == "base"
    assert caught.value.origin is not None and caught.value.origin.file == str(file)


def test_a_fault_of_nobody_stops_the_start(made: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr("core.assembly.resolve_views", fail)
    with pytest.raises(RuntimeError, match="our own"):
        made.assemble("good")


# ----------------------------------------------------------------- findings
def test_a_silent_override_is_a_finding(made: Workshop) -> None:
    body = "class More(Thing):\n    def display_label(self):\n        return 'more'\n"
    body += "@hookimpl\ndef models():\n    return [More]\n"
    made.write({"more": extra("more", body, depends=("good",))})
    [finding] = made.assemble("good", "more").findings
    assert finding.addon == "more" and "good.thing.display_label()" in str(finding.text)
    assert finding.origin == Origin(str(made.folder / "more" / "__init__.py"), 5)


def test_findings_of_loader_and_views_come_along(made: Workshop) -> None:
    body = (
        '@hookimpl\ndef views():\n    return [extend("good.thing.form", after("nowhere", Group("mine")))]\n'
    )
    made.write(
        {
            "more": extra("more", body, depends=("good",)),
            "base": 'from core import *\naddon = Addon("base", "1")',
        }
    )
    texts = [(finding.addon, str(finding.text)) for finding in made.assemble("good", "more").findings]
    assert [addon for addon, _text in texts] == ["base", "more"]
    assert "second addon" in texts[0][1] and "nowhere" in texts[1][1]


def test_a_function_with_the_name_of_a_hook_and_without_its_mark_is_a_finding(made: Workshop) -> None:
    """One that was only imported is none, and the mark may be there."""
    body = "from workshop_base import roles\ndef menus():\n    return []\n@hookimpl\ndef rules():\n    return []\n"
    made.write({"more": extra("more", body)})
    [finding] = made.assemble("good", "more").findings
    assert finding.addon == "more" and str(finding.text).startswith("menus() has the name of a hook, but not")
    assert finding.origin == Origin(str(made.folder / "more" / "__init__.py"), 5)


# ----------------------------------------------------------------- explain
def test_of_what_is_quarantined_it_is_said_why_it_cannot_be_explained(made: Workshop) -> None:
    made.write({"more": extra("more", "1 / 0", depends=("good",))})
    with pytest.raises(
        UserError, match=r"“more.thing” cannot be explained, .* quarantined: addon 'more' .*Zero"
    ):
        explain(made.assemble("good", "more"), "more.thing")


def test_a_model_is_explained_field_by_field(made: Workshop) -> None:
    made.write({"more": extra("more", MORE.format(field="hue"), depends=("good",))})
    told = explain(made.assemble("good", "more"), "good.thing")
    good, more = (str(made.folder / name / "__init__.py") for name in ("good", "more"))
    assert [(e.name, e.kind, e.addon, e.file, e.line) for e in told.entries] == [
        ("title", "Char", "good", good, 12),
        ("weight", "Integer", "good", good, 13),
        ("hue", "Char", "more", more, 6),
    ]
    assert [(e.name, e.addon, e.line) for e in told.fragments] == [("More", "more", 5), ("Thing", "good", 11)]
    assert json.loads(json.dumps(told.as_json()))["entries"][2]["file"] == more


def test_a_view_is_explained_node_by_node(made: Workshop) -> None:
    made.write({"more": extra("more", MORE.format(field="hue"), depends=("good",))})
    told = explain(made.assemble("good", "more"), "good.thing.form")
    assert [(e.name, e.kind, e.addon, e.line, e.depth) for e in told.entries] == [
        ("head", "group", "good", 24, 0),
        ("title", "field", "good", 24, 1),
        ("weight", "field", "good", 24, 1),
        ("hue", "field", "more", 6, 1),
    ]


def test_a_hook_is_explained_in_the_order_of_calls(made: Workshop) -> None:
    made.write({"more": extra("more", MORE.format(field="hue"), depends=("good",))})
    told = explain(made.assemble("good", "more"), "models")
    assert [(e.name, e.addon, e.line) for e in told.entries] == [
        ("workshop_base", "base", 8),
        ("good", "good", 18),
        ("more", "more", 8),
    ]


def test_an_unknown_name_is_answered_with_the_nearest(made: Workshop) -> None:
    with pytest.raises(UserError, match=r"Did you mean “good\.thing”"):
        explain(made.assemble("good"), "good.thign")


# ----------------------------------------------------------------- together
def test_who_can_be_together_and_who_is_kept_apart(made: Workshop) -> None:
    adds = MORE.format(field="hue")
    made.write(
        {
            "one": extra("one", adds, depends=("good",)),
            "two": extra("two", adds, depends=("good",)),
            "more": extra("more", "", depends=("two",)),
            "torn": extra("torn", "1 / 0"),
            "lone": extra("lone", "", depends=("nowhere",)),
        }
    )
    found = made.discover()
    for installed, together, apart in (
        ([], {"good", "one", "lone"}, {"two", "more"}),
        (["good", "two"], {"good", "two", "more", "lone"}, {"one"}),
        (["good", "one", "torn"], {"good", "one", "torn", "lone"}, {"two", "more"}),
    ):
        names, kept = companions(found, installed)
        assert (set(names) - {"base"}, kept.keys()) == (together, apart)
        told = list(map(str, kept.values()))
        assert [text for text in told if "good.thing.hue is defined by" not in text] == []
    (made.folder / "one" / "__init__.py").unlink()
    assert companions(made.discover(), ["good", "one"])[1] == {}, "who is not there keeps nobody out"
