"""Texts are made anew where the searched fields are others than before, and only there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from core import Char, Model
from core.orm.env import open_env
from core.orm.registry import Registry
from core.texts import index
from core.texts.index import bring_up_to_date
from tests.core.orm.toys import World
from tests.core.texts.library import bodies, library

ACCESS = {"base.user": "rwcd"}


class Plain(Model, name="paper.sheet", access=ACCESS):
    title = Char(label="Title", search=True)
    note = Char(label="Note")
    price = Char(label="Price")


class More(Model, name="paper.sheet", access=ACCESS):
    title = Char(label="Title", search=True)
    note = Char(label="Note", search=True)
    price = Char(label="Price")


class Closed(Model, name="paper.sheet", access=ACCESS):
    title = Char(label="Title", search=True)
    note = Char(label="Note")
    price = Char(label="Price", search=True, access={"base.admin": "rw"})


class Mute(Model, name="paper.sheet", access=ACCESS):
    title = Char(label="Title")
    note = Char(label="Note")
    price = Char(label="Price")


class Other(Model, name="paper.other", access=ACCESS):
    name = Char(label="Name", search=True)


@contextmanager
def composed(model: type[Model]) -> Iterator[Registry]:
    registry = Registry({"paper": [model, Other]})
    try:
        yield registry
    finally:
        registry.dispose()


@contextmanager
def papers(url: str) -> Iterator[World]:
    """Three sheets and another record, with `title` searched."""
    with composed(Plain) as registry, library(url, registry) as made:
        with made.env() as env:
            rows = [{"title": f"t{n}", "note": f"n{n}", "price": f"p{n}"} for n in range(3)]
            env.create(env[Plain], rows)
            env.create(env[Other], [{"name": "other"}])
        yield made


def update(world: World, model: type[Model]) -> dict[int, str]:
    """What is kept for sheets once they are of another form."""
    with composed(model) as registry:
        with open_env(registry, world.database) as env:
            bring_up_to_date(env)
        return bodies(World(registry, world.database), "paper.sheet")


@pytest.mark.parametrize("batch", [5_000, 2])
def test_a_field_that_joins_or_leaves_is_in_or_out(
    url: str, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(index, "BATCH", batch)
    with papers(url) as made:
        assert sorted(bodies(made, "paper.sheet").values()) == ["t0", "t1", "t2"]
        assert sorted(update(made, More).values()) == ["t0\x1fn0", "t1\x1fn1", "t2\x1fn2"]
        assert sorted(update(made, Closed).values()) == ["t0", "t1", "t2"]
        assert update(made, Mute) == {}
        assert sorted(update(made, Plain).values()) == ["t0", "t1", "t2"]
        assert list(bodies(made, "paper.other").values()) == ["other"]


def test_what_is_as_before_is_left_alone(url: str) -> None:
    with papers(url) as made:
        with made.env() as env, made.statements() as seen:
            bring_up_to_date(env)
            assert [text for text in seen if text.startswith(("INSERT", "DELETE"))] == []
        with composed(More) as registry, made.statements() as seen:
            with open_env(registry, made.database) as env:
                bring_up_to_date(env)
            assert [text for text in seen if "paper_other" in text] == []


def test_it_is_one_transaction(url: str) -> None:
    with papers(url) as made, composed(More) as registry:
        with pytest.raises(ZeroDivisionError), open_env(registry, made.database) as env:
            bring_up_to_date(env)
            raise ZeroDivisionError
        assert sorted(bodies(made, "paper.sheet").values()) == ["t0", "t1", "t2"]
        assert sorted(update(made, More).values()) == ["t0\x1fn0", "t1\x1fn1", "t2\x1fn2"]


def test_two_models_with_one_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with composed(Plain) as registry:
        monkeypatch.setattr(index, "model_number", lambda model: 1)
        with pytest.raises(ValueError, match="same search number"):
            index.check_numbers(registry)


def test_a_database_that_has_its_table_is_prepared_again(url: str) -> None:
    with papers(url) as made:
        before: Any = bodies(made, "paper.sheet")
        with made.database.writing.begin() as connection:
            index.prepare(connection)
            assert connection.scalar(sa.select(1)) == 1
        assert bodies(made, "paper.sheet") == before
