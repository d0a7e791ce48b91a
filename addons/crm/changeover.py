"""Deals that go to another pipeline: each stage there is in the old one is given one of the new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from addons.crm.deal import Deal
from addons.crm.pipeline import fitting
from addons.crm.stage import Stage
from core import Env, FieldError, _

MOST = 2_000
"""Deals that go at once: they are held until all are done. Of more the rest goes the next time."""


@dataclass
class Step:
    """A stage that deals leave, how many there are, what it may become, and what is chosen."""

    stage: Any
    count: int
    choices: Sequence[Any]
    chosen: int


@dataclass
class Changeover:
    """What the page shows; `steps` once a pipeline is chosen. `left` deals are for the next time."""

    deals: Sequence[Any]
    pipeline: Any
    others: Sequence[Any]
    left: int = 0
    to: Any = None
    steps: list[Step] = field(default_factory=list)
    error: str = ""


def begin(env: Env, deals: Sequence[Any], pipeline: Any, to: str = "") -> Changeover:
    """The page for deals of one pipeline, with a proposal for each of their stages."""
    fit = env.scalars(fitting(env, (deal.company_id for deal in deals)))
    shown = Changeover(deals, pipeline, [one for one in fit if one is not pipeline])
    shown.to = next((one for one in shown.others if str(one.id) == to), None)
    if shown.to is not None:
        shown.steps = _steps(env, shown)
    return shown


def _steps(env: Env, shown: Changeover) -> list[Step]:
    old, new = stages_of(env, shown.pipeline), [one for one in stages_of(env, shown.to) if not one.archived]
    counts = Counter(deal.stage_id for deal in shown.deals)
    return [Step(one, counts[one.id], new, proposed(one, old, new)) for one in old if counts[one.id]]


def stages_of(env: Env, pipeline: Any) -> Sequence[Any]:
    """The stages of a pipeline in their order, archived ones too."""
    cls: Any = env[Stage]
    return env.scalars(
        sa.select(cls).where(cls.pipeline_id == pipeline.id).order_by(cls.position, cls.id)
    ).all()


def proposed(stage: Any, old: Sequence[Any], new: Sequence[Any]) -> int:
    """The stage of the same name, else the one as far on among those that mean the same."""
    alike = [one for one in new if one.kind == stage.kind]
    same = next((one for one in alike if one.name.casefold() == stage.name.casefold()), None)
    if same is not None or not alike:
        return same.id if same is not None else 0
    mine = [one for one in old if one.kind == stage.kind]
    return int(alike[mine.index(stage) * len(alike) // len(mine)].id)


def change(env: Env, shown: Changeover, chosen: Mapping[str, str]) -> int:
    """Moves the deals as was chosen for their stages; how many. Raises UserError where one cannot go."""
    if shown.to is None:
        raise FieldError(_("Choose one of the pipelines."), "to")
    for step in shown.steps:
        into = next((one for one in step.choices if str(one.id) == chosen.get(str(step.stage.id))), None)
        if into is None:
            raise FieldError(_("Choose a stage for “%(stage)s”.", stage=step.stage.name), "into")
        step.chosen = into.id
        moved = [deal for deal in shown.deals if deal.stage_id == step.stage.id]
        env.write(moved, {"pipeline_id": shown.to.id, "stage_id": into.id})
    env.flush()
    return len(shown.deals)


def deals_of(env: Env, pipeline: Any) -> Sequence[Any]:
    """The deals of a pipeline that the user sees, held; as many as go at once."""
    wanted = _of(env, pipeline, env[Deal]).order_by(env[Deal].id).limit(MOST)
    return env.scalars(wanted if env.readonly else wanted.with_for_update()).all()


def count_of(env: Env, pipeline: Any) -> int:
    """How many deals of a pipeline the user sees."""
    return int(env.scalar(_of(env, pipeline, sa.func.count(env[Deal].id))))


def _of(env: Env, pipeline: Any, what: Any) -> sa.Select[Any]:
    cls: Any = env[Deal]
    return sa.select(what).where(cls.pipeline_id == pipeline.id, cls.archived.is_(False))
