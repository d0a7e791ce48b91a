"""What no change of users and roles may break, by whatever door it comes.

Somebody who may administer the system is left, nobody takes that away from themselves, and roles do not go round in a
circle. It is asked of the rows as they are after the SQL of a flush, so that forms, bulk actions,
imports, jobs and statements over many rows are all looked at; changes of two people are looked at one after the
other, or each would count on what the other takes away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.access.grants import Overrides, field_name, granted
from core.access.overrides import stored
from core.errors import FieldError, UserError
from core.i18n.lazy import TextLike, _
from core.orm import trees
from core.orm.closed import CLOSED
from core.orm.session import BULK_FOLLOWERS, Session

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry

USER, ROLE, RIGHT = "base.user", "base.role", "base.access_right"
ADMIN = "base.admin"
NEEDED = {USER: "rw", ROLE: "rw", RIGHT: "rwc"}
"""What an administrator must be allowed to do with all records, to give anybody else their rights."""
NEEDED_FIELDS = ("roles", "active")
"""What an administrator must be able to set of users."""
BY_USER = frozenset({"roles", "active", "archived"})
BY_ROLE = frozenset({"implies", "name"})
"""The fields on which it depends who may administer."""

LAST = _("Nobody would be left who may manage users and roles. Make somebody else an administrator first.")
ONESELF = _("You cannot take away your own access. Another administrator can.")
EDITOR = _("You could not manage users and roles yourself any more. Another administrator can change this.")
ROLE_ROUND = _("A role cannot include itself, nor a role that includes it.")


@dataclass(frozen=True)
class Held:
    """What held before a change that touches it: whether anybody, and whether the user, could administer."""

    anybody: bool
    oneself: bool


def look(session: Session, changes: Changes) -> None:
    """Notes before the SQL what may not be lost by it, where the changes touch it."""
    registry = session.env.registry
    if not changes.touch(NEEDED) or not registry.models.keys() >= NEEDED.keys():
        return
    if not any(_touching(registry, changes)):
        return
    connection, user = session.core_connection(), session.env.user.id
    keepers = _keepers(connection, registry)
    changes.held = Held(bool(keepers), user in keepers)


def check(session: Session, changes: Changes) -> None:
    """Raises UserError where the rows as they are now break something."""
    if changes.held is None and not changes.touch((ROLE,)):
        return
    registry = session.env.registry
    roles = _given(changes, registry.models[ROLE], BY_ROLE)
    if changes.held is None and not roles:
        return
    connection = session.core_connection()
    trees.one_at_a_time(connection)
    if roles:
        _refuse_round(connection, registry, roles)
    if changes.held is not None:
        field, record = _cause(registry, changes)
        own = changes.updated.get(registry.models[USER], {})
        gone = [user.id for user in changes.deleted.get(registry.models[USER], ())]
        off = [user.id for user, names in own.items() if names & {"active", "archived"} and _is_off(user)]
        _refuse_loss(session, changes.held, {*gone, *off}, field, record)


def _touching(registry: Registry, changes: Changes) -> Iterator[bool]:
    users, roles, rights = (registry.models[name] for name in (USER, ROLE, RIGHT))
    yield from (bool(info in batch) for info in (users, roles, rights) for batch in (changes.deleted,))
    yield rights in changes.created or rights in changes.updated
    for info, fields in ((users, BY_USER), (roles, BY_ROLE)):
        yield any(names & fields for names in changes.updated.get(info, {}).values())


def _given(changes: Changes, info: ModelInfo, fields: Collection[str]) -> list[Any]:
    """The records of a model that were made, or changed in one of these fields."""
    changed = changes.updated.get(info, {})
    return [*changes.created.get(info, ()), *(record for record in changed if changed[record] & set(fields))]


def _cause(registry: Registry, changes: Changes) -> tuple[str | None, Any]:
    """The field beside which a refusal is said, and its record."""
    for record, names in changes.updated.get(registry.models[USER], {}).items():
        return next((name for name in ("active", "roles") if name in names), None), record
    for record in changes.updated.get(registry.models[ROLE], {}):
        return "implies", record
    return None, None


def _is_off(user: Any) -> bool:
    return not user.active or user.archived


def _refuse_loss(session: Session, held: Held, off: Collection[int], field: str | None, record: Any) -> None:
    """Raises UserError where nobody could administer any more, or the user themselves could not."""
    keepers = _keepers(session.core_connection(), session.env.registry)
    user = session.env.user.id
    refusal: TextLike | None = None
    if held.anybody and not keepers:
        refusal = LAST
    elif user in off:
        refusal = ONESELF
    elif held.oneself and user not in keepers:
        refusal = EDITOR
    if refusal is not None:
        raise UserError(refusal, field, record)


# ----------------------------------------------------------------- who may administer
def _keepers(connection: sa.Connection, registry: Registry) -> set[int]:
    """The keys of the users who may sign in and administer, as the rows are now."""
    overrides, roles = stored(registry, connection), defaultdict[int, set[str]](set)
    for user, role in connection.execute(_roles_of_users(registry)):
        roles[user].add(role)
    return {
        user for user, names in roles.items() if ADMIN in names and _is_enough(registry, names, overrides)
    }


def _is_enough(registry: Registry, roles: Collection[str], overrides: Overrides) -> bool:
    """Whether roles open to all records what an administrator needs."""
    needed = {name: (registry.models[name].access, letters) for name, letters in NEEDED.items()}
    for name in NEEDED_FIELDS:
        access = registry.models[USER].fields[name].access
        if access is not None:
            needed[field_name(USER, name)] = access, "rw"
    scopes = {name: granted(name, access, roles, overrides) for name, (access, _letters) in needed.items()}
    return all(
        scopes[name].get(letter) == "all" for name, (_access, letters) in needed.items() for letter in letters
    )


def _roles_of_users(registry: Registry) -> sa.Select[Any]:
    """(user, name of role) of those who may sign in and have the role of administrators, with all their roles."""
    user, role = registry.models[USER], registry.models[ROLE]
    implies, held = role.associations["implies"].c, user.associations["roles"].c
    users, roles = user.table.c, role.table.c
    giving = sa.select(roles.id).where(roles.name == ADMIN).cte("giving", recursive=True)
    giving = giving.union(sa.select(implies.source_id).where(implies.target_id == giving.c.id))
    having = sa.select(held.source_id).where(held.target_id.in_(sa.select(giving.c.id)))
    active = sa.and_(users.id.in_(having), users.active.is_(True), users.archived.is_(False))
    direct = (
        sa.select(held.source_id, held.target_id).join(user.table, users.id == held.source_id).where(active)
    )
    all_of = direct.cte("all_of", recursive=True)
    further = sa.select(all_of.c.source_id, implies.target_id).where(implies.source_id == all_of.c.target_id)
    all_of = all_of.union(further)
    return sa.select(all_of.c.source_id, roles.name).join(role.table, roles.id == all_of.c.target_id)


# ----------------------------------------------------------------- circles
def _refuse_round(connection: sa.Connection, registry: Registry, records: Iterable[Any]) -> None:
    """Raises FieldError beside what one of the roles includes, where that leads round in a circle."""
    by_key = {record.id: record for record in records}
    between = registry.models[ROLE].associations["implies"]
    key = connection.scalar(trees.leads_round(connection, between, "source_id", "target_id", by_key))
    if key is not None:
        raise FieldError(ROLE_ROUND, "implies", by_key[key])


# ----------------------------------------------------------------- statements over many rows
def _follow_many(session: Session, cls: type[Any], names: frozenset[str]) -> None:
    """After an UPDATE or DELETE over many rows: the same, of all rows."""
    model, registry = cls.__lumbung__.name, session.env.registry
    set_ = {name.removesuffix(CLOSED) for name in names}
    connection = session.core_connection()
    watched = {USER: BY_USER, ROLE: BY_ROLE, RIGHT: set_}.get(model)
    if watched is None or (set_ and not set_ & watched) or not registry.models.keys() >= NEEDED.keys():
        return
    trees.one_at_a_time(connection)
    user, users = session.env.user.id, registry.models[USER].table.c
    stays = sa.select(users.id).where(users.id == user, users.active.is_(True), users.archived.is_(False))
    off = {user} if user is not None and connection.scalar(stays) is None else set()
    _refuse_loss(session, Held(anybody=True, oneself=False), off, None, None)


BULK_FOLLOWERS.append(_follow_many)
