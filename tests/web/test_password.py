"""Changing one's own password: who knows the old one; the other sessions end, this one goes on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from core.access import throttle
from core.base.demo import DOMAIN, PASSWORD
from core.schema import tables
from core.web.password import PATH
from core.web.requests import TOKEN_COOKIE
from tests.web import kit
from tests.web.test_reset import NEW, make, opens
from tests.web.test_sessions import OTHER, is_in, kept, key, overtake, token

GOOD = {"old": PASSWORD, "password": NEW, "again": NEW}
START = dt.datetime(2026, 11, 24, 3, 0, 10, tzinfo=dt.UTC)


def told(answer: kit.Answer) -> dict[str, str]:
    """What the page says beside each input."""
    return {
        name: answer.main.one("p", id=f"{name}-e").text
        for name in ("old", "password", "again")
        if answer.main.all("p", id=f"{name}-e")
    }


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_password_is_changed_by_who_knows_it(served: kit.Served, lang: str) -> None:
    ayu, phone, dewi = (served.sign_in(name, lang) for name in ("ayu", "ayu", "dewi"))
    link, first = make(served), token(ayu)
    menu = ayu.get("/").page.one("div", id="me")
    assert [item.text for item in menu.all("a", href=PATH)]
    page = ayu.get(PATH)
    assert f"ayu@{DOMAIN}" in page.main.text
    answer = ayu.send(page, GOOD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert token(ayu) not in ("", first)
    assert [is_in(who) for who in (phone, dewi, ayu)] == [False, True, True]
    phone.client.set_cookie(TOKEN_COOKIE, first)
    assert not is_in(phone), "the token of before is worth nothing"
    assert opens(served, "ayu", NEW) and not opens(served, "ayu", PASSWORD)
    assert served.visitor().get(link).status_code == 404, "a link that was made before is over"


def test_it_is_said_once_on_the_page_that_follows(served: kit.Served) -> None:
    ayu = served.sign_in("ayu", "en")
    ayu.fill(PATH, GOOD)
    said = "Your password was changed. You were signed out everywhere else."
    assert said in ayu.get("/").page.one("div", id="toasts").text
    assert said not in ayu.get("/").text


def test_only_who_is_signed_in_finds_the_page(served: kit.Served) -> None:
    visitor = served.visitor()
    assert visitor.get(PATH).headers["Location"] == "/login?next=%2Fsettings%2Fpassword"
    csrf = visitor.token("/login")
    assert visitor.post(PATH, {**GOOD, "csrf_token": csrf}).headers["Location"] == "/login"
    ayu = served.sign_in("ayu")
    assert ayu.post(PATH, GOOD).status_code == 400, "without its token"
    assert ayu.post(PATH, {**GOOD, "csrf_token": ayu.token(PATH), "user": "1"}).status_code == 400
    assert ayu.get(f"{PATH}?old=x").status_code == 400
    assert opens(served, "ayu", PASSWORD)


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"old": "not this one"}, {"old"}),
        ({"old": ""}, {"old"}),
        ({"old": PASSWORD.upper()}, {"old"}),
        ({"again": "another one again"}, {"again"}),
        ({"password": "short", "again": "short"}, {"password"}),
        ({"password": "", "again": ""}, {"password"}),
        ({"password": f"ayu@{DOMAIN}", "again": f"ayu@{DOMAIN}"}, {"password"}),
        ({"password": "x" * 1001, "again": "x" * 1001}, {"password"}),
        ({"old": "wrong", "password": "short", "again": "differs"}, {"old", "password", "again"}),
    ],
)
def test_what_will_not_do_is_said_beside_its_input(
    served: kit.Served, lang: str, typed: dict[str, str], wrong: set[str]
) -> None:
    ayu, phone = served.sign_in("ayu", lang), served.sign_in("ayu")
    answer = ayu.fill(PATH, {**GOOD, **typed})
    assert answer.status_code == 422
    assert told(answer).keys() == wrong
    summary = answer.main.one("div", role="alert")
    assert [link["href"] for link in summary.all("a")] == [
        f"#{name}" for name in ("old", "password", "again") if name in wrong
    ]
    for name in ("old", "password", "again"):
        field = answer.main.one("input", id=name)
        assert field.get("value") is None, "a password is never sent back"
        assert (field.get("aria-invalid") == "true") is (name in wrong)
        assert not wrong & {name} or f"{name}-e" in field["aria-describedby"]
    assert is_in(ayu) and is_in(phone)
    assert opens(served, "ayu", PASSWORD)


def test_wrong_passwords_make_a_pause(served: kit.Served) -> None:
    """Whoever finds an open browser cannot try for long; what is left is said, and nobody else is paused."""
    with time_machine.travel(START, tick=False) as clock:
        ayu = served.sign_in("ayu", "en")
        for left in ("4 tries are", "3 tries are", "2 tries are", "1 try is"):
            answer = ayu.fill(PATH, {**GOOD, "old": "wrong"})
            assert (answer.status_code, f"{left} left" in told(answer)["old"]) == (422, True)
        for old in ("wrong", "wrong", PASSWORD):
            answer = ayu.fill(PATH, {**GOOD, "old": old})
            assert answer.status_code == 429
            assert "paused until 10:06 WIB" in told(answer)["old"]
            assert answer.headers["Retry-After"] in ("300", "301")
        assert is_in(ayu)
        assert opens(served, "ayu", PASSWORD), "the sign-in is another matter"
        clock.shift(throttle.PAUSE + dt.timedelta(seconds=1))
        assert ayu.fill(PATH, GOOD).status_code == 303


def test_a_stranger_keeps_nobody_from_changing_it(served: kit.Served) -> None:
    ayu, stranger = served.sign_in("ayu"), served.visitor()
    for text in (f"ayu@{DOMAIN}", str(key(served, "ayu")), f"user:{key(served, 'ayu')}"):
        for _ in range(6):
            stranger.fill("/login", {"email": text, "password": "wrong"})
    assert ayu.fill(PATH, GOOD).status_code == 303


def test_a_new_password_that_will_not_do_costs_no_try(served: kit.Served) -> None:
    ayu = served.sign_in("ayu")
    for _ in range(7):
        assert ayu.fill(PATH, {**GOOD, "again": "another"}).status_code == 422
    assert kept(served, tables.sign_in_failure) == [] or opens(served, "ayu", PASSWORD)
    assert ayu.fill(PATH, GOOD).status_code == 303


def test_a_password_that_changes_meanwhile_is_not_changed_again(
    served: kit.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an administrator, while a thief with the old one waits for the answer."""
    ayu = served.sign_in("ayu")
    csrf = ayu.token(PATH)
    overtake(served, monkeypatch, "ayu")
    data: dict[str, Any] = {**GOOD, "csrf_token": csrf}
    assert ayu.client.post(PATH, data=data, base_url="http://localhost").status_code == 422
    monkeypatch.undo()
    served.forget()
    assert not is_in(ayu)
    assert [
        row.password_hash for row in kept(served, tables.credential) if row.user_id == key(served, "ayu")
    ] == [OTHER]
    assert kept(served, tables.session) == []


@pytest.mark.parametrize("remember", ["1", None])
def test_a_remembered_browser_stays_one(served: kit.Served, remember: str | None) -> None:
    visitor = served.visitor()
    visitor.fill("/login", {"email": f"ayu@{DOMAIN}", "password": PASSWORD, "remember": remember})
    answer = visitor.fill(PATH, GOOD)
    [cookie] = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(f"{TOKEN_COOKIE}=")]
    assert ("Max-Age" in cookie) is (remember == "1")
