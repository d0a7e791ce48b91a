"""Finding in all models at once: the same records as each list finds, under the same rules, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core import CurrentUser
from core.errors import FieldError
from core.orm.env import open_env
from core.texts import everywhere
from core.texts.everywhere import Everywhere
from tests.core.orm.toys import World
from tests.core.texts.library import Author, Book, Vault, add, found, reader
from tests.core.texts.test_matching import SEARCHES, TITLES


def found_everywhere(
    world: World, text: str, user: CurrentUser | None = None, model: Any = Book
) -> list[str]:
    with open_env(world.registry, world.database, *([user] if user else []), readonly=True) as env:
        info = env.registry.info(model)
        condition = Everywhere(env, text).condition(info)
        if condition is None:
            return []
        cls: Any = info.cls
        shown = cls.title if model is Book else cls.name
        return list(env.scalars(sa.select(shown).where(condition).order_by(cls.id)))


@pytest.fixture
def filled(shelves: World) -> World:
    """Books by those who may be seen and those who may not."""
    with shelves.env() as env:
        toer, ghost = env.create(
            env[Author], [{"name": "Pramoedya Toer"}, {"name": "Ghost", "hidden": "yes"}]
        )
        vault = env.create(env[Vault], [{"name": "Brankas"}])[0]
        add(env, *TITLES, owner="ayu")
        add(env, "bumi manusia", author=toer, owner="ayu", phone="+6281220457781")
        add(env, "bayang", author=ghost, vault=vault, owner="ayu")
        add(env, "angsa", author=toer, owner="bima")
    return shelves


WORDS = (
    "toer",
    "toer bumi",
    "bu toer",
    "ghost",
    "bayang ghost",
    "brankas",
    "0812-2045-7781",
    "angsa",
    "bumi angsa",
)


@pytest.mark.parametrize("most", [everywhere.MOST, 1])
def test_it_finds_what_the_lists_find(filled: World, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Also where the words are so common that each record is looked at."""
    monkeypatch.setattr(everywhere, "MOST", most)
    texts = [*WORDS, *(text for text, _expected in SEARCHES if text.strip(' "'))]
    compared = 0
    for text in texts:
        for user in (None, reader("ayu"), reader("bima")):
            try:
                got = found_everywhere(filled, text, user)
            except FieldError:
                continue
            assert got == found(filled, text, user), (text, user)
            compared += bool(got)
    assert compared > 20


def test_a_common_word_narrows_what_a_rare_one_finds(filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everywhere, "MOST", 1)
    with filled.env() as env:
        add(env, "bumi kedua", "bumi ketiga")
    assert found_everywhere(filled, "bumi manusia") == ["bumi manusia"]
    assert found_everywhere(filled, "bumi toer") == ["bumi manusia"]
    assert found_everywhere(filled, "kedua", reader("ayu")) == []


def test_models_do_not_find_each_other_s_texts(filled: World) -> None:
    assert found_everywhere(filled, "toer", model=Author) == ["Pramoedya Toer"]
    assert found_everywhere(filled, "bumi", model=Author) == []
    assert found_everywhere(filled, "ghost", reader(), model=Author) == []


@pytest.mark.parametrize("text", ["x", "ab c", "bumi"])
def test_what_says_too_little_is_refused(filled: World, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(everywhere, "MOST", 0)
    with pytest.raises(FieldError) as refused:
        found_everywhere(filled, text)
    assert refused.value.field == "q"


def test_nothing_is_found_for_nothing(filled: World) -> None:
    assert found_everywhere(filled, " ") == []
