"""Keys of new records: those that are given are passed by, and what is drawn comes once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from core.orm import keys
from core.web.requests import repeated
from tests.core.orm.toys import Partner, World

FAR = 5_000_000


def make(toy: World, *keys: int | None) -> list[int]:
    """New partners, of which some are given a key; the keys that they have."""
    with toy.env() as env:
        rows = [{"name": "x"} | ({} if key is None else {"id": key}) for key in keys]
        made = env.create(Partner, rows)
        env.flush()
        return [record.id for record in made]


@pytest.mark.parametrize("given", [(1,), (2, 1), (7,), (FAR,), (3, FAR)])
def test_a_key_that_was_given_does_not_come_again(toy: World, given: tuple[int, ...]) -> None:
    assert make(toy, *given) == [*given]
    (one,) = make(toy, None)
    several = make(toy, None, None, None)
    assert one > max(given)
    assert len({*given, one, *several}) == len(given) + 4


def test_given_and_drawn_keys_come_in_one_batch(toy: World) -> None:
    make(toy, None, None)
    keys = make(toy, 4, None, None, 3, None)
    assert len(set(keys)) == 5 and keys[0] == 4 and keys[3] == 3
    assert make(toy, None)[0] > max(keys)


def test_a_key_below_is_none_of_the_others_business(toy: World) -> None:
    first = make(toy, FAR, None, None)
    assert make(toy, 9, 8) == [9, 8]
    assert make(toy, None) == [max(first) + 1]


@pytest.fixture
def asked(toy: World) -> Iterator[list[str]]:
    """The statements of the database that say something of keys."""
    seen: list[str] = []

    def see(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "nextval" in statement or "setval" in statement or "last_value" in statement:
            seen.append(statement)

    event.listen(toy.database.writing, "before_cursor_execute", see)
    yield seen
    event.remove(toy.database.writing, "before_cursor_execute", see)


def test_an_ordinary_insert_asks_for_its_keys_only(toy: World, asked: list[str]) -> None:
    make(toy, None)
    make(toy, None, None)
    assert len(asked) == (0 if toy.database.is_sqlite else 1)


def test_who_drew_a_key_that_another_brings_just_then_draws_again(
    toy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if toy.database.is_sqlite:
        pytest.skip("one writes at a time")
    real = keys._next

    def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(keys, "_next", real)
        drawn = real(*args)
        make(toy, max(drawn))
        return drawn

    monkeypatch.setattr(keys, "_next", meanwhile)
    first = make(toy, None)[0]
    assert repeated(make)(toy, None, None) == [first + 3, first + 4]


@pytest.mark.parametrize("step", [1000, FAR])
def test_several_bring_keys_while_others_draw(toy: World, step: int) -> None:
    drawn_before: list[int] = []

    def bring(number: int) -> list[int]:
        try:
            return make(toy, number * step)
        except sa.exc.IntegrityError:  # another drew just this key meanwhile, and keeps it
            drawn_before.append(number * step)
            return []

    def draw(number: int) -> list[int]:
        return repeated(make)(toy, *[None] * (1 + number % 3))

    make(toy, 1000)
    with ThreadPoolExecutor(4) as pool:
        works = [pool.submit((bring, draw)[number % 2], 200 + number) for number in range(40)]
        found = [key for work in works for key in work.result()]
    assert len(found) == len(set(found)) and set(drawn_before) <= set(found)
    assert make(toy, None)[0] > max(found)
    with toy.env() as env:
        assert env.scalar(sa.select(sa.func.count(env[Partner].id))) == len(found) + 2
