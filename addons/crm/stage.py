"""The stages of a pipeline, and what a deal must have to enter one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

import sqlalchemy as sa

from addons.crm import pipeline as pipelines
from addons.crm import stage_need
from addons.crm.setting import SETTING
from addons.crm.words import DEALS
from core import Char, Integer, Many2one, Model, One2many, Percent, Select, UserError, _, stored
from core.base import key_of

KINDS = {"open": _("Open"), "won": _("Won"), "lost": _("Lost")}
TONES = {"open": "info", "won": "ok", "lost": "bad"}
SURE = {"won": Decimal(100), "lost": Decimal(0)}
"""What is decided is sure."""


class Stage(
    Model,
    name="crm.stage",
    label=_("Stage"),
    plural=_("Stages"),
    access=SETTING,
    order="position",
):
    """One step of one pipeline. What ends there is won or lost, what does not is open."""

    pipeline: Many2one[pipelines.Pipeline] = Many2one(
        lambda: pipelines.Pipeline,
        required=True,
        ondelete="cascade",
        index=True,
        label=_("Pipeline"),
        list=True,
    )
    name = Char(80, translate=True, required=True, label=_("Name"), list=True, search=True)
    kind = Select(KINDS, required=True, default="open", tones=TONES, label=_("What it means"), list=True)
    probability = Percent(
        least=0,
        most=100,
        required=True,
        default=Decimal(10),
        label=_("Probability"),
        help=_("How many of a hundred are won."),
        list=True,
    )
    position = Integer(
        required=True, default=10, label=_("Position"), help=_("Lower numbers come first."), list=True
    )
    needs: One2many[stage_need.StageNeed] = One2many(
        lambda: stage_need.StageNeed, "stage", label=_("Needed to enter")
    )

    def choice_label(self) -> str:
        name = self.display_label()
        whose: pipelines.Pipeline | None = self.pipeline
        return name if whose is None else f"{whose.display_label()} · {name}"

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        _settle(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        _settle([record for record in records if changed[record.id] & {"kind", "probability"}])
        _keep_used([record for record in records if changed[record.id] & {"kind", "pipeline"}])


def _settle(stages: Sequence[Any]) -> None:
    for stage in stages:
        stage.probability = SURE.get(stage.kind, stage.probability)


def _keep_used(stages: Sequence[Any]) -> None:
    """Raises UserError where a stage with deals would mean something else, or go to another pipeline."""
    moved = [stage for stage in stages if any(_differs(stage, name) for name in ("kind", "pipeline"))]
    if not moved:
        return
    deal: Any = moved[0].env["crm.deal"]
    with moved[0].env.sudo("whether deals stand in a stage") as env:
        used = set(
            env.scalars(
                sa.select(deal.stage_id).where(deal.stage_id.in_([one.id for one in moved])).distinct()
            )
        )
    for stage in moved:
        if stage.id in used:
            field = "kind" if _differs(stage, "kind") else "pipeline"
            raise UserError(
                _(
                    "There are %(deals)s in this stage. Make another stage and move them there first.",
                    deals=DEALS,
                ),
                field,
                stage,
            )


def _differs(stage: Any, name: str) -> bool:
    now = key_of(stage, name) if name == "pipeline" else getattr(stage, name)
    return bool(stored(stage, name) != now)
