"""Toy models that the tests of the ORM share, and a database that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from core import (
    Boolean,
    Char,
    CurrentUser,
    Date,
    DateTime,
    Decimal,
    Env,
    Integer,
    Json,
    Many2many,
    Many2one,
    Model,
    Money,
    One2many,
    Ref,
    Select,
    Text,
)
from core.orm.database import Database
from core.orm.env import open_env
from core.orm.registry import Registry
from tests.copies import filled

ACCESS = {"base.user": "rwcd"}
STATES = {"new": "New", "working": "Working", "done": "Done"}
Published = Mapping[str, Sequence[type[Model]]]


class Tag(Model, name="toy.tag", access=ACCESS):
    name = Char(required=True, translate=True, label="Name")


class Partner(Model, name="toy.partner", label="Partner", plural="Partners", access=ACCESS):
    name = Char(40, required=True, label="Name")
    code = Char(20, unique=True, label="Code")
    parent: Many2one[Partner | None] = Many2one(lambda: Partner)
    parent_id: Ref
    children: One2many[Partner] = One2many(lambda: Partner, "parent")
    leads: One2many[Lead] = One2many(lambda: Lead, "partner")


class Lead(Model, name="toy.lead", label="Lead", plural="Leads", access=ACCESS):
    title = Char(required=True, label="Title")
    note = Text(label="Note")
    kind = Char(20, default="plain")
    state = Select(STATES, required=True, default="new", label="State")
    urgent = Boolean()
    places = Integer(label="Places")
    revenue = Money(label="Revenue")
    weight = Decimal(scale=3)
    due = Date()
    meeting = DateTime()
    data = Json()
    partner = Many2one(Partner, label="Partner", ondelete="set_null")
    partner_id: Ref
    tags = Many2many(Tag)


TOYS: Published = {"toy": [Tag, Partner, Lead]}


@dataclass(frozen=True)
class World:
    """A registry and a database with its tables."""

    registry: Registry
    database: Database

    def env(self, *, readonly: bool = False, **user: Any) -> AbstractContextManager[Env]:
        """An env of its own transaction, as a user with these properties who may do everything."""
        acting = CurrentUser(**{"id": 7, "roles": frozenset(ACCESS), **user})
        return open_env(self.registry, self.database, acting, readonly=readonly)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The statements that the database is sent meanwhile, each executed batch once."""
        seen: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
            if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
                seen.append(statement)

        engines = (self.database.writing, self.database.reading)
        for engine in engines:
            sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                sa.event.remove(engine, "before_cursor_execute", note)


@contextmanager
def world(url: str, registry: Registry) -> Iterator[World]:
    """The tables of `registry` in the empty database at `url`."""
    with filled(url, registry, lambda database: registry.metadata.create_all(database.writing)) as database:
        yield World(registry, database)


@cache
def toys() -> Registry:
    """The registry of the toys: composed once, as no test changes it."""
    return Registry(TOYS)
