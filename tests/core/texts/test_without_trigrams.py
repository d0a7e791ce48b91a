"""PostgreSQL where the extension for trigrams is refused or not there: slower, and the same is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from core.orm.database import Database
from core.texts import store
from tests.core.orm.toys import World
from tests.core.texts.library import add, found, library
from tests.core.texts.test_matching import TITLES, wrongly_found

PASSWORD = "only for this test"
_numbers = count(1)


def execute(url: str, *statements: str) -> None:
    """As whoever owns the server."""
    with closing(Database(url)) as database, database.writing.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@contextmanager
def as_somebody(url: str) -> Iterator[str]:
    """The address for a role that may make tables, and no extension."""
    role = f"{make_url(url).database}_plain_{next(_numbers)}"
    execute(
        url,
        f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'",
        f"GRANT USAGE, CREATE ON SCHEMA public TO {role}",
    )
    yield make_url(url).set(username=role, password=PASSWORD).render_as_string(hide_password=False)
    execute(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def refused(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with as_somebody(url) as address:
        yield address


def absent(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    nowhere = [text.replace("pg_trgm", "lumbung_is_nowhere") for text in store.TRIGRAMS]
    monkeypatch.setattr(store, "TRIGRAMS", nowhere)
    yield url


def out_of_reach(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """It is there, in a schema that nobody looks into."""
    execute(url, "CREATE SCHEMA elsewhere", "CREATE EXTENSION pg_trgm SCHEMA elsewhere")
    yield url


Without = Callable[[str, pytest.MonkeyPatch], Iterator[str]]


@pytest.fixture(params=[refused, absent, out_of_reach], ids=lambda way: way.__name__)
def without(
    request: pytest.FixtureRequest, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of an empty database without trigrams."""
    yield from request.param(postgres_url, monkeypatch)


def has_index(world: World) -> bool:
    with world.database.reading.begin() as connection:
        return any(item["name"] == "ix_search_body" for item in sa.inspect(connection).get_indexes("search"))


def test_the_same_is_found_without_trigrams(without: str) -> None:
    with library(without) as shelves:
        assert not has_index(shelves)
        assert wrongly_found(shelves) == {}


def test_who_may_not_make_it_uses_it_where_it_is(postgres_url: str) -> None:
    execute(postgres_url, "CREATE EXTENSION pg_trgm")
    with as_somebody(postgres_url) as address, library(address) as shelves:
        assert has_index(shelves)
        with shelves.env() as env:
            add(env, *TITLES)
        assert found(shelves, "rumah") == [TITLES[0]]


def test_the_index_comes_with_the_extension(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        for address in absent(postgres_url, patched):
            with library(address) as shelves:
                assert not has_index(shelves)
    with library(postgres_url) as shelves:
        assert has_index(shelves)
