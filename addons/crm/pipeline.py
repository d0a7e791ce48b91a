"""Pipelines: how one line of business sells, in stages of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from addons.crm import stage
from addons.crm.setting import SETTING
from addons.crm.words import DEALS
from core import Char, Env, Integer, One2many, Text, _
from core.base import CompanyOwned


class Pipeline(
    CompanyOwned,
    name="crm.pipeline",
    label=_("Pipeline"),
    plural=_("Pipelines"),
    access=SETTING,
    order="position",
):
    """The way of a deal from the first talk to the signature; one that has deals is archived, not deleted."""

    name = Char(120, translate=True, required=True, label=_("Name"), list=True, search=True)
    line = Char(
        120,
        label=_("Line of business"),
        help=_("Such as homes, offices or services."),
        list=True,
        search=True,
    )
    position = Integer(
        required=True, default=10, label=_("Position"), help=_("Lower numbers come first."), list=True
    )
    stages: One2many[stage.Stage] = One2many(lambda: stage.Stage, "pipeline", label=_("Stages"))
    note = Text(label=_("Note"), help=_("What the %(deals)s in it have in common.", deals=DEALS))


def fitting(env: Env, companies: Iterable[int | None]) -> sa.Select[Any]:
    """The pipelines for records of these companies, in their order: who sees such a record is to see its stages too.

    Of one company these are its own and those that all share, of several only those. Records that belong to none may
    go into any, as there may be no shared one: the shared ones come first.
    """
    cls: Any = env[Pipeline]
    owners, wanted = set(companies), sa.select(cls).where(cls.archived.is_(False))
    if owners <= {None}:
        return wanted.order_by(cls.company_id.is_not(None), cls.position, cls.id)
    own = [cls.company_id == owner for owner in owners if len(owners) == 1]
    return wanted.where(sa.or_(cls.company_id.is_(None), *own)).order_by(cls.position, cls.id)
