"""Both ends of a link in memory: where it will lead, by the record that was set or by the key.

When its key is set, the record at it and the collections at the far end follow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm.base import PassiveFlag

from core.orm.closed import mapped_key
from core.orm.links import Many2one, One2many

if TYPE_CHECKING:
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry
    from core.orm.session import Session


class End(NamedTuple):
    """A link whose target has collections of the records that lead to it."""

    link: Many2one[Any]
    mapper: Any
    collections: tuple[str, ...]


def far_ends(registry: Registry, info: ModelInfo) -> list[End]:
    """The links of a model that someone looks at from the other side."""
    ends = []
    for link in info.fields.values():
        if isinstance(link, Many2one):
            target = registry.models[link.target_name]
            back = [item for item in target.fields.values() if isinstance(item, One2many)]
            names = [item.name for item in back if (item.target_name, item.inverse) == (info.name, link.name)]
            if names:
                ends.append(End(link, sa.inspect(target.cls), tuple(names)))
    return ends


def given(record: Any, name: str) -> Any:
    """The record that a link was given, also one that is still to come; None where its key was, or nothing."""
    state = sa.inspect(record)
    is_new = not state.persistent or history(record, name).has_changes()
    return state.dict.get(name) if is_new else None


def key_at(record: Any, link: Many2one[Any]) -> int | None:
    """The key that a link will hold; None where it leads nowhere, or to a record that is still to come."""
    target = given(record, link.name)
    if target is not None:
        return None if sa.inspect(target).pending else target.id
    state = sa.inspect(record)
    was_emptied = state.persistent and link.name in state.dict and history(record, link.name).has_changes()
    return None if was_emptied else getattr(record, mapped_key(link))


def forget_targets(session: Session, record: Any, changed: Collection[str]) -> None:
    """Drops the record at a link of which only the key was set: it is read again when it is asked for."""
    for item in record.__lumbung__.fields.values():
        if isinstance(item, Many2one) and item.key in changed and item.name not in changed:
            session.expire(record, [item.name])


def forget_collections(session: Session, records: Iterable[Any]) -> None:
    """Drops the collections that gained or lost one of `records`, which have just been written."""
    gone, known = session.deleted, session.identity_map
    for record in records:
        for link, mapper, names in record.__lumbung__.far_ends:
            for key in _keys(record, mapped_key(link), record in gone):
                target = known.get(mapper.identity_key_from_primary_key((key,)))
                if target is None:
                    continue
                kept = 1 if history(record, link.name).added else 0  # SQLAlchemy itself keeps up the first
                stale = [name for name in names[kept:] if name in vars(target)]
                if stale:
                    session.expire(target, stale)


def history(record: Any, name: str) -> Any:
    """What an attribute gained and lost since it was read, as far as it is in memory."""
    return orm.attributes.get_history(record, name, PassiveFlag.PASSIVE_NO_INITIALIZE)


def _keys(record: Any, name: str, is_gone: bool) -> set[int]:
    """The keys that a link had and has, where that differs."""
    state = sa.inspect(record)
    if not state.has_identity:
        return {state.dict.get(name)} - {None}
    if not is_gone and name not in state.committed_state:
        return set()
    past = history(record, name)
    return {*(past.added or ()), *(past.deleted or ()), *(past.unchanged or () if is_gone else ())} - {None}
