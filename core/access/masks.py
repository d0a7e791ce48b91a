"""Masks: the end of a value that is otherwise hidden, as `••••7781` of a phone number.

A masked field is hidden: the door refuses it in every statement, and its attribute whoever reads it. The true value is
read for a mask here only, and does not leave this module.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.access.door import refuse_hidden
from core.i18n.catalogs import current_language, fallback_language
from core.orm.closed import mapped_key
from core.orm.contacts import Email
from core.orm.kinds import Char, Text
from core.sql import among

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.orm.info import ModelInfo

MASK = "••••"
SHOWN = 4
"""Letters of a text that are shown behind the mask."""


def mask_of(record: Any, name: str) -> str:
    """The mask of a field of a record, nothing where the field is empty. Raises AccessDenied where it is hidden."""
    info: ModelInfo = type(record).__lumbung__
    item = info.fields[name]
    rights = getattr(orm.object_session(record), "rights", None)
    if rights is not None and name not in rights.masked(info):
        refuse_hidden(rights, info, item.key)
    return _masked(item, getattr(record, mapped_key(item)))


def masks_of(
    env: Env, info: ModelInfo, names: Collection[str], keys: Sequence[int]
) -> Mapping[str, Sequence[str]]:
    """The masks of those of the fields `names` that are masked, for the records `keys` in their order; one statement.

    What the user may not see has none.
    """
    items = [info.fields[name] for name in sorted(env.masked(info.name).intersection(names))]
    rights = env.session.rights
    if rights is None or not items:
        return {}
    table, condition = info.table.c, rights.condition(info, "r")
    wanted = sa.select(table.id, *(table[item.key] for item in items)).where(among(env, table.id, keys))
    wanted = wanted if condition is None else wanted.where(condition)
    found = {row[0]: row[1:] for row in env.session.core_connection().execute(wanted)}
    nothing = (None,) * len(items)
    return {
        item.name: [_masked(item, found.get(key, nothing)[place]) for key in keys]
        for place, item in enumerate(items)
    }


def _masked(item: Field[Any], value: Any) -> str:
    """Of a text its last letters, unless these are all of it; of an email the domain; of all else that it is there."""
    if isinstance(item, Char) and item.translate:
        value = (value or {}).get(current_language()) or (value or {}).get(fallback_language())
    if value is None or value == "":
        return ""
    if isinstance(item, Email):
        _who, at, domain = value.rpartition("@")
        return f"{MASK}@{domain}" if at else MASK
    if isinstance(item, Char | Text) and len(value) > SHOWN:
        return f"{MASK}{value[-SHOWN:]}"
    return MASK
