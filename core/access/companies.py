"""Links from a record of one company to a record of another are refused, whichever end was changed.

Asked of the database after the SQL of a flush, so that it holds for what is stored, not for what was set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.links import Link, Many2many, Many2one
from core.sql import one_of

if TYPE_CHECKING:
    from core.access.rights import Policy
    from core.orm.info import ModelInfo
    from core.orm.session import Session

COMPANY = frozenset({"company", "company_id"})


def check(
    session: Session, policy: Policy, info: ModelInfo, records: Sequence[Any], moved: Sequence[Any]
) -> None:
    """Raises FieldError naming the link. One query for the links of the records, one for those to them.

    `moved` are those of the records whose company has changed.
    """
    if info.name not in policy.owned:
        return
    _refuse(session, info, records, list(_links(policy, info)))
    _refuse(session, info, moved, list(_incoming(policy, info)))


def _refuse(
    session: Session, info: ModelInfo, records: Sequence[Any], found: Sequence[tuple[Link[Any], Any]]
) -> None:
    if not records or not found:
        return
    connection = session.core_connection()
    place: Any = sa.case(*((crosses, number) for number, (_item, crosses) in enumerate(found)))
    here = one_of(connection.dialect.name, info.table.c.id, [record.id for record in records])
    asked = sa.select(place).where(here, sa.or_(*(crosses for _item, crosses in found))).limit(1)
    number = connection.scalar(asked)
    if number is not None:
        item = found[number][0]
        raise FieldError(_("%(field)s belongs to another company.", field=item.label), item.name)


def _links(policy: Policy, info: ModelInfo) -> Iterator[tuple[Link[Any], Any]]:
    """Each link to a model that belongs to companies too, with the condition that it crosses over."""
    for item in info.own_fields:
        if isinstance(item, Many2one | Many2many) and item.target_name in policy.owned:
            far = policy.registry.models[item.target_name].table.alias()
            yield item, _crosses(info, item, info.table, far, info.table, far)


def _incoming(policy: Policy, info: ModelInfo) -> Iterator[tuple[Link[Any], Any]]:
    """The same of the links that lead to the model."""
    for source in (policy.registry.models[name] for name in sorted(policy.owned)):
        for item in source.own_fields:
            if isinstance(item, Many2one | Many2many) and item.target_name == info.name:
                far = source.table.alias()
                yield item, _crosses(source, item, far, info.table, info.table, far)


def _crosses(
    source: ModelInfo, item: Link[Any], start: Any, end: Any, here: sa.Table, far: Any
) -> sa.ColumnElement[bool]:
    """The condition on a row of `here` that a link leads from `start` to `end` over a border; one is `far`."""
    if isinstance(item, Many2one):
        linked = start.c[item.key] == end.c.id
    else:
        pairs = source.associations[item.name].alias()
        linked = (
            sa.exists()
            .where(pairs.c.source_id == start.c.id, pairs.c.target_id == end.c.id)
            .correlate(start, end)
        )
    return sa.exists(far.c.id).where(linked, start.c.company_id != end.c.company_id).correlate(here)
