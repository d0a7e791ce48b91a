"""What the database refuses is said in words, beside its field, whoever flushes and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core import Char, Env, Many2one, Model, UserError
from core.errors import FieldError
from core.i18n.catalogs import speaking
from core.orm.env import SYSTEM, open_env
from core.orm.names import LIMIT
from core.orm.registry import Registry
from tests.core.orm.toys import ACCESS, TOYS, Lead, Partner, Tag, World, world


class Long(Model, name="toy.a_model_whose_name_takes_up_most_of_what_there_is", access=ACCESS):
    a_field_whose_name_is_far_too_long_for_an_index_with_both = Char(unique=True, label="Long")
    a_link_whose_name_is_far_too_long_for_a_key_with_both_in_it = Many2one(Partner, label="Link")


@pytest.fixture(scope="module")
def longs() -> Iterator[Registry]:
    registry = Registry({"toy": [*TOYS["toy"], Long]})
    yield registry
    registry.dispose()


@pytest.fixture
def shop(url: str, longs: Registry) -> Iterator[World]:
    with world(url, longs) as made:
        with made.env() as env:
            env.create(Partner, [{"name": "first", "code": "A1"}])
        yield made


FLUSHES: dict[str, Callable[[Env], Any]] = {
    "flush": lambda env: env.flush(),
    "a query": lambda env: env.scalars(sa.select(env[Lead])).all(),
    "sudo": lambda env: env.sudo("the test").__enter__(),
    "the end": lambda env: None,
}


@pytest.mark.parametrize("name", FLUSHES)
def test_a_value_that_is_taken(shop: World, name: str) -> None:
    with pytest.raises(FieldError) as refusal, shop.env() as env:
        env.create(Partner, [{"name": "second", "code": "A1"}])
        FLUSHES[name](env)
    assert refusal.value.field == "code"
    with shop.env() as env:
        assert env.scalar(sa.select(sa.func.count(env[Partner].id))) == 1


def _refused(shop: World, change: Callable[[Env], Any]) -> tuple[str, str | None]:
    """What the user is told, in English, and the field beside which it stands."""
    with pytest.raises(UserError) as refusal, shop.env() as env:
        change(env)
    with speaking("en"):
        return str(refusal.value), refusal.value.field


def test_words(shop: World) -> None:
    def taken(env: Env) -> None:
        env.scalars(sa.select(env[Partner])).one().code = "B2"
        env.create(Partner, [{"name": "other", "code": "B2"}])

    assert _refused(shop, taken) == ("Code is taken already; it must be unique.", "code")
    assert _refused(shop, lambda env: env.create(Partner, [{"name": None}])) == ("Name is required.", "name")
    assert _refused(shop, lambda env: env.create(Lead, [{}])) == ("Title is required.", "title")
    assert _refused(shop, lambda env: env.create(Tag, [{"name": None}])) == ("Name is required.", "name")
    assert _refused(shop, lambda env: env.create(Tag, [{"name": ""}])) == ("Name is required.", "name")


def test_a_value_that_turns_out_empty_in_the_database(shop: World) -> None:
    """What it works out itself nobody could look at before."""
    with shop.env() as env:
        env.create(Lead, [{"title": "a"}])

    def change(env: Env) -> None:
        env.write(env.read(Lead, [1]), {"title": sa.func.nullif("a", "a")})

    assert _refused(shop, change) == ("Title is required.", "title")


def test_what_only_the_database_knows_stays_an_error(shop: World) -> None:
    """A check of somebody who looks after it: no field of ours is at fault."""
    if shop.database.is_sqlite:
        check = ("CREATE TRIGGER few BEFORE INSERT ON toy_lead WHEN NEW.places > 9"
                 " BEGIN SELECT RAISE(ABORT, 'too many'); END")  # fmt: skip
    else:
        check = "ALTER TABLE toy_lead ADD CONSTRAINT few CHECK (places <= 9)"
    with shop.database.writing.begin() as connection:
        connection.exec_driver_sql(check)
    with pytest.raises(sa.exc.IntegrityError), shop.env() as env:
        env.create(Lead, [{"title": "a", "places": 10}])
    with shop.env() as env:
        env.create(Lead, [{"title": "a", "places": 9}])


def test_a_link_to_nothing(shop: World) -> None:
    def change(env: Env) -> None:
        env.create(Lead, [{"title": "a", "partner_id": 999}])

    assert _refused(shop, change) == ("Partner: no such record.", "partner")
    with pytest.raises(UserError) as refusal, open_env(shop.registry, shop.database, SYSTEM) as env:
        change(env)
    if shop.database.is_sqlite:
        assert refusal.value.field is None, "SQLite does not say which"
    else:
        assert refusal.value.field == "partner"


def test_what_is_still_needed(shop: World) -> None:
    """Past the ORM's own look at it: one that came meanwhile, or that the user may not see."""

    def change(env: Env) -> None:
        partner = env.scalars(sa.select(env[Partner])).one()
        env.create(Partner, [{"name": "child", "parent": partner}])
        env.flush()
        env.session.delete(partner)

    said, field = _refused(shop, change)
    assert "another still needs this one" in said
    assert field is None


def test_long_names(shop: World) -> None:
    unique, link = "a_field_whose_name_is_far_too_long_for_an_index_with_both", (
        "a_link_whose_name_is_far_too_long_for_a_key_with_both_in_it")  # fmt: skip
    assert max(len(str(index.name)) for index in shop.registry.info(Long).table.indexes) == LIMIT
    assert _refused(shop, lambda env: env.create(Long, [{unique: "x"}, {unique: "x"}])) == (
        "Long is taken already; it must be unique.",
        unique,
    )
    with pytest.raises(UserError) as refusal, open_env(shop.registry, shop.database, SYSTEM) as env:
        env.create(Long, [{f"{link}_id": 999}])
    assert refusal.value.field == (None if shop.database.is_sqlite else link)


def test_several_may_be_empty_where_values_are_unique(shop: World) -> None:
    with shop.env() as env:
        env.create(Partner, [{"name": "second"}, {"name": "third"}, {"name": "fourth", "code": "a1"}])
        env.flush()


def test_what_no_user_can_mend_stays_an_error(shop: World) -> None:
    with pytest.raises(sa.exc.IntegrityError), shop.env() as env:
        env.create(Tag, [{"id": 1, "name": "a"}])
        env.flush()
        env.session.expunge_all()
        env.create(Tag, [{"id": 1, "name": "b"}])
