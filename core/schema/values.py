"""The values of shipped rows: how a record takes them, and a digest by which a change is seen."""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.i18n import catalogs
from core.i18n.lazy import LazyText
from core.manifest import Key
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.kinds import Char
from core.orm.links import Many2many, Many2one
from core.orm.numbers import Decimal
from core.orm.types import exact


def keys_in(value: Any) -> Iterable[Key]:
    """The other shipped rows that a value refers to."""
    if isinstance(value, Key):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(item for item in value if isinstance(item, Key))
    return ()


def stored(item: Field[Any], value: Any, find: Callable[[Key], int]) -> Any:
    """`value` of a shipped row as the field keeps it: links as `find` gives them, texts in every language.

    Raises ValueError on what the field cannot take.
    """
    if isinstance(item, Many2one):
        return None if value is None else find(_key(value))
    if isinstance(item, Many2many):
        return sorted(find(_key(part)) for part in value)
    if isinstance(item, Decimal):
        return None if value is None else exact(value, item.scale)
    if isinstance(item, Char) and item.translate:
        return _texts(value)
    return str(value) if isinstance(value, LazyText) else value


def current(info: ModelInfo, record: Any, name: str) -> Any:
    """What `record` holds in the field `name`, in the form of `stored`; None where the field is gone."""
    item = info.fields.get(name)
    if item is None:
        return None
    if isinstance(item, Many2many):
        return sorted(other.id for other in getattr(record, name))
    return getattr(record, item.key)


def digest(values: Mapping[str, Any]) -> str:
    """64 hexadecimal digits that differ when a value differs."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _key(value: Any) -> Key:
    if not isinstance(value, Key):
        raise ValueError(f"{value!r} is no Key of a shipped row")
    return value


def _texts(value: Any) -> dict[str, str] | None:
    if isinstance(value, LazyText):
        return {code: _in(code, value) for code in catalogs.LANGUAGES}
    return {catalogs.DEFAULT_LANGUAGE: value} if isinstance(value, str) else value


def _in(code: str, text: LazyText) -> str:
    token = catalogs.set_language(code)
    try:
        return str(text)
    finally:
        catalogs.reset_language(token)


def _plain(value: Any) -> str:
    """Numbers keep their places and moments are compared in UTC, as both databases give them back."""
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    raise ValueError(f"{value!r} cannot be shipped")
