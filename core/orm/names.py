"""Names of tables, indexes and constraints: one rule, within PostgreSQL's 63 bytes.

A table and what belongs to it are joined by `__`, which no name has inside: so no two models meet in a name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import conv

LIMIT = 60
_WORDS = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
ADDON_NAME = re.compile(rf"(?!(?:ix|uq|pk)$){_WORDS}")
"""Not those with which names of indexes begin: PostgreSQL keeps them among those of tables."""
MODEL_NAME = re.compile(rf"{_WORDS}\.{_WORDS}")
FIELD_NAME = re.compile(rf"(?!.*__)[a-z][a-z0-9_]{{0,{LIMIT - 1}}}")


def table_name(model: str) -> str:
    """`crm.lead` lies in `crm_lead`."""
    return short(model.replace(".", "_"))


def short(name: str) -> str:
    """`name`, cut and told apart by a digest where it is too long for PostgreSQL."""
    if len(name) <= LIMIT:
        return name
    return f"{name[: LIMIT - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def index_name(table: str, *columns: str, unique: bool = False) -> str:
    """`ix_crm_lead__owner_id`, `uq_base_user__email`."""
    return short(f"{'uq' if unique else 'ix'}_{'__'.join((table, *columns))}")


def _foreign_key(constraint: Any, table: sa.Table) -> str:
    return conv(short(f"{table.name}__{constraint.columns[0].name}"))


CONVENTION: Mapping[str, Any] = {
    "short": _foreign_key,
    "fk": "fk_%(short)s",
    "pk": "pk_%(table_name)s",
}
