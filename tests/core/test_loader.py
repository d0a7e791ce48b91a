"""Finding addons: by entry point and in folders, under which name, in what order; and what is refused."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from core.catalogue import BASE, Catalogue, Found, dependants, reach
from core.errors import LoadError, Origin
from core.i18n import catalogs
from core.loader import GROUP, PATH_VARIABLE, closure, discover, order
from core.manifest import Addon
from tests.core.workshop import GOOD, MARK, Workshop, workshop

HEAD = "from core import *\n"


@pytest.fixture(autouse=True)
def made(tmp_path: Path) -> Iterator[Workshop]:
    with workshop(tmp_path) as made:
        yield made


def manifest(name: str, **options: object) -> str:
    given = "".join(f", {option}={value!r}" for option, value in options.items())
    return f'{HEAD}addon = Addon("{name}", version="1.0"{given})\n'


def catalogue(**depends: str | tuple[str, ...]) -> Catalogue:
    """A catalogue of base and addons that depend on what is named; a text names what is in `extras`."""
    made = Catalogue()
    for name, needs in {BASE: (), **depends}.items():
        options = {"extras": {needs: "with_it"}} if isinstance(needs, str) else {"depends": needs}
        addon = Addon(name, version="1.0", origin=Origin(f"{name}.py", 3), **options)  # type: ignore[arg-type]
        made.addons[name] = Found(addon, name, "path", Path(name))
    return made


# ----------------------------------------------------------------- find
def test_packages_and_modules_of_a_folder_are_found(made: Workshop) -> None:
    made.write({"good": GOOD, "lumbung_cut.py": manifest("cut"), "helper.py": "raise SystemExit('imported')"})
    (made.folder / "notes.txt").write_text("Addon(")
    (made.folder / "not-a-name.py").write_text("Addon(")
    found = made.discover()
    assert list(found.addons) == ["base", "good", "cut"]
    assert found.broken == {} and found.findings == []
    good, cut = found.addons["good"], found.addons["cut"]
    assert (good.module, good.source, good.folder) == ("good", "path", made.folder / "good")
    assert good.origin == Origin(str(made.folder / "good" / "__init__.py"), 3)
    assert good.addon.version == "1.2"
    assert (cut.module, cut.folder) == ("lumbung_cut", made.folder / "lumbung_cut")
    assert found.addons["base"].source == "built-in"


def test_folders_come_from_the_environment_and_end_the_path(
    made: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.write({"good": GOOD})
    monkeypatch.setenv(PATH_VARIABLE, os.pathsep.join([str(made.folder), "/nowhere/at/all", ""]))
    before = list(sys.path)
    found = discover(base="workshop_base", entry_points=())
    assert list(found.addons) == ["base", "good"]
    assert sys.path == [*before, str(made.folder)]
    assert ["/nowhere/at/all" in str(finding.text) for finding in found.findings] == [True]


def test_entry_points_are_found_and_announce_the_name(made: Workshop) -> None:
    made.write({"good": GOOD, "other": manifest("other")})
    found = made.discover(entry_points={"good": "good", "wrong": "other", "gone": "not_there_at_all"})
    assert found.addons["good"].source == "entry point"
    assert found.findings == []  # the folder holds the very same package
    wrong, gone = found.broken["wrong"], found.broken["gone"]
    assert (wrong.addon, wrong.origin) == ("wrong", Origin(str(made.folder / "other" / "__init__.py"), 2))
    assert "“other”" in str(wrong.fault) and "“wrong”" in str(wrong.fault)
    assert gone.addon == "gone" and gone.origin is None
    assert "not_there_at_all" in str(gone.fault)


def test_an_entry_point_wins_over_a_folder(made: Workshop, tmp_path: Path) -> None:
    made.write({"installed": manifest("good"), "copy_of_it": manifest("good")})
    found = made.discover(entry_points={"good": "installed"})
    assert found.addons["good"].module == "installed"
    assert found.broken == {}
    [finding] = found.findings
    assert finding.addon == "good" and "copy_of_it" in str(finding.text)
    assert finding.origin == Origin(str(made.folder / "copy_of_it" / "__init__.py"), 2)


def test_a_broken_entry_point_is_not_replaced_by_a_copy(made: Workshop) -> None:
    made.write({"installed": f"{manifest('good')}1 / 0", "copy_of_it": manifest("good")})
    found = made.discover(entry_points={"good": "installed"})
    assert "good" not in found.addons
    assert "ZeroDivisionError" in str(found.broken["good"].fault)
    assert [finding.addon for finding in found.findings] == ["good"]


def test_two_addons_of_one_name_are_both_refused(made: Workshop) -> None:
    made.write(
        {"first": manifest("twin"), "second": manifest("twin"), "third": manifest("twin"), "good": GOOD}
    )
    found = made.discover()
    assert list(found.addons) == ["base", "good"]
    error = found.broken["twin"]
    assert all(f"{name}/__init__.py:2" in str(error.fault) for name in ("first", "second", "third"))
    assert error.addon == "twin" and "Remove all but one" in str(error.remedy)


def test_base_cannot_be_replaced(made: Workshop) -> None:
    made.write({"base": manifest("base")})
    found = made.discover()
    assert found.addons["base"].module == "workshop_base"
    assert [finding.addon for finding in found.findings] == ["base"]


@pytest.mark.parametrize("name", ["core.py", "core", "addons.py", "addons"])
def test_a_file_that_takes_an_import_name_of_the_product_is_named(name: str, made: Workshop) -> None:
    made.write({name: manifest("core"), "good": GOOD})
    found = made.discover()
    room = name.removesuffix(".py")
    error = found.broken[room]
    file = made.folder / (name if name.endswith(".py") else f"{name}/__init__.py")
    assert error.origin == Origin(str(file), 1) and error.addon == room
    assert f"“{room}”" in str(error.fault) and "name of its own" in str(error.remedy)
    assert list(found.addons) == ["base", "good"]
    assert sys.modules["core"].__file__ != str(file)


def test_a_file_in_front_of_the_product_is_named_and_one_behind_it_is_not(
    made: Workshop, tmp_path: Path
) -> None:
    (tmp_path / "addons.py").touch()
    sys.path.append(str(tmp_path))
    assert made.discover().broken == {}
    sys.path.insert(0, str(tmp_path))
    assert made.discover().broken["addons"].origin == Origin(str(tmp_path / "addons.py"), 1)


def test_others_do_not_install_into_the_rooms_of_the_product(made: Workshop) -> None:
    class Foreign:
        name = "some-dist"

    announced = EntryPoint("crm", "addons.crm", GROUP)
    vars(announced)["dist"] = Foreign
    found = discover([], base="workshop_base", entry_points=[announced])
    error = found.broken["crm"]
    assert "some-dist" in str(error.fault) and "name of its own" in str(error.remedy)
    assert list(found.addons) == ["base"]


def test_an_import_name_that_is_taken_is_told(made: Workshop) -> None:
    made.write({"json.py": f"{manifest('json')}"})
    error = made.discover().broken["json"]
    assert error.origin == Origin(str(made.folder / "json.py"), 1)
    assert json_file() in str(error.fault) and "Rename" in str(error.remedy)


def json_file() -> str:
    import json

    return str(json.__file__)


def test_what_an_addon_imports_in_vain_is_told_where_it_does(made: Workshop) -> None:
    made.write({
        "low": f"{manifest('low')}class Own(Model): pass",
        "top": f"{HEAD}import low  {MARK}\naddon = Addon('top', version='1.0', depends=('low',))",
    })  # fmt: skip
    found = made.discover()
    low, top = found.broken["low"], found.broken["top"]
    assert (low.addon, low.origin) == ("low", Origin(str(made.folder / "low" / "__init__.py"), 3))
    assert (top.addon, top.origin) == ("top", made.marked())
    assert "Own has no name" in str(top.fault) and "builds on first" in str(top.remedy)


def test_base_at_fault_is_no_error_of_finding(made: Workshop) -> None:
    (made.base / "workshop_base.py").write_text("1 / 0")
    found = made.discover()
    assert found.addons == {}
    assert found.broken["base"].origin == Origin(str(made.base / "workshop_base.py"), 1)


def test_texts_of_an_addon_are_found_beside_it(made: Workshop) -> None:
    made.write(
        {"good": f"{GOOD}\nhello = _('Good morning')", "single.py": f"{manifest('single')}hello = _('Hello')"}
    )
    for folder, domain, text in (("good", "good", "Good morning"), ("single", "single", "Hello")):
        file = made.folder / folder / "translations" / "id" / "LC_MESSAGES" / f"{domain}.po"
        file.parent.mkdir(parents=True)
        head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        file.write_text(f'{head}msgid "{text}"\nmsgstr "{text.upper()} di Indonesia"\n')

    made.discover()
    token = catalogs.set_language("id")
    assert str(sys.modules["good"].hello) == "GOOD MORNING di Indonesia"
    assert str(sys.modules["single"].hello) == "HELLO di Indonesia"
    catalogs.reset_language(token)
    assert {"core", "base", "good", "single"} <= set(catalogs.domains())


def test_the_product_finds_its_own_addons() -> None:
    found = discover([])
    assert {"base", "crm"} <= set(found.addons)
    assert found.broken == {}


# ----------------------------------------------------------------- order
def test_dependencies_come_first_and_ties_by_name() -> None:
    found = catalogue(zoo=(), ant=("zoo",), bee=(), cat=("ant", "bee"))
    assert order(found, ["cat", "ant", "zoo", "bee"]) == ["base", "bee", "zoo", "ant", "cat"]
    assert order(found, []) == ["base"]


def test_order_is_the_same_however_it_is_asked() -> None:
    found = catalogue(e=("a",), d=("a",), c=("b",), b=(), a=())
    names = ["e", "d", "c", "b", "a"]
    assert order(found, names) == order(found, names[::-1]) == ["base", "a", "b", "c", "d", "e"]


def test_extras_count_only_where_they_are_active() -> None:
    found = catalogue(ant="zoo", zoo=())
    assert order(found, ["ant", "zoo"]) == ["base", "zoo", "ant"]
    assert order(found, ["ant"]) == ["base", "ant"]


def test_a_circle_over_extras_is_one() -> None:
    found = catalogue(ant="zoo", zoo=("ant",))
    assert order(found, ["ant"]) == ["base", "ant"]
    with pytest.raises(LoadError, match="ant → zoo → ant") as caught:
        order(found, ["ant", "zoo"])
    assert caught.value.addon == "ant" and caught.value.origin == Origin("ant.py", 3)


def test_a_circle_is_shown_without_those_that_only_hang_on_it() -> None:
    found = catalogue(aaa=("c",), b=("c",), c=("d",), d=("b",))
    with pytest.raises(LoadError, match="b → c → d → b"):
        order(found, ["aaa", "b", "c", "d"])


def test_a_missing_dependency_is_told_with_the_nearest() -> None:
    found = catalogue(sale=("cmr",), crm=())
    with pytest.raises(LoadError, match="sale depends on cmr") as caught:
        order(found, ["sale"])
    assert str(caught.value.remedy) == "Did you mean “crm”?"
    assert caught.value.origin == Origin("sale.py", 3)


def test_closure_adds_what_is_needed_in_order() -> None:
    found = catalogue(d=("b", "c"), c=("a",), b=(), a=(), other=())
    assert closure(found, ["d"]) == ["base", "a", "b", "c", "d"]
    with pytest.raises(LoadError, match="nowhere to be found") as caught:
        closure(found, ["othr"])
    assert caught.value.addon == "othr" and "other" in str(caught.value.remedy)


def test_closure_says_who_needs_what_is_not_there() -> None:
    found = catalogue(sale=("crn",), crm=())
    with pytest.raises(LoadError, match="sale depends on crn, which does not exist") as caught:
        closure(found, ["sale"])
    assert (caught.value.addon, caught.value.origin) == ("sale", Origin("sale.py", 3))
    assert str(caught.value.remedy) == "Did you mean “crm”?"


def test_closure_tells_why_a_broken_addon_cannot_come() -> None:
    found = catalogue(d=("broken",))
    found.broken["broken"] = LoadError("It is broken.", "Mend it.", addon="broken")
    with pytest.raises(LoadError) as caught:
        closure(found, ["d"])
    assert caught.value is found.broken["broken"]


def test_reach_goes_through_dependencies_and_active_extras() -> None:
    found = catalogue(a=(), b=("a",), c="b", d=())
    near = reach(found, ["base", "a", "b", "c", "d"])
    assert near["c"] == {"base", "a", "b", "c"} and near["d"] == {"base", "d"}
    assert reach(found, ["base", "c"])["c"] == {"base", "c"}


def test_dependants_say_through_whom() -> None:
    found = catalogue(a=(), b=("a",), c=("b",), d="a", e=())
    assert dependants(found, "a", {"base", "a", "b", "c", "d", "e"}) == {"b": "a", "c": "b"}
