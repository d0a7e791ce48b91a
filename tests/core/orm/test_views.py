"""Views: named nodes, the operations on them, and what becomes of a name that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from core import (
    Char,
    Extension,
    Group,
    Integer,
    Item,
    LoadError,
    Many2one,
    Model,
    Moved,
    One2many,
    Slot,
    View,
    after,
    attrs,
    before,
    extend,
    form,
    hide,
    into,
    listing,
    replace,
    search,
)
from core.i18n.catalogs import speaking
from core.orm.registry import Registry
from core.plugins import Contribution
from core.views.nodes import Node, Operation
from core.views.resolve import ResolvedView, resolve_views
from tests.core.orm.toys import ACCESS

DEPENDS = {
    "toy": frozenset({"toy"}),
    "one": frozenset({"toy", "one"}),
    "two": frozenset({"toy", "two"}),
    "three": frozenset({"toy", "one", "two", "three"}),
}


class Owned(Model, abstract=True):
    owner = Char()


class Deal(Owned, Model, name="toy.deal", access=ACCESS):
    title = Char(required=True, list=True, search=True)
    partner = Char(list=True)
    revenue = Integer()
    rooms = Integer()
    licence = Char()
    lines: One2many[Line] = One2many(lambda: Line, "deal")


class DealAgain(Deal):
    """The same addon again, in another file."""

    stage = Char()


class Line(Model, name="toy.line", access=ACCESS):
    number = Integer()
    deal = Many2one(Deal)


class Word(Model, name="toy.word", access=ACCESS):
    text = Char()


class OneDeal(Deal):
    first = Char(after="revenue", list=True)
    second = Char(after="revenue", search=True)
    ahead = Char(before="title")
    inside = Char(into="money")
    loose = Char(list=True)
    misplaced = Char(after="revenu")


class TwoDeal(Deal):
    third = Char(after="revenue")
    far: One2many[Line] = One2many(lambda: Line, "deal", list=True)


class ThreeDeal(OneDeal, TwoDeal):
    fourth = Char(after="first")


FORM = View("toy.deal.form", Deal, form(
    Group("head", "title", Item("partner", wide=True)), Group("money", "revenue", label="Money"),
    Slot("footer"),
    Moved("extra", "gone"), Moved("gone", "footer"), Moved("lost", "nowhere"), Moved("round", "about"),
    Moved("about", "round"),
))  # fmt: skip

BASE: dict[str, Sequence[type[Model]]] = {
    "toy": [Owned, Deal, DealAgain, Line, Word],
    "one": [],
    "two": [],
    "three": [],
}


def _resolve(
    *changes: tuple[str, Extension], begin: View | None = FORM, **models: Sequence[type[Model]]
) -> tuple[dict[str, ResolvedView], list[tuple[str, str]]]:
    registry = Registry({**BASE, **models}, DEPENDS)
    views = [] if begin is None else [Contribution[Any]("toy", __name__, begin)]
    given = [*views, *(Contribution[Any](addon, __name__, value) for addon, value in changes)]
    with speaking("en"):
        found, findings = resolve_views(registry, given)
        said = [(finding.addon, str(finding.text)) for finding in findings]
    assert all(finding.origin is not None and finding.origin.file == __file__ for finding in findings)
    return found, said


def _tree(nodes: Sequence[Node]) -> list[Any]:
    """Names of fields as texts, groups and slots as (name, ...)."""
    return [node.name if node.kind == "field" else (node.name, *_tree(node.children))
            for node in nodes if node.moved_to is None]  # fmt: skip


def _changed(*operations: Operation) -> list[Any]:
    views, findings = _resolve(("one", extend("toy.deal.form", *operations)))
    assert findings == []
    return _tree(views["toy.deal.form"].nodes)


def _found(*operations: Operation, addon: str = "one") -> tuple[list[Any], list[tuple[str, str]]]:
    views, findings = _resolve((addon, extend("toy.deal.form", *operations)))
    return _tree(views["toy.deal.form"].nodes), findings


def _refusal(*changes: tuple[str, Extension], begin: View | None = FORM) -> LoadError:
    with pytest.raises(LoadError) as refusal:
        _resolve(*changes, begin=begin)
    return refusal.value


# ----------------------------------------------------------------- operations
PLAIN: list[Any] = [("head", "title", "partner"), ("money", "revenue"), ("footer",)]


def test_every_operation() -> None:
    assert _changed() == PLAIN
    assert _changed(after("title", "rooms")) == [("head", "title", "rooms", "partner"), *PLAIN[1:]]
    assert _changed(before("title", "rooms", "licence")) == [
        ("head", "rooms", "licence", "title", "partner"),
        *PLAIN[1:],
    ]
    assert _changed(after("head", Group("own", "rooms"))) == [PLAIN[0], ("own", "rooms"), *PLAIN[1:]]
    assert _changed(into("footer", "rooms")) == [*PLAIN[:2], ("footer", "rooms")]
    assert _changed(into("money", "rooms"), into("money", "licence")) == [
        PLAIN[0], ("money", "revenue", "rooms", "licence"), ("footer",),
    ]  # fmt: skip
    assert _changed(replace("revenue", "rooms", "licence")) == [
        PLAIN[0],
        ("money", "rooms", "licence"),
        ("footer",),
    ]
    assert _changed(replace("money")) == [PLAIN[0], ("footer",)]
    assert _changed(hide("money")) == PLAIN


def test_hidden_nodes_stay_anchors() -> None:
    views, findings = _resolve(
        ("one", extend("toy.deal.form", hide("revenue"), after("revenue", "rooms"), hide("head")))
    )
    view = views["toy.deal.form"]
    assert findings == []
    assert [node.name for node in view.fields] == ["rooms"]
    assert {node.name for node in view.walk()} >= {"revenue", "title"}


def test_attributes() -> None:
    change = extend(
        "toy.deal.form", attrs("partner", label="Guest", help="x"), attrs("money", label="Rupiah")
    )
    view = _resolve(("one", change))[0]["toy.deal.form"]
    found = {node.name: node.attrs for node in view.walk()}
    assert found["partner"] == {"wide": True, "label": "Guest", "help": "x"}
    assert found["money"] == {"label": "Rupiah"}
    again = _resolve()[0]["toy.deal.form"]
    assert {node.name: node.attrs for node in again.walk()}["partner"] == {"wide": True}, (
        "what was declared stays as it is"
    )


def test_nodes_know_who_placed_them() -> None:
    view = _resolve(("one", extend("toy.deal.form", after("title", "rooms"))))[0]["toy.deal.form"]
    found = {node.name: node for node in view.walk()}
    assert [found[name].addon for name in ("title", "money", "rooms")] == ["toy", "toy", "one"]
    assert all(node.origin is not None and node.origin.file == __file__ for node in found.values())


def test_what_several_put_behind_one_node_keeps_its_order() -> None:
    put = after("revenue", "rooms")
    views, _findings = _resolve(
        ("one", extend("toy.deal.form", put, after("revenue", "licence"))),
        (
            "two",
            extend(
                "toy.deal.form",
                after("revenue", "owner"),
                before("revenue", "stage"),
                before("revenue", "lines"),
            ),
        ),
    )
    assert _tree(views["toy.deal.form"].nodes)[1] == (
        "money",
        "stage",
        "lines",
        "revenue",
        "rooms",
        "licence",
        "owner",
    )


def test_a_replaced_node_is_still_an_anchor() -> None:
    assert _changed(replace("revenue", "rooms"), after("revenue", "licence")) == [
        PLAIN[0], ("money", "rooms", "licence"), ("footer",),
    ]  # fmt: skip
    chain = (
        replace("revenue", "rooms"),
        replace("rooms", "licence"),
        after("revenue", "owner"),
        before("rooms", "stage"),
    )
    assert _changed(*chain)[1] == ("money", "stage", "licence", "owner")
    assert _changed(replace("revenue", Group("own", "revenue", "rooms")), after("revenue", "licence"))[1] == (
        "money", ("own", "revenue", "licence", "rooms"),
    )  # fmt: skip


def test_a_field_moves_by_being_taken_out_and_put_elsewhere() -> None:
    assert _changed(replace("partner"), into("money", "partner")) == [
        ("head", "title"),
        ("money", "revenue", "partner"),
        ("footer",),
    ]
    assert _changed(replace("revenue", "rooms"), into("footer", "revenue"))[1:] == [
        ("money", "rooms"),
        ("footer", "revenue"),
    ]


# ----------------------------------------------------------------- names that are not there
def test_a_missing_anchor_is_a_finding_and_nothing_is_lost() -> None:
    tree, findings = _found(after("revenu", "rooms"), hide("nothing_like_it"))
    assert tree == [PLAIN[0], ("money", "revenue", "rooms"), ("footer",)]
    assert [addon for addon, _text in findings] == ["one", "one"]
    assert "toy.deal.form has no node revenu to place by; near: revenue" in findings[0][1]
    assert "near: –" in findings[1][1]


def test_a_missing_view_is_a_finding() -> None:
    views, findings = _resolve(("one", extend("toy.deal.from", after("title", "rooms"))))
    assert _tree(views["toy.deal.form"].nodes) == PLAIN
    assert findings == [("one", "There is no view toy.deal.from to extend; near: toy.deal.form.")]


def test_a_retired_name_leads_to_its_successor() -> None:
    tree, findings = _found(into("gone", "rooms"), into("extra", "licence"))
    assert tree == [*PLAIN[:2], ("footer", "rooms", "licence")]
    assert findings == [
        ("one", "View toy.deal.form: the node gone is retired; use footer."),
        ("one", "View toy.deal.form: the node extra is retired; use footer."),
    ]


def test_a_retired_name_that_leads_nowhere() -> None:
    tree, findings = _found(into("lost", "rooms"))
    assert tree[1] == ("money", "revenue", "rooms")
    assert "use nowhere" in findings[0][1]
    assert len(_found(into("round", "rooms"))[1]) == 1, "also where two lead to each other"


def test_a_field_holds_no_nodes() -> None:
    assert _changed(into("revenue", "rooms"))[1] == ("money", "revenue", "rooms")


# ----------------------------------------------------------------- faults
def test_two_that_change_one_node_must_know_of_each_other() -> None:
    name = "toy.deal.form"
    for mine, theirs in (
        (replace("revenue", "rooms"), replace("revenue", "licence")), (hide("revenue"), hide("revenue")),
        (attrs("revenue", label="a"), attrs("revenue", label="b")),
        (hide("revenue"), attrs("revenue", label="b")),
        (attrs("revenue", label="a"), replace("revenue", "rooms")), (hide("footer"), hide("gone")),
    ):  # fmt: skip
        refusal = _refusal(("one", extend(name, mine)), ("two", extend(name, theirs)))
        with speaking("en"):
            assert "one and two both change the node" in str(refusal)
        assert refusal.addon == "two"
        assert refusal.origin is not None and refusal.origin.file == __file__
        _resolve(("one", extend(name, mine)), ("three", extend(name, theirs)))
    _resolve(
        ("one", extend(name, attrs("revenue", label="a"))), ("two", extend(name, attrs("revenue", help="b")))
    )


@pytest.mark.parametrize(("change", "fault"), [
    (after("title", "rom"), "shows the field rom, which toy.deal does not have. Did you mean rooms?"),
    (after("title", "zzz"), "Declare it on a class that models() returns, or take it out of the view."),
    (into("money", Group("own", "rom")), "shows the field rom"),
    (after("title", "revenue"), "has a node revenue already, placed by toy"),
    (after("title", Group("money")), "has a node money already, placed by toy"),
])  # fmt: skip
def test_faults(change: Operation, fault: str) -> None:
    refusal = _refusal(("one", extend("toy.deal.form", change)))
    with speaking("en"):
        assert fault in str(refusal)
    assert refusal.addon == "one"
    assert refusal.origin is not None and refusal.origin.file == __file__


def test_faults_of_views() -> None:
    class Unpublished(Model, name="toy.unpublished", access=ACCESS):
        pass

    with speaking("en"):
        assert "shows the field titel" in str(_refusal(begin=View("toy.x", Deal, form("titel"))))
        assert "Did you mean title?" in str(_refusal(begin=View("toy.x", "toy.deal", listing("titel"))))
        assert "of a model that is not published" in str(_refusal(begin=View("toy.x", Unpublished, form())))
        assert "of a model that is not published" in str(_refusal(begin=View("toy.x", "toy.nothing", form())))
        twice = View("toy.deal.form", Deal, form())
        with pytest.raises(LoadError, match="defined twice, by toy and two"):
            resolve_views(
                Registry(BASE, DEPENDS),
                [Contribution[Any]("toy", "", FORM), Contribution[Any]("two", "", twice)],
            )


# ----------------------------------------------------------------- default views, declared places
def test_default_views() -> None:
    views, findings = _resolve(begin=None)
    assert findings == []
    own = ("owner", "title", "partner", "revenue", "rooms", "licence", "lines", "stage")
    assert _tree(views["toy.deal.form"].nodes) == [("main", *own), ("footer",)]
    assert _tree(views["toy.deal.list"].nodes) == ["title", "partner"]
    assert _tree(views["toy.deal.search"].nodes) == ["title"]
    names = ("word.list", "word.search", "line.list", "line.search")
    shown = [_tree(views[f"toy.{name}"].nodes) for name in names]
    assert shown == [["text"], ["text"], [], []], "at least what a record is called by"
    assert all(view.default for view in views.values())
    assert {view.kind for view in views.values()} == {"form", "list", "search"}


def test_a_view_of_ones_own_shows_what_it_names() -> None:
    views, _findings = _resolve()
    assert _tree(views["toy.deal.form"].nodes) == PLAIN, "not the fields of its own addon that it leaves out"
    assert (views["toy.deal.form"].default, views["toy.deal.list"].default) == (False, True)
    chosen = _resolve(begin=View("toy.deal.search", Deal, search("partner")))[0]
    assert _tree(chosen["toy.deal.search"].nodes) == ["partner"]


def test_fields_place_themselves() -> None:
    views, findings = _resolve(one=[OneDeal], two=[TwoDeal], three=[ThreeDeal])
    assert _tree(views["toy.deal.form"].nodes) == [
        ("head", "ahead", "title", "partner"),
        ("money", "revenue", "first", "fourth", "second", "third", "inside", "loose", "misplaced", "far"),
        ("footer",),
    ]
    assert _tree(views["toy.deal.list"].nodes) == ["title", "partner", "first", "loose"]
    assert _tree(views["toy.deal.search"].nodes) == ["title", "second"]
    assert [(addon, "no node revenu " in text) for addon, text in findings] == [("one", True)]


def test_what_a_view_places_is_not_placed_again() -> None:
    mine = extend("toy.deal.form", into("footer", "first", "second"))
    views, _findings = _resolve(("one", mine), one=[OneDeal])
    assert _tree(views["toy.deal.form"].nodes)[-1] == ("footer", "first", "second")
    later = extend(
        "toy.deal.form", replace("first"), attrs("second", label="x"), after("second", "rooms"), hide("loose")
    )
    views, findings = _resolve(("three", later), one=[OneDeal])
    names = [node.name for node in views["toy.deal.form"].fields]
    assert "first" not in names and "loose" not in names, "taken out by one who knows it"
    assert names[names.index("second") + 1] == "rooms"
    assert [addon for addon, _text in findings] == ["one"]


def test_the_last_group_that_is_shown_takes_what_names_no_place() -> None:
    views, _findings = _resolve(("one", extend("toy.deal.form", hide("money"))), two=[TwoDeal])
    assert _tree(views["toy.deal.form"].nodes)[0] == ("head", "title", "partner", "far")
