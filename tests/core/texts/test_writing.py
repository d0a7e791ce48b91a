"""Texts are written with their records, in the same transaction, and go with it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core import Env
from core.texts.store import postgresql_table, sqlite_table
from tests.core.orm.toys import World
from tests.core.texts.library import Author, Book, add, bodies, found


def test_a_record_is_found_from_the_flush_on(shelves: World) -> None:
    with shelves.env() as env:
        book = add(env, "Bumi", note="Manusia", shelf="A1")[0]
        env.flush()
        assert bodies_inside(env) == {book.id: "bumi\x1fmanusia"}
        book.note = "Semua Bangsa"
        env.flush()
        assert bodies_inside(env) == {book.id: "bumi\x1fsemua bangsa"}
    assert found(shelves, "bangsa") == ["Bumi"]
    assert found(shelves, "manusia") == []


def record(env: Env, model: Any, key: int) -> Any:
    """A record that must be there."""
    found = env.get(env[model], key)
    assert found is not None
    return found


def bodies_inside(env: Env) -> dict[int, str]:
    """What the transaction of an env sees."""
    connection = env.session.core_connection()
    if connection.dialect.name == "sqlite":
        rows = connection.execute(sa.select(sqlite_table.c.rowid, sqlite_table.c.body))
        return {row.rowid & (1 << 39) - 1: row.body for row in rows}
    rows = connection.execute(sa.select(postgresql_table.c.record_id, postgresql_table.c.body))
    return {row.record_id: row.body for row in rows}


def test_what_is_taken_back_leaves_no_text(shelves: World) -> None:
    with shelves.env() as env:
        kept = add(env, "lama")[0]
        env.flush()
        key = kept.id
    before = bodies(shelves)
    with pytest.raises(ZeroDivisionError), shelves.env() as env:
        add(env, "baru")
        book = record(env, Book, key)
        book.title = "lain"
        env.flush()
        raise ZeroDivisionError
    assert bodies(shelves) == before == {key: "lama"}
    with pytest.raises(ZeroDivisionError), shelves.env() as env:
        env.delete([record(env, Book, key)])
        env.flush()
        raise ZeroDivisionError
    assert bodies(shelves) == before


def test_what_is_taken_back_to_a_savepoint_leaves_no_text(shelves: World) -> None:
    with shelves.env() as env:
        add(env, "tetap")
        with pytest.raises(ZeroDivisionError), env.sudo("a test") as su:
            add(su, "hilang")
            su.flush()
            raise ZeroDivisionError
        with env.sudo("a test") as su:
            add(su, "dari sudo")
    assert sorted(bodies(shelves).values()) == ["dari sudo", "tetap"]


def test_a_deleted_record_takes_its_text_along(shelves: World) -> None:
    with shelves.env() as env:
        author = env.create(env[Author], [{"name": "Toer"}])[0]
        books = add(env, *(f"buku {number}" for number in range(1_200)), author=author)
        env.flush()
        env.delete(books[1:])
    assert list(bodies(shelves).values()) == ["buku 0"]
    with shelves.env() as env:
        env.delete([record(env, Author, author.id)])
    assert bodies(shelves, "library.author") == {}
    assert found(shelves, "toer") == []
    assert list(bodies(shelves).values()) == ["buku 0"]


def test_a_key_given_again_has_no_text_of_before(shelves: World) -> None:
    with shelves.env() as env:
        first = env.create(env[Author], [{"name": "Toer"}])[0]
        env.flush()
        add(env, "lama")
        env.delete([first])
    with shelves.env() as env:
        env.create(env[Author], [{"name": "Ayu"}])
    assert found(shelves, "Toer", model=Author) == []


def test_an_empty_text_is_a_text(shelves: World) -> None:
    with shelves.env() as env:
        book = add(env, "sementara")[0]
        env.flush()
        book.title = None
    assert list(bodies(shelves).values()) == [""]
    assert found(shelves, "sementara") == []
    assert found(shelves, "") == [None]


def test_a_change_of_what_is_not_searched_writes_no_text(shelves: World) -> None:
    with shelves.env() as env:
        book = add(env, "buku")[0]
        env.flush()
        with shelves.statements() as seen:
            book.shelf = "B2"
            env.flush()
            assert [text for text in seen if "search" in text] == []
            book.title = "kitab"
            env.flush()
            assert [text for text in seen if "search" in text] != []


def test_a_batch_is_written_in_one_statement(shelves: World) -> None:
    with shelves.env() as env, shelves.statements() as seen:
        add(env, *(f"buku {number}" for number in range(300)))
        env.flush()
        assert len([text for text in seen if "search" in text]) == 1
    assert len(bodies(shelves)) == 300


# ----------------------------------------------------------------- many at once
def test_a_statement_over_many_rows_is_followed(shelves: World) -> None:
    with shelves.env() as env:
        add(env, "satu", "dua", "tiga", shelf="A")
        add(env, "empat", shelf="B")
        env.create(env[Author], [{"name": "tiga"}])
    with shelves.env() as env:
        books = env[Book]
        env.execute(sa.update(books).where(books.shelf == "A").values(title="rumah"))
    assert len(found(shelves, "rumah")) == 3
    assert found(shelves, "satu") == found(shelves, "tiga") == []
    with shelves.env() as env:
        books = env[Book]
        env.execute(sa.delete(books).where(books.shelf == "A"))
    assert list(bodies(shelves).values()) == ["empat"]
    assert found(shelves, "tiga", model=Author) == ["tiga"], "another model's texts stay"


def test_a_statement_over_many_rows_is_taken_back_with_its_texts(shelves: World) -> None:
    with shelves.env() as env:
        add(env, "satu", "dua")
    with pytest.raises(ZeroDivisionError), shelves.env() as env:
        env.execute(sa.update(env[Book]).values(title="rumah"))
        raise ZeroDivisionError
    assert sorted(bodies(shelves).values()) == ["dua", "satu"]


def test_a_statement_over_what_is_not_searched_makes_no_text_anew(shelves: World) -> None:
    with shelves.env() as env:
        add(env, "satu")
        env.flush()
        with shelves.statements() as seen:
            env.execute(sa.update(env[Book]).values(shelf="C"))
            assert [text for text in seen if "search" in text] == []
