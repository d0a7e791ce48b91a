"""What a view is made of, and the operations by which addons change one by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, Unpack

from core.errors import Origin, declared_at
from core.i18n.lazy import TextLike

if TYPE_CHECKING:
    from core.orm.model import Model

Kind: TypeAlias = Literal["form", "list", "search", "kanban"]
Operator: TypeAlias = Literal["after", "before", "into", "replace", "hide", "attrs"]


@dataclass
class Node:
    """A named place in a view: a field, a group of nodes, or a slot that waits for them."""

    kind: Literal["field", "group", "slot"]
    name: str
    children: list[Node] = field(default_factory=list)
    attrs: dict[str, Any] = field(default_factory=dict)
    moved_to: str | None = None
    addon: str = ""
    origin: Origin | None = None


TONES: Mapping[str, str] = {
    "ok": "green: it went well",
    "warn": "amber: somebody should look",
    "bad": "red: it failed, or is lost",
    "info": "blue: it is under way",
    "padi": "the gold of ripe rice: it stands out",
    "pri": "the colour of the site: it is new or chosen",
}
"""What the colours of badges say; `lumbung.css` has a class `tone-` for each."""

NodeLike: TypeAlias = Node | str
"""A node, or the name of a field."""


class ItemOptions(TypedDict, total=False):
    """What a view may say of a field in it."""

    label: TextLike
    """Its name in this view."""
    help: TextLike | Callable[[Any], object]
    """What stands below the input: a text, or a function of the record that gives one or None; what a function gives
    stands on the record's page too."""
    readonly: bool
    """Form: whether it is shown only."""
    wide: bool
    """Form and page: whether it has the whole width, as a text over several lines always has. Records that belong to
    this one (a One2many whose rows are in the form) stand on the page in a table then, else as links."""
    suffix: TextLike
    """Form: what stands behind the input, such as a unit."""
    inline: bool
    """Form: whether the records of a One2many are rows in it; those that cannot be without the record are, unless it
    says no."""
    quiet: bool
    """Form: whether it is sent along unseen where it has a value, as of a link that was followed."""
    radio: bool
    """Form: whether a Select is radio buttons."""
    head: Literal["line", "badge"]
    """Page: that it stands beside the face of the record too, over its page."""
    sub: str | tuple[str, ...]
    """List, first column: the field that stands in small print below it; of several the first that is not empty."""
    low: bool
    """List: whether phones leave the column out, as they do from the fifth on."""
    hidden: bool
    """Whether it is not shown; it stays an anchor."""


def Item(name: str, **attrs: Unpack[ItemOptions]) -> Node:
    """A field with options of its own in this view."""
    return Node("field", name, attrs={**attrs}, origin=declared_at())


def Group(name: str, *children: NodeLike, label: TextLike | None = None) -> Node:
    """Nodes under a heading: a section of the form and of the page."""
    attrs = {} if label is None else {"label": label}
    return Node("group", name, [as_node(child) for child in children], attrs, origin=declared_at())


def Slot(name: str) -> Node:
    """A place that others fill with `into`."""
    return Node("slot", name, origin=declared_at())


def Moved(old: str, new: str) -> Node:
    """Retires the name `old`: what addons place there goes to `new`, and their authors are told."""
    return Node("slot", old, moved_to=new, origin=declared_at())


def as_node(node: NodeLike) -> Node:
    """A bare string is a field of that name."""
    return Node("field", node, origin=declared_at()) if isinstance(node, str) else node


@dataclass(frozen=True)
class Body:
    """The kind of a view and its nodes."""

    kind: Kind
    nodes: tuple[Node, ...]
    attrs: tuple[tuple[str, Any], ...] = ()


def form(*nodes: NodeLike) -> Body:
    """The body of a form, and of the page of a record: those of `<model>.form`."""
    return Body("form", tuple(as_node(node) for node in nodes))


def listing(*nodes: NodeLike) -> Body:
    """The columns of a list: those of `<model>.list`. The first one leads to the record."""
    return Body("list", tuple(as_node(node) for node in nodes))


def search(*nodes: NodeLike) -> Body:
    """The fields by which a list is searched: those of `<model>.search`.

    It is checked and extended as other views are, but no page asks for it yet: the box of a list looks through the
    fields that say `search=True`, and all that may be read can be filtered by.
    """
    return Body("search", tuple(as_node(node) for node in nodes))


def kanban(
    by: str,
    *nodes: NodeLike,
    within: str | None = None,
    total: str | None = None,
    weighted: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Body:
    """The cards of a board with a column for each value of `by`: a Select, or a link to records in their order.

    With `within`, a link of the same name on the model and on what `by` leads to, one board shows the columns of one of
    its records. The money field `total` is summed over each column, and beside it `weighted`, what of that is to be
    expected. The first node is the title of a card. How long it has been in its column is told by the moment `since`.
    With `until`, the moment from which on nothing is to be planned, the head of a column of a Thread tells how many of
    the others have an activity planned, for today, overdue, or none.
    """
    attrs = (
        ("by", by),
        ("within", within),
        ("total", total),
        ("weighted", weighted),
        ("since", since),
        ("until", until),
    )
    return Body("kanban", tuple(as_node(node) for node in nodes), attrs)


@dataclass(frozen=True)
class View:
    """A view of a model under a name of its own, such as `crm.lead.form`."""

    name: str
    model: type[Model] | str
    body: Body
    origin: Origin = field(default_factory=declared_at)


@dataclass(frozen=True)
class Operation:
    """One change of a view at the node `anchor`."""

    operator: Operator
    anchor: str
    nodes: tuple[Node, ...] = ()
    attrs: tuple[tuple[str, Any], ...] = ()
    origin: Origin = field(default_factory=declared_at)


@dataclass(frozen=True)
class Extension:
    """What an addon changes in the view `name`."""

    name: str
    operations: tuple[Operation, ...]


def extend(name: str, *operations: Operation) -> Extension:
    """Changes the view `name`; an anchor that is not there is a finding, never a dead server."""
    return Extension(name, operations)


def after(anchor: str, *nodes: NodeLike) -> Operation:
    """Puts nodes behind `anchor`."""
    return Operation("after", anchor, tuple(as_node(node) for node in nodes))


def before(anchor: str, *nodes: NodeLike) -> Operation:
    """Puts nodes in front of `anchor`."""
    return Operation("before", anchor, tuple(as_node(node) for node in nodes))


def into(anchor: str, *nodes: NodeLike) -> Operation:
    """Puts nodes at the end of the group or slot `anchor`."""
    return Operation("into", anchor, tuple(as_node(node) for node in nodes))


def replace(anchor: str, *nodes: NodeLike) -> Operation:
    """Puts nodes in the place of `anchor`."""
    return Operation("replace", anchor, tuple(as_node(node) for node in nodes))


def hide(anchor: str) -> Operation:
    """Shows `anchor` no more; it stays an anchor."""
    return Operation("hide", anchor)


def attrs(anchor: str, **values: Any) -> Operation:
    """Sets options of `anchor`: those of `Item`, and the `label` of a group."""
    return Operation("attrs", anchor, attrs=tuple(values.items()))
