"""What is typed once is stored once: a number or address that a partner has already is no further one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core import UserError, _
from core.base import partner as partners
from core.base.linked import key_of, targets


def refuse_repeats(records: Sequence[Any], name: str, own: Sequence[str]) -> None:
    """Raises UserError where a partner has what a record says in `name`, in a field of `own` or another record."""
    for record, partner in zip(records, targets(records, "partner", partners.Partner), strict=True):
        if partner is not None and getattr(record, name) in [getattr(partner, field) for field in own]:
            raise _repeated(record, name)
    pairs = Counter((key_of(record, "partner"), getattr(record, name)) for record in records)
    cls: Any = type(records[0])
    known = [record.id for record in records if record.id is not None]
    stored = records[0].env.execute(
        sa.select(cls.partner_id, getattr(cls, name)).where(
            cls.partner_id.in_({key for key, _value in pairs if key}), cls.id.not_in(known)
        )
    )
    pairs.update(tuple(row) for row in stored)
    for record in records:
        if pairs[key_of(record, "partner"), getattr(record, name)] > 1:
            raise _repeated(record, name)


def _repeated(record: Any, name: str) -> UserError:
    return UserError(_("This contact has “%(value)s” already.", value=getattr(record, name)), name, record)
