"""What leads to records: looked up for all of them at once, seen by the user or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.orm.links import Many2many
from core.sql import among

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo


def used(
    env: Env, info: ModelInfo, keys: Sequence[int], leaving: Mapping[str, Collection[int]] | None = None
) -> set[int]:
    """Those of the keys to which a record leads that is not itself `leaving`, by model; one statement per link."""
    found: set[int] = set()
    connection = env.session.core_connection()
    for model, holder, target in _ways(env, info) if keys else ():
        going = set((leaving or {}).get(model, ()))
        pairs = sa.select(holder, target).where(among(env, target, keys))
        found.update(key for by, key in connection.execute(pairs) if by not in going)
    return found


def _ways(env: Env, info: ModelInfo) -> Iterator[tuple[str, Any, Any]]:
    """The columns that hold who leads to a model, and where to."""
    for other, link in env.registry.incoming(info.name):
        yield other.name, other.table.c.id, other.table.c[link.key]
    for other in env.registry:
        for item in other.own_fields:
            if isinstance(item, Many2many) and item.target_name == info.name:
                between = other.associations[item.name].c
                yield other.name, between.source_id, between.target_id
