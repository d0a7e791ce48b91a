"""What the administrator of a database says instead of what was shipped; kept until its version rises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from core.access.grants import Overrides, Scope
from core.schema.tables import registry_version

if TYPE_CHECKING:
    from core.orm.database import Database
    from core.orm.registry import Registry

MODEL = "base.access_right"


def overrides_of(database: Database, registry: Registry, connection: sa.Connection, version: int) -> Overrides:
    """The overrides as they were at `version`; read again only where another version is asked for."""
    if database.overrides_version != version:
        database.overrides, database.overrides_version = _read(registry, connection), version
    return cast(Overrides, database.overrides)


def version_of(connection: sa.Connection) -> int:
    """The version of everything that workers keep: addons, custom fields and access."""
    return connection.scalar(sa.select(registry_version.c.version)) or 0


def _read(registry: Registry, connection: sa.Connection) -> dict[tuple[str, str], dict[str, Scope]]:
    if MODEL not in registry:
        return {}
    rights, roles = registry.info(MODEL).table, registry.info("base.role").table
    rows = connection.execute(
        sa.select(roles.c.name, rights).join(roles, roles.c.id == rights.c.role_id).where(rights.c.archived.is_(False))
    )
    return {(row.name, row.model): _scopes(row) for row in rows}


def _scopes(row: Any) -> dict[str, Scope]:
    scopes = {"r": row.read_scope, "w": row.write_scope, "d": row.delete_scope}
    return {**scopes, "c": "all" if row.may_create else "none"}
