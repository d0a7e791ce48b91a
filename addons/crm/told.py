"""What crm tells on the timeline of a contact: its leads and deals."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from addons.crm.deal import Deal
from addons.crm.lead import Lead
from core import Demo, Env, Model, Scale, TimelineItem, _, hookimpl
from core.base import Partner, told_on
from core.base.demo_together import together

TOLD = ("partner", "title", "state")
"""What is told of a lead or deal; who may not see all of it is told nothing of them."""


@hookimpl
def timeline(env: Env, record: Model, before: dt.datetime | None, limit: int) -> Iterable[TimelineItem]:
    """The leads and deals of a contact, by when they came, and what was noted and done on them."""
    for partner in env.only(Partner, [record]):
        for model, symbol in ((Lead, "lead"), (Deal, "deal")):
            yield from _of(env, model, partner, before, limit, symbol)
            yield from told_on(env, model, "partner", partner.id, "title", before, limit)


def _of(
    env: Env, model: type[Model], partner: Partner, before: dt.datetime | None, limit: int, symbol: str
) -> Iterator[TimelineItem]:
    if not (env.may(model, "r") and all(env.may_see(model, name) for name in TOLD)):
        return
    cls: Any = env[model]
    info = cls.__lumbung__
    chosen = sa.select(cls.id, cls.title, cls.state, cls.created_at, cls.created_by).where(
        cls.partner_id == partner.id, *([] if before is None else [cls.created_at <= before])
    )
    state = info.fields["state"]
    for row in env.execute(chosen.order_by(cls.created_at.desc(), cls.id.desc()).limit(limit)):
        yield TimelineItem(
            row.created_at, info.name, row.id, _("began"), row.created_by, info.label, row.title,
            f"/app/{info.name}/{row.id}", symbol=symbol, tone="padi",
            badge=(state.choices.get(row.state, row.state), state.tones.get(row.state, "")),
        )  # fmt: skip


@hookimpl
def demo() -> Sequence[Demo]:
    """What sellers do about their leads and deals."""
    return [Demo(_("Activities of sellers"), _together)]


def _together(env: Env, scale: Scale) -> Iterator[tuple[int, int]]:
    lead: Any = env[Lead]
    deal: Any = env[Deal]
    alive: dict[type[Model], Any] = {
        Lead: (lead.state.in_(("new", "working", "qualified")),),
        Deal: (deal.state == "open",),
    }
    yield from together(env, random.Random("lumbung crm together"), alive, 210, 80)
