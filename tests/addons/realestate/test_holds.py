"""Holds: a unit is promised once, follows its hold from held to sold, and is free again when time is up."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from addons.realestate import Hold, Unit
from core import Env, UserError
from core.orm.env import SYSTEM, open_env
from core.orm.integrity import explain
from core.schema.plan import plan
from core.web.dispatcher import Sites
from tests.addons.realestate.estate import CLIENTS, MILLION, hold, over, partner, refused, signed_in, unit
from tests.copies import POSTGRESQL, Copies
from tests.web import kit


@pytest.mark.parametrize(
    ("field", "values"),
    [("partner", {"partner": None}), ("ends", {"ends": None, "state": "held"}), ("unit", {})],
)
def test_a_hold_keeps_what_it_was_made_with(env: Env, field: str, values: dict[str, Any]) -> None:
    """Its unit, and for whom and until when it is."""
    one = hold(env)
    with refused(env, field):
        env.write([one], values or {"unit": unit(env, "B-10")})


def test_a_hold_does_not_go_back(env: Env) -> None:
    one = hold(env, state="booked", fee=Decimal(MILLION))
    with refused(env, "state") as caught:
        one.state = "held"
    assert "Terjual" in str(caught.value) or "Sold" in str(caught.value), "what it may become is said"


def test_a_unit_follows_its_hold_from_held_to_sold(env: Env) -> None:
    one = hold(env)
    home = unit(env)
    assert (home.state, home.buyer) == ("held", None)
    assert home.held_until == one.ends
    with refused(env, "fee"):
        one.state = "booked"
    one, home = hold(env), unit(env)
    env.write([one], {"state": "booked", "fee": Decimal(10 * MILLION)})
    env.flush()
    assert (home.state, home.held_until, one.ends, home.buyer) == ("booked", None, None, one.partner)
    one.state = "sold"
    env.flush()
    assert home.state == "sold"
    with refused(env, "state"):
        one.state = "released"


def test_a_released_hold_frees_the_unit_and_says_when(env: Env) -> None:
    one = hold(env)
    one.state = "released"
    env.flush()
    assert one.ends <= env.now()
    assert unit(env).state == "available"
    hold(env, partner=partner(env, "Sari Dewi"))
    with refused(env, "state"):
        one.state = "held"


def test_a_hold_that_is_deleted_frees_the_unit(env: Env) -> None:
    env.delete([hold(env)])
    assert unit(env).state == "available"


def test_a_hold_is_over_by_time_alone(env: Env) -> None:
    one = over(env)
    home = unit(env)
    assert (home.state, one.state) == ("available", "released") and home.is_free
    cls, holds = env[Unit], env[Hold]
    counted = sa.select(cls.state, sa.func.count()).group_by(cls.state)
    assert dict(env.execute(counted).all()) == {"available": 3}
    assert env.scalars(sa.select(cls).where(cls.state == "held")).all() == []
    assert env.scalar(sa.select(holds.id).where(holds.state.in_(["released"]))) == one.id


def test_what_a_lapsed_hold_wrote_goes_with_the_next_one(env: Env) -> None:
    over(env)
    home = unit(env)
    hold(env, "C-01")
    assert home.held_until is None, "it is freed along with the next hold of any unit"
    assert hold(env, partner=partner(env, "Sari Dewi")).unit is home
    assert home.state == "held"


def test_a_lapsed_hold_is_seen_nowhere_as_a_held_unit(served: kit.Served) -> None:
    """List, filter, group, board, form, map and file, before anybody writes the next hold."""
    with served.env() as env:
        over(env)
        hold(env, "C-01")
        with env.sudo("as it was before the next hold was written") as su:
            ended = env.now() - dt.timedelta(days=1)
            su.write([su.as_own(unit(env))], {"state": "held", "held_until": ended})
        key = unit(env).id
    dewi, units = served.sign_in("dewi"), "/app/realestate.unit"
    assert served.value("realestate.unit", key, "state") == "available"

    def codes(address: str) -> list[str]:
        return sorted(
            link.text for link in dewi.get(address).main.all("a") if (link.get("id") or "").startswith("r")
        )

    assert codes(f"{units}?state__eq=held") == ["C-01"]
    assert codes(f"{units}?state__in=available,sold") == codes(f"{units}?state__ne=held") == ["B-07", "B-10"]
    lines = dewi.get(f"{units}?format=csv&sort=code").text.splitlines()
    assert [("Tersedia" in line, "Ditahan" in line) for line in lines[1:]] == [
        (True, False), (True, False), (False, True),
    ]  # fmt: skip
    grouped = dewi.get(f"{units}?group=state").main
    assert [head.text.split()[0] for head in grouped.all("th", scope="rowgroup")] == ["Tersedia", "Ditahan"]
    board = dewi.get(f"{units}?view=kanban").main
    counts = {
        lane.one("h2").text: lane.one("header").one("span").text
        for lane in board.all("section", class_="lane")
    }
    assert counts == {"Tersedia": "2", "Ditahan": "1", "Dipesan": "0", "Terjual": "0"}
    assert "Ditahan" not in board.one("li", id=f"c{key}").text
    form = dewi.get(f"{units}/{key}").main
    assert "Tersedia" in form.one("section", id="section-standing").text
    lots = {lot.one("a").text: lot.one("span", class_="lot-state").text
            for lot in dewi.get("/realestate/map").main.all("li", class_="lot")}  # fmt: skip
    assert lots == {"B-07": "Tersedia", "B-10": "Tersedia", "C-01": "Ditahan"}


def test_who_has_the_unit_is_named_beside_it(env: Env) -> None:
    hold(env)
    with refused(env, "unit") as caught:
        hold(env, partner=partner(env, "Sari Dewi"))
    assert "Budi Santoso" in str(caught.value)


def test_who_has_it_is_not_told_to_who_may_not_read_that(served: kit.Served) -> None:
    with served.env() as env:
        hold(env)
        rights: Any = env["base.access_right"]
        role = env.scalar(sa.select(env["base.role"].id).where(env["base.role"].name == "crm.user"))
        env.create(
            rights, [{"role_id": role, "model": "realestate.hold", "read_scope": "own", "may_create": True}]
        )
    with signed_in(served, "ayu") as env, refused(env, "unit") as caught:
        hold(env, partner=partner(env, "Sari Dewi"))
    assert "Budi" not in str(caught.value)


HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("begins", "ends", "is_free"),
    [
        (-2, 0, True),
        (-2, 1, False),
        (0, 2, False),
        (1, 1, True),
        (1, None, False),
        (2, 4, True),
        (-3, None, False),
    ],
)
def test_claims_are_half_open(env: Env, begins: int, ends: int | None, is_free: bool) -> None:
    """Against a hold from 0 to 2."""
    now = env.now()
    booked = {"state": "booked", "fee": Decimal(1)} if ends is None else {"ends": now + ends * HOUR}
    hold(env, begins=now, ends=now + 2 * HOUR)
    other = {"begins": now + begins * HOUR, "partner": partner(env, "Sari Dewi"), **booked}
    if is_free:
        hold(env, **other)
        return
    with refused(env, "unit"):
        hold(env, **other)


def test_a_claim_does_not_end_before_it_begins(env: Env) -> None:
    with refused(env, "ends"):
        hold(env, ends=env.now() - HOUR)


def test_claims_of_one_batch_are_held_against_each_other(env: Env) -> None:
    row = {"unit": unit(env), "partner": partner(env)}
    with refused(env, "unit"):
        env.create(Hold, [row, row])


def test_a_statement_over_many_rows_is_refused_too(env: Env) -> None:
    hold(env)
    hold(env, "C-01")
    cls: Any = env[Hold]
    with pytest.raises((UserError, sa.exc.IntegrityError)):
        env.execute(sa.update(cls).values(unit_id=unit(env).id))
    env.session.rollback()


@pytest.mark.postgres
def test_the_database_itself_refuses_and_the_plan_is_empty(copies: Copies, sites: Sites) -> None:
    with copies.copy(POSTGRESQL) as url, closing(kit.dispatcher({"*": url}, sites)) as dispatcher:
        served = kit.Served(url, dispatcher)
        registry = served.site.assembly.registry
        with served.env() as env:
            hold(env)
        table = registry.info(Hold).table
        with served.database.writing.connect() as connection:
            row = dict(connection.execute(sa.select(table)).mappings().one())
            row["id"] += 1
            with pytest.raises(sa.exc.IntegrityError, match="ex_realestate_hold") as caught:
                connection.execute(sa.insert(table).values(row))
            told = explain(caught.value, registry)
            assert told is not None and told.field == "unit"
            connection.rollback()
            assert list(plan(connection, registry).steps()) == []


def test_of_fifty_at_once_one_gets_the_unit(served: kit.Served) -> None:
    registry, ready = served.site.assembly.registry, threading.Barrier(CLIENTS)

    def client(number: int) -> str:
        ready.wait(20)
        try:
            with open_env(registry, served.database, SYSTEM) as env:
                hold(env, note=f"client {number}")
        except UserError as error:
            return error.field or ""
        return "mine"

    with ThreadPoolExecutor(CLIENTS) as pool:
        found = list(pool.map(client, range(CLIENTS)))
    assert sorted(found) == ["mine", *["unit"] * (CLIENTS - 1)]
    with served.env() as env:
        assert env.scalar(sa.select(sa.func.count(env[Hold].id))) == 1
        assert unit(env).state == "held"
