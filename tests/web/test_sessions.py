"""Sessions: what ends them, wherever it is done; when they were last used; what is left of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from core.access import passwords, sessions
from core.base.demo import DOMAIN, PASSWORD
from core.schema import tables
from core.web.requests import TOKEN_COOKIE
from tests.web import kit
from tests.web.conftest import Statements

PAGE = "/"


def key(served: kit.Served, person: str) -> int:
    """The key of a demo user."""
    return served.first("base.user", email=f"{person}@{DOMAIN}")


def token(visitor: kit.Visitor) -> str:
    """What the browser holds."""
    cookie = visitor.client.get_cookie(TOKEN_COOKIE)
    return cookie.value if cookie else ""


def is_in(visitor: kit.Visitor) -> bool:
    """Whether the next request is answered, or led to the sign-in."""
    answer = visitor.get(PAGE)
    assert answer.status_code == 200 or answer.headers["Location"].startswith("/login")
    return answer.status_code == 200


def kept(served: kit.Served, table: sa.Table) -> list[Any]:
    """The rows of a table of the core."""
    with served.database.reading.begin() as connection:
        return list(connection.execute(sa.select(table)))


def role_keys(served: kit.Served, *names: str) -> list[str]:
    """The keys of roles, as a form sends them."""
    return [str(served.first("base.role", name=name)) for name in names]


OTHER = "$argon2id$other"
"""The hash of a password that nobody knows."""


def overtake(served: kit.Served, monkeypatch: pytest.MonkeyPatch, person: str) -> None:
    """From now on the password of a demo user becomes another one while the old one is verified."""
    verify = passwords.verify_password

    def slow(hashed: str | None, password: str) -> bool:
        result = verify(hashed, password)
        with served.database.writing.begin() as connection:
            passwords.set_password(connection, key(served, person), OTHER)
        return result

    monkeypatch.setattr(passwords, "verify_password", slow)


# ----------------------------------------------------------------- what ends them
@pytest.mark.parametrize("values", [{"active": False}, {"archived": True}])
def test_a_session_that_nobody_ended_is_no_door_either(served: kit.Served, values: dict[str, bool]) -> None:
    """A user may be switched off past all code, by a restore or on the database itself: the session is still there."""
    ayu, dewi = served.sign_in("ayu"), served.sign_in("dewi")
    users = served.site.assembly.registry.info("base.user").table
    with served.database.writing.begin() as connection:
        connection.execute(users.update().where(users.c.id == key(served, "ayu")).values(values))
    assert len(kept(served, tables.session)) == 2
    assert not is_in(ayu) and is_in(dewi)


@pytest.mark.parametrize("change", [{"roles": ("base.user",)}, {"active": None}])
def test_a_change_by_an_administrator_ends_the_sessions_of_that_user(
    served: kit.Served, change: dict[str, Any]
) -> None:
    """In the form of the user: roles and whether they may sign in. Everybody else goes on."""
    made, ayu, phone, rizky = (served.sign_in(name) for name in ("made", "ayu", "ayu", "rizky"))
    changes = {name: role_keys(served, *value) if value else value for name, value in change.items()}
    answer = made.fill(f"/app/base.user/{key(served, 'ayu')}/edit", changes)
    assert answer.status_code == 303
    assert [is_in(visitor) for visitor in (made, ayu, phone, rizky)] == [True, False, False, True]
    assert {row.user_id for row in kept(served, tables.session)} == {
        key(served, "made"),
        key(served, "rizky"),
    }


def test_another_change_ends_nothing(served: kit.Served) -> None:
    made, ayu = served.sign_in("made"), served.sign_in("ayu")
    answer = made.fill(
        f"/app/base.user/{key(served, 'ayu')}/edit", {"name": "Ayu L.", "phone": "0812-2045-7781"}
    )
    assert answer.status_code == 303
    assert is_in(ayu)


@pytest.mark.parametrize(
    ("off", "on"), [({"active": False}, {"active": True}), ({"archived": True}, {"archived": False})]
)
def test_a_session_does_not_come_back_with_the_user(served: kit.Served, off: Any, on: Any) -> None:
    """It is deleted, not merely refused while the user is switched off."""
    ayu = served.sign_in("ayu")
    served.change("base.user", key(served, "ayu"), **off)
    served.change("base.user", key(served, "ayu"), **on)
    assert not is_in(ayu)
    assert kept(served, tables.session) == []


def test_a_statement_over_many_users_ends_sessions_too(served: kit.Served) -> None:
    ayu, dewi = served.sign_in("ayu"), served.sign_in("dewi")
    for active in (False, True):
        with served.env() as env:
            users = env["base.user"]
            env.execute(sa.update(users).where(users.id == key(served, "ayu")).values(active=active))
    assert (is_in(ayu), is_in(dewi)) == (False, True)


def test_a_change_that_is_taken_back_ends_nothing(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    with pytest.raises(ZeroDivisionError), served.env() as env:
        kit.record(env, "base.user", key(served, "ayu")).active = False
        env.flush()
        raise ZeroDivisionError
    assert is_in(ayu)


def test_another_password_ends_every_session_of_the_user(served: kit.Served) -> None:
    ayu, dewi = served.sign_in("ayu"), served.sign_in("dewi")
    with served.database.writing.begin() as connection:
        passwords.set_password(connection, key(served, "ayu"), passwords.hash_password("another password"))
    served.forget()
    assert (is_in(ayu), is_in(dewi)) == (False, True)


def _delete(served: kit.Served, number: int) -> None:
    with served.env() as env:
        env.delete([kit.record(env, "base.user", number)])


def _delete_by_statement(served: kit.Served, number: int) -> None:
    with served.env() as env:
        users: Any = env["base.user"]
        env.execute(sa.delete(users).where(users.id == number))


@pytest.mark.parametrize("delete", [_delete, _delete_by_statement])
def test_a_user_who_is_deleted_leaves_no_way_in(
    served: kit.Served, delete: Callable[[kit.Served, int], None]
) -> None:
    """Keys may be given again: the next user must not come in with the last one's password or cookie."""
    with served.env() as env:
        [user] = env.create(env["base.user"], [{"name": "Tamu", "email": f"tamu@{DOMAIN}"}])
        env.flush()
        passwords.set_password(env.session.core_connection(), user.id, passwords.hash_password(PASSWORD))
    number = key(served, "tamu")
    served.sign_in("tamu")
    delete(served, number)
    for table in (tables.session, tables.credential, tables.reset_token):
        assert number not in {row.user_id for row in kept(served, table)}, table.name
    assert is_in(served.sign_in("ayu"))


def test_who_changes_their_own_roles_goes_on_under_another_token(served: kit.Served) -> None:
    made, elsewhere = served.sign_in("made"), served.sign_in("made")
    first = token(made)
    more = role_keys(served, "base.admin", "base.manager", "base.user")
    assert made.fill(f"/app/base.user/{key(served, 'made')}/edit", {"roles": more}).status_code == 303
    assert token(made) not in ("", first)
    assert (is_in(made), is_in(elsewhere)) == (True, False)
    elsewhere.client.set_cookie(TOKEN_COOKIE, first)
    assert not is_in(elsewhere)


def test_signing_in_again_ends_the_session_before(served: kit.Served) -> None:
    visitor = served.sign_in("ayu")
    first, csrf = token(visitor), visitor.token("/")
    answer = visitor.post("/login", {"email": f"dewi@{DOMAIN}", "password": PASSWORD, "csrf_token": csrf})
    assert answer.status_code == 302
    assert token(visitor) != first
    assert [row.user_id for row in kept(served, tables.session)] == [key(served, "dewi")]


def test_a_password_that_changes_while_one_signs_in_opens_nothing(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the old password would leave a session that outlives it."""
    visitor = served.visitor()
    csrf = visitor.token("/login")
    overtake(served, monkeypatch, "dewi")
    answer = visitor.client.post("/login", data={"email": f"dewi@{DOMAIN}", "password": PASSWORD, "csrf_token": csrf},
                                 base_url="http://localhost")  # fmt: skip
    assert answer.status_code == 401
    assert kept(served, tables.session) == []


# ----------------------------------------------------------------- kept and forgotten
def test_the_last_use_is_written_once_a_minute_after_the_answer(
    served: kit.Served, statements: Statements
) -> None:
    start = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=False) as clock:
        ayu = served.sign_in("ayu")
        for minutes, written in ((0.5, False), (0.4, False), (0.2, True), (0.5, False), (0.6, True)):
            clock.shift(dt.timedelta(minutes=minutes))
            statements.clear()
            ayu.get(PAGE)
            updates = [
                number for number, (text, _values) in enumerate(statements) if "UPDATE session" in text
            ]
            assert updates == ([len(statements) - 1] if written else [])
        [row] = kept(served, tables.session)
        assert row.seen_at == start + dt.timedelta(minutes=2.2)


def test_a_database_that_is_busy_keeps_nobody_waiting_for_the_last_use(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    ayu = served.sign_in("ayu")

    def busy(*_arguments: Any) -> None:
        raise sa.exc.OperationalError("UPDATE session", {}, Exception("database is locked"))

    monkeypatch.setattr(sessions, "touch", busy)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)):
        assert is_in(ayu)


@pytest.mark.parametrize(("remember", "days"), [("1", 30), (None, 0.5)])
def test_a_session_ends_by_itself_and_its_row_goes(served: kit.Served, remember: Any, days: float) -> None:
    start = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=False) as clock:
        visitor = served.visitor()
        visitor.fill("/login", {"email": f"ayu@{DOMAIN}", "password": PASSWORD, "remember": remember})
        clock.shift(dt.timedelta(days=days, seconds=-1))
        assert is_in(visitor)
        clock.shift(dt.timedelta(seconds=2))
        assert not is_in(visitor)
        served.sign_in("dewi")
        assert [row.user_id for row in kept(served, tables.session)] == [key(served, "dewi")]
