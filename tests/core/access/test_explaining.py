"""Why somebody may do something: what is said agrees with the door, and names the role and the rule that decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from core import Rule
from core.access.explaining import Names, Verdict, verdicts
from core.i18n import catalogs
from core.orm.env import open_env
from tests.core.access.office import ALL, BOSS, OWN, TEAM, Line, Memo, office, person, policy
from tests.core.access.test_semantics import RULES, is_
from tests.core.orm.toys import World

NAMES = Names({}, lambda rule: rule.name or "?", owner="Ada", team="north")
NOBODY = 98_765


@pytest.fixture
def world(url: str) -> Iterator[World]:
    """The office, explained in English."""
    token = catalogs.set_language("en")
    with office(url) as made:
        yield made
    catalogs.reset_language(token)


def memos(world: World, names: str = "abc") -> dict[str, int]:
    """Memos by their names."""
    with open_env(world.registry, world.database) as env:
        made = env.create(Memo, [{"name": name} for name in names])
        env.flush()
        return {str(memo.name): memo.id for memo in made}


def told(world: World, roles: Sequence[str], model: Any, key: int, who: str = "ada") -> list[Verdict] | None:
    with open_env(world.registry, world.database, person(world, who, *roles), readonly=True) as env:
        return verdicts(env, world.registry.info(model), key, NAMES)


def said(found: list[Verdict] | None) -> dict[str, tuple[bool, str]]:
    return {one.operation: (one.allowed, " ".join(map(str, one.reasons))) for one in found or ()}


@pytest.mark.parametrize(("rules", "roles", "seen"), RULES, ids=range(len(RULES)))
def test_what_is_said_of_rules_is_what_the_door_does(
    world: World, monkeypatch: pytest.MonkeyPatch, rules: list[Rule], roles: tuple[str, ...], seen: set[str]
) -> None:
    keys = memos(world)
    monkeypatch.setattr(world.registry, "policy", policy(world.registry, rules))
    allowed = {name for name, key in keys.items() if said(told(world, roles, Memo, key))["r"][0]}
    assert allowed == seen


def named(name: str, roles: tuple[str, ...], text: str, operations: str = "rwd") -> Rule:
    return Rule(Memo, operations, where=lambda model, env: model.name == name, roles=roles, name=text)


def test_rules_are_named_that_decide(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one's roles those that admit; where none does, all that refuse; of others none."""
    keys = memos(world)
    rules = [
        named("a", (OWN,), "only a"),
        named("b", (ALL,), "only b"),
        named("c", (BOSS,), "only c"),
        named("a", (), "no other is changed", "w"),
    ]
    monkeypatch.setattr(world.registry, "policy", policy(world.registry, rules))
    a, c = (said(told(world, (OWN, ALL), Memo, keys[name])) for name in "ac")
    assert "only a" in a["r"][1] and "only b" not in a["r"][1] and "no other" not in a["r"][1]
    assert a["w"][0] and "no other is changed" in a["w"][1]
    assert not c["r"][0] and "only a" in c["r"][1] and "only b" in c["r"][1] and "only c" not in c["r"][1]


def test_what_is_hidden_by_a_rule_cannot_be_changed_either(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = memos(world)
    monkeypatch.setattr(world.registry, "policy", policy(world.registry, [is_("a", "r")]))
    answers = said(told(world, (OWN,), Memo, keys["b"]))
    assert [allowed for allowed, _reason in answers.values()] == [False, False, False]
    assert answers["w"][1] == answers["d"][1] == "What cannot be read cannot be changed."
    assert all(allowed for allowed, _reason in said(told(world, (OWN,), Memo, keys["a"])).values())


def test_without_an_owner_a_record_is_of_who_made_it(world: World) -> None:
    with open_env(world.registry, world.database, person(world, "ben", BOSS, TEAM)) as env:
        doc = env.scalars(sa.select(env["office.doc"])).first()
        [line] = env.create(Line, [{"name": "x", "doc": doc}])
        env.flush()
        key = line.id
    allowed, reason = said(told(world, (OWN,), Line, key))["r"]
    assert not allowed and reason == "Only what they made themselves; this was made by Ada."
    allowed, reason = said(told(world, (OWN,), Line, key, "ben"))["r"]
    assert allowed and reason.startswith("It is their own")


def test_of_a_record_that_is_not_there_nothing_is_said(world: World) -> None:
    assert told(world, (OWN,), Memo, NOBODY) is None
