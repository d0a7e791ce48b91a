"""How a deal gets on: which stages it may stand in, what it needs to enter one, and what a stage says of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from addons.crm import stage as stages
from addons.crm.pipeline import Pipeline
from addons.crm.stage_need import StageNeed
from addons.crm.words import DEAL
from core import Env, Refusals, UserError, _, stored
from core.base import is_linked, key_of, targets

REASON = "lost_reason"


def begin(deals: Sequence[Any]) -> None:
    """Puts new deals into their stages, those without one into the first of their pipeline."""
    _fill_stages(deals)
    _enter(deals, defaultdict(lambda: NEW))


NEW: frozenset[str] = frozenset({"pipeline", "stage"})


def go_on(deals: Sequence[Any], changed: Mapping[int, frozenset[str]]) -> None:
    """Raises UserError where a deal may not stand in the stage that it is moved to, or lacks what that needs."""
    for deal in deals:
        if deal.env.is_undoing and "state" in changed[deal.id] and "stage" not in changed[deal.id]:
            _stay(deal)
        if REASON in changed[deal.id]:
            _check_reason(deal, changed[deal.id])
    moved = [deal for deal in deals if changed[deal.id] & NEW]
    _fill_stages(moved)
    _enter(moved, {deal.id: changed[deal.id] for deal in moved})


def first_stages(env: Env, pipelines: Iterable[int]) -> dict[int, int]:
    """The first open stage of each pipeline, by its key."""
    cls: Any = env[stages.Stage]
    wanted = sa.select(cls.pipeline_id, cls.id).where(
        cls.pipeline_id.in_(sorted(set(pipelines))), cls.archived.is_(False), cls.kind == "open"
    )
    found: dict[int, int] = {}
    for pipeline, key in env.execute(wanted.order_by(cls.position, cls.id)):
        found.setdefault(pipeline, key)
    return found


def lacking(deals: Sequence[Any], entering: Mapping[int, Iterable[int]]) -> dict[int, list[str]]:
    """The fields that each of `deals` lacks, by its place in them, to enter stages; `entering` places by stage."""
    if not entering:
        return {}
    env = deals[0].env
    cls: Any = env[StageNeed]
    wanted = sa.select(cls.stage_id, cls.field).where(
        cls.stage_id.in_(list(entering)), cls.archived.is_(False)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for stage, field in env.execute(wanted.order_by(cls.id)):
        for place in entering[stage]:
            if _is_empty(deals[place], field) and field not in found[place]:
                found[place].append(field)
    return found


def _fill_stages(deals: Sequence[Any]) -> None:
    waiting = [deal for deal in deals if not is_linked(deal, "stage")]
    if not waiting:
        return
    keys = {key for deal in waiting if (key := key_of(deal, "pipeline")) is not None}
    first = first_stages(waiting[0].env, keys)
    for deal in waiting:
        key = key_of(deal, "pipeline")
        if key is not None and key not in first:
            raise UserError(_("This pipeline has no open stage yet. Add one to it first."), "pipeline", deal)
        deal.stage_id = first.get(key or 0)


def _enter(deals: Sequence[Any], changed: Mapping[Any, frozenset[str]]) -> None:
    if not deals:
        return
    entering: dict[int, list[int]] = defaultdict(list)
    found = targets(deals, "stage", stages.Stage)
    _refuse(_of_other_pipelines(deals, found))
    steps = list[UserError]()
    for place, (deal, stage) in enumerate(zip(deals, found, strict=True)):
        if stage is None:
            continue  # of the same flush, or none: validation says so
        names = changed[deal.id]
        if not _is_new(deal) and stored(deal, "stage") == stage.id:
            continue
        if deal.env.is_undoing:  # it stood there before, with all that is put back beside this
            deal.state = stage.kind
            continue
        if _is_no_step(deal, stage):
            steps.append(
                UserError(
                    _("This %(deal)s is closed. Move it to an open stage first.", deal=DEAL), "stage", deal
                )
            )
            continue
        if stage.id is not None:
            entering[stage.id].append(place)
        _settle(deal, stage, names)
    _refuse(steps)
    _refuse([*_lacks(deals, found, lacking(deals, entering)), *_without_reason(deals, found)])


def _refuse(faults: Sequence[UserError]) -> None:
    """Raises all of them at once: who moves many is told of each."""
    if faults:
        raise faults[0] if len(faults) == 1 else Refusals(faults)


def _stay(deal: Any) -> None:
    """An undo that finds a deal moved on leaves it there, and so what its stage says of it."""
    deal.state, deal.closed_at = stored(deal, "state"), stored(deal, "closed_at")
    deal.lost_reason_id = stored(deal, REASON)


def _is_new(deal: Any) -> bool:
    """Whether it is being made; one that is made again after it was deleted brings its key along."""
    return deal in deal.env.session.new


def _of_other_pipelines(deals: Sequence[Any], found: Sequence[Any]) -> list[UserError]:
    faults = []
    for deal, stage in zip(deals, found, strict=True):
        whose = key_of(deal, "pipeline")
        if stage is None or whose is None or key_of(stage, "pipeline") == whose:
            continue
        pipeline = deal.env.get(Pipeline, whose)
        name = pipeline.display_label() if pipeline is not None else f"#{whose}"
        text = _(
            "“%(stage)s” is no stage of “%(pipeline)s”. Choose one of its own.",
            stage=stage.name,
            pipeline=name,
        )
        faults.append(UserError(text, "stage", deal))
    return faults


def _is_no_step(deal: Any, stage: Any) -> bool:
    """What is won is not lost by the next click: it is opened again first."""
    before = "open" if _is_new(deal) else stored(deal, "state")
    return {before, stage.kind} == {"won", "lost"}


def _settle(deal: Any, stage: Any, names: frozenset[str]) -> None:
    """What a stage says of a deal that enters it; what was said with the move holds."""
    is_new = _is_new(deal)
    if not is_new and stage.kind != "open" and stored(deal, "state") == stage.kind:
        return  # it is closed already: another pipeline calls that otherwise
    deal.state = stage.kind
    if (is_new and deal.probability is None) or (not is_new and "probability" not in names):
        deal.probability = stage.probability
    if "stage_since" not in names and not (is_new and deal.stage_since):
        deal.stage_since = deal.env.now()
    if "closed_at" not in names and not (is_new and deal.closed_at):
        deal.closed_at = None if stage.kind == "open" else deal.env.now()
    if stage.kind != "lost" and not is_new and REASON not in names:
        deal.lost_reason_id = None


def _lacks(deals: Sequence[Any], found: Sequence[Any], lacks: Mapping[int, list[str]]) -> list[UserError]:
    faults = []
    for place, names in lacks.items():
        fields = type(deals[place]).__lumbung__.fields
        for name in names:
            message = _("“%(stage)s” needs: %(field)s.", stage=found[place].name, field=fields[name].label)
            faults.append(UserError(message, name, deals[place]))
    return faults


def _without_reason(deals: Sequence[Any], found: Sequence[Any]) -> list[UserError]:
    pairs = zip(deals, found, strict=True)
    lost = [deal for deal, stage in pairs if stage is not None and stage.kind == "lost"]
    return [
        UserError(_("Say why it was lost."), REASON, deal) for deal in lost if not is_linked(deal, REASON)
    ]


def _check_reason(deal: Any, names: frozenset[str]) -> None:
    if is_linked(deal, REASON):
        if "stage" not in names and deal.state != "lost":
            raise UserError(_("Only what is lost has a reason. Choose the stage too."), REASON, deal)
    elif "stage" not in names and deal.state == "lost":
        raise UserError(_("Say why it was lost."), REASON, deal)


def _is_empty(deal: Any, name: str) -> bool:
    item = type(deal).__lumbung__.fields[name]
    if hasattr(item, "ondelete"):
        return not is_linked(deal, name)
    return getattr(deal, name) in (None, "", [])
