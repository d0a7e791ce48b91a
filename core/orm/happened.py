"""What was written and has yet to be told to the `record_*` and `after_commit` hooks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.info import ModelInfo

Kind = Literal["created", "updated", "deleted"]
KINDS: tuple[Kind, ...] = ("created", "updated", "deleted")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was committed, as `after_commit` gets it: keys, as records do not outlive their transaction."""

    kind: Kind
    model: str
    ids: tuple[int, ...]
    fields: frozenset[str] = frozenset()


@dataclass
class Happened:
    """Records by model; of changed ones the names of their fields."""

    created: dict[ModelInfo, list[Any]] = field(default_factory=lambda: defaultdict(list))
    updated: dict[ModelInfo, dict[Any, frozenset[str]]] = field(default_factory=lambda: defaultdict(dict))
    deleted: dict[ModelInfo, list[int]] = field(default_factory=lambda: defaultdict(list))

    count: int = 0
    """How often something was added."""

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)

    def add(self, other: Happened) -> None:
        """What else was written."""
        if not other:
            return
        self.count += 1
        for info, records in other.created.items():
            self.created[info] += records
        for info, changed in other.updated.items():
            known = self.updated[info]
            known.update(
                {record: known.get(record, frozenset()) | names for record, names in changed.items()}
            )
        for info, ids in other.deleted.items():
            self.deleted[info] += ids

    @classmethod
    def of(cls, changes: Changes, kinds: Collection[Kind] = KINDS) -> Happened:
        """What one flush wrote, of some kinds."""
        made = cls()
        if "created" in kinds:
            made.created.update(changes.created)
        for info, changed in changes.updated.items() if "updated" in kinds else ():
            made.updated[info] = {record: info.fields_behind(names) for record, names in changed.items()}
        for info, records in changes.deleted.items() if "deleted" in kinds else ():
            made.deleted[info] = [record.id for record in records]
        return made

    def copy(self) -> Happened:
        """The same, to which nothing more is added."""
        made = Happened()
        made.add(self)
        made.count = self.count
        return made

    def events(self) -> Iterable[Event]:
        """The same by keys."""
        for info, records in self.created.items():
            yield Event("created", info.name, tuple(record.id for record in records))
        for info, changed in self.updated.items():
            fields = frozenset().union(*changed.values())
            yield Event("updated", info.name, tuple(record.id for record in changed), fields)
        for info, ids in self.deleted.items():
            yield Event("deleted", info.name, tuple(ids))
