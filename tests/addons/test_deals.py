"""Deals and their pipelines: which stage a deal may stand in, what it needs for it, and what a stage says of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from addons.crm import Deal, LostReason, Partner, Pipeline, Stage, StageNeed
from core import Env, UserError
from tests.addons.conftest import refused

MILLION = 1_000_000


def stage(env: Env, name: str, pipeline: Pipeline | None = None) -> Stage:
    """A stage of a pipeline, by default of the shipped one, by its place or what it means."""
    cls: Any = env[Stage]
    whose = env.scalar(sa.select(env[Pipeline].id).limit(1)) if pipeline is None else pipeline.id
    found = env.scalars(sa.select(cls).where(cls.pipeline_id == whose).order_by(cls.position)).all()
    return next(one for place, one in enumerate(found) if name in (str(place), one.kind) and (name != "open"))


def reason(env: Env) -> LostReason:
    return env.scalars(sa.select(env[LostReason])).first()  # type: ignore[return-value]


def deal(env: Env, **values: Any) -> Deal:
    made = env.create(Deal, [{"title": "Rumah tipe 60", **values}])[0]
    env.flush()
    return made


def other_pipeline(env: Env) -> Pipeline:
    made = env.create(Pipeline, [{"name": "Sewa", "line": "Kantor"}])[0]
    rows = [("Minat", "open"), ("Kontrak", "won"), ("Batal", "lost")]
    env.create(
        Stage,
        [
            {"pipeline": made, "name": name, "kind": kind, "position": place}
            for place, (name, kind) in enumerate(rows)
        ],
    )
    env.flush()
    return made


def test_a_deal_begins_in_the_first_stage_of_the_first_pipeline(env: Env) -> None:
    one = deal(env, amount=Decimal(200 * MILLION))
    assert one.stage is not None
    assert (one.stage.name, one.state, one.probability) == ("Kualifikasi", "open", Decimal(10))
    assert one.expected == Decimal(20 * MILLION)
    assert one.stage_since is not None
    assert one.closed_at is None


def test_a_stage_says_how_likely_it_is_until_somebody_else_does(env: Env) -> None:
    one = deal(env, amount=Decimal("100.01"), probability=Decimal(33))
    assert one.expected == Decimal("33.00")
    one.stage = stage(env, "1")
    env.flush()
    assert (one.probability, one.expected) == (Decimal(30), Decimal("30.00"))
    env.write([one], {"stage": stage(env, "2"), "probability": Decimal(60)})
    env.flush()
    assert one.probability == Decimal(60)


def test_a_statement_over_what_is_computed_is_in_vain_and_leaves_no_history(env: Env) -> None:
    one, cls, change = deal(env, amount=Decimal(200 * MILLION)), env[Deal], env["base.change"]
    told = env.scalar(sa.select(sa.func.count(change.id)))
    env.execute(sa.update(cls).values(expected=Decimal(7)))
    assert env.scalar(sa.select(cls.expected).where(cls.id == one.id)) == Decimal(20 * MILLION)
    assert env.scalar(sa.select(sa.func.count(change.id))) == told


@pytest.mark.parametrize("share", [Decimal(101), Decimal(-1)])
def test_no_deal_is_surer_than_sure(env: Env, share: Decimal) -> None:
    one = deal(env)
    with refused(env) as caught:
        one.probability = share
    assert caught.value.field == "probability"


def test_a_stage_of_another_pipeline_is_refused(env: Env) -> None:
    rent, one = other_pipeline(env), deal(env)
    with refused(env) as caught:
        one.stage = stage(env, "0", rent)
    assert caught.value.field == "stage"
    assert "Minat" in str(caught.value)
    assert "Penjualan" in str(caught.value)


def test_a_pipeline_alone_is_no_move(env: Env) -> None:
    rent, one = other_pipeline(env), deal(env)
    with refused(env) as caught:
        one.pipeline = rent
    assert caught.value.field == "stage"
    assert deal(env, pipeline=other_pipeline(env)).stage.name == "Minat"  # type: ignore[union-attr]


def test_a_pipeline_without_an_open_stage_takes_no_deal(env: Env) -> None:
    empty = env.create(Pipeline, [{"name": "Kosong"}])[0]
    env.flush()
    with refused(env) as caught:
        env.create(Deal, [{"title": "Ruko", "pipeline": empty}])
    assert caught.value.field == "pipeline"


def test_what_a_stage_needs_is_named_all_at_once(env: Env) -> None:
    target = stage(env, "2")
    env.create(StageNeed, [{"stage": target, "field": name} for name in ("amount", "partner")])
    one = deal(env)
    with refused(env) as caught:
        one.stage = target
    assert {fault.field for fault in caught.value.faults} == {"amount", "partner"}
    assert "Penawaran" in str(caught.value)


def test_what_is_given_with_the_move_counts(env: Env) -> None:
    target = stage(env, "2")
    env.create(StageNeed, [{"stage": target, "field": name} for name in ("amount", "partner")])
    hendra = env.create(Partner, [{"name": "Hendra Wijaya"}])[0]
    one = deal(env)
    env.write([one], {"stage": target, "amount": Decimal(0), "partner": hendra})
    env.flush()
    assert hendra.deals == [one]
    one.amount = None  # needed to enter, not to stay
    env.flush()


def test_a_lost_deal_says_why(env: Env) -> None:
    one = deal(env)
    with refused(env) as caught:
        one.stage = stage(env, "lost")
    assert caught.value.field == "lost_reason"
    one = deal(env)
    env.write([one], {"stage": stage(env, "lost"), "lost_reason": reason(env)})
    env.flush()
    assert (one.state, one.probability, one.closed_at is not None) == ("lost", Decimal(0), True)
    with refused(env) as caught:
        one.lost_reason = None
    assert caught.value.field == "lost_reason"


def test_a_reason_without_a_loss_is_refused(env: Env) -> None:
    one = deal(env)
    with refused(env) as caught:
        one.lost_reason = reason(env)
    assert caught.value.field == "lost_reason"


def test_a_lost_deal_that_is_opened_again_has_no_reason(env: Env) -> None:
    one = deal(env, stage=stage(env, "lost"), lost_reason=reason(env))
    assert one.state == "lost"
    one.stage = stage(env, "1")
    env.flush()
    assert (one.state, one.lost_reason, one.closed_at) == ("open", None, None)


def test_what_is_won_is_not_lost_by_a_click(env: Env) -> None:
    one = deal(env, stage=stage(env, "won"))
    assert (one.state, one.probability) == ("won", Decimal(100))
    with refused(env) as caught:
        env.write([one], {"stage": stage(env, "lost"), "lost_reason": reason(env)})
    assert caught.value.field == "stage"


def test_the_past_of_a_deal_may_be_entered(env: Env) -> None:
    then = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
    one = deal(env, stage=stage(env, "won"), stage_since=then, closed_at=then)
    assert (one.stage_since, one.closed_at) == (then, then)


def test_a_stage_with_deals_keeps_its_meaning(env: Env) -> None:
    rent, first = other_pipeline(env), stage(env, "0")
    deal(env)
    with refused(env) as caught:
        first.kind = "lost"
    assert caught.value.field == "kind"
    with refused(env) as caught:
        stage(env, "0").pipeline_id = rent.id
    stage(env, "1").kind = "won"
    env.flush()
    assert stage(env, "1").probability == Decimal(100)


def test_a_pipeline_in_use_is_not_deleted(env: Env) -> None:
    one = deal(env)
    with pytest.raises(UserError, match="Deal"):
        env.delete([one.pipeline])
    env.session.rollback()
    unused = other_pipeline(env)
    env.delete([unused])
    env.flush()


def test_who_sells_reads_pipelines_and_works_on_deals_as_on_leads(env: Env) -> None:
    assert env.registry.info("crm.pipeline").access["crm.user"] == "r"
    assert env.registry.info("crm.deal").access == env.registry.info("crm.lead").access


def test_the_deals_of_a_stage_lie_in_their_order(env: Env) -> None:
    indexes = [[column.name for column in index.columns] for index in env.registry.info(Deal).table.indexes]
    assert ["stage_id", "created_at", "id"] in indexes
