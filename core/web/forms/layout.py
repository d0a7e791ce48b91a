"""A view of kind form as sections under headings: made once for all who may read the same fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.i18n.lazy import TextLike
    from core.views.nodes import Node
    from core.views.resolve import ResolvedView

FIRST = "first"
"""The name of the section of what stands outside of all groups."""


@dataclass
class Section:
    """Fields under a heading; `addon` is named where another one brought it."""

    name: str
    label: TextLike
    addon: str | None
    nodes: list[Node] = field(default_factory=list)


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
