"""`lumbung user`, and passwords."""

from __future__ import annotations

from contextlib import closing

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from core.access.passwords import hash_password, make_password, verify_password
from core.orm.database import Database
from core.schema import tables
from tests.core.cli.shell import EMAIL, Shell


def test_users_are_added_and_get_other_passwords(shell: Shell) -> None:
    shell.init("--addons", "crm")
    add = ("user", "add", "Ayu@Example.com", "--name", "Ayu", "--role", "crm.user", "--password-stdin")
    assert "would" not in shell(*add, "--dry-run", given="first word\n").stdout
    assert shell.rows("SELECT count(*) FROM base_user") == [(1,)]
    shell(*add, given="first word\n")
    assert shell.opens("ayu@example.com", "first word")
    assert "already" in shell(*add, given="first word\n", code=1).stderr
    assert shell.rows("SELECT name, active FROM base_user WHERE email = 'ayu@example.com'") == [("Ayu", True)]
    shell("user", "passwd", "ayu@example.com", "--password-stdin", given="second word\n")
    assert not shell.opens("ayu@example.com", "first word")
    assert shell.opens("ayu@example.com", "second word")
    assert shell.opens(EMAIL, "correct horse")


def test_another_password_ends_the_sessions_of_that_user_only(shell: Shell) -> None:
    shell.make()
    with closing(Database(shell.url)) as database, database.writing.begin() as connection:
        moments = dict.fromkeys(("made_at", "seen_at", "expires_at"), sa.func.current_timestamp())
        for user in (1, 2):
            connection.execute(
                tables.session.insert().values(token_hash=str(user), user_id=user, user_agent="", **moments)
            )
    shell("user", "passwd", EMAIL, "--password-stdin", "--dry-run", given="second word\n")
    assert len(shell.scalars(sa.select(tables.session.c.user_id))) == 2
    assert shell.opens(EMAIL, "correct horse")
    shell("user", "passwd", EMAIL, "--password-stdin", given="second word\n")
    assert shell.scalars(sa.select(tables.session.c.user_id)) == [2]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("add", "x@example.com", "--role", "base.usr"), "Did you mean “base.user”"),
        (("add", "x"), "“@”"),
        (("passwd", "nobody@example.com"), "Nobody signs in as nobody@example.com"),
    ],
    ids=["role", "address", "nobody"],
)
def test_a_user_that_cannot_be_is_refused(embedded: Shell, args: tuple[str, ...], message: str) -> None:
    embedded.make()
    assert message in embedded("user", *args, code=1).stderr
    assert embedded.rows("SELECT count(*) FROM base_user") == [(1,)]


def test_nobody_learns_from_the_time_it_takes_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def verify(hasher: object, kept: str, password: str) -> bool:
        checked.append(kept)
        raise VerifyMismatchError

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    assert not verify_password(None, "correct horse")
    assert [kept.rpartition("$")[0].rpartition("$")[0] for kept in checked] == [
        "$argon2id$v=19$m=19456,t=2,p=1"
    ]


def test_passwords() -> None:
    kept = hash_password("correct horse")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != hash_password("correct horse")
    assert verify_password(kept, "correct horse")
    assert not verify_password(kept, "correct horsf")
    assert not verify_password(None, "correct horse")
    assert not verify_password("not a hash", "correct horse")
    assert len({make_password() for _ in range(100)}) == 100
