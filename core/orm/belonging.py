"""Records that belong to another one: they cannot be without it, and what happens to them is told of it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.orm.links import Many2one, One2many
from core.orm.once import per_registry

if TYPE_CHECKING:
    from core.orm.registry import Registry


def belongs(registry: Registry, item: One2many) -> bool:  # type: ignore[type-arg]
    """Whether the records of a list are nothing without the one that has it."""
    back = registry.models[item.target_name].fields[item.inverse]
    return isinstance(back, Many2one) and (back.required or back.ondelete == "cascade")


@per_registry
def homes(registry: Registry, model: str) -> tuple[tuple[str, str], ...]:
    """The links by which records of a model belong to others, each with the model that it leads to."""
    return tuple(
        (item.inverse, info.name)
        for info in registry
        for item in info.fields.values()
        if isinstance(item, One2many) and item.target_name == model and belongs(registry, item)
    )
