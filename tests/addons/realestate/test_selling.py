"""Selling: a deal that is won sells its unit and one that is lost lets go of it, by one undo and by fifty at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from addons.crm import Deal
from addons.realestate import Hold
from core import Env, UserError
from core.orm.env import SYSTEM, open_env
from core.orm.undo import undo as undo_of
from tests.addons.realestate.estate import (
    CLIENTS,
    MILLION,
    hold,
    over,
    partner,
    signed_in,
    unit,
    who,
)
from tests.web import kit
from tests.web.test_actions import said, undo


def stage(env: Env, kind: str) -> int:
    """A stage of that kind of the shipped pipeline of crm."""
    cls: Any = env["crm.stage"]
    first = env.scalar(sa.select(sa.func.min(cls.pipeline_id)))
    wanted = sa.select(cls.id).where(cls.pipeline_id == first, cls.kind == kind).order_by(cls.position)
    return int(env.scalars(wanted).first() or 0)


def about(env: Env, **values: Any) -> Any:
    """An open deal about B-07."""
    first = stage(env, "open")
    whose = env.get(env["crm.stage"], first).pipeline_id
    row = {"title": "Rumah Pak Budi", "unit_id": unit(env).id, "partner": partner(env), "stage_id": first}
    made = env.create(Deal, [{**row, "pipeline_id": whose, **values}])[0]
    env.flush()
    return made


def go(env: Env, deal: Any, kind: str) -> None:
    reason = env.scalar(sa.select(env["crm.lost_reason"].id).limit(1)) if kind == "lost" else None
    env.write([deal], {"stage_id": stage(env, kind), "lost_reason_id": reason})
    env.flush()


FEE = Decimal(10 * MILLION)


@pytest.mark.parametrize("is_of_deal", [True, False])
def test_a_deal_that_is_won_sells_its_unit_and_one_that_is_reopened_books_it(
    env: Env, is_of_deal: bool
) -> None:
    """The hold is of the deal, or of no deal and for its contact."""
    one = about(env)
    kept = hold(env, state="booked", fee=FEE, **({"deal": one} if is_of_deal else {}))
    go(env, one, "won")
    assert (kept.state, unit(env).state, unit(env).buyer, kept.deal) == ("sold", "sold", partner(env), one)
    go(env, one, "open")
    assert (kept.state, unit(env).state) == ("booked", "booked")
    go(env, one, "lost")
    assert (kept.state, unit(env).state) == ("released", "available")
    assert kept.ends <= env.now()


def test_a_deal_that_is_lost_lets_go_of_its_unit_only(env: Env) -> None:
    one, other = about(env), about(env, unit_id=unit(env, "C-01").id)
    kept, theirs = hold(env, deal=one), hold(env, "C-01", deal=about(env))
    go(env, one, "lost")
    go(env, other, "lost")
    assert (kept.state, unit(env).state) == ("released", "available")
    assert (theirs.state, unit(env, "C-01").state) == ("held", "held")


@pytest.mark.parametrize("standing", ["nobody", "held", "over", "another"])
def test_what_is_not_booked_for_the_deal_is_not_sold_by_it(env: Env, standing: str) -> None:
    one = about(env)
    if standing == "held":
        hold(env, deal=one)
    elif standing == "over":
        over(env).deal = one
    elif standing == "another":
        hold(env, deal=about(env), state="booked", fee=FEE)
    env.flush()
    before, kept = unit(env).state, env.session.begin_nested()
    with pytest.raises(UserError) as caught:
        go(env, one, "won")
        env.flush()
    assert "stage" in [fault.field for fault in caught.value.faults] and "B-07" in str(caught.value)
    kept.rollback()
    assert unit(env).state == before != "sold"


def test_a_deal_without_a_unit_is_won_as_ever(env: Env) -> None:
    one = about(env, unit_id=None)
    go(env, one, "won")
    assert one.state == "won"


@pytest.mark.parametrize(
    ("kind", "whose", "after", "back"),
    [
        ("won", "ayu", ("sold", "sold"), ("booked", "booked")),
        ("won", "bima", ("sold", "sold"), ("booked", "booked")),
        ("lost", "ayu", ("released", "available"), ("booked", "booked")),
        ("lost", "bima", ("released", "available"), ("released", "available")),
    ],
)
def test_one_undo_takes_back_the_deal_and_its_unit(
    served: kit.Served, kind: str, whose: str, after: tuple[str, str], back: tuple[str, str]
) -> None:
    """A colleague's hold that was let go of is not taken again in their name; the unit may be held anew."""
    with served.env() as env:
        one = about(env, owner_id=who(served, "ayu").id)
        kept = hold(env, deal=one, state="booked", fee=FEE, owner_id=who(served, whose).id)
        key, before, told = (
            one.id,
            one.stage_id,
            [("realestate.hold", kept.id), ("realestate.unit", unit(env).id)],
        )
    with signed_in(served, "ayu") as env:
        mine: Any = env.get(Deal, key)
        go(env, mine, kind)
        number = env.session.unit
    assert tuple(served.value(model, one, "state") for model, one in told) == after
    with signed_in(served, "ayu") as env:
        undo_of(env, number)
    assert served.value("crm.deal", key, "stage_id") == before
    assert tuple(served.value(model, one, "state") for model, one in told) == back


def test_a_card_that_is_moved_to_won_sells_and_the_button_takes_it_back(served: kit.Served) -> None:
    with served.env() as env:
        one = about(env, owner_id=who(served, "ayu").id)
        hold(env, deal=one, state="booked", fee=FEE, owner_id=who(served, "ayu").id)
        key, move = unit(env).id, f"{one.id}.{one.stage_id}.{stage(env, 'won')}"
    ayu = served.sign_in("ayu")
    sent = {"csrf_token": ayu.token("/app/crm.deal?view=kanban"), "query": "view=kanban", "move": move}
    answer = said(ayu, ayu.post("/app/crm.deal/move", sent))
    assert served.value("realestate.unit", key, "state") == "sold"
    undo(ayu, answer)
    assert served.value("realestate.unit", key, "state") == "booked"


def test_a_card_whose_unit_is_not_booked_stays_and_says_why(served: kit.Served) -> None:
    with served.env() as env:
        one = about(env, owner_id=who(served, "ayu").id)
        move = f"{one.id}.{one.stage_id}.{stage(env, 'won')}"
        key, before = one.id, one.stage_id
    ayu = served.sign_in("ayu")
    sent = {"csrf_token": ayu.token("/app/crm.deal?view=kanban"), "query": "view=kanban", "move": move}
    answer = said(ayu, ayu.post("/app/crm.deal/move", sent))
    assert "B-07 harus dipesan untuk Deal ini sebelum dimenangkan." in answer.text
    assert served.value("crm.deal", key, "stage_id") == before


def test_of_fifty_who_book_and_sell_one_unit_at_once_one_sells_it(served: kit.Served) -> None:
    with served.env() as env:
        keys = [about(env, title=f"Pembeli {number}").id for number in range(CLIENTS)]
    registry, ready = served.site.assembly.registry, threading.Barrier(CLIENTS)

    def client(key: int) -> str:
        ready.wait(20)
        try:
            with open_env(registry, served.database, SYSTEM) as env:
                one: Any = env.get(Deal, key)
                hold(env, deal=one, state="booked", fee=FEE)
                go(env, one, "won")
        except UserError as error:
            return error.field or ""
        return "sold"

    with ThreadPoolExecutor(CLIENTS) as pool:
        found = list(pool.map(client, keys))
    assert sorted(found) == ["sold", *["unit"] * (CLIENTS - 1)]
    with served.env() as env:
        deals, holds = env[Deal], env[Hold]
        assert env.scalar(sa.select(sa.func.count(deals.id)).where(deals.state == "won")) == 1
        assert env.scalar(sa.select(sa.func.count(holds.id)).where(holds.state == "sold")) == 1
        assert unit(env).state == "sold"


def test_of_fifty_who_win_or_lose_one_deal_at_once_all_see_one_end(served: kit.Served) -> None:
    """The unit is sold with a won deal or free with a lost one, whatever the order."""
    with served.env() as env:
        one = about(env)
        hold(env, deal=one, state="booked", fee=FEE)
        key = one.id
    registry, ready = served.site.assembly.registry, threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        ready.wait(20)
        with suppress(UserError), open_env(registry, served.database, SYSTEM) as env:
            go(env, env.locked(Deal, key), "won" if number % 2 else "lost")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    with served.env() as env:
        state = env.get(Deal, key).state
        assert (state, unit(env).state) in [("won", "sold"), ("lost", "available")]


def test_of_fifty_who_sell_or_release_at_once_a_unit_is_sold_or_free(served: kit.Served) -> None:
    """A sale never stands on a hold that was let go of meanwhile."""
    with served.env() as env:
        one = about(env)
        key, hold_key = one.id, hold(env, deal=one, state="booked", fee=FEE).id
    registry, ready = served.site.assembly.registry, threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        ready.wait(20)
        with suppress(UserError), open_env(registry, served.database, SYSTEM) as env:
            if number % 2:
                go(env, env.locked(Deal, key), "won")
            else:
                env.write([env.locked(Hold, hold_key)], {"state": "released"})
                env.flush()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    with served.env() as env:
        deal, kept = env.get(Deal, key), env.get(Hold, hold_key)
        found = (deal.state, kept.state, kept.ends is None, unit(env).state)
        assert found in [("won", "sold", True, "sold"), ("open", "released", False, "available")]
