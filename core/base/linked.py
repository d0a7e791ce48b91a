"""What the methods of models that run before a write ask of links, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from core import Model
from core.orm import ends

M = TypeVar("M", bound=Model)


def key_of(record: Any, name: str) -> int | None:
    """The key at a link, whether a record was set or its key; None where it leads nowhere, or to a new record."""
    return ends.key_at(record, record.__lumbung__.fields[name])


def is_linked(record: Any, name: str) -> bool:
    """Whether a link leads anywhere, also to a new record."""
    return ends.given(record, name) is not None or key_of(record, name) is not None


def targets(records: Sequence[Any], name: str, model: type[M]) -> list[M | None]:
    """What a link of each record leads to, as far as the user may see it; in one statement."""
    given = [ends.given(record, name) for record in records]
    keys = {key_of(record, name) for record, target in zip(records, given, strict=True) if target is None}
    found = {target.id: target for target in records[0].env.read(model, keys - {None})} if keys else {}
    return [
        found.get(key_of(record, name)) if target is None else target
        for record, target in zip(records, given, strict=True)
    ]
