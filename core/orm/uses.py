"""What leads to records: looked up for all of them at once, seen by the user or not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.orm.links import Many2many
from core.sql import among

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry


def used(
    env: Env, info: ModelInfo, keys: Sequence[int], leaving: Mapping[str, Collection[int]] | None = None
) -> set[int]:
    """Those of the keys to which a record leads that is not itself `leaving`, by model; one statement per link."""
    found: set[int] = set()
    connection = env.session.core_connection()
    for model, holder, target, *conditions in _ways(env, info) if keys else ():
        going = set((leaving or {}).get(model, ()))
        pairs = sa.select(holder, target).where(among(env, target, keys), *conditions)
        found.update(key for by, key in connection.execute(pairs) if by not in going)
    return found


FURTHER: list[Callable[[Registry, ModelInfo], Iterator[tuple[Any, ...]]]] = []
"""Other ways to lead to records of a model than by links: as `_ways` gives them."""


def _ways(env: Env, info: ModelInfo) -> Iterator[tuple[Any, ...]]:
    """Models that lead to a model: name, the columns that hold who leads and where to, and conditions."""
    for further in FURTHER:
        yield from further(env.registry, info)
    for other, link in env.registry.incoming(info.name):
        yield other.name, other.table.c.id, other.table.c[link.key]
    for other in env.registry:
        for item in other.own_fields:
            if isinstance(item, Many2many) and item.target_name == info.name:
                between = other.associations[item.name].c
                yield other.name, between.source_id, between.target_id
