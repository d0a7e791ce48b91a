"""What crm gives to the core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from addons.crm import demo as sample
from addons.crm import demo_deals
from addons.crm.deal import Deal
from addons.crm.lead import Lead
from addons.crm.lost_reason import LostReason
from addons.crm.partner import Partner
from addons.crm.pipeline import Pipeline
from addons.crm.prospect import Prospect
from addons.crm.stage import Stage
from addons.crm.stage_need import StageNeed
from addons.crm.words import DEALS
from core import Demo, Env, Menu, Model, Role, Rule, _, hookimpl
from core.base import of_my_companies


@hookimpl
def models() -> Sequence[type[Model]]:
    """Leads, deals with their pipelines, and what both add to contacts."""
    return [Prospect, Lead, Pipeline, Stage, StageNeed, LostReason, Deal, Partner]


@hookimpl
def roles() -> Sequence[Role]:
    """Those who sell, and those who lead them."""
    return [
        Role(
            "crm.user", _("Sales"), implies=("base.user",), help=_("Works on own leads and sees the team's.")
        ),
        Role("crm.manager", _("Sales manager"), implies=("crm.user",), help=_("Sees and changes all leads.")),
    ]


@hookimpl
def rules() -> Sequence[Rule]:
    """The stages of a pipeline go with it, and what is needed to enter a stage goes with that."""
    return [
        Rule(Stage, "rwcd", where=_of_my_pipelines, name=_("Stages of pipelines of the user's companies")),
        Rule(StageNeed, "rwcd", where=_of_my_stages, name=_("What stages of the user's companies need")),
    ]


def _of_my_pipelines(model: Any, env: Env) -> sa.ColumnElement[bool]:
    pipeline: Any = env[Pipeline]
    return model.pipeline_id.in_(sa.select(pipeline.id).where(of_my_companies(pipeline, env)))  # type: ignore[no-any-return]


def _of_my_stages(model: Any, env: Env) -> sa.ColumnElement[bool]:
    stage: Any = env[Stage]
    return model.stage_id.in_(sa.select(stage.id).where(_of_my_pipelines(stage, env)))  # type: ignore[no-any-return]


@hookimpl
def menus() -> Sequence[Menu]:
    """Leads and deals, within reach of the thumb, and what sets them up."""
    sales, manage = _("Sales"), _("Manage")
    return [
        Menu("crm.leads", _("Leads"), Lead, group=sales, icon="lead", order=10, tabbar=True),
        Menu("crm.deals", DEALS, Deal, group=sales, icon="deal", order=11, tabbar=True, board=True),
        Menu("crm.pipelines", _("Pipelines"), Pipeline, group=manage, icon="sliders", order=87),
        Menu("crm.lost_reasons", _("Lost reasons"), LostReason, group=manage, icon="list", order=88),
    ]


@hookimpl
def demo() -> Sequence[Demo]:
    """The leads and deals of a year."""
    return [Demo(_("Leads"), sample.make), Demo(DEALS, demo_deals.make)]
