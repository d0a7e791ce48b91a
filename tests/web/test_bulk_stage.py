"""Many deals moved at once in a list: what a stage needs is asked for, other pipelines are reached, it is undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from tests.web import kit
from tests.web.boards import DEALS, held, make, more_stages, stages
from tests.web.conftest import Statements, on_sqlite
from tests.web.test_actions import notes, said, toast, undo
from tests.web.test_bulk_edit import apply, choose
from tests.web.test_query_budget import asked

BULK = f"{DEALS}/bulk"


def move(visitor: kit.Visitor, keys: Sequence[int], stage: int) -> kit.Answer:
    return apply(visitor, choose(visitor, "stage", keys, DEALS), str(stage))


def needs(served: kit.Served, stage: int, *names: str) -> None:
    with served.env() as env:
        env.create(env["crm.stage_need"], [{"stage_id": stage, "field": name} for name in names])


def test_deals_are_moved_at_once_and_back(bare: kit.Served) -> None:
    first, second = stages(bare)[:2]
    keys, dewi = make(bare, {}, {}, {"stage_id": second}), bare.sign_in("dewi")
    shown = said(dewi, move(dewi, keys, second))
    assert [held(bare, key)[0] for key in keys] == [second] * 3 and "2 diubah" in toast(shown)
    undo(dewi, shown)
    assert [held(bare, key)[0] for key in keys] == [first, first, second]


def test_what_a_stage_needs_is_asked_for_once_and_set_where_nothing_stands(bare: kit.Served) -> None:
    target = stages(bare)[2]
    needs(bare, target, "amount", "close_date")
    keys, dewi = make(bare, {"amount": 5}, {}), bare.sign_in("dewi")
    page = move(dewi, keys, target)
    assert page.status_code == 422 and held(bare, keys[0])[0] != target
    assert {link["href"] for link in page.main.one("div", class_="errs").all("a")} == {
        "#f-more-amount",
        "#f-more-close_date",
    }
    wrong = dewi.send(page, {"more-amount": "7", "more-close_date": "kapan"}, action=BULK)
    assert wrong.status_code == 422 and wrong.main.one("input", name="more-amount")["value"] == "7"
    shown = said(dewi, dewi.send(wrong, {"more-close_date": "31/12/2026"}, action=BULK))
    assert [held(bare, key)[0] for key in keys] == [target] * 2
    assert [int(bare.value("crm.deal", key, "amount")) for key in keys] == [5, 7]
    assert "2 diubah" in toast(shown)
    undo(dewi, shown)
    assert held(bare, keys[1])[0] != target
    assert [bare.value("crm.deal", keys[1], name) for name in ("amount", "close_date")] == [None, None]


def test_what_stays_without_it_is_left_and_said(bare: kit.Served) -> None:
    target = stages(bare)[2]
    needs(bare, target, "amount")
    keys, dewi = make(bare, {"amount": 5}, {}), bare.sign_in("dewi")
    shown = said(dewi, dewi.send(move(dewi, keys, target), {"more-amount": ""}, action=BULK))
    assert [held(bare, key)[0] == target for key in keys] == [True, False]
    assert "1 diubah" in toast(shown) and "Rumah 1" in notes(shown)[0]


def test_a_loss_of_many_asks_for_one_reason(bare: kit.Served, statements: Statements) -> None:
    target = stages(bare)[5]
    with bare.env() as env:
        why = env.scalar(sa.select(env["crm.lost_reason"].id).limit(1))
    dewi, taken = bare.sign_in("dewi"), []
    for count in (2, 40):
        keys = make(bare, *({} for _n in range(count)), {"stage_id": stages(bare)[4]})
        page = move(dewi, keys, target)
        statements.clear()
        shown = said(dewi, dewi.send(page, {"more-lost_reason": str(why)}, action=BULK))
        taken.append(len(asked(statements)))
        assert [held(bare, key)[1] for key in keys] == ["lost"] * count + ["won"], (
            "what is won is not lost at once"
        )
        assert "sudah ditutup" in notes(shown)[0]
        assert {bare.value("crm.deal", key, "lost_reason") for key in keys[:-1]} == {why}
    assert taken[1] <= taken[0] + 3, taken


def test_what_was_asked_for_one_stage_is_not_set_with_another(bare: kit.Served) -> None:
    """Who chooses again is asked again: an open deal has no reason why it was lost."""
    lost, target = stages(bare)[5], stages(bare)[2]
    needs(bare, target, "amount")
    with bare.env() as env:
        why = env.scalar(sa.select(env["crm.lost_reason"].id).limit(1))
    keys, dewi = make(bare, {}, {}), bare.sign_in("dewi")
    page = move(dewi, keys, lost)
    again = dewi.send(page, {"value": str(target), "more-lost_reason": str(why)}, action=BULK)
    assert again.status_code == 422
    form = again.main.one("form", action=BULK)
    assert not form.all("select", name="more-lost_reason") and form.one("input", name="more-amount")
    wrong = dewi.send(again, {"more-amount": "banyak"}, action=BULK)
    assert wrong.status_code == 422 and wrong.main.one("input", name="more-amount")["value"] == "banyak"
    dewi.send(wrong, {"more-amount": "7"}, action=BULK)
    with bare.env() as env:
        deals: list[Any] = [kit.record(env, "crm.deal", key) for key in keys]
        assert {(deal.stage_id, int(deal.amount), deal.lost_reason_id) for deal in deals} == {
            (target, 7, None)
        }


def test_a_stage_of_another_pipeline_takes_deals_there(bare: kit.Served) -> None:
    """The pipeline alone is not offered: it would leave the stage behind."""
    first, there = stages(bare)[0], more_stages(bare, 2, 0)
    keys, dewi = make(bare, {}, {}), bare.sign_in("dewi", lang="en")
    offered = {option["value"] for option in dewi.get(DEALS).main.one("select", name="field").all("option")}
    assert "stage" in offered and "pipeline" not in offered
    page = choose(dewi, "stage", keys, DEALS)
    assert "Panjang · Tahap 1" in page.main.one("select", name="value").text
    shown = said(dewi, apply(dewi, page, str(there[1])))
    with bare.env() as env:
        deals: list[Any] = [kit.record(env, "crm.deal", key) for key in keys]
        assert {(deal.stage_id, deal.pipeline.display_label()) for deal in deals} == {(there[1], "Panjang")}
    undo(dewi, shown)
    assert [held(bare, key)[0] for key in keys] == [first] * 2


@on_sqlite
def test_only_what_rows_may_need_is_taken(bare: kit.Served, unchanged: Any) -> None:
    [key] = make(bare, {})
    dewi = bare.sign_in("dewi")
    page = choose(dewi, "stage", [key], DEALS)
    form = page.main.one("form", action=BULK)
    sent = {item["name"]: item["value"] for item in form.all("input", type="hidden")}
    with unchanged(bare):
        for name in ("more-state", "more-pipeline", "more-tags", "more-nothing", "more-", "more-id"):
            answer = dewi.post(BULK, {**sent, "value": str(stages(bare)[1]), name: "won"})
            assert answer.status_code == 400, name
