"""Which state of a lead may follow which, and what a lead needs for it."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import pytest

from addons.crm import Lead, Partner
from addons.crm.states import FOLLOWING, STATES
from core import CurrentUser, Env, UserError, stored
from tests.addons.conftest import Open, refused

ALLOWED = {
    ("new", "working"), ("working", "qualified"), ("qualified", "converted"),
    ("new", "junk"), ("working", "junk"), ("qualified", "junk"), ("junk", "new"), ("junk", "working"),
}  # fmt: skip
REACHABLE = {"title": "Kavling", "mobile": "+6281220457781"}


def lead(env: Env, **values: Any) -> Lead:
    made = env.create(Lead, [{**REACHABLE, **values}])[0]
    env.flush()
    return made


def test_a_lead_goes_on_step_by_step(env: Env) -> None:
    one = lead(env)
    for _before, after in pairwise(("new", "working", "qualified", "converted")):
        one.state = after
        env.flush()
    assert one.state == "converted"


@pytest.mark.parametrize(
    ("before", "after"), [pair for pair in product(STATES, STATES) if pair[0] != pair[1]]
)
def test_no_other_step_is_taken(env: Env, before: str, after: str) -> None:
    one = lead(env, state=before)
    if (before, after) in ALLOWED:
        one.state = after
        env.flush()
        return
    with refused(env) as caught:
        one.state = after
    assert caught.value.field == "state"
    assert all(str(STATES[state]) in str(caught.value) for state in FOLLOWING[before])


def test_all_other_fields_are_free_in_every_state(env: Env) -> None:
    for state in STATES:
        one = lead(env, state=state)
        one.note = "Telepon lagi besok"
        one.state = state
        env.flush()
        assert stored(one, "note") == "Telepon lagi besok"


def test_one_of_many_that_may_not_go_on_stops_all(opened: Open) -> None:
    with opened() as env:
        made = env.create(Lead, [{**REACHABLE, "state": state} for state in ("new", "converted")])
        env.flush()
        keys = [one.id for one in made]
    with pytest.raises(UserError), opened() as env:
        env.write(env.read(Lead, keys), {"state": "working"})
        env.flush()
    with opened(readonly=True) as env:
        assert [one.state for one in env.read(Lead, keys)] == ["new", "converted"]


@pytest.mark.parametrize(
    ("row", "may"),
    [
        ({}, False),
        ({"phone": "+62215551234"}, True),
        ({"mobile": "+62812204"}, True),
        ({"email": "a@b.id"}, True),
    ],
)
def test_a_qualified_lead_can_be_reached(env: Env, row: dict[str, str], may: bool) -> None:
    one = env.create(Lead, [{"title": "Ruko", "state": "working", **row}])[0]
    env.flush()
    if may:
        one.state = "qualified"
        env.flush()
        return
    with refused(env) as caught:
        one.state = "qualified"
    assert caught.value.field == "mobile"


def test_a_lead_of_a_contact_is_reached_by_it(env: Env) -> None:
    hendra = env.create(Partner, [{"name": "Hendra Wijaya"}])[0]
    one = env.create(Lead, [{"title": "Ruko", "state": "qualified", "partner": hendra}])[0]
    env.flush()
    env.delete([hendra])
    assert one.partner is None


def test_the_last_number_of_a_qualified_lead_is_not_taken_away(env: Env) -> None:
    one = lead(env, state="qualified")
    with refused(env) as caught:
        one.mobile = None
    assert caught.value.field == "mobile"


@pytest.mark.parametrize("emptied", [{"partner": None}, {"partner_id": None}])
def test_a_contact_that_leaves_with_the_last_number_is_none(env: Env, emptied: dict[str, None]) -> None:
    hendra = env.create(Partner, [{"name": "Hendra Wijaya"}])[0]
    one = lead(env, state="qualified", partner=hendra)
    assert one.partner is hendra
    with refused(env) as caught:
        env.write([one], {"mobile": None, **emptied})
    assert caught.value.field == "mobile"


def test_an_organisation_has_a_name_or_a_contact(env: Env) -> None:
    firm = env.create(Partner, [{"name": "PT Maju", "kind": "company"}])[0]
    lead(env, kind="organisation", company_name="PT Maju")
    lead(env, kind="organisation", partner=firm)
    with refused(env) as caught:
        lead(env, kind="organisation")
    assert caught.value.field == "company_name"


def test_nobody_enters_a_lead_as_converted(opened: Open) -> None:
    seller = CurrentUser(1, roles=frozenset({"base.user", "crm.manager"}))
    with opened(seller) as env:
        for state in ("new", "working", "qualified", "junk"):
            lead(env, state=state, owner=None, team=None)
    with pytest.raises(UserError) as caught, opened(seller) as env:
        lead(env, state="converted", owner=None, team=None)
    assert caught.value.field == "state"
