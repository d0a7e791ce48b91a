"""The mixin of records that people work on together: they have notes, activities and followers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from core import Model
from core.orm.once import per_registry

if TYPE_CHECKING:
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry


class Thread(Model, abstract=True):
    """Has notes and a timeline on its page. What goes with it is read by whoever may read the record itself."""

    predecessor: ClassVar[str | None] = None
    """The link to what became this record, as a lead becomes a deal.

    What is told, planned and attached there is told here.
    """

    def predecessors(self) -> Sequence[Thread]:
        """What it was before, as far as the reader sees that."""
        name = self.predecessor
        found = getattr(self, name) if name and self.env.may_see(type(self), name) else None
        return () if found is None else (found,)


@per_registry
def threads(registry: Registry) -> tuple[ModelInfo, ...]:
    """The models that take it."""
    return tuple(info for info in registry if issubclass(info.cls, Thread))
