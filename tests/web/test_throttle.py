"""How often one may try to sign in: the same for every address, shared by all workers, bounded, forgiven."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from core.access import throttle
from core.base.demo import DOMAIN, PASSWORD
from core.orm.database import Database
from core.schema.tables import sign_in_failure
from core.web.requests import TOKEN_COOKIE
from tests.web import kit
from tests.web.conftest import Statements

DEWI, NOBODY = f"dewi@{DOMAIN}", f"dewo@{DOMAIN}"
WRONG = "wrong wrong wrong"
START = dt.datetime(2026, 11, 24, 3, 0, 10, tzinfo=dt.UTC)


def attempt(visitor: kit.Visitor, email: str, password: str = WRONG, **options: Any) -> kit.Answer:
    """One try, with the token of a page that was opened before."""
    data = {"email": email, "password": password, "csrf_token": visitor.token("/login")}
    return visitor.post("/login", data, **options)


def alert(answer: kit.Answer) -> str:
    """What the page says went wrong."""
    return answer.main.one("div", role="alert").text


@pytest.mark.parametrize("email", [DEWI, NOBODY])
def test_five_failures_make_a_pause(served: kit.Served, email: str) -> None:
    """What is left is said, then the time until which one waits; the right password does not help."""
    visitor = served.visitor("en")
    with time_machine.travel(START, tick=False) as clock:
        for left in ("4 tries are", "3 tries are", "2 tries are", "1 try is"):
            answer = attempt(visitor, email)
            assert answer.status_code == 401
            assert f"{left} left before a pause." in alert(answer)
        for password in (WRONG, WRONG, PASSWORD):
            answer = attempt(visitor, email, password)
            assert answer.status_code == 429
            assert "paused until 10:06 WIB" in alert(answer)
            assert answer.headers["Retry-After"] in ("300", "301")
            assert TOKEN_COOKIE not in [
                cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")
            ]
            assert answer.page.one("input", id="email")["value"] == email
        clock.shift(throttle.PAUSE + dt.timedelta(seconds=1))
        assert attempt(visitor, email, PASSWORD).status_code == (302 if email == DEWI else 401)


def test_the_pause_is_said_in_indonesian_too(served: kit.Served) -> None:
    with time_machine.travel(START, tick=False):
        answers = [attempt(served.visitor("id"), DEWI) for _ in range(5)]
    assert "10.06 WIB" in alert(answers[-1])


def test_an_address_that_nobody_has_is_counted_alike(served: kit.Served, statements: Statements) -> None:
    """Status, text, length, headers and statements are the same from the first try to the pause."""
    seen: list[list[Any]] = []
    with time_machine.travel(START, tick=False):
        for email in (DEWI, NOBODY):
            visitor, answers = served.visitor(), []
            for _ in range(6):
                visitor.get("/login")
                token = visitor.token("/login")
                statements.clear()
                answer = visitor.client.post(
                    "/login", data={"email": email, "password": WRONG, "csrf_token": token},
                    base_url="http://localhost", headers={"Accept-Language": "id"},
                )  # fmt: skip
                asked = [text for text, _values in statements]
                body = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text).replace(email, "")
                names = sorted(name for name, _value in answer.headers)
                answers.append([answer.status_code, body, len(answer.data), names, asked])
            seen.append(answers)
    assert [answer[0] for answer in seen[0]] == [401, 401, 401, 401, 429, 429]
    assert seen[0] == seen[1]


def test_a_paused_address_costs_no_hash(served: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.access import passwords

    asked: list[str | None] = []
    verify = passwords.verify_password
    monkeypatch.setattr(
        passwords, "verify_password", lambda kept, password: (asked.append(kept), verify(kept, password))[1]
    )
    for _ in range(8):
        attempt(served.visitor(), NOBODY)
    assert asked == [None] * 5


def test_workers_share_the_count(served: kit.Served, serve: Callable[..., Any]) -> None:
    with serve({"*": served.url}) as other:
        visitors = [served.visitor(), kit.Served(served.url, other).visitor()]
        statuses = [attempt(visitors[number % 2], DEWI).status_code for number in range(6)]
    assert statuses == [401, 401, 401, 401, 429, 429]


def test_of_many_tries_at_once_five_are_let_through(served: kit.Served) -> None:
    def count(_number: int) -> bool:
        with served.database.writing.begin() as connection:
            return throttle.count(connection, DEWI, "10.0.0.1").paused_until is None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(count, range(24))) == throttle.PER_ADDRESS


def test_getting_in_clears_the_count(served: kit.Served) -> None:
    visitor = served.visitor()
    for _ in range(4):
        attempt(visitor, DEWI)
    assert attempt(visitor, DEWI, PASSWORD).status_code == 302
    other = served.visitor()
    assert [attempt(other, DEWI).status_code for _ in range(5)] == [401, 401, 401, 401, 429]


def test_a_pause_of_one_address_is_nobody_else_s(served: kit.Served) -> None:
    for _ in range(6):
        attempt(served.visitor(), DEWI)
    assert attempt(served.visitor(), f"ayu@{DOMAIN}", PASSWORD).status_code == 302


def test_an_address_is_counted_however_it_is_written(served: kit.Served) -> None:
    visitor = served.visitor()
    spellings = (DEWI, DEWI.upper(), f" {DEWI} ", DEWI.title(), f"{DEWI}  ")
    assert [attempt(visitor, text).status_code for text in spellings][-1] == 429


def test_tries_that_are_long_past_do_not_count(served: kit.Served) -> None:
    visitor = served.visitor()
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(4):
            attempt(visitor, DEWI)
        clock.shift(throttle.WINDOW + dt.timedelta(seconds=1))
        assert "4" in alert(attempt(visitor, DEWI))


def test_tries_in_a_pause_do_not_lengthen_it(served: kit.Served) -> None:
    """Or anybody could keep somebody out for ever."""
    visitor = served.visitor()
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(5):
            attempt(visitor, DEWI)
        for _ in range(4):
            clock.shift(dt.timedelta(minutes=1))
            assert attempt(visitor, DEWI).status_code == 429
        clock.shift(dt.timedelta(minutes=1, seconds=1))
        assert attempt(visitor, DEWI, PASSWORD).status_code == 302


# ----------------------------------------------------------------- clients
def test_a_client_who_tries_many_addresses_is_paused(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By where it comes from; a proxy on this machine says where that is, and nobody else is believed."""
    monkeypatch.setattr(throttle, "PER_CLIENT", 6)

    def tries(client: str, told: str = "") -> int:
        visitor = served.visitor()
        headers = {"X-Forwarded-For": told} if told else {}
        return [
            attempt(
                visitor,
                f"x{number}@{client}.example",
                environ_overrides={"REMOTE_ADDR": client},
                headers=headers,
            )
            for number in range(6)
        ][-1].status_code

    assert tries("203.0.113.5") == 429
    assert tries("203.0.113.6") == 429
    other = {"REMOTE_ADDR": "203.0.113.7"}
    assert attempt(served.visitor(), DEWI, PASSWORD, environ_overrides=other).status_code == 302
    again = {"REMOTE_ADDR": "203.0.113.5"}
    lies = {"X-Forwarded-For": "198.51.100.9"}
    assert attempt(served.visitor(), DEWI, PASSWORD, environ_overrides=again, headers=lies).status_code == 429
    assert tries("127.0.0.1", "198.51.100.1") == 429
    behind = {"X-Forwarded-For": "198.51.100.1, 198.51.100.2"}
    assert attempt(served.visitor(), DEWI, PASSWORD, headers=behind).status_code == 302
    spoofed = {"X-Forwarded-For": "198.51.100.7, 198.51.100.1"}
    assert attempt(served.visitor(), DEWI, PASSWORD, headers=spoofed).status_code == 429


def test_an_office_that_signs_in_is_no_attack(served: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "PER_CLIENT", 4)
    assert [attempt(served.visitor(), DEWI, PASSWORD).status_code for _ in range(8)] == [302] * 8


# ----------------------------------------------------------------- bounds
def rows(served: kit.Served) -> list[Any]:
    """What is counted now."""
    with served.database.reading.begin() as connection:
        return list(connection.execute(sa.select(sign_in_failure)))


def test_the_table_is_bounded_and_a_flood_frees_nobody(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "ROWS_MAX", 20)
    with closing(Database(served.url)) as database:
        for number in range(65):
            with database.writing.begin() as connection:
                throttle.count(connection, DEWI if number < 5 else f"{number}@x.example", f"10.0.0.{number}")
    assert len(rows(served)) <= 20
    assert attempt(served.visitor(), DEWI, PASSWORD).status_code == 429


def test_old_rows_go(served: kit.Served) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for number in range(9):
            attempt(served.visitor(), f"{number}@x.example")
        clock.shift(dt.timedelta(hours=1))
        attempt(served.visitor(), NOBODY)
    assert len(rows(served)) == 2  # the address and the client


def test_nothing_that_was_typed_is_kept(served: kit.Served) -> None:
    """People type their password where the address belongs."""
    attempt(served.visitor(), "my secret password")
    kept = rows(served)
    assert kept and "secret" not in repr(kept) and "127.0.0.1" not in repr(kept)
