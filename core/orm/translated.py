"""Translated values: a JSON column behind an attribute that reads and writes the language of the moment."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property

from core.i18n.catalogs import current_language, fallback_language


def translated(key: str, mapped: str) -> hybrid_property[str | None]:
    """The attribute over `key`, whose column is `mapped` (another name where the field is closed).

    In SQL it is what the user sees, so that sort, filter, group and search act on it. Its binds are named:
    anonymous ones break GROUP BY on PostgreSQL.
    """

    def read(record: Any) -> str | None:
        texts = getattr(record, key) or {}
        return texts.get(current_language()) or texts.get(fallback_language())

    def write(record: Any, value: str | dict[str, str] | None) -> None:
        """One language of it, or all of a mapping. Nothing is kept of an empty text, as SQL would find it first."""
        texts = (
            value if isinstance(value, dict) else {**(getattr(record, key) or {}), current_language(): value}
        )
        setattr(record, key, {code: text for code, text in texts.items() if text} or None)

    def expression(cls: Any) -> sa.ColumnElement[str]:
        column = getattr(cls, mapped)
        return sa.func.coalesce(
            column[_bind("_lang", current_language)].as_string(),
            column[_bind("_fallback", fallback_language)].as_string(),
        )

    return hybrid_property(read, write, expr=expression)


def _bind(name: str, language: Any) -> sa.BindParameter[str]:
    return sa.bindparam(name, callable_=language, type_=sa.JSON.JSONStrIndexType())
