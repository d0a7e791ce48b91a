"""Deals: what somebody may buy, on the way through the stages of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

from addons.crm import progress
from addons.crm.lead import Lead
from addons.crm.lost_reason import LostReason
from addons.crm.pipeline import Pipeline, fitting
from addons.crm.prospect import WORK, Prospect
from addons.crm.stage import KINDS, TONES, Stage
from addons.crm.words import DEAL, DEALS
from core import Date, DateTime, Env, Many2one, Money, Percent, Select, _
from core.base import Partner

CENT = Decimal("0.01")


def _first_pipeline(env: Env) -> int | None:
    """The pipeline that comes first for new records of the user."""
    cls: Any = env[Pipeline]
    return env.scalar(fitting(env, [env.company]).with_only_columns(cls.id).limit(1))  # type: ignore[no-any-return]


class Deal(
    Prospect,
    name="crm.deal",
    label=DEAL,
    plural=DEALS,
    access=WORK,
    order="-created_at",
):
    """An opportunity. `stage` says how far it got (core of it: addons.crm.progress), `state` what that means."""

    partner = Many2one(Partner, ondelete="set_null", index=True, label=_("Contact"))
    contact = Many2one(
        Partner,
        ondelete="set_null",
        index=True,
        label=_("Contact person"),
        help=_("Whom to talk to, where it is not the contact."),
    )
    pipeline = Many2one(Pipeline, required=True, default=_first_pipeline, index=True, label=_("Pipeline"))
    stage = Many2one(
        Stage,
        index="created_at",
        label=_("Stage"),
        help=_("Left empty, it begins with the first one of its pipeline."),
    )
    state = Select(
        KINDS, required=True, default="open", tones=TONES, index=True, readonly=True, label=_("State")
    )
    amount = Money(least=0, label=_("Amount"))
    probability = Percent(
        least=0, most=100, label=_("Probability"), help=_("That of the stage, until you say otherwise.")
    )
    expected = Money(compute="_expected", depends=("amount", "probability"), label=_("Expected revenue"))
    close_date = Date(label=_("Expected to close"))
    lost_reason = Many2one(LostReason, label=_("Lost reason"))
    stage_since = DateTime(readonly=True, label=_("In this stage since"))
    closed_at = DateTime(readonly=True, label=_("Closed"))
    lead = Many2one(Lead, ondelete="set_null", readonly=True, label=_("From lead"))

    predecessor = "lead"

    @classmethod
    def _expected(cls, records: Sequence[Self]) -> None:
        for deal in records:
            amount, share = deal.amount, deal.probability
            known = amount is not None and share is not None
            deal.expected = (amount * share / 100).quantize(CENT) if known else None  # type: ignore[operator]

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        super().before_create(records)
        progress.begin(records)

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        super().before_write(records, changed)
        progress.go_on(records, changed)
