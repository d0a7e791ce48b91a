"""A view of kind form as sections under headings: made once for all who may read the same fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.i18n.lazy import TextLike
    from core.views.nodes import Node
    from core.views.resolve import ResolvedView

ASKED = "ask:"
"""Begins the name of a section that is made for the occasion, with the fields that it asks for."""
FIRST = "first"
"""The name of the section of what stands outside of all groups."""


@dataclass
class Section:
    """Fields under a heading; `addon` is named where another one brought it."""

    name: str
    label: TextLike
    addon: str | None
    nodes: list[Node] = field(default_factory=list)


def asking(layout: Layout, names: Sequence[str]) -> str | None:
    """The name of a section that asks for these fields alone; None where the form does not have all of them."""
    known = {node.name for section in layout.sections for node in section.nodes}
    return f"{ASKED}{','.join(dict.fromkeys(names))}" if known.issuperset(names) else None


class Layout:
    """The sections of a view with the fields that may be read, and `masked`, in the order in which they are shown."""

    def __init__(
        self, view: ResolvedView, readable: frozenset[str], masked: frozenset[str] = frozenset()
    ) -> None:
        self.view = view
        self.model = view.model
        self.masked = masked
        found = _sections(view, view.nodes, Section(FIRST, "", None), readable | masked)
        self.sections = [section for section in found if section.nodes]
        if self.sections and not self.sections[0].label:
            self.sections[0].label = view.model.label

    def parts(self, name: str) -> list[Section]:
        """The sections that a form shows: that of a name, what is asked for, or all of them."""
        if name.startswith(ASKED):
            known = {node.name: node for section in self.sections for node in section.nodes}
            nodes = [known[field] for field in name.removeprefix(ASKED).split(",") if field in known]
            return [Section("asked", self.model.label, None, nodes)]
        return [part for part in self.sections if name in ("", part.name)]

    def section(self, name: str) -> Section | None:
        """The section of a name."""
        return next((section for section in self.sections if section.name == name), None)


def _sections(
    view: ResolvedView, nodes: Sequence[Node], here: Section, readable: frozenset[str]
) -> list[Section]:
    """`here` with its fields, and the sections inside it; a nested group without a heading is part of it."""
    found = [here]
    for node in nodes:
        if node.attrs.get("hidden"):
            continue
        if node.kind == "field":
            if node.name in readable:
                here.nodes.append(node)
            continue
        label, foreign = node.attrs.get("label", ""), node.addon if node.addon != view.addon else None
        is_part = not label and here.name != FIRST
        inner = here if is_part else Section(node.name, label, foreign or here.addon)
        found += _sections(view, node.children, inner, readable)[1 if is_part else 0 :]
    return found
