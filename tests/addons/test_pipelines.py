"""Pipelines of several companies: who sees which stages, and which are proposed for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from addons.crm import Deal, Pipeline, Stage, StageNeed
from addons.crm.pipeline import fitting
from core import CurrentUser, Env, FieldError
from core.base import Company, Currency
from tests.addons.conftest import Open

MANAGER = frozenset({"base.user", "crm.user", "crm.manager"})
SELLER = frozenset({"base.user", "crm.user"})


class Firms(NamedTuple):
    """Two companies, and a pipeline of the second with its stage and what that needs."""

    mine: int
    theirs: int
    pipeline: int
    stage: int
    need: int


def firms(opened: Open) -> Firms:
    with opened() as env:
        money = env.scalars(sa.select(env[Currency])).first()
        rows = [{"name": name, "currency": money} for name in ("Griya", "Sewa")]
        mine, theirs = env.create(Company, rows)
        [pipeline] = env.create(Pipeline, [{"name": "Sewa", "company": theirs, "position": 1}])
        [stage] = env.create(Stage, [{"pipeline": pipeline, "name": "Minat"}])
        [need] = env.create(StageNeed, [{"stage": stage, "field": "amount"}])
        env.flush()
        return Firms(mine.id, theirs.id, pipeline.id, stage.id, need.id)


def user(*companies: int, roles: frozenset[str] = MANAGER) -> CurrentUser:
    return CurrentUser(1, roles=roles, companies=companies)


def names(env: Env, companies: Sequence[int | None]) -> list[str]:
    return [one.name for one in env.scalars(fitting(env, companies))]


@pytest.mark.parametrize("roles", [SELLER, MANAGER])
def test_stages_and_what_they_need_are_seen_with_their_pipeline(opened: Open, roles: frozenset[str]) -> None:
    two = firms(opened)
    found: tuple[tuple[Any, int], ...] = ((Pipeline, two.pipeline), (Stage, two.stage), (StageNeed, two.need))
    for company, sees in ((two.mine, False), (two.theirs, True)):
        with opened(user(company, roles=roles), readonly=True) as env:
            assert [env.get(model, key) is not None for model, key in found] == [sees] * 3
            shared = sa.select(sa.func.count(env[Stage].id)).where(env[Stage].id != two.stage)
            assert env.scalar(shared) == 6, "those of the pipeline that all share"


@pytest.mark.parametrize("model", [Stage, StageNeed])
def test_nobody_adds_to_a_pipeline_of_another_company(opened: Open, model: Any) -> None:
    two = firms(opened)
    row = (
        {"pipeline_id": two.pipeline, "name": "Pintu"}
        if model is Stage
        else {"stage_id": two.stage, "field": "note"}
    )
    with pytest.raises(FieldError) as refusal, opened(user(two.mine)) as env:
        env.create(model, [row])
    assert refusal.value.field == ("pipeline" if model is Stage else "stage")
    with opened(user(two.theirs)) as env:
        env.create(model, [row])


def test_a_pipeline_of_another_company_is_not_proposed(opened: Open) -> None:
    """Who may use both sees both; a deal begins in one that those see who see the deal."""
    two = firms(opened)
    for companies, first in (((two.mine, two.theirs), "Penjualan"), ((two.theirs, two.mine), "Sewa")):
        with opened(user(*companies)) as env:
            [deal] = env.create(Deal, [{"title": "Ruko", "amount": 1, "owner": None, "team": None}])
            env.flush()
            assert deal.pipeline.name == first
    with opened() as env:
        assert names(env, [two.mine]) == ["Penjualan"]
        assert names(env, [two.theirs]) == ["Sewa", "Penjualan"]
        assert names(env, [two.theirs, None]) == ["Penjualan"]
        assert names(env, [None]) == ["Penjualan", "Sewa"]
        assert names(env, [two.mine, two.theirs]) == ["Penjualan"]
