"""Units and their projects: what none can be, whose they are, and that their state is that of their holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from addons.realestate import Project, Unit
from core import Env, UserError
from tests.addons.realestate.estate import refused, signed_in, unit
from tests.web import kit


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("building_area", {"building_area": 900}),
        ("building_area", {"property_type": "land"}),
        ("land_area", {"land_area": -1}),
        ("bedrooms", {"bedrooms": -3}),
        ("price", {"price": Decimal(-1)}),
        ("code", {"code": " b-10"}),
    ],
)
def test_what_no_unit_can_be_is_refused_beside_the_field(
    env: Env, field: str, values: dict[str, Any]
) -> None:
    with refused(env, field):
        env.write([unit(env)], values)


def test_two_units_of_one_batch_have_two_codes(env: Env) -> None:
    whose = unit(env).project
    with refused(env, "code"):
        env.create(Unit, [{"project": whose, "code": code} for code in ("D-01", "d-01")])


def test_a_unit_is_of_the_company_of_its_project_and_in_the_block_of_its_code(env: Env) -> None:
    ours = env.create(env["base.company"], [{"name": "Griya Sentosa"}])[0]
    project = env.create(Project, [{"name": "Taman Cendana", "company": ours}])[0]
    made = env.create(Unit, [{"project": project, "code": "F-03"}])[0]
    env.flush()
    assert (made.company, made.block, made.display_label()) == (ours, "F", "F-03")
    with refused(env, "company"):
        project.company = None


def test_nobody_sets_the_state_of_a_unit_past_its_holds(served: kit.Served) -> None:
    with pytest.raises(UserError, match="reservasi"), signed_in(served, "dewi") as env:
        unit(env).state = "sold"


def test_a_unit_begins_available(served: kit.Served) -> None:
    with pytest.raises(UserError, match="reservasi"), signed_in(served, "dewi") as env:
        env.create(Unit, [{"project": unit(env).project, "code": "D-01", "state": "held"}])


def test_a_project_with_units_stays_with_its_company(env: Env) -> None:
    home, rupiah = unit(env).project, env.get(env["base.currency"], 1)
    other = env.create(env["base.company"], [{"name": "PT Lain", "currency": rupiah}])[0]
    empty = env.create(Project, [{"name": "Taman Cendana"}])[0]
    env.flush()
    empty.company = other
    home.company = home.company
    env.flush()
    assert empty.company is other
    ours = home.company
    env.session.expire(home)
    home.company = ours  # the same, over what nobody read
    env.flush()
    with refused(env, "company"):
        home.company = other
