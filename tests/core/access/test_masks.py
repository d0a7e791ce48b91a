"""Masked fields at the door: hidden in every statement and record, and told by their end in one place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa

from core import (
    Boolean,
    Char,
    Date,
    DateTime,
    Email,
    Env,
    Integer,
    Json,
    Many2one,
    Model,
    Money,
    Phone,
    Rule,
    Select,
    Text,
    Url,
)
from core.access.door import AccessDenied
from core.access.masks import mask_of, masks_of
from core.access.rights import Policy
from core.i18n import catalogs
from core.orm.database import Database
from core.orm.env import CurrentUser, open_env
from core.orm.registry import Registry
from tests.copies import filled
from tests.core.orm.toys import World

BOSS, CLERK, READER, SETTER, OTHER = "mask.boss", "mask.clerk", "mask.reader", "mask.setter", "mask.other"
NARROW = {BOSS: "rw", CLERK: "m", READER: "r", SETTER: "w"}
ALL = dict.fromkeys((BOSS, CLERK, READER, SETTER, OTHER), "rwcd")


class Person(Model, name="mask.person", label="Person", access=ALL):
    name = Char(label="Name")
    nik = Char(access=NARROW)
    email = Email(access=NARROW)
    phone = Phone(access=NARROW)
    site = Url(access=NARROW)
    note = Text(access=NARROW)
    motto = Char(translate=True, access=NARROW)
    wage = Money(access=NARROW)
    age = Integer(access=NARROW)
    born = Date(access=NARROW)
    seen = DateTime(access=NARROW)
    kind = Select({"a": "Able"}, access=NARROW)
    paid = Boolean(access=NARROW)
    data = Json(access=NARROW)
    friend: Many2one[Person | None] = Many2one(lambda: Person, access={BOSS: "rw", READER: "r"})


MASKED = [item for item in vars(Person) if getattr(vars(Person)[item], "access", None) is NARROW]
VALUES: dict[str, tuple[Any, str]] = {
    "nik": ("3374051207880003", "••••0003"),
    "email": ("rahayu@padi.example", "••••@padi.example"),
    "phone": ("+6281220457781", "••••7781"),
    "site": ("https://padi.example/secret", "••••cret"),
    "note": ("satu\ndua tiga", "••••tiga"),
    "motto": ({"id": "tekun sekali", "en": "diligent"}, "••••kali"),
    "wage": (Decimal(0), "••••"),
    "age": (0, "••••"),
    "born": (dt.date(1988, 7, 12), "••••"),
    "seen": (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "••••"),
    "kind": ("a", "••••"),
    "paid": (False, "••••"),
    "data": ({"a": 1}, "••••"),
}


@cache
def registry() -> Registry:
    """Composed once: no test changes it."""
    made = Registry({"mask": [Person]})
    made.policy = Policy(made, [Rule(Person, "rwd", where=lambda model, env: model.name != "gone")])
    return made


@contextmanager
def people(url: str) -> Iterator[World]:
    with filled(url, registry(), _fill) as database:
        yield World(registry(), database)


def _fill(database: Database) -> None:
    with database.writing.begin() as connection:
        registry().metadata.create_all(connection)
    with open_env(registry(), database) as env:
        whole = {name: value for name, (value, _mask) in VALUES.items()}
        env.create(Person, [{"name": "whole", **whole}])
        env.create(Person, [{"name": "empty"}, {"name": "gone", **whole}])
        env.create(Person, [{"name": "short", "nik": "1234", "note": "ab", "motto": "abcd"}])
        env.create(Person, [{"name": "five", "nik": "12345", "note": "", "motto": {"en": "english only"}}])


@pytest.fixture
def world(url: str) -> Iterator[World]:
    with people(url) as made:
        yield made


def ones(world: World, *roles: str) -> Any:
    """An env of somebody with these roles."""
    return open_env(world.registry, world.database, CurrentUser(id=7, roles=frozenset(roles)), readonly=True)


def key(env: Env, name: str) -> int:
    with env.sudo("to find it") as su:
        return int(su.scalar(sa.select(su[Person].id).where(su[Person].name == name)))


def both(env: Env, name: str, *fields: str) -> dict[str, str]:
    """The masks of a record, which are the same from the record and from its row."""
    info, number = env.registry.info(Person), key(env, name)
    of_rows = {field: texts[0] for field, texts in masks_of(env, info, fields, [number]).items()}
    record: Any = env.get(Person, number)
    assert record is not None
    assert {field: mask_of(record, field) for field in fields} == of_rows
    return of_rows


# ----------------------------------------------------------------- what is shown
def test_every_kind_has_its_mask(world: World) -> None:
    assert VALUES.keys() == set(MASKED)
    with ones(world, CLERK) as env:
        assert env.masked(Person) == VALUES.keys()
        assert both(env, "whole", *VALUES) == {name: mask for name, (_value, mask) in VALUES.items()}


def test_what_is_empty_or_short_shows_no_end(world: World) -> None:
    with ones(world, CLERK) as env:
        empty = both(env, "empty", *VALUES)
        assert {name for name, mask in empty.items() if mask} == {"paid"}, "which is never empty"
        assert both(env, "short", "nik", "note", "motto") == {"nik": "••••", "note": "••••", "motto": "••••"}
        assert both(env, "five", "nik", "note", "motto") == {
            "nik": "••••2345",
            "note": "",
            "motto": "••••only",
        }


def test_a_mask_is_of_the_language_of_the_reader(world: World) -> None:
    with ones(world, CLERK) as env:
        token = catalogs.set_language("en")
        try:
            assert both(env, "whole", "motto") == {"motto": "••••gent"}
        finally:
            catalogs.reset_language(token)


def test_masks_keep_the_order_of_the_rows_and_leave_out_what_is_not_seen(world: World) -> None:
    with ones(world, CLERK) as env:
        info, keys = env.registry.info(Person), [key(env, name) for name in ("five", "gone", "whole")]
        found = masks_of(env, info, ("nik", "name", "friend"), [*keys, 98765])
        assert found == {"nik": ["••••2345", "", "••••0003", ""]}
        assert env.get(Person, keys[1]) is None


def test_a_broken_address_shows_nothing(world: World) -> None:
    with open_env(world.registry, world.database) as env:
        table = env.registry.info(Person).table
        env.session.core_connection().execute(sa.update(table).values(email="no address at all"))
    with ones(world, CLERK) as env:
        assert both(env, "whole", "email") == {"email": "••••"}


# ----------------------------------------------------------------- who sees it
def test_the_widest_of_several_roles_holds(world: World) -> None:
    seen = {}
    for roles in (
        (CLERK,),
        (CLERK, OTHER),
        (CLERK, READER),
        (CLERK, BOSS),
        (CLERK, SETTER),
        (OTHER,),
        (SETTER,),
    ):
        with ones(world, *roles) as env:
            seen[roles] = (
                env.may_see(Person, "nik"),
                "nik" in env.masked(Person),
                env.may_set(Person, "nik"),
            )
    assert seen == {
        (CLERK,): (False, True, False),
        (CLERK, OTHER): (False, True, False),
        (CLERK, READER): (True, False, False),
        (CLERK, BOSS): (True, False, True),
        (CLERK, SETTER): (False, True, True),
        (OTHER,): (False, False, False),
        (SETTER,): (False, False, True),
    }


def test_what_is_hidden_has_no_mask(world: World) -> None:
    for role in (OTHER, SETTER):
        with ones(world, role) as env:
            number = key(env, "whole")
            record: Any = env.get(Person, number)
            assert env.masked(Person) == frozenset()
            assert masks_of(env, env.registry.info(Person), list(VALUES), [number]) == {}
            for name in (*VALUES, "friend"):
                with pytest.raises(AccessDenied):
                    mask_of(record, name)
    with ones(world, CLERK) as env, pytest.raises(AccessDenied):
        mask_of(env.get(Person, key(env, "whole")), "friend")


# ----------------------------------------------------------------- the door
Probe = Callable[[Any, Any], Any]
PROBES: dict[str, Probe] = {
    "select": lambda env, column: env.execute(sa.select(column)).all(),
    "where": lambda env, column: env.execute(sa.select(env[Person].id).where(column.is_not(None))).all(),
    "order": lambda env, column: env.execute(sa.select(env[Person].id).order_by(column)).all(),
    "group": lambda env, column: env.execute(sa.select(sa.func.count(env[Person].id)).group_by(column)).all(),
    "function": lambda env, column: env.scalar(sa.select(sa.func.count(column))),
    "end": lambda env, column: env.scalar(sa.select(sa.func.substr(sa.cast(column, sa.Text), 1, 2))),
    "update": lambda env, column: env.execute(sa.update(env[Person]).where(column.is_not(None)).values(name="x")),
}  # fmt: skip


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_no_statement_reads_what_is_masked(world: World, probe: Probe) -> None:
    with open_env(world.registry, world.database, CurrentUser(id=7, roles=frozenset({CLERK}))) as env:
        for name in VALUES:
            with pytest.raises(AccessDenied):
                probe(env, getattr(env[Person], name))
        env.session.rollback()


def test_no_record_gives_what_is_masked_nor_takes_it(world: World) -> None:
    with open_env(world.registry, world.database, CurrentUser(id=7, roles=frozenset({CLERK}))) as env:
        record: Any = env.get(Person, key(env, "whole"))
        for name in VALUES:
            with pytest.raises(AccessDenied):
                getattr(record, name)
        record.nik = "••••0003"
        with pytest.raises(AccessDenied):
            env.flush()
        env.session.rollback()
    with open_env(world.registry, world.database, CurrentUser(id=7, roles=frozenset({CLERK}))) as env:
        record = env.get(Person, key(env, "whole"))
        record.name = "other name"
        env.flush()
        with pytest.raises(AccessDenied):
            env.create(Person, [{"name": "new", "nik": "1"}])
            env.flush()
        env.session.rollback()


def test_sudo_reads_the_true_value(world: World) -> None:
    with ones(world, CLERK) as env, env.sudo("the test") as su:
        assert su.masked(Person) == frozenset()
        assert su.get(Person, key(env, "whole")).nik == VALUES["nik"][0]
