"""A small library whose books are searched by their own texts and by those of their authors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa

from core import Char, CurrentUser, Env, Many2one, Model, Ref, Rule, Text
from core.access.rights import Policy
from core.orm.contacts import Phone
from core.orm.database import Database
from core.orm.env import open_env
from core.orm.registry import Registry
from core.texts.index import bring_up_to_date, matching
from core.texts.store import MODEL_BITS, model_number, postgresql_table, sqlite_table
from tests.core.orm.toys import World

READER, KEEPER = "library.reader", "base.user"
ACCESS = {KEEPER: "rwcd", READER: "rwcd"}


class Author(Model, name="library.author", label="Author", access=ACCESS):
    name = Char(label="Name", search=True)
    hidden = Char(label="Hidden")


class Vault(Model, name="library.vault", label="Vault", access={KEEPER: "rwcd"}):
    name = Char(label="Name", search=True)


class Book(Model, name="library.book", label="Book", access=ACCESS):
    title = Char(label="Title", search=True)
    blurb = Char(translate=True, label="Blurb", search=True)
    note = Text(label="Note", search=True)
    phone = Phone(30, label="Phone", search=True)
    shelf = Char(label="Shelf")
    price = Char(label="Price", search=True, access={KEEPER: "rw"})
    owner = Char(label="Owner")
    author: Many2one[Author | None] = Many2one(Author, label="Author", search=True, ondelete="set_null")
    author_id: Ref
    vault: Many2one[Vault | None] = Many2one(Vault, label="Vault", search=True)
    patron: Many2one[Author | None] = Many2one(
        Author, label="Patron", search=True, access={KEEPER: "rw"}, ondelete="set_null"
    )


@cache
def library_registry() -> Registry:
    """Composed once: no test changes it."""
    registry = Registry({"library": [Author, Vault, Book]})
    registry.policy = Policy(
        registry,
        [
            Rule(Book, "r", roles=(READER,), where=lambda model, env: model.owner == env.user.name),
            Rule(Author, "r", roles=(READER,), where=lambda model, env: model.hidden.is_(None)),
        ],
    )
    return registry


@contextmanager
def library(url: str, registry: Registry | None = None) -> Iterator[World]:
    """The tables of the library in an empty database."""
    registry = registry or library_registry()
    with closing(Database(url)) as database:
        with database.writing.begin() as connection:
            registry.metadata.create_all(connection)
        with open_env(registry, database) as env:
            bring_up_to_date(env)
        yield World(registry, database)


def reader(name: str = "ayu") -> CurrentUser:
    """Who sees their own books, and no author who is hidden."""
    return CurrentUser(id=7, name=name, roles=frozenset({READER}))


def found(world: World, text: str, user: CurrentUser | None = None, model: Any = Book) -> list[str]:
    """The titles of what a search finds, in order of keys; as the system unless as a user."""
    with open_env(world.registry, world.database, *([user] if user else []), readonly=True) as env:
        cls: Any = env[model]
        shown = cls.title if model is Book else cls.name
        return list(env.scalars(sa.select(shown).where(matching(env, cls, text)).order_by(cls.id)))


def add(env: Env, *titles: str, **values: Any) -> list[Any]:
    """Books with these titles."""
    return list(env.create(env[Book], [{"title": title, **values} for title in titles]))


def bodies(world: World, model: str = "library.book") -> dict[int, str]:
    """What is kept for a model, by key of its records."""
    number = model_number(model)
    with world.database.reading.begin() as connection:
        if world.database.is_sqlite:
            bits = 62 - MODEL_BITS
            rows = connection.execute(sa.select(sqlite_table.c.rowid, sqlite_table.c.body)).all()
            return {row.rowid & (1 << bits) - 1: row.body for row in rows if row.rowid >> bits == number}
        table = postgresql_table.c
        rows = connection.execute(sa.select(table.record_id, table.body).where(table.model == number)).all()
        return {row.record_id: row.body for row in rows}
