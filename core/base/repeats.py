"""What is typed once is stored once: a number or address that a partner has already is no further one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core import Many2one, UserError, _
from core.base import partner as partners
from core.base.linked import key_of, targets


def refuse_repeats(records: Sequence[Any], name: str, own: Sequence[str]) -> None:
    """Raises UserError where a partner has what a record says in `name`, in a field of `own` or another record."""
    for record, partner in zip(records, targets(records, "partner", partners.Partner), strict=True):
        if partner is not None and getattr(record, name) in [getattr(partner, field) for field in own]:
            raise _repeated(record, name)
    for record in repeats(records, "partner", name):
        raise _repeated(record, name)


def repeats(records: Sequence[Any], link: str, *names: str) -> list[Any]:
    """Those of `records` that say in `names` what another record of the same partner at `link` says.

    The partners stay locked until the transaction ends, so that nobody adds it meanwhile.
    """
    env, cls = records[0].env, type(records[0])
    partner: Any = env[partners.Partner]
    keys = sorted({key for record in records if (key := key_of(record, link))})
    lock = sa.select(partner.id).where(partner.id.in_(keys)).order_by(partner.id)
    env.execute(lock.with_for_update(key_share=True))
    fields = cls.__lumbung__.fields
    said = {record: tuple(_value(record, fields[name]) for name in (link, *names)) for record in records}
    columns = [getattr(cls, fields[name].key) for name in (link, *names)]
    known = [record.id for record in records if record.id is not None]
    stored = sa.select(*columns).where(columns[0].in_(keys), cls.id.not_in(known))
    count = Counter([*said.values(), *map(tuple, env.execute(stored))])
    return [record for record, values in said.items() if count[values] > 1]


def _value(record: Any, item: Any) -> Any:
    return key_of(record, item.name) if isinstance(item, Many2one) else getattr(record, item.name)


def _repeated(record: Any, name: str) -> UserError:
    return UserError(_("This contact has “%(value)s” already.", value=getattr(record, name)), name, record)
