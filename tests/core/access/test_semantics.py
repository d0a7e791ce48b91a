"""What the door means: scopes, roles, overrides, rules, links, companies, deletes, and what it costs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from core import CurrentUser, Env, Rule, UserError
from core.access.door import AccessDenied
from core.access.grants import parse
from core.access.overrides import version_of
from core.base import AccessRight, Company, Currency, Role, User
from core.errors import FieldError
from core.orm.database import Database
from core.orm.env import open_env
from tests.core.access.office import (
    ALL,
    BOSS,
    OWN,
    TEAM,
    Doc,
    Hold,
    Label,
    Line,
    Memo,
    Safe,
    Slip,
    office,
    person,
    policy,
)
from tests.core.orm.toys import World


@pytest.fixture
def world(url: str) -> Iterator[World]:
    """The office."""
    with office(url) as made:
        yield made


def titles(env: Env) -> set[str]:
    return set(env.scalars(sa.select(env[Doc].title)))


def doc(env: Env, title: str) -> Any:
    return env.scalars(sa.select(env[Doc]).where(env[Doc].title == title)).one()


def as_(world: World, name: str, *roles: str, **more: Any) -> Any:
    return open_env(world.registry, world.database, person(world, name, *roles, **more))


def system(world: World) -> Any:
    return open_env(world.registry, world.database)


def key_of(world: World, title: str) -> int:
    with system(world) as env:
        return int(doc(env, title).id)


# ----------------------------------------------------------------- scopes and roles
SCOPES = [
    ((OWN,), {"ada"}),
    ((TEAM,), {"ada", "ben", "cid"}),
    ((ALL,), {"ada", "ben", "cid", "dan"}),
    ((OWN, TEAM), {"ada", "ben", "cid"}),
    ((OWN, ALL), {"ada", "ben", "cid", "dan"}),
    (("office.nothing",), None),
    ((), None),
]


@pytest.mark.parametrize(("roles", "seen"), SCOPES, ids=lambda value: "+".join(sorted(value or ["none"])))
def test_the_widest_scope_of_the_roles_holds(
    world: World, roles: tuple[str, ...], seen: set[str] | None
) -> None:
    with as_(world, "ada", *roles) as env:
        if seen is None:
            with pytest.raises(AccessDenied):
                titles(env)
        else:
            assert titles(env) == seen


@pytest.mark.parametrize(
    ("roles", "writable"),
    [
        ((OWN,), {"ada"}),
        ((TEAM,), {"ada", "ben", "cid"}),
        ((ALL,), set()),
        ((OWN, ALL), {"ada"}),
        ((BOSS,), {"ada", "ben", "cid", "dan"}),
    ],
)
def test_each_operation_has_its_own_scope(world: World, roles: tuple[str, ...], writable: set[str]) -> None:
    written = set()
    for title in ("ada", "ben", "cid", "dan"):
        try:
            with as_(world, "ada", *roles) as env:
                found = env.scalars(sa.select(env[Doc]).where(env[Doc].title == title)).first()
                if found is not None:
                    assert env.may_with(found, "w") is (title in writable)
                    found.title = f"{title}!"
        except AccessDenied:
            continue
        with system(world) as env:
            written |= (
                {title} if env.scalars(sa.select(env[Doc]).filter_by(title=f"{title}!")).first() else set()
            )
    assert written == writable


def test_a_role_brings_those_that_it_implies(world: World) -> None:
    with system(world) as env:
        chief = env.scalars(sa.select(env[Role]).filter_by(name="office.chief")).one()
        env.scalars(sa.select(env[User]).filter_by(name="ada")).one().roles = [chief]
    with as_(world, "ada") as env:
        assert env.user.roles == {"office.chief", ALL}
        assert titles(env) == {"ada", "ben", "cid", "dan"}


# ----------------------------------------------------------------- overrides
def override(env: Env, role: str, **scopes: Any) -> Any:
    record = env.scalars(sa.select(env[Role]).filter_by(name=role)).one()
    made = env.create(AccessRight, [{"model": "office.doc", "role": record, **scopes}])[0]
    env.flush()
    return made


def test_a_row_replaces_what_was_shipped_in_every_worker_at_once(world: World, url: str) -> None:
    with closing(Database(url)) as another:
        elsewhere = World(world.registry, another)
        for place in (world, elsewhere):
            with as_(place, "ada", OWN) as env:
                assert titles(env) == {"ada"}
        with system(world) as env:
            row = override(env, OWN, read_scope="all").id
        for place in (world, elsewhere):
            with as_(place, "ada", OWN) as env:
                assert titles(env) == {"ada", "ben", "cid", "dan"}
                assert not env.may(Doc, "w") and not env.may(Doc, "c")
        with system(elsewhere) as env:
            env.get(AccessRight, row).read_scope = "none"
        for place in (world, elsewhere):
            with as_(place, "ada", OWN) as env, pytest.raises(AccessDenied):
                titles(env)
        with system(world) as env:
            env.delete([env.get(AccessRight, row)])
        for place in (world, elsewhere):
            with as_(place, "ada", OWN) as env:
                assert titles(env) == {"ada"}


def change_a_right(env: Env) -> None:
    override(env, ALL, read_scope="own")


def rename_a_role(env: Env) -> None:
    env.scalars(sa.select(env[Role]).filter_by(name=ALL)).one().name = "office.every"


def imply_another(env: Env) -> None:
    roles = {role.name: role for role in env.scalars(sa.select(env[Role]))}
    roles[OWN].implies = [roles[ALL]]


def write_many(env: Env) -> None:
    env.execute(sa.update(env[Role]).values(addon="x"))


def write_something_else(env: Env) -> None:
    doc(env, "ada").title = "other"


@pytest.mark.parametrize(("change", "rises"), [(change_a_right, 1), (rename_a_role, 1), (imply_another, 1),
                                               (write_many, 1), (write_something_else, 0)])  # fmt: skip
def test_the_version_rises_in_the_same_transaction(
    world: World, change: Callable[[Env], None], rises: int
) -> None:
    def version() -> int:
        with world.database.reading.begin() as connection:
            return version_of(connection)

    before = version()
    with pytest.raises(ZeroDivisionError), system(world) as env:
        change(env)
        env.flush()
        assert version_of(env.session.core_connection()) == before + rises
        raise ZeroDivisionError
    assert version() == before
    with system(world) as env:
        change(env)
    assert version() == before + rises


def test_of_two_rows_for_one_role_the_wider_holds(world: World) -> None:
    with system(world) as env:
        override(env, OWN, read_scope="all")
        override(env, OWN, read_scope="none", write_scope="own")
    with as_(world, "ada", OWN) as env:
        assert titles(env) == {"ada", "ben", "cid", "dan"}
        assert env.may(Doc, "w")


# ----------------------------------------------------------------- rules
def is_(name: str, operations: str = "rwcd", roles: tuple[str, ...] = ()) -> Rule:
    return Rule(Memo, operations, where=lambda model, env: model.name == name, roles=roles)


RULES = [
    ([], (OWN,), {"a", "b", "c"}),
    ([is_("a")], (OWN,), {"a"}),
    ([is_("a"), is_("b")], (OWN,), set()),
    ([is_("a", roles=(OWN,))], (OWN,), {"a"}),
    ([is_("a", roles=(OWN,)), is_("b", roles=(ALL,))], (OWN, ALL), {"a", "b"}),
    ([is_("a", roles=(OWN,)), is_("b", roles=(OWN,))], (OWN,), set()),
    ([is_("a", roles=(OWN,))], (OWN, ALL), {"a", "b", "c"}),
    ([is_("a", roles=(OWN,))], (OWN, TEAM), {"a"}),
    ([is_("a", roles=(OWN,)), is_("b")], (OWN, ALL), {"b"}),
    ([is_("a", operations="w")], (OWN,), {"a", "b", "c"}),
    ([is_("a", roles=(BOSS,))], (OWN,), {"a", "b", "c"}),
]


@pytest.mark.parametrize(("rules", "roles", "seen"), RULES, ids=range(len(RULES)))
def test_general_rules_all_hold_and_one_of_the_roles(
    world: World, monkeypatch: pytest.MonkeyPatch, rules: list[Rule], roles: tuple[str, ...], seen: set[str]
) -> None:
    with system(world) as env:
        env.create(Memo, [{"name": name} for name in "abc"])
    monkeypatch.setattr(world.registry, "policy", policy(world.registry, rules))
    with as_(world, "ada", *roles) as env:
        assert set(env.scalars(sa.select(env[Memo].name))) == seen


def test_a_rule_of_a_mixin_holds_for_every_model_that_takes_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.core.access.office import Marked

    with system(world) as env:
        for model in (Memo, Slip):
            env.create(model, [{"name": "whole"}, {"name": "torn", "torn": True}])
    rule = Rule(Marked, "rwcd", where=lambda model, env: model.torn.is_(False))
    monkeypatch.setattr(world.registry, "policy", policy(world.registry, [rule]))
    with as_(world, "ada", OWN) as env:
        for model in (Memo, Slip):
            assert list(env.scalars(sa.select(env[model].name))) == ["whole"]
        env.create(Slip, [{"name": "x", "torn": True}])
        with pytest.raises(AccessDenied):
            env.flush()
        env.session.rollback()


# ----------------------------------------------------------------- before and after a write
def test_a_record_may_be_handed_on_within_sight_and_not_out_of_it(world: World) -> None:
    with system(world) as env:
        people = {user.name: user.id for user in env.scalars(sa.select(env[User]))}
        teams = {found.title: found.team_id for found in env.scalars(sa.select(env[Doc]))}
    with as_(world, "ada", OWN, TEAM, "base.user") as env:
        doc(env, "ada").owner_id = people["ben"]
        env.flush()
        assert titles(env) == {"ada", "ben", "cid"}
    with pytest.raises(AccessDenied), as_(world, "ben", OWN, TEAM, "base.user") as env:
        env.write([doc(env, "ben")], {"owner_id": people["dan"], "team_id": teams["dan"]})
    with pytest.raises(AccessDenied), as_(world, "ben", OWN, "base.user") as env:
        doc(env, "ben").owner_id = people["ada"]


def test_what_is_touched_but_not_changed_is_no_write(world: World) -> None:
    with as_(world, "ada", ALL) as env:
        found = doc(env, "dan")
        found.title = "x"
        found.title = "dan"
        env.flush()


def test_creating_is_asked_for_and_so_is_seeing_what_was_made(world: World) -> None:
    with pytest.raises(AccessDenied), as_(world, "ada", ALL) as env:
        env.create(Doc, [{"title": "new"}])
    with as_(world, "ada", OWN) as env:
        env.create(Doc, [{"title": "new", "owner_id": None}])
        with pytest.raises(AccessDenied):  # own: it has no owner, so its maker would lose sight of it
            env.flush()
        env.session.rollback()


def test_who_may_only_create_would_lose_sight_of_what_they_made(world: World) -> None:
    with system(world) as env:
        override(env, OWN, read_scope="none", may_create=True)
    with pytest.raises(AccessDenied), as_(world, "ada", OWN, "base.user") as env:
        env.create(Doc, [{"title": "new", "owner_id": env.user.id}])
        env.flush()
    with system(world) as env:
        assert "new" not in titles(env)


@pytest.mark.parametrize("text", ["x", "r:", "r:mine", "r,w", "r:own:team", "R"])
def test_what_says_no_rights_is_no_grant(text: str) -> None:
    with pytest.raises(ValueError, match="letters of"):
        parse(text)


def test_defaults_of_closed_fields_do_not_stand_in_the_way_of_new_records(world: World) -> None:
    with as_(world, "ada", OWN, "base.user") as env:
        env.create(Doc, [{"title": "new", "owner_id": env.user.id}])
    with pytest.raises(AccessDenied, match="Grade"), as_(world, "ada", OWN, "base.user") as env:
        env.create(Doc, [{"title": "newer", "owner_id": env.user.id, "grade": "high"}])


def test_sudo_is_not_narrowed_and_ends(world: World) -> None:
    with as_(world, "ada", OWN) as env:
        with env.sudo("a test") as su:
            assert titles(su) == {"ada", "ben", "cid", "dan"}
            doc(su, "dan").title = "seen"
        assert titles(env) == {"ada"}
    assert key_of(world, "seen")


# ----------------------------------------------------------------- links
def set_parent(env: Env, key: int) -> None:
    doc(env, "ada").parent_id = key


def create_with_parent(env: Env, key: int) -> None:
    env.create(Doc, [{"title": "new", "owner_id": env.user.id, "parent_id": key}])


def link_a_stub(env: Env, key: int) -> None:
    stub = env[Doc](id=key, title="stub")
    orm.make_transient_to_detached(stub)
    env.session.add(stub)
    doc(env, "ada").see_also = [stub]


@pytest.mark.parametrize("link", [set_parent, create_with_parent, link_a_stub])
def test_links_to_what_is_hidden_and_to_what_is_not_there_are_refused_alike(
    world: World, link: Callable[[Env, int], None]
) -> None:
    said = []
    for key in (key_of(world, "dan"), 987_654):
        with pytest.raises(FieldError) as caught, as_(world, "ada", OWN, "base.user") as env:
            link(env, key)
            env.flush()
        said.append((str(caught.value), caught.value.field))
    assert said[0] == said[1]
    assert "dan" not in said[0][0]


def test_links_to_what_is_seen_hold(world: World) -> None:
    ben = key_of(world, "ben")
    for link in (set_parent, create_with_parent, link_a_stub):
        with as_(world, "ada", OWN, TEAM, "base.user") as env:
            link(env, ben)


# ----------------------------------------------------------------- closed links
def close(world: World) -> None:
    with system(world) as env:
        label = env.create(Label, [{"name": "secret"}])[0]
        for found in env.scalars(sa.select(env[Doc])):
            found.chief, found.marks = label, [label]


CLOSED: list[tuple[str, Callable[[Env, Any, Any], Any]]] = [
    ("many2many", lambda env, D, L: doc(env, "ada").marks),
    ("many2one", lambda env, D, L: doc(env, "ada").chief),
    ("key", lambda env, D, L: doc(env, "ada").chief_id),
    ("siblings", lambda env, D, L: [found.marks for found in env.scalars(sa.select(D))]),
    ("selectinload", lambda env, D, L: env.scalars(sa.select(D).options(orm.selectinload(D.marks))).first().marks),
    ("joinedload", lambda env, D, L: env.scalars(
        sa.select(D).options(orm.joinedload(D.chief))).first().chief),
    ("in (select)", lambda env, D, L: env.scalars(
        sa.select(D).where(D.id.in_(sa.select(D.id).join(D.marks).where(L.name == "secret")))).all()),
    ("has()", lambda env, D, L: env.scalars(sa.select(D).where(D.chief.has(L.name == "secret"))).all()),
    ("compared", lambda env, D, L: env.scalars(sa.select(D).where(D.chief == env.get(Label, 1))).all()),
    ("is empty", lambda env, D, L: env.scalars(sa.select(D).where(D.chief == None)).all()),  # noqa: E711
    ("joined", lambda env, D, L: env.execute(sa.select(D.id, L.name).join(D.marks)).all()),
    ("joined by key", lambda env, D, L: env.execute(sa.select(D.id, L.name).join(D.chief)).all()),
    ("pairs", lambda env, D, L: env.execute(
        sa.select(env.registry.info(Doc).associations["marks"].c.target_id)).all()),
    ("pairs under another name", lambda env, D, L: env.execute(
        sa.select(env.registry.info(Doc).associations["marks"].alias().c.target_id)).all()),
    ("set", lambda env, D, L: (setattr(doc(env, "ada"), "marks", []), env.flush())),
    ("key set", lambda env, D, L: (setattr(doc(env, "ada"), "chief_id", None), env.flush())),
]  # fmt: skip


@pytest.mark.parametrize("probe", [probe for _name, probe in CLOSED], ids=[name for name, _probe in CLOSED])
def test_a_closed_link_gives_nothing_away(world: World, probe: Callable[[Env, Any, Any], Any]) -> None:
    close(world)
    with pytest.raises(AccessDenied), as_(world, "ada", OWN, TEAM) as env:
        probe(env, env[Doc], env[Label])
    with as_(world, "ada", BOSS) as env:
        probe(env, env[Doc], env[Label])


def test_open_links_are_not_shut_with_the_closed(world: World) -> None:
    with system(world) as env:
        doc(env, "ada").labels = env.create(Label, [{"name": "plain"}])
    with as_(world, "ada", OWN) as env:
        found = env.scalars(sa.select(env[Doc]).join(env[Doc].labels).where(env[Label].name == "plain")).one()
        assert [label.name for label in found.labels] == ["plain"]


def test_a_join_over_pairs_is_narrowed_at_its_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with system(world) as env:
        doc(env, "ada").labels = env.create(Label, [{"name": "plain"}, {"name": "hidden"}])
    rule = Rule(Label, "rwcd", where=lambda model, env: model.name == "plain")
    monkeypatch.setattr(world.registry, "policy", policy(world.registry, [rule]))
    with as_(world, "ada", OWN) as env:
        statement = sa.select(env[Doc].id, env[Label].name).join(env[Doc].labels)
        assert [row.name for row in env.execute(statement)] == ["plain"]
        assert len(env.execute(sa.select(env[Doc].id).join(env[Doc].labels)).all()) == 1
        aliased = orm.aliased(env[Label])
        assert len(env.execute(sa.select(env[Doc].id).join(env[Doc].labels.of_type(aliased))).all()) == 1
        found = env.scalars(sa.select(env[Doc])).one()
        assert [label.name for label in found.labels] == ["plain"]


# ----------------------------------------------------------------- companies
@pytest.fixture
def firms(world: World) -> tuple[int, int]:
    """Two companies; Ada may use the first only, and each has a document that the boss's hands have put there."""
    with system(world) as env:
        currency = env.create(Currency, [{"code": "IDR", "name": {"en": "Rupiah"}, "symbol": "Rp"}])[0]
        one, two = env.create(
            Company, [{"name": "one", "currency": currency}, {"name": "two", "currency": currency}]
        )
        env.flush()
        env.create(Doc, [{"title": "in one", "company": one}, {"title": "in two", "company": two}])
        return one.id, two.id


def test_a_user_sees_their_companies_and_what_is_shared(world: World, firms: tuple[int, int]) -> None:
    one, two = firms
    shared = {"ada", "ben", "cid", "dan"}
    for companies, seen in {
        (): shared,
        (one,): {*shared, "in one"},
        firms: {*shared, "in one", "in two"},
    }.items():
        with as_(world, "ada", BOSS, companies=companies) as env:
            assert titles(env) == seen
    with (
        pytest.raises((AccessDenied, FieldError)),
        as_(world, "ada", BOSS, "base.user", companies=(one,)) as env,
    ):
        doc(env, "ada").company_id = two


def link_by_key(env: Env, one: Any, two: Any) -> None:
    one.parent_id = two.id


def link_new(env: Env, one: Any, two: Any) -> None:
    env.create(Doc, [{"title": "new", "company": one.company, "parent": two}])


def link_new_to_new(env: Env, one: Any, two: Any) -> None:
    parent = env.create(Doc, [{"title": "new parent", "company": two.company}])[0]
    env.create(Doc, [{"title": "new", "company": one.company, "parent": parent}])


def link_many(env: Env, one: Any, two: Any) -> None:
    one.see_also = [two]


def move_the_holder(env: Env, one: Any, two: Any) -> None:
    shared = doc(env, "ada")
    shared.parent = two
    env.flush()
    shared.company = one.company


def move_the_target(env: Env, one: Any, two: Any) -> None:
    shared = doc(env, "ada")
    one.parent = shared
    env.flush()
    shared.company = two.company


def move_the_target_of_many(env: Env, one: Any, two: Any) -> None:
    shared = doc(env, "ada")
    one.see_also = [shared]
    env.flush()
    shared.company = two.company


CROSSINGS = [
    link_by_key,
    link_new,
    link_new_to_new,
    link_many,
    move_the_holder,
    move_the_target,
    move_the_target_of_many,
]


@pytest.mark.parametrize("cross", CROSSINGS)
def test_no_link_leads_from_one_company_to_another(
    world: World, firms: tuple[int, int], cross: Callable[[Env, Any, Any], None]
) -> None:
    boss = {"companies": firms}
    with (
        pytest.raises(FieldError, match=r"another company|perusahaan lain"),
        as_(world, "ada", BOSS, "base.user", **boss) as env,
    ):
        cross(env, doc(env, "in one"), doc(env, "in two"))
        env.flush()


def test_links_within_a_company_and_to_what_is_shared_hold(world: World, firms: tuple[int, int]) -> None:
    with as_(world, "ada", BOSS, "base.user", companies=firms) as env:
        one = doc(env, "in one")
        shared = doc(env, "ada")
        one.parent, one.see_also = shared, [shared]
        shared.see_also = [one, doc(env, "in two")]
        env.flush()
        shared.see_also = [one]
        shared.company = one.company


# ----------------------------------------------------------------- deletes
def hang(world: World, model: Any, title: str = "ada") -> None:
    with system(world) as env:
        env.create(model, [{"name": "canary", "doc": doc(env, title)}])


@pytest.mark.parametrize("model", [Line, Hold, Safe])
def test_a_delete_does_not_tell_of_what_is_hidden_and_takes_nothing_along(world: World, model: Any) -> None:
    hang(world, model)
    with pytest.raises(UserError) as caught, as_(world, "ada", OWN) as env:
        env.delete([doc(env, "ada")])
    for word in ("canary", str(model.__lumbung__.plural), str(model.__lumbung__.label), "1"):
        assert word not in str(caught.value)
    with system(world) as env:
        assert doc(env, "ada") and env.scalar(sa.select(sa.func.count(env[model].id))) == 1


def test_a_delete_takes_along_what_the_user_may_delete(world: World) -> None:
    with as_(world, "ada", OWN) as env:
        env.create(Line, [{"name": "own", "doc": doc(env, "ada")}])
    with as_(world, "ada", OWN) as env:
        env.delete([doc(env, "ada")])
    with system(world) as env:
        assert env.scalar(sa.select(sa.func.count(env[Line].id))) == 0


# ----------------------------------------------------------------- what it costs
def _flush_selects(world: World, number: int) -> dict[str, int]:
    counts = {}
    user = person(world, "ada", OWN, TEAM, "base.user")
    with open_env(world.registry, world.database, user) as env:
        ben = doc(env, "ben").id
        rows = [{"title": f"{n}", "owner_id": user.id, "parent_id": ben} for n in range(number)]
        made = env.create(Doc, rows)
        for name, change in {"c": lambda: None, "w": lambda: env.write(made, {"title": "x", "parent_id": None}),
                             "d": lambda: [env.session.delete(record) for record in made]}.items():  # fmt: skip
            change()
            with world.statements() as seen:
                env.flush()
            counts[name] = sum(text.startswith("SELECT") for text in seen)
    return counts


def test_a_flush_asks_once_per_model_and_mode_however_many_records(world: World) -> None:
    counts = {number: _flush_selects(world, number) for number in (10, 100, 1000)}
    assert counts[10] == counts[100] == counts[1000]
    # c: keys, a query for each of two targets, the rules, the companies; w: before, after, companies;
    # d: before, one for the far end of a link, and what the rows held, for their history
    assert counts[10] == {"c": 5, "w": 3, "d": 6}


# ----------------------------------------------------------------- one statement, many users
def test_one_statement_by_different_users_gives_each_their_own(world: World) -> None:
    cls = world.registry[Doc]
    statement = sa.select(cls.title).order_by(cls.title)
    for _round in range(3):
        for name, roles, seen in [("ada", (OWN,), ["ada"]), ("dan", (OWN,), ["dan"]),
                                  ("ada", (TEAM,), ["ada", "ben", "cid"]), ("dan", (TEAM,), ["dan"]),
                                  ("ada", (BOSS,), ["ada", "ben", "cid", "dan"])]:  # fmt: skip
            with as_(world, name, *roles) as env:
                assert list(env.scalars(statement)) == seen


def test_threads_do_not_see_through_each_other(world: World) -> None:
    people = [person(world, name, OWN) for name in ("ada", "ben", "cid", "dan")]
    cls = world.registry[Doc]
    statement = sa.select(cls)

    def look(user: CurrentUser) -> bool:
        with open_env(world.registry, world.database, user, readonly=True) as env:
            return [found.title for found in env.scalars(statement)] == [user.name]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(look, people * 50))


def test_rights_read_by_threads_at_two_versions_are_not_mixed_up(world: World) -> None:
    """A reader at an old version may not leave what it read where the new version is looked for."""
    from core.access.overrides import overrides_of

    with system(world) as env:
        override(env, OWN, read_scope="all")
    database, registry = world.database, world.registry
    with database.reading.begin() as connection:
        new = overrides_of(database, registry, connection, 7)
        database.overrides = (6, {})
        assert overrides_of(database, registry, connection, 7) == new
        assert overrides_of(database, registry, connection) == new


def test_who_holds_the_write_lock_waits_for_nobody_who_wants_it(world: World) -> None:
    """Rights are looked up in the transaction: to begin one can take as long as that of somebody else."""
    user = person(world, "ada", OWN)
    begun = threading.Event()

    def wait_for_the_lock() -> None:
        with open_env(world.registry, world.database, user) as env:
            begun.set()
            assert env.may(Doc, "c")

    with ThreadPoolExecutor(1) as pool:
        with open_env(world.registry, world.database, user) as env:
            env.session.core_connection()
            waiting = pool.submit(wait_for_the_lock)
            begun.wait()
            time.sleep(0.1)
            asked = time.monotonic()
            assert env.may(Doc, "c")
            took = time.monotonic() - asked
        waiting.result()
    assert took < 1
