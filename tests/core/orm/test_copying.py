"""Copying a record: the lines that belong to it come along, and theirs; what is out of sight or at its end does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core import Char, Many2many, Many2one, Model, One2many, Rule
from core.access.rights import Policy
from core.orm.copying import copy_lines
from core.orm.env import Env, open_env
from core.orm.registry import Registry
from tests.core.orm.toys import ACCESS, TOYS, Tag, World, world


class Sheet(Model, name="toy.sheet", access=ACCESS):
    name = Char(required=True)
    lines: One2many[Entry] = One2many(lambda: Entry, "sheet")
    marks: One2many[Mark] = One2many(lambda: Mark, "sheet")
    closed: One2many[Closed] = One2many(lambda: Closed, "sheet")


class Entry(Model, name="toy.entry", access=ACCESS):
    name = Char(required=True)
    sheet = Many2one(Sheet, required=True, ondelete="cascade")
    of = Many2one(Tag, required=True)
    tags = Many2many(Tag)
    number = Char(20, unique=True)
    notes: One2many[Note] = One2many(lambda: Note, "entry")


class Note(Model, name="toy.note", access=ACCESS):
    name = Char(required=True)
    entry = Many2one(Entry, required=True, ondelete="cascade")


class Mark(Model, name="toy.mark", access=ACCESS):
    """Is let go of, and not deleted along: it belongs to nobody."""

    name = Char(required=True)
    sheet = Many2one(Sheet, ondelete="set_null")


class Closed(Model, name="toy.closed", access={"base.user": "r"}):
    name = Char(required=True)
    sheet = Many2one(Sheet, required=True, ondelete="cascade")


@pytest.fixture(scope="module")
def sheets() -> Iterator[Registry]:
    registry = Registry({"toy": [*TOYS["toy"], Sheet, Entry, Note, Mark, Closed]})
    registry.policy = Policy(registry, [Rule(Tag, "r", where=lambda tag, env: tag.archived.is_(False))])
    yield registry
    registry.dispose()


@pytest.fixture
def desk(url: str, sheets: Registry) -> Iterator[World]:
    with world(url, sheets) as made:
        yield made


def fill(desk: World) -> int:
    """A sheet with a line of each sort; what is closed only the system may make."""
    with open_env(desk.registry, desk.database) as env:
        tag, unseen = env.create(Tag, [{"name": "seen"}, {"name": "unseen", "archived": True}])
        [sheet] = env.create(Sheet, [{"name": "first"}])
        row = {"sheet": sheet, "of": tag}
        kept, _gone, _hidden = env.create(Entry, [
            {**row, "name": "kept", "number": "E-1", "tags": [tag, unseen]},
            {**row, "name": "gone", "archived": True},
            {**row, "name": "hidden", "of": unseen},
        ])  # fmt: skip
        env.create(Note, [{"name": "on it", "entry": kept}])
        env.create(Mark, [{"name": "let go of", "sheet": sheet}])
        env.create(Closed, [{"name": "closed", "sheet": sheet}])
        env.flush()
        return int(sheet.id)


def names(env: Env, model: type[Model], **where: Any) -> list[str]:
    cls: Any = env[model]
    return list(env.scalars(sa.select(cls.name).filter_by(**where).order_by(cls.name)))


def test_lines_come_along_with_theirs(desk: World) -> None:
    key = fill(desk)
    with desk.env() as env:
        [copy] = env.create(Sheet, [{"name": "second"}])
        env.flush()
        copy_lines(env, {kit(env, key): copy})
        env.flush()
        [line] = env.scalars(sa.select(env[Entry]).where(env[Entry].sheet_id == copy.id)).all()
        assert (line.name, line.number, names(env, Note, entry_id=line.id)) == ("kept", None, ["on it"])
        assert [tag.name for tag in line.tags] == ["seen"]
        assert names(env, Mark, sheet_id=copy.id) == names(env, Closed, sheet_id=copy.id) == []
        assert names(env, Entry, sheet_id=key) == ["gone", "hidden", "kept"], "the original keeps its own"


def kit(env: Env, key: int) -> Any:
    found = env.get(Sheet, key)
    assert found is not None
    return found


def test_nothing_is_copied_of_nothing(desk: World) -> None:
    with desk.env() as env, desk.statements() as asked:
        copy_lines(env, {})
    assert not [text for text in asked if "INSERT" in text]
