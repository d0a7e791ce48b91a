"""What was done to deals and leads is taken back, and they are what they were: as of then, not as of today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from core.orm.undo import undo
from tests.web import kit
from tests.web.boards import make, stages
from tests.web.test_actions import said, undo_form
from tests.web.test_actions import undo as press_undo
from tests.web.test_convert import lead, press, state
from tests.web.test_undo import acting, done_by, undone, write

DEAL, LEAD = "crm.deal", "crm.lead"
THEN = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 5, 1, 9, tzinfo=dt.UTC)
TOLD = ("stage_id", "state", "probability", "expected", "stage_since", "closed_at", "lost_reason_id")


def delete(model: str, key: int) -> Callable[[Any], None]:
    return lambda env: env.delete([kit.record(env, model, key)])


def what_is_told(served: kit.Served, key: int) -> list[Any]:
    with served.env() as env:
        deal = kit.record(env, DEAL, key)
        return [getattr(deal, name) for name in TOLD]


def lost(served: kit.Served) -> dict[str, Any]:
    with served.env() as env:
        why = env.scalar(sa.select(sa.func.min(env["crm.lost_reason"].id)))
    return {"stage_id": stages(served)[5], "lost_reason_id": why}


@pytest.mark.parametrize("where", [1, 4, 5])
def test_a_deleted_deal_comes_back_as_it_was(bare: kit.Served, where: int) -> None:
    row = lost(bare) if where == 5 else {"stage_id": stages(bare)[where]}
    with time_machine.travel(THEN, tick=False):
        [key] = make(bare, {**row, "amount": 200, "probability": Decimal(35)})
    before = what_is_told(bare, key)
    assert before[2:5] == [Decimal(35), Decimal(70), THEN]
    assert undone(bare, done_by(bare, "dewi", delete(DEAL, key))).restored == 1
    assert what_is_told(bare, key) == before


@pytest.mark.parametrize("to", [2, 4, 5])
def test_a_move_that_is_taken_back_leaves_what_was_said_by_hand(bare: kit.Served, to: int) -> None:
    """The 30 % of the deal are those of another stage, to which it goes and from which it comes back."""
    with time_machine.travel(THEN, tick=False):
        [key] = make(bare, {"amount": 200, "probability": Decimal(50)})
    before, row = what_is_told(bare, key), lost(bare) if to == 5 else {"stage_id": stages(bare)[to]}
    with time_machine.travel(LATER, tick=False):
        unit = done_by(bare, "dewi", write(DEAL, key, **row))
    assert what_is_told(bare, key) != before
    undone(bare, unit)
    assert what_is_told(bare, key) == before


def test_an_undo_that_finds_a_deal_moved_on_leaves_it_in_its_stage(bare: kit.Served) -> None:
    [key] = make(bare, lost(bare))
    opened = done_by(bare, "dewi", write(DEAL, key, stage_id=stages(bare)[1]))
    bare.change(DEAL, key, stage_id=stages(bare)[2])
    before = what_is_told(bare, key)
    assert before[:2] == [stages(bare)[2], "open"]
    undone(bare, opened)
    assert what_is_told(bare, key) == before


def test_what_a_stage_needs_since_does_not_keep_a_deal_from_going_back(bare: kit.Served) -> None:
    here = stages(bare)
    [key] = make(bare, {"stage_id": here[1]})
    before = what_is_told(bare, key)
    unit = done_by(bare, "dewi", write(DEAL, key, stage_id=here[2]))
    with bare.env() as env:
        env.create(env["crm.stage_need"], [{"stage_id": here[1], "field": "amount"}])
    undone(bare, unit)
    assert what_is_told(bare, key) == before
    assert undone(bare, done_by(bare, "dewi", delete(DEAL, key))).restored == 1
    assert what_is_told(bare, key) == before


def test_a_converted_lead_that_was_deleted_comes_back(bare: kit.Served) -> None:
    key, dewi = lead(bare), bare.sign_in("dewi")
    said(dewi, press(dewi, key))
    before = state(bare, key)
    assert before[0] == "converted"
    assert undone(bare, done_by(bare, "dewi", delete(LEAD, key))).left == []
    assert state(bare, key) == before


def test_a_conversion_that_was_taken_back_is_done_again_by_taking_that_back(bare: kit.Served) -> None:
    key, dewi = lead(bare, state="new"), bare.sign_in("dewi")
    answer = said(dewi, press(dewi, key))
    before = state(bare, key)
    with acting(bare, "dewi") as env:
        undo(env, int(undo_form(answer)["action"].rpartition("/")[2]))
        back = env.session.unit
    assert state(bare, key) == ("new", None)
    undone(bare, back)
    assert state(bare, key) == before


def test_undo_of_a_conversion_leads_to_a_page_that_is_there(bare: kit.Served) -> None:
    """The deal on whose page the button stands is gone: its list is next to it."""
    key, dewi = lead(bare, state="new"), bare.sign_in("dewi")
    back = press_undo(dewi, said(dewi, press(dewi, key)))
    assert back.status_code == 200 and state(bare, key) == ("new", None)
