"""Prefetch: touching a relation of one record loads it for all siblings of the same result.

States loaded by one query share `InstanceState.runid`, so siblings cost nothing until a relation is
touched. This rests on private names of SQLAlchemy: the minor version is pinned, and where a name is gone
`STRATEGY` falls back to plain lazy loading, which is slower but right (a test fails loudly).
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import interfaces, strategies
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.base import LoaderCallableStatus, PassiveFlag

BATCH = 1000
"""At most so many siblings are loaded for at once."""

_LazyLoader: Any = getattr(strategies, "_LazyLoader", None) or getattr(strategies, "LazyLoader", None)
INTERNAL = {"lumbung_internal": True}
"""Tells the door that a link is being loaded: where the target is denied, it reads as nothing."""
STRATEGY: Any = "select" if _LazyLoader is None else "prefetch"
PLAIN = (("lazy", "select"),)


if _LazyLoader is not None:

    @orm.RelationshipProperty.strategy_for(lazy="prefetch")
    class PrefetchLoader(_LazyLoader):  # type: ignore[misc]
        """A lazy loader that loads for the whole result where there is one."""

        __slots__ = ()

        def _load_for_state(
            self, state: Any, passive: Any, loadopt: Any = None, extra_criteria: Any = (), **kwargs: Any
        ) -> Any:
            allowed = passive & PassiveFlag.SQL_OK and not extra_criteria
            if allowed and state.has_identity and state.session_id:
                with _flushing(state.session, passive):
                    if prefetch(state, self.key, self.parent_property):
                        return LoaderCallableStatus.ATTR_WAS_SET
            return super()._load_for_state(state, passive, loadopt, extra_criteria, **kwargs)


class Relation(orm.Relationship[Any]):
    """A relation with one loader. SQLAlchemy makes it a plain lazy one too, and never asks that to load.

    Of the time and the memory of a registry that is a twentieth.
    """

    inherit_cache = True

    def __init__(self, target: type[Any], **options: Any) -> None:
        super().__init__(target, lazy=STRATEGY, **options)

    def _get_strategy(self, key: Any) -> Any:
        return super()._get_strategy(self.strategy_key if key == PLAIN else key)


def prefetch(state: Any, key: str, relation: Any) -> bool:
    """Loads `key` for `state` and its siblings. False where there is nothing to gain: load it alone."""
    session = state.session
    siblings = _siblings(session, state, key)
    if len(siblings) == 1:
        return False
    if relation.secondary is not None:
        _load_many_to_many(session, siblings, key, relation)
    elif relation.direction is interfaces.MANYTOONE:
        _load_many_to_one(session, siblings, key, relation)
    else:
        _load_one_to_many(session, siblings, key, relation)
    return key in state.dict


def _flushing(session: Any, passive: Any) -> AbstractContextManager[Any]:
    """As SQLAlchemy's own loading does: what is pending is written first, unless asked not to."""
    return session.no_autoflush if passive & PassiveFlag.NO_AUTOFLUSH else nullcontext()


def _siblings(session: Any, state: Any, key: str) -> list[Any]:
    found = [state]
    for other in session.identity_map.all_states():
        if (
            other.runid == state.runid
            and other is not state
            and other.mapper is state.mapper
            and key not in other.dict
        ):
            found.append(other)
            if len(found) >= BATCH:
                break
    return found


def _load_many_to_one(session: Any, siblings: list[Any], key: str, relation: Any) -> None:
    local, _remote = relation.local_remote_pairs[0]
    local_key = siblings[0].mapper.get_property_by_column(local).key
    target = relation.mapper
    wanted = {state.dict.get(local_key) for state in siblings if local_key in state.dict} - {None}
    found = {}
    for value in list(wanted):
        known = session.identity_map.get(target.identity_key_from_primary_key((value,)))
        if known is not None and not sa.inspect(known).expired:
            found[value] = known
    missing = sorted(wanted - found.keys())
    if missing:
        wanted_records = sa.select(target.class_).where(target.class_.id.in_(missing))
        for record in session.scalars(wanted_records, execution_options=INTERNAL):
            found[record.id] = record
    for state in siblings:
        if local_key in state.dict:
            set_committed_value(state.obj(), key, found.get(state.dict[local_key]))


def _load_one_to_many(session: Any, siblings: list[Any], key: str, relation: Any) -> None:
    _local, remote = relation.local_remote_pairs[0]
    target = relation.mapper
    remote_key = target.get_property_by_column(remote).key
    column = getattr(target.class_, remote_key)
    children: dict[int, list[Any]] = defaultdict(list)
    ids = sorted(state.identity[0] for state in siblings)
    wanted = sa.select(target.class_).where(column.in_(ids)).order_by(target.class_.id)
    for record in session.scalars(wanted, execution_options=INTERNAL):
        children[getattr(record, remote_key)].append(record)
    for state in siblings:
        set_committed_value(state.obj(), key, children[state.identity[0]])


def _load_many_to_many(session: Any, siblings: list[Any], key: str, relation: Any) -> None:
    """Loads the parents once more with the relation, by its own loader: rules and order are kept."""
    parent = siblings[0].mapper.class_
    ids = [state.identity[0] for state in siblings]
    target = orm.aliased(relation.mapper.class_)
    pairs = session.execute(
        sa.select(parent.id, target)
        .join(getattr(parent, key).of_type(target))
        .where(parent.id.in_(sorted(ids)))
        .order_by(target.id),
        execution_options=INTERNAL,
    ).all()
    found: dict[int, list[Any]] = defaultdict(list)
    for parent_id, record in pairs:
        found[parent_id].append(record)
    for state in siblings:
        set_committed_value(state.obj(), key, found[state.identity[0]])
