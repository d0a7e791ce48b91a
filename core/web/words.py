"""The words that a database chose for itself, such as opportunity for deal; kept until its version rises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.access.overrides import WORD

if TYPE_CHECKING:
    from core.orm.database import Database
    from core.orm.registry import Registry


def words_of(
    database: Database, registry: Registry, connection: sa.Connection, version: int
) -> Mapping[tuple[str, str], str]:
    """The words at `version`, by language and code; read again only for another."""
    kept = database.words  # exchanged as one, as threads share the database
    if kept is None or kept[0] != version:
        kept = database.words = (version, _stored(registry, connection))
    return kept[1]


def _stored(registry: Registry, connection: sa.Connection) -> Mapping[tuple[str, str], str]:
    word = registry.info(WORD).table.c
    chosen = sa.select(word.lang, word.code, word.text).where(
        word.text.is_not(None), word.archived.is_(False)
    )
    return {(lang, code): text.strip() for lang, code, text in connection.execute(chosen) if text.strip()}
