"""Resolution: views and what addons change in them become one tree of nodes per view, once per set of addons.

A model without a view of its own gets default ones from its fields. A fault in what an addon says of its
own view is a load error; a missing anchor is a finding, and what was to stand there is put at the end, so
that no field is lost.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import LoadError, Origin
from core.i18n.lazy import TextLike, _
from core.orm.compose import Finding
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.kinds import Select
from core.orm.links import Many2one, One2many
from core.orm.numbers import Money
from core.orm.registry import Registry
from core.orm.times import DateTime
from core.plugins import Contribution
from core.views.nodes import Body, Extension, Kind, Node, Operation, Operator, View

KINDS: tuple[Kind, ...] = ("form", "list", "search")


@dataclass
class ResolvedView:
    """A view as it is shown: `nodes` with hidden ones marked, each knowing its addon and origin."""

    name: str
    model: ModelInfo
    kind: Kind
    nodes: list[Node]
    addon: str
    default: bool = False
    attrs: dict[str, Any] = field(default_factory=dict)
    index: dict[str, tuple[Node, list[Node]]] = field(default_factory=dict)

    def walk(self) -> Iterator[Node]:
        """Every node, parents first."""
        return _walk(self.nodes)

    @property
    def fields(self) -> list[Node]:
        """The field nodes that are shown, in order."""
        return [node for node in _walk(self.nodes, hidden=False) if node.kind == "field"]


def resolve_views(
    registry: Registry, contributions: Sequence[Contribution[View | Extension]]
) -> tuple[dict[str, ResolvedView], list[Finding]]:
    """All views by name, with the default ones, and findings. Raises LoadError naming the addon."""
    resolver = _Resolver(registry)
    for item in contributions:
        if isinstance(item.value, View):
            resolver.begin(item.addon, item.value)
    for info in registry:
        resolver.complete(info)
    addons = dict.fromkeys((*registry.publication.order, *(item.addon for item in contributions)))
    for addon in addons:  # each builds on what those before it placed, in either way
        for item in contributions:
            if isinstance(item.value, Extension) and item.addon == addon:
                for operation in item.value.operations:
                    resolver.change(addon, item.value.name, operation)
        for info in registry:
            resolver.place_declared(info, addon)
    return resolver.views, resolver.findings


class _Resolver:
    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.views: dict[str, ResolvedView] = {}
        self.findings: list[Finding] = []
        self._touched: dict[tuple[str, str], dict[str, str]] = {}
        self._behind: dict[tuple[str, str], Node] = {}

    # ------------------------------------------------------------- begin
    def begin(self, addon: str, view: View) -> None:
        """A view as its addon wrote it."""
        if view.name in self.views:
            raise LoadError(
                _("View %(view)s is defined twice, by %(first)s and %(second)s.", view=view.name,
                  first=self.views[view.name].addon, second=addon),
                _("Change it by extend(), or give yours another name."), addon=addon, origin=view.origin)  # fmt: skip
        if view.model not in self.registry:
            raise LoadError(
                _("View %(view)s is of a model that is not published.", view=view.name),
                _("Name the model in models()."), addon=addon, origin=view.origin)  # fmt: skip
        self._new(addon, view.name, self.registry.info(view.model), view.body, view.origin)

    def complete(self, info: ModelInfo) -> None:
        """The default views of a model that has none of its own."""
        for kind in KINDS:
            name = f"{info.name}.{kind}"
            if name not in self.views:
                origin = info.fragments[0].__lumbung__.origin
                own = [item for item in info.own_fields if self._is_own(info, item)]
                self._new(info.addon, name, info, _default_body(info, own, kind), origin).default = True

    def _is_own(self, info: ModelInfo, item: Field[Any]) -> bool:
        """Whether a field is of the model's own addon, or of a mixin that the model itself took."""
        return self.registry.addon_of(item) == info.addon or issubclass(info.fragments[0], item.owner)

    def _new(self, addon: str, name: str, info: ModelInfo, body: Body, origin: Origin) -> ResolvedView:
        view = ResolvedView(name, info, body.kind, [], addon, attrs=dict(body.attrs))
        if body.kind == "kanban":
            self._check_board(view, origin)
        self.views[name] = view
        self._insert(view, copy.deepcopy(list(body.nodes)), view.nodes, 0, addon, origin)
        return view

    def _check_board(self, view: ResolvedView, origin: Origin) -> None:
        """Raises LoadError where a board names fields that cannot make one."""
        fields = view.model.fields
        named = {name: fields.get(field or "") for name, field in view.attrs.items()}
        by, within = named["by"], named["within"]
        far = self.registry.info(by.target_name).fields if isinstance(by, Many2one) else {}
        is_held = isinstance(within, Many2one) and isinstance(far.get(within.name), Many2one)
        faults = {
            "by": not isinstance(by, Select | Many2one),
            "within": bool(view.attrs["within"]) and not is_held,
            **{
                name: not isinstance(named[name], Money) for name in ("total", "weighted") if view.attrs[name]
            },
            **{
                name: not isinstance(named[name], DateTime) for name in ("since", "until") if view.attrs[name]
            },
        }
        for name in (name for name, is_wrong in faults.items() if is_wrong):
            raise LoadError(
                _("The board %(view)s cannot use %(field)s as its “%(place)s”.", view=view.name,
                  field=view.attrs[name], place=name),
                _("Name a Select or Many2one as by=, a Many2one of both models as within=, a Money as total= or "
                  "weighted=, a DateTime as since= or until=."),
                addon=view.addon, origin=origin)  # fmt: skip

    def _insert(
        self, view: ResolvedView, nodes: list[Node], into: list[Node], at: int, addon: str, origin: Origin
    ) -> None:
        into[at:at] = nodes
        for node in nodes:
            self._index(view, node, into, addon, origin)

    def _index(
        self, view: ResolvedView, node: Node, siblings: list[Node], addon: str, origin: Origin
    ) -> None:
        node.addon, node.origin = node.addon or addon, node.origin or origin
        known = view.index.get(node.name)
        if known is not None and known[0] is not node and known[0].name == node.name:
            raise LoadError(
                _("View %(view)s has a node %(node)s already, placed by %(other)s.", view=view.name, node=node.name,
                  other=known[0].addon),
                _("Move it by replace(), or give yours another name."), addon=addon, origin=node.origin)  # fmt: skip
        if node.kind == "field" and node.name not in view.model.fields:
            raise self._unknown_field(view, node, addon)
        view.index[node.name] = (node, siblings)
        for child in node.children:
            self._index(view, child, node.children, addon, origin)

    def _unknown_field(self, view: ResolvedView, node: Node, addon: str) -> LoadError:
        near = difflib.get_close_matches(node.name, view.model.fields, 1)
        remedy = (
            _("Did you mean %(name)s?", name=near[0])
            if near
            else _("Declare it on a class that models() returns, or take it out of the view.")
        )
        return LoadError(
            _("View %(view)s shows the field %(field)s, which %(model)s does not have.", view=view.name,
              field=node.name, model=view.model.name), remedy, addon=addon, origin=node.origin)  # fmt: skip

    # ------------------------------------------------------------- change
    def change(self, addon: str, name: str, operation: Operation) -> None:
        """One operation of an addon on a view."""
        view = self.views.get(name)
        if view is None:
            near = difflib.get_close_matches(name, self.views, 1)
            self._find(addon, operation.origin, _("There is no view %(view)s to extend; near: %(near)s.", view=name,
                                                  near=", ".join(near) or "–"))  # fmt: skip
            return
        anchor = self._anchor(view, addon, operation)
        if anchor is None:
            self._append(view, copy.deepcopy(list(operation.nodes)), addon, operation.origin)
            return
        self._refuse_collision(view, addon, operation, anchor[0])
        self._perform(view, addon, operation, *anchor)

    def _append(self, view: ResolvedView, nodes: list[Node], addon: str, origin: Origin) -> None:
        siblings = _last_group(view)
        self._insert(view, nodes, siblings, len(siblings), addon, origin)

    def _anchor(self, view: ResolvedView, addon: str, operation: Operation) -> tuple[Node, list[Node]] | None:
        found = view.index.get(operation.anchor)
        if found is None:
            near = difflib.get_close_matches(operation.anchor, view.index, 2)
            self._find(
                addon, operation.origin,
                _("View %(view)s has no node %(anchor)s to place by; near: %(near)s. What stands there now is at the "
                  "end.", view=view.name, anchor=operation.anchor, near=", ".join(near) or "–"))  # fmt: skip
            return None
        return found if found[0].moved_to is None else self._successor(view, addon, operation, found[0])

    def _successor(
        self, view: ResolvedView, addon: str, operation: Operation, node: Node
    ) -> tuple[Node, list[Node]] | None:
        """What stands in the place of a retired node, over as many moves as there were."""
        seen = {node.name}
        found = view.index.get(node.moved_to or "")
        while found is not None and found[0].moved_to is not None and found[0].name not in seen:
            seen.add(found[0].name)
            found = view.index.get(found[0].moved_to)
        self._find(addon, operation.origin,
                   _("View %(view)s: the node %(anchor)s is retired; use %(successor)s.", view=view.name,
                     anchor=operation.anchor, successor=found[0].name if found else node.moved_to))  # fmt: skip
        return found

    def _refuse_collision(self, view: ResolvedView, addon: str, operation: Operation, node: Node) -> None:
        """Two addons that replace, hide or relabel one node must know of each other."""
        if operation.operator not in ("replace", "hide", "attrs"):
            return
        known = {addon, *self.registry.publication.depends.get(addon, ())}
        mine = {key for key, _value in operation.attrs} or {""}  # "" stands for the node as a whole
        for name in {node.name, operation.anchor}:  # of a node that was replaced or retired, its old name too
            touched = self._touched.setdefault((view.name, name), {})
            for key, other in touched.items():
                if other not in known and (key in mine or "" in mine or key == ""):
                    raise _both_change(view, operation, other, addon)
            touched |= dict.fromkeys(mine, addon)

    def _perform(
        self, view: ResolvedView, addon: str, operation: Operation, node: Node, siblings: list[Node]
    ) -> None:
        nodes, origin = copy.deepcopy(list(operation.nodes)), operation.origin
        match operation.operator:
            case "attrs":
                node.attrs.update(operation.attrs)
            case "hide":
                node.attrs["hidden"] = True
            case "into" if node.kind != "field":
                self._insert(view, nodes, node.children, len(node.children), addon, origin)
            case "into" | "after":  # nothing is drawn in a field: what belongs to it comes behind it
                self._put_behind(view, nodes, node, siblings, addon, origin)
            case "before":
                self._insert(view, nodes, siblings, _place(siblings, node), addon, origin)
            case "replace":
                self._replace(view, nodes, node, siblings, addon, origin)

    def _put_behind(
        self,
        view: ResolvedView,
        nodes: list[Node],
        node: Node,
        siblings: list[Node],
        addon: str,
        origin: Origin,
    ) -> None:
        """Behind the anchor and what others put there before, so that all stand in the order of the addons."""
        last = self._behind.get((view.name, node.name), node)
        place = _place(siblings, last if any(item is last for item in siblings) else node)
        self._insert(view, nodes, siblings, place + 1, addon, origin)
        if nodes:
            self._behind[view.name, node.name] = nodes[-1]

    def _replace(
        self,
        view: ResolvedView,
        nodes: list[Node],
        node: Node,
        siblings: list[Node],
        addon: str,
        origin: Origin,
    ) -> None:
        """Takes a node out with all in it. Its names stay anchors: they point at what stands in its place."""
        place = _place(siblings, node)
        del siblings[place]
        gone = list(_walk([node]))
        names = [
            name for name, (other, _siblings) in view.index.items() if any(other is item for item in gone)
        ]
        own = [name for name in names if view.index[name][0] is node]
        for name in names:
            del view.index[name]
        self._insert(view, nodes, siblings, place, addon, origin)
        for name in own if nodes else ():
            view.index.setdefault(name, (nodes[0], siblings))

    def _find(self, addon: str, origin: Origin, text: TextLike) -> None:
        self.findings.append(Finding(addon, text, origin))

    # ------------------------------------------------------------- fields that place themselves
    def place_declared(self, info: ModelInfo, addon: str) -> None:
        """Puts what `addon` adds to a model into its views as `after= before= into= list= search=` say."""
        for item in info.own_fields:
            if self.registry.addon_of(item) != addon or self._is_own(info, item):
                continue
            self._place(self.views[f"{info.name}.form"], item, addon)
            if item.list:
                self._place(self.views[f"{info.name}.list"], item, addon)
            if item.search:
                self._place(self.views[f"{info.name}.search"], item, addon)

    def _place(self, view: ResolvedView, item: Field[Any], addon: str) -> None:
        if item.name in view.index or (view.kind != "form" and isinstance(item, One2many)):
            return
        wishes: tuple[tuple[Operator, str | None], ...] = (
            ("after", item.after), ("before", item.before), ("into", item.into))  # fmt: skip
        for operator, anchor in wishes:
            if anchor is not None and (anchor in view.index or view.kind == "form"):
                node = Node("field", item.name, origin=item.origin)
                self.change(addon, view.name, Operation(operator, anchor, (node,), origin=item.origin))
                return
        self._append(view, [Node("field", item.name)], addon, item.origin)


def _both_change(view: ResolvedView, operation: Operation, first: str, second: str) -> LoadError:
    return LoadError(
        _("View %(view)s: %(first)s and %(second)s both change the node %(anchor)s, and neither depends on "
          "the other.", view=view.name, first=first, second=second, anchor=operation.anchor),
        _("Let one addon depend on the other, or change another node."), addon=second,
        origin=operation.origin)  # fmt: skip


def _place(siblings: Sequence[Node], node: Node) -> int:
    return next(index for index, item in enumerate(siblings) if item is node)


def _default_body(info: ModelInfo, own: Sequence[Field[Any]], kind: Kind) -> Body:
    """What a model shows without a view: the fields that its own addon declared, in their order."""
    if kind == "form":
        nodes = [Node("field", item.name, origin=item.origin) for item in own]
        return Body(kind, (Node("group", "main", nodes), Node("slot", "footer")))
    chosen = [item for item in own if (item.list if kind == "list" else item.search)]
    if not chosen and info.label_field:
        chosen = [info.fields[info.label_field]]
    return Body(kind, tuple(Node("field", item.name, origin=item.origin) for item in chosen))


def _last_group(view: ResolvedView) -> list[Node]:
    """Where a field goes that names no neighbour: the end of the last group, of a list the end."""
    groups = [node for node in view.nodes if node.kind == "group" and not node.attrs.get("hidden")]
    return groups[-1].children if groups else view.nodes


def _walk(nodes: Sequence[Node], *, hidden: bool = True) -> Iterator[Node]:
    for node in nodes:
        if hidden or not node.attrs.get("hidden"):
            yield node
            yield from _walk(node.children, hidden=hidden)
