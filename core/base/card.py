"""The figures above a contact that base knows: when somebody last spoke with it, and when they will next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from core import DashboardTile, Env, Many2one, Model, _, hookimpl
from core.base.activity import DONE, PLANNED, Activity
from core.base.partner import Partner
from core.base.thread import threads

SPOKEN = ("call", "mail", "meeting")
"""Kinds of activities in which one speaks with a contact."""
NEEDED = ("title", "kind", "state", "due", "done_at")


@hookimpl
def tiles(env: Env, record: Model) -> Iterable[DashboardTile]:
    """The last contact and the next activity, with the contact itself or about what is linked to it, as its deals."""
    is_open = env.may(Activity, "r") and all(env.may_see(Activity, name) for name in NEEDED)
    for partner in env.only(Partner, [record]) if is_open else ():
        found = {row.state: row for row in env.execute(_last_and_next(env, partner.id))}
        for state, name, title in ((DONE, "last", _("Last contact")), (PLANNED, "next", _("Next activity"))):
            if state in found:
                row = found[state]
                moment = row.done_at if state == DONE else row.due
                yield DashboardTile(
                    f"base.{name}", title, env.formats.relative(moment, env.now()), row.title,
                    f"/app/{row.home}/{row.id}", env.formats.moment(moment), order=70 + (state == PLANNED),
                )  # fmt: skip


def _last_and_next(env: Env, key: int) -> sa.Select[Any]:
    """Both in one statement, of each state the wanted one behind others: a contact may have a thousand of them.

    A part for each model is found by the index of keys, where one condition for all would read the whole table.
    """
    cls: Any = env[Activity]
    parts = []
    for about in _about(env, cls, key):
        last = sa.select(cls.id).where(
            about, cls.state == DONE, cls.kind.in_(SPOKEN), cls.done_at.is_not(None)
        )
        following = sa.select(cls.id).where(about, cls.state == PLANNED, cls.archived.is_(False))
        parts += [
            sa.select(last.order_by(cls.done_at.desc(), cls.id.desc()).limit(1).subquery()),
            sa.select(following.order_by(cls.due, cls.id).limit(1).subquery()),
        ]
    name = sa.literal(cls.__lumbung__.name).label("home")
    shown = (cls.id, cls.title, cls.state, cls.done_at, cls.due, name)
    order = (sa.case((cls.state == DONE, cls.done_at)), cls.due.desc(), cls.id)
    return sa.select(*shown).where(cls.id.in_(sa.union_all(*parts))).order_by(*order)


def _about(env: Env, cls: Any, key: int) -> Iterator[sa.ColumnElement[bool]]:
    """Activities of the contact, and of records of each model that lead to it, as far as the user may see that."""
    partner = env.registry.info(Partner)
    yield sa.and_(cls.model == partner.name, cls.record_id == key)
    for info in threads(env.registry):
        links = [
            item for item in info.own_fields
            if isinstance(item, Many2one) and item.target_name == partner.name and env.may_see(info.name, item.name)
        ]  # fmt: skip
        if links and info is not partner and env.may(info.name, "r"):
            leads = sa.or_(*(getattr(info.cls, item.key) == key for item in links))
            yield sa.and_(cls.model == info.name, cls.record_id.in_(sa.select(info.cls.id).where(leads)))
