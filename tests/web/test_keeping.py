"""What no change of users, roles and teams may break, by form, button, statement and env alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from core import Boolean
from core.access import keeping, sessions
from core.base import User
from core.base.demo import DOMAIN
from core.base.hooks import models as shipped_models
from core.errors import UserError
from core.orm.env import Env, open_env
from core.orm.registry import Registry
from tests.core.orm.sales import store
from tests.web import kit


def user(served: kit.Served, person: str = "made") -> int:
    """The key of a demo user."""
    return served.first("base.user", email=f"{person}@{DOMAIN}")


def role(served: kit.Served, name: str) -> int:
    """The key of a role."""
    return served.first("base.role", name=name)


def second(served: kit.Served) -> None:
    """Dewi administers too."""
    with served.env() as env:
        dewi = kit.record(env, "base.user", user(served, "dewi"))
        dewi.roles = [*dewi.roles, kit.record(env, "base.role", role(served, "base.admin"))]


def acting(served: kit.Served, person: str) -> Any:
    """An env of a demo user, as an import or a job of theirs has it."""
    registry = served.site.assembly.registry
    users = registry.info("base.user").table
    with served.database.reading.begin() as connection:
        row = connection.execute(sa.select(users).where(users.c.id == user(served, person))).one()
        who = sessions.current_user(connection, registry, row._mapping)
    return open_env(registry, served.database, who)


# ----------------------------------------------------------------- the last administrator
def _inactive(env: Env, served: kit.Served) -> None:
    env.write([kit.record(env, "base.user", user(served))], {"active": False})


def _archived(env: Env, served: kit.Served) -> None:
    env.write([kit.record(env, "base.user", user(served))], {"archived": True})


def _deleted(env: Env, served: kit.Served) -> None:
    env.session.delete(kit.record(env, "base.user", user(served)))


def _without_role(env: Env, served: kit.Served) -> None:
    kit.record(env, "base.user", user(served)).roles = []


def _renamed(env: Env, served: kit.Served) -> None:
    kit.record(env, "base.role", role(served, "base.admin")).name = "other"


def _without_right(env: Env, served: kit.Served) -> None:
    admin = kit.record(env, "base.role", role(served, "base.admin"))
    env.create(env["base.access_right"], [{"model": "base.user", "role": admin, "read_scope": "all"}])


def _by_statement(env: Env, served: kit.Served) -> None:
    users: Any = env["base.user"]
    env.execute(sa.update(users).where(users.id == user(served)).values(active=False))


def _delete_by_statement(env: Env, served: kit.Served) -> None:
    users: Any = env["base.user"]
    roles = env.registry.info("base.user").associations
    for name in ("roles", "teams", "companies"):
        gone = roles[name].delete().where(roles[name].c.source_id == user(served))
        env.session.core_connection().execute(gone)
    env.execute(sa.delete(users).where(users.id == user(served)))


WAYS = [_inactive, _archived, _deleted, _without_role, _renamed, _without_right, _by_statement]


@pytest.mark.parametrize("way", [*WAYS, _delete_by_statement])
def test_the_last_administrator_stays_by_whatever_door(
    served: kit.Served, way: Callable[[Env, kit.Served], None], unchanged: Any
) -> None:
    with unchanged(served), pytest.raises(UserError) as refused, served.env() as env:
        way(env, served)
        env.flush()
    assert refused.value.message is keeping.LAST


@pytest.mark.parametrize("way", [_inactive, _archived, _without_role])
def test_where_there_are_two_one_may_go(served: kit.Served, way: Callable[[Env, kit.Served], None]) -> None:
    second(served)
    with served.env() as env:
        way(env, served)


def test_where_an_addon_opens_a_field_of_users_the_last_stays_all_the_same(url: str) -> None:
    """Who may change users may set it, then; an administrator needs no right of its own to it."""

    class Opened(User):
        active = Boolean(default=True, override=True)

    registry = Registry({"base": shipped_models(), "opened": [Opened]}, {"opened": frozenset({"base"})})
    with store(url, registry) as made:
        with open_env(registry, made.database) as env:
            [admin] = env.create(env["base.role"], [{"name": keeping.ADMIN}])
            people = [{"name": n, "email": f"{n}@office.example", "roles": [admin]} for n in ("ada", "ben")]
            ada, ben = env.create(env["base.user"], people)
            env.flush()
            env.write([ada], {"active": False})
            env.flush()
            key = ben.id
        with pytest.raises(UserError) as refused, open_env(registry, made.database) as env:
            env.write([kit.record(env, "base.user", key)], {"active": False})
            env.flush()
    assert refused.value.message is keeping.LAST
    registry.dispose()


@pytest.mark.parametrize(("path", "data"), [("archive", {}), ("delete", {"version": "1"})])
def test_a_button_says_why_and_changes_nothing(
    served: kit.Served, path: str, data: dict[str, str], unchanged: Any
) -> None:
    made = served.sign_in("made", lang="en")
    record = f"/app/base.user/{user(served)}"
    token = made.token(record)
    version = str(served.value("base.user", user(served), "version"))
    with unchanged(served):
        answer = made.post(
            f"{record}/{path}", {"csrf_token": token, **({"version": version} if data else {})}
        )
    assert answer.status_code in (400, 422)
    assert "Nobody would be left" in answer.main.text or "is used by" in answer.main.text
    many = made.get("/app/base.user")
    token = many.page.all("input", name="csrf_token")[0]["value"]
    with unchanged(served):
        refused = made.post("/app/base.user/archive", {"csrf_token": token, "row": [str(user(served))]})
    assert refused.status_code == 400 and "Nobody would be left" in refused.main.text


@pytest.mark.parametrize(("name", "value"), [("active", None), ("roles", None)])
def test_a_form_says_it_beside_the_field_in_the_readers_language(
    served: kit.Served, name: str, value: Any, unchanged: Any
) -> None:
    made = served.sign_in("made")
    with unchanged(served):
        answer = made.fill(f"/app/base.user/{user(served)}/edit", {name: value, "phone": "0812 2045 7799"})
    assert answer.status_code == 422
    said = answer.main.one("p", id=f"f-{name}-e").text
    assert "Tidak akan ada lagi" in said
    assert "7799" in answer.main.one("input", name="phone")["value"], "what was typed is lost"


# ----------------------------------------------------------------- oneself
def test_nobody_takes_away_their_own_access(served: kit.Served, unchanged: Any) -> None:
    second(served)
    for way in (_inactive, _archived, _by_statement):
        with unchanged(served), pytest.raises(UserError) as refused, acting(served, "made") as env:
            way(env, served)
            env.flush()
        assert refused.value.message is keeping.ONESELF


@pytest.mark.parametrize("way", [_without_role, _renamed, _without_right])
def test_no_change_locks_out_its_editor(
    served: kit.Served, way: Callable[[Env, kit.Served], None], unchanged: Any
) -> None:
    second(served)
    with unchanged(served), pytest.raises(UserError) as refused, acting(served, "made") as env:
        way(env, served)
        env.flush()
    assert refused.value.message is (keeping.EDITOR if way is _without_role else keeping.LAST)


def test_another_administrator_may_do_it(served: kit.Served) -> None:
    second(served)
    with acting(served, "dewi") as env:
        _inactive(env, served)
    assert served.value("base.user", user(served), "active") is False


def test_what_was_lost_before_is_no_fault_of_a_change(bare: kit.Served) -> None:
    """A database that nobody administers can still be changed: by the command that mends it."""
    links = bare.site.assembly.registry.info("base.user").associations["roles"]
    with bare.database.writing.begin() as connection:
        connection.execute(links.delete())
    bare.change("base.user", user(bare), active=False)
    assert bare.value("base.user", user(bare), "active") is False


# ----------------------------------------------------------------- circles
@pytest.fixture
def teams(served: kit.Served) -> Iterator[list[int]]:
    """A team, one below it, and one below that."""
    with served.env() as env:
        top, middle, low = env.create(env["base.team"], [{"name": name} for name in ("top", "middle", "low")])
        middle.parent, low.parent = top, middle
        env.flush()
        keys = [top.id, middle.id, low.id]
    yield keys


@pytest.mark.parametrize("place", [0, 1, 2])
def test_teams_do_not_go_round(served: kit.Served, teams: list[int], place: int, unchanged: Any) -> None:
    made = served.sign_in("made")
    with unchanged(served):
        answer = made.fill(f"/app/base.team/{teams[0]}/edit", {"parent": str(teams[place])})
    assert answer.status_code == 422
    told = answer.main.one("p", id="f-parent-e").text
    assert ("kembali ke data ini sendiri" in told) == (place > 0) and "Bagian dari" in told
    with unchanged(served), pytest.raises(UserError) as refused, served.env() as env:
        team: Any = env["base.team"]
        env.execute(sa.update(team).where(team.id == teams[0]).values(parent_id=teams[place]))
    assert refused.value.field == "parent"


def test_a_statement_may_move_a_team_where_nothing_goes_round(served: kit.Served, teams: list[int]) -> None:
    with served.env() as env:
        team: Any = env["base.team"]
        env.execute(sa.update(team).where(team.id == teams[2]).values(parent_id=teams[0]))
    assert [served.value("base.team", key, "parent_id") for key in teams] == [None, teams[0], teams[0]]


def test_roles_do_not_go_round(served: kit.Served, unchanged: Any) -> None:
    made, basic, admin = served.sign_in("made"), role(served, "base.user"), role(served, "base.admin")
    for target in (basic, admin):
        with unchanged(served):
            answer = made.fill(f"/app/base.role/{basic}/edit", {"implies": [str(target)]})
        assert answer.status_code == 422
        assert "peran yang mencakupnya" in answer.main.one("p", id="f-implies-e").text


def test_of_two_who_close_a_circle_at_once_one_is_refused(served: kit.Served) -> None:
    with served.env() as env:
        first, other = env.create(env["base.team"], [{"name": "a"}, {"name": "b"}])
        env.flush()
        pairs = [(first.id, other.id), (other.id, first.id)]

    def put(pair: tuple[int, int]) -> bool:
        try:
            with open_env(served.site.assembly.registry, served.database) as env:
                kit.record(env, "base.team", pair[0]).parent = kit.record(env, "base.team", pair[1])
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(put, pairs)) == [False, True]
