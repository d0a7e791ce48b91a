"""The route map itself: nothing is open that was not opened, and nothing is answered that is not in it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest
from flask import Flask
from werkzeug.exceptions import Forbidden, NotFound

from core.access.door import AccessDenied
from core.assembly import Assembly, assemble
from core.errors import LoadError
from core.loader import GROUP, discover
from core.web.forms.drawn import STATE
from core.web.routes import GUESTS, USERS, Door, Parameters, Route, RouteMap
from core.web.site import Site, build_site
from tests.access.stage import GUEST, NOBODY, Stage


@pytest.fixture(scope="module")
def assembly() -> Iterator[Assembly]:
    made = assemble(discover([], entry_points=[EntryPoint("crm", "addons.crm", GROUP)]), ["crm"])
    yield made
    made.dispose()


@pytest.fixture
def site(assembly: Assembly) -> Site:
    return build_site(assembly, "a secret of tests that is long enough")


@pytest.mark.parametrize("door", [Door(), Door(roles=frozenset()), Door(guests=False, users=False)])
def test_a_door_that_names_nobody_is_closed_and_no_route_may_have_it(site: Site, door: Door) -> None:
    assert door.is_closed
    with pytest.raises(LoadError, match="/x"):
        site.routes.add(Route("x", "/x", lambda: "x", door))


def test_a_rule_beside_the_map_stops_the_start(assembly: Assembly) -> None:
    app = Flask("beside", static_folder=None)
    routes = RouteMap(app, assembly)
    routes.check()
    app.add_url_rule("/beside", "beside", lambda: "open to all")
    with pytest.raises(LoadError, match="/beside"):
        routes.check()


def test_a_rule_beside_the_map_is_answered_by_403(staged: Stage) -> None:
    app = staged.site.app
    rule = next(app.url_map.iter_rules("healthz"))
    route = staged.site.routes._routes.pop("healthz")
    try:
        assert staged.ask("base.admin", rule.rule).status_code == 403
        assert staged.ask(GUEST, rule.rule).status_code == 302
    finally:
        staged.site.routes._routes["healthz"] = route
    assert staged.ask(GUEST, rule.rule).status_code == 200


@pytest.mark.parametrize(("who", "model", "operation", "error"), [
    (NOBODY, "base.tag", "r", AccessDenied), ("base.user", "base.tag", "d", AccessDenied),
    ("base.user", "no.such", "r", NotFound), (GUEST, "base.tag", "r", AccessDenied)])  # fmt: skip
def test_a_door_by_model_asks_for_the_operation(
    staged: Stage, who: str, model: str, operation: str, error: type[Exception]
) -> None:
    with staged.env(who) as env, pytest.raises(error):
        Door(operation=operation).check(env, model)  # type: ignore[arg-type]
    with staged.env("base.manager") as env:
        Door(operation="d").check(env, "base.tag")


def test_doors_for_users_and_for_roles(staged: Stage) -> None:
    for who, users, admins in ((GUEST, False, False), (NOBODY, True, False), ("base.admin", True, True)):
        with staged.env(who) as env:
            GUESTS.check(env, "")
            for door, may in ((USERS, users), (Door(roles=frozenset({"base.admin"})), admins)):
                if may:
                    door.check(env, "")
                else:
                    with pytest.raises(Forbidden):
                        door.check(env, "")


def test_parameters_are_known_by_name(assembly: Assembly) -> None:
    known = Parameters(("a",))
    assert known.takes(assembly, "", "a") and not known.takes(assembly, "", "b")
    assert Parameters().names(assembly) == []


def test_the_map_names_the_filters_and_inputs_of_each_model(site: Site, assembly: Assembly) -> None:
    lists, edit = site.routes.get("list"), site.routes.get("edit")
    assert lists is not None and edit is not None
    filters = lists.query.names(assembly, "crm.lead")
    assert {"sort", "q", "state__eq", "partner.name__contains"} <= set(filters)
    inputs = edit.form.names(assembly, "crm.lead")
    assert "title" in inputs and STATE in inputs and not {"id", "version"} & set(inputs)
