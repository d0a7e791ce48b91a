"""Translated values: one text a language, in Python and in SQL, whoever asks at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core import Char, Model
from core.orm.registry import Registry
from tests.core.orm.toys import ACCESS, TOYS, Tag, World, world

TEXTS: list[dict[str, str]] = [
    {"id": "Baru", "en": "Zed new"},
    {"id": "Zebra", "en": "Alpha"},
    {"id": "Merah"},
    {"en": "Blue"},
]
BY_LANGUAGE = {"id": ["Baru", "Blue", "Merah", "Zebra"], "en": ["Alpha", "Blue", "Merah", "Zed new"]}


@pytest.fixture
def tags(toy: World) -> World:
    with toy.env() as env:
        env.create(Tag, [{"name": texts} for texts in TEXTS])
    return toy


def _sorted(env: Any) -> list[str]:
    T = env[Tag]
    return list(
        env.scalars(sa.select(T.name).order_by(env.registry.info(Tag).fields["name"].sort(T.name))).all()
    )


# ----------------------------------------------------------------- in Python
def test_each_language_reads_its_own_text_or_the_other(tags: World) -> None:
    for language, expected in BY_LANGUAGE.items():
        with tags.env(lang=language) as env:
            assert sorted(tag.name for tag in env.scalars(sa.select(env[Tag]))) == expected


def test_writing_changes_the_language_of_the_moment_only(tags: World) -> None:
    with tags.env(lang="en") as env:
        first, _second, third, fourth = env.scalars(sa.select(env[Tag]).order_by(env[Tag].id))
        first.name = "New"
        third.name = "Red"
        fourth.name = "Blue"
        assert (first.name, third.name) == ("New", "Red")
    with tags.env(lang="id") as env:
        found = env.scalars(sa.select(env[Tag]).order_by(env[Tag].id)).all()
        assert [tag.name for tag in found] == ["Baru", "Zebra", "Merah", "Blue"]
        assert [tag.version for tag in found] == [2, 1, 2, 1], "writing what was there is no change"


@pytest.mark.parametrize("nothing", [None, ""])
def test_emptying_falls_back(tags: World, nothing: Any) -> None:
    with tags.env(lang="en") as env:
        first = env.scalars(sa.select(env[Tag]).order_by(env[Tag].id)).first()
        assert first is not None
        first.name = nothing
        env.flush()
        assert first.name == "Baru"
        assert _sorted(env) == ["Alpha", "Baru", "Blue", "Merah"], "in SQL too"


def test_a_text_of_its_own_is_written_beside_a_fallback(toy: World) -> None:
    with toy.env(lang="id") as env:
        tag = env.create(Tag, [{"name": "satu"}])[0]
        assert tag.display_label() == "satu"
    with toy.env(lang="en") as env:
        other = env.get(Tag, tag.id)
        assert other is not None and other.name == "satu"
        other.name = "one"
        assert other.display_label() == "one"
    with toy.env(lang="id") as env:
        again = env.get(Tag, tag.id)
        assert again is not None and again.name == "satu"


def test_a_mapping_sets_every_language(toy: World) -> None:
    given = {"id": "satu", "en": "one"}
    with toy.env() as env:
        tag = env.create(Tag, [{"name": given}])[0]
        env.flush()
        given["id"] = "changed outside"
        assert tag.name == "satu"


# ----------------------------------------------------------------- in SQL
@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_sql_sees_what_the_user_sees(tags: World, language: str) -> None:
    expected = BY_LANGUAGE[language]
    with tags.env(lang=language) as env:
        T, item = env[Tag], env.registry.info(Tag).fields["name"]
        assert _sorted(env) == expected
        down = sa.select(T.name).order_by(item.sort(T.name, descending=True))
        assert env.scalars(down).all() == expected[::-1]
        for operator, text, wanted in (
            ("eq", expected[0], expected[:1]),
            ("ne", expected[0], expected[1:]),
            ("in", f"{expected[3]},{expected[1]}", [expected[1], expected[3]]),
            ("contains", expected[2][1:3].upper(), expected[2:3]),
            ("isnull", "false", expected),
            ("isnull", "true", []),
        ):
            found = env.scalars(sa.select(T.name).where(item.filter(T.name, operator, text))).all()
            assert sorted(found) == wanted, (operator, text)
        records = env.scalars(sa.select(T).where(T.name.in_(expected[:2])).order_by(T.name)).all()
        assert [record.name for record in records] == expected[:2]


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_groups_are_what_the_user_sees(toy: World, language: str) -> None:
    with toy.env(lang=language) as env:
        env.create(Tag, [{"name": {"id": "Baru", "en": english}} for english in ("New", "Fresh", "New")])
        env.create(Tag, [{"name": {"en": "New"}}])
        T, item = env[Tag], env.registry.info(Tag).fields["name"]
        group = item.group(T.name)
        counted = sa.select(group, sa.func.count(T.id)).group_by(group).order_by(item.sort(T.name))
        found = [tuple(row) for row in env.execute(counted)]
        assert found == {"id": [("Baru", 3), ("New", 1)], "en": [("Fresh", 1), ("New", 3)]}[language]
        many = sa.select(group).group_by(group).having(sa.func.count(T.id) > 1).where(T.name != "x")
        assert env.scalars(many).all() == {"id": ["Baru"], "en": ["New"]}[language]


def test_one_statement_in_both_languages(tags: World) -> None:
    """The statement is compiled once for all; the language must not be compiled into it."""
    statements = [
        sa.select(tags.registry[Tag].name).order_by(tags.registry[Tag].name) for _language in range(2)
    ]
    for language in ("id", "en", "id", "en"):
        with tags.env(lang=language) as env:
            for statement in statements:
                assert env.scalars(statement).all() == BY_LANGUAGE[language]
    with tags.env(lang="id", readonly=True) as outer, tags.env(lang="en", readonly=True) as inner:
        assert _sorted(inner) == BY_LANGUAGE["en"]
        assert _sorted(outer) == BY_LANGUAGE["en"], "the language is that of the moment"


def test_threads_do_not_mix(tags: World) -> None:
    """Both languages at once, over the same few compiled statements."""
    wrong: list[Any] = []
    begin = threading.Barrier(4, timeout=10)

    def ask(language: str) -> None:
        begin.wait()
        for _again in range(15):
            with tags.env(lang=language, readonly=True) as env:
                T = env[Tag]
                first = BY_LANGUAGE[language][0]
                answers = (
                    _sorted(env),
                    sorted(tag.name for tag in env.scalars(sa.select(T))),
                    sorted(env.scalars(sa.select(T.name).group_by(T.name))),
                )
                if (
                    answers != (BY_LANGUAGE[language],) * 3
                    or env.scalar(sa.select(T.name).where(T.name == first)) != first
                ):
                    wrong.append((language, answers))

    threads = [threading.Thread(target=ask, args=(language,)) for language in ("id", "en", "id", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# ----------------------------------------------------------------- links and declarations
class Shelf(Model, name="toy.shelf", access=ACCESS):
    label = Char(translate=True)
    code = Char()


@pytest.fixture(scope="module")
def shelves() -> Iterator[Registry]:
    registry = Registry({"toy": [*TOYS["toy"], Shelf]})
    yield registry
    registry.dispose()


def test_one_that_may_be_empty(url: str, shelves: Registry) -> None:
    with world(url, shelves) as made, made.env() as env:
        S, item = env[Shelf], shelves.info(Shelf).fields["label"]
        env.create(Shelf, [{"code": "none"}, {"code": "null", "label": None}, {"code": "some", "label": "b"}])
        env.create(Shelf, [{"code": "other", "label": "a"}])
        for text, codes in (("true", ["none", "null"]), ("false", ["other", "some"])):
            found = env.scalars(sa.select(S.code).where(item.filter(S.label, "isnull", text)))
            assert sorted(found) == codes  # type: ignore[type-var]
        for descending, codes in ((False, ["other", "some"]), (True, ["some", "other"])):
            found = env.scalars(sa.select(S.code).order_by(item.sort(S.label, descending), S.id))
            assert found.all() == [*codes, "none", "null"], "empty ones come last either way"
        assert env.scalar(sa.select(sa.func.count(S.id)).where(item.filter(S.label, "ne", "a"))) == 3
