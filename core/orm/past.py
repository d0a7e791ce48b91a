"""What a transaction did to each record, put together from its rows of history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.orm.history import CREATED, DELETED
from core.orm.links import Many2many

if TYPE_CHECKING:
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry


@dataclass
class Past:
    """One record: what each field was before the transaction and after it; of sets of links what left and what came."""

    info: ModelInfo
    key: int
    last: int
    """The key of the last row of history that tells of it."""
    created: bool = False
    deleted: bool = False
    values: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def add(self, row: Any) -> None:
        """One more row, which follows those that were added."""
        self.last = row.id
        self.created |= row.action == CREATED
        self.deleted |= row.action == DELETED
        for name, (before, after) in (row.values or {}).items():
            if isinstance(self.info.fields.get(name), Many2many):
                self.values[name] = _joined(self.values.get(name, ((), ())), before, after)
            else:
                self.values[name] = (self.values[name][0] if name in self.values else before, after)

    def was(self, name: str) -> Any:
        """What a field of a deleted record held before; None for nothing."""
        return self.values.get(name, (None, None))[0]


def _joined(known: tuple[Any, Any], removed: Any, added: Any) -> tuple[list[int], list[int]]:
    """Links that left and came, then left and came again; what a deleted record held has left."""
    gone, come = set(known[0]), set(known[1])
    removed, added = set(removed or ()), set(added or ())
    gone, come = gone | (removed - come), come - removed
    return sorted(gone - added), sorted(come | (added - gone))


def pasts(registry: Registry, rows: Iterable[Any]) -> list[Past]:
    """The records that rows of history tell of, in the order in which they come first, of models that there are."""
    found: dict[tuple[str, int], Past] = {}
    for row in rows:
        info = registry.models.get(row.model)
        if info is not None:
            found.setdefault((row.model, row.record_id), Past(info, row.record_id, row.id)).add(row)
    return [past for past in found.values() if not (past.created and past.deleted)]
