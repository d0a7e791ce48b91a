"""What the administrator of a database says instead of what was shipped; kept until its version rises."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.access.grants import MASK, Overrides, Scope, wider
from core.orm.currencies import COMPANY, CURRENCY
from core.orm.session import BULK_FOLLOWERS, Session
from core.schema.tables import registry_version

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.database import Database
    from core.orm.registry import Registry

MODEL, ROLE = "base.access_right", "base.role"
MASKED = "masked"
"""What a row says of reading a field instead of a scope: there is none, but a mask."""
WORD = "base.word"
WATCHED = frozenset({MODEL, ROLE, WORD, COMPANY, CURRENCY})
"""What is written to these models counts at once in every process."""


def overrides_of(
    database: Database, registry: Registry, connection: sa.Connection, version: int | None = None
) -> Overrides:
    """The overrides at `version`, by default at the one that the connection sees; read again only for another."""
    if MODEL not in registry:
        return {}
    wanted = version_of(connection) if version is None else version
    kept: tuple[int, Overrides] | None = (
        database.overrides
    )  # version and content are exchanged as one, as threads share the database
    if kept is None or kept[0] != wanted:
        kept = database.overrides = (wanted, stored(registry, connection))
    return kept[1]


def version_of(connection: sa.Connection) -> int:
    """The version of everything that workers keep: addons, custom fields and access."""
    return connection.scalar(sa.select(registry_version.c.version)) or 0


def raise_version(connection: sa.Connection) -> None:
    """Tells every process that works with this database that what it keeps of it is old."""
    known, now = registry_version, dt.datetime.now(dt.UTC)
    result = connection.execute(known.update().values(version=known.c.version + 1, changed_at=now))
    if result.rowcount == 0:
        connection.execute(known.insert().values(version=1, changed_at=now))


def follow(session: Session, changes: Changes) -> None:
    """Rights that change raise the version in the same transaction."""
    if changes.touch(WATCHED):
        raise_version(session.core_connection())


def _follow_bulk(session: Session, cls: Any, names: frozenset[str]) -> None:
    if cls.__lumbung__.name in WATCHED:
        raise_version(session.core_connection())


BULK_FOLLOWERS.append(_follow_bulk)


def stored(registry: Registry, connection: sa.Connection) -> dict[tuple[str, str], dict[str, Scope]]:
    """What the rows say by role and model, as they are now; of several for the same two, the widest scope holds."""
    rights, roles = registry.info(MODEL).table, registry.info(ROLE).table
    rows = connection.execute(
        sa.select(roles.c.name, rights)
        .join(roles, roles.c.id == rights.c.role_id)
        .where(rights.c.archived.is_(False))
    )
    found: dict[tuple[str, str], dict[str, Scope]] = {}
    for row in rows:
        known = found.setdefault((row.name, row.model), {})
        for operation, scope in _scopes(row).items():
            known[operation] = wider(known.get(operation, "none"), scope)
    return found


def _scopes(row: Any) -> dict[str, Scope]:
    is_masked = row.read_scope == MASKED
    return {
        "r": "none" if is_masked else row.read_scope,
        "w": row.write_scope,
        "c": "all" if row.may_create else "none",
        "d": row.delete_scope,
        MASK: "all" if is_masked else "none",
    }
