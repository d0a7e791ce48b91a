"""Signing in and out: who gets in, what a stranger learns, where it leads, what cookies are worth."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa

from core.base.demo import DOMAIN, PASSWORD
from core.schema.tables import session as sessions
from core.web.dispatcher import Dispatcher
from core.web.requests import TOKEN_COOKIE
from tests.copies import Copies
from tests.web import kit

DEWI = f"dewi@{DOMAIN}"
ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "https:evil.example",
    "https://evil.example/",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%0d%0aLocation: //evil.example\r\n",
    "app/crm.lead",
    "@evil.example",
    " //evil.example",
    "",
)
"""Addresses that a link to the sign-in may bring, and that lead to somebody else's site."""


def rows(served: kit.Served) -> int:
    """How many browsers are signed in."""
    with served.database.reading.begin() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(sessions)) or 0


def test_who_knows_the_password_gets_in_and_sees_their_name(served: kit.Served) -> None:
    visitor = served.visitor()
    first = visitor.get("/")
    assert (first.status_code, first.headers["Location"]) == (302, "/login?next=%2F")
    answer = visitor.fill("/login", {"email": DEWI, "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert "Dewi Kartika" in visitor.get("/").page.one("header", class_="side").text
    assert rows(served) == 1


def test_an_address_is_the_same_however_it_is_written(served: kit.Served) -> None:
    answer = served.visitor().fill("/login", {"email": f"  {DEWI.upper()} ", "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("email", "password"),
    [(DEWI, "lumbung-dem0"), (DEWI, ""), (DEWI, PASSWORD.upper()), (f"nobody@{DOMAIN}", PASSWORD), ("", "")],
)
def test_a_wrong_password_stays_outside(shared: kit.Served, email: str, password: str) -> None:
    visitor = shared.visitor()
    answer = visitor.fill("/login", {"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.main.one("div", role="alert").text
    assert answer.page.one("input", id="email")["value"] == email
    assert answer.page.one("input", id="password").get("value") is None
    assert TOKEN_COOKIE not in "".join(answer.headers.getlist("Set-Cookie")).split("=")[0]
    assert visitor.get("/").status_code == 302


def test_nobody_learns_who_has_an_account(shared: kit.Served) -> None:
    known = shared.visitor().fill("/login", {"email": DEWI, "password": "wrong wrong"})
    unknown = shared.visitor().fill("/login", {"email": f"dewo@{DOMAIN}", "password": "wrong wrong"})
    assert known.status_code == unknown.status_code
    assert _without_tokens(known).replace(DEWI, "") == _without_tokens(unknown).replace(f"dewo@{DOMAIN}", "")
    assert len(known.data) == len(unknown.data)
    assert sorted(name for name, _value in known.headers) == sorted(name for name, _value in unknown.headers)


def _without_tokens(answer: kit.Answer) -> str:
    text = answer.text
    for field in answer.page.all("input", name="csrf_token"):
        text = text.replace(field["value"], "")
    return text


def test_an_unknown_address_costs_a_hash_too(shared: kit.Served, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.access import passwords

    asked: list[str | None] = []
    verify = passwords.verify_password

    def note(kept: str | None, password: str) -> bool:
        asked.append(kept)
        return verify(kept, password)

    monkeypatch.setattr(passwords, "verify_password", note)
    shared.visitor().fill("/login", {"email": f"nobody@{DOMAIN}", "password": PASSWORD})
    assert asked == [None]


@pytest.mark.parametrize("token", [None, "", "forged", "IjEyMyI.aaaa.bbbb"])
def test_a_form_without_its_token_is_refused(shared: kit.Served, token: str | None) -> None:
    visitor = shared.visitor()
    visitor.get("/login")
    data = {"email": DEWI, "password": PASSWORD}
    answer = visitor.post("/login", data if token is None else {**data, "csrf_token": token})
    assert answer.status_code == 400
    assert visitor.get("/").status_code == 302


def test_a_token_of_another_browser_is_none(shared: kit.Served) -> None:
    stolen, visitor = shared.visitor().token("/login"), shared.visitor()
    visitor.get("/login")
    answer = visitor.post("/login", {"email": DEWI, "password": PASSWORD, "csrf_token": stolen})
    assert answer.status_code == 400


def test_after_signing_in_one_is_where_one_wanted_to_go(served: kit.Served) -> None:
    visitor = served.visitor()
    wanted = "/app/crm.lead?sort=-title&page=2"
    answer = visitor.get(wanted)
    assert answer.status_code == 302
    answer = visitor.fill(answer.headers["Location"], {"email": DEWI, "password": PASSWORD})
    assert answer.headers["Location"] == wanted
    assert visitor.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_led_to_another_site(shared: kit.Served, address: str) -> None:
    """Neither through the page's own form, nor a forged one, nor by a link, nor with a language."""
    visitor = shared.visitor()
    shown = visitor.get("/login", query_string={"next": address})
    assert all(field["value"] == "/" for field in shown.main.all("input", name="next"))
    token = visitor.token("/login")
    data = {"email": DEWI, "password": PASSWORD, "csrf_token": token, "next": address}
    assert visitor.post("/login", data).headers["Location"] == "/"
    assert visitor.get("/login", query_string={"next": address}).headers["Location"] == "/"
    assert visitor.get("/language/en", query_string={"next": address}).headers["Location"] == "/"
    visitor.get("/")
    theme = visitor.post("/theme", {"csrf_token": visitor.token("/"), "next": address})
    assert theme.headers["Location"] == "/"


def test_a_session_begins_at_the_sign_in(served: kit.Served) -> None:
    """A token that somebody was given before is worth nothing, and two sign-ins have two."""
    visitor = served.visitor()
    visitor.client.set_cookie(TOKEN_COOKIE, "chosen-by-somebody-else")
    visitor.fill("/login", {"email": DEWI, "password": PASSWORD})
    first = _token(visitor)
    assert first not in (None, "chosen-by-somebody-else")
    assert _token(served.sign_in("dewi")) != first
    assert rows(served) == 2
    with served.database.reading.begin() as connection:
        assert first not in connection.scalars(sa.select(sessions.c.token_hash)).all()


def _token(visitor: kit.Visitor) -> str | None:
    cookie = visitor.client.get_cookie(TOKEN_COOKIE, domain=visitor.served.host)
    return cookie.value if cookie else None


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_are_closed_to_scripts_and_other_sites(shared: kit.Served, scheme: str) -> None:
    visitor = shared.visitor()
    environ = {"wsgi.url_scheme": scheme}
    shown = visitor.get("/login", environ_overrides=environ)
    data = {
        "email": DEWI,
        "password": PASSWORD,
        "remember": "1",
        "csrf_token": shown.main.one("input", name="csrf_token")["value"],
    }
    # Over TLS a form must come with the address of the page that it stood on.
    answer = visitor.post(
        "/login", data, environ_overrides=environ, headers={"Referer": "https://localhost/login"}
    )
    assert answer.status_code == 302
    given = shown.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in given} == {TOKEN_COOKIE, "lumbung_form"}
    for cookie in given:
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie, cookie
        assert ("Secure" in cookie) == (scheme == "https"), cookie
    assert "Max-Age=2592000" in next(cookie for cookie in given if cookie.startswith(f"{TOKEN_COOKIE}="))


def test_a_browser_that_is_not_to_be_remembered_forgets(shared: kit.Served) -> None:
    answer = shared.visitor().fill("/login", {"email": DEWI, "password": PASSWORD, "remember": None})
    [cookie] = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(f"{TOKEN_COOKIE}=")]
    assert "Max-Age" not in cookie and "Expires" not in cookie


def test_signing_out_ends_the_session_itself(served: kit.Served) -> None:
    visitor = served.sign_in("dewi")
    token = _token(visitor)
    assert token and rows(served) == 1
    answer = visitor.send(visitor.get("/"), action="/logout")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert rows(served) == 0
    assert _token(visitor) is None
    visitor.client.set_cookie(TOKEN_COOKIE, token)  # somebody kept it
    assert visitor.get("/app/crm.lead").status_code == 302


def test_signing_out_is_no_link(shared: kit.Served) -> None:
    """A picture on another page must not sign anybody out."""
    visitor = shared.sign_in("dewi")
    assert visitor.get("/logout").status_code in (404, 405)
    assert visitor.post("/logout", {}).status_code == 400
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("change", [{"active": False}, {"archived": True}])
def test_a_user_who_is_switched_off_is_out_at_once(served: kit.Served, change: dict[str, Any]) -> None:
    visitor = served.sign_in("ayu")
    assert visitor.get("/app/crm.lead").status_code == 200
    served.change("base.user", served.first("base.user", email=f"ayu@{DOMAIN}"), **change)
    assert visitor.get("/app/crm.lead").headers["Location"].startswith("/login")
    assert (
        served.visitor().fill("/login", {"email": f"ayu@{DOMAIN}", "password": PASSWORD}).status_code == 401
    )


def test_a_session_that_is_over_is_none(served: kit.Served) -> None:
    import datetime as dt

    visitor = served.sign_in("dewi")
    with served.database.writing.begin() as connection:
        past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
        connection.execute(sessions.update().values(expires_at=past))
    served.forget()
    assert visitor.get("/").headers["Location"].startswith("/login")


def test_what_a_guest_may_reach_is_the_door_only(shared: kit.Served) -> None:
    """Of all routes, so that a new one is closed until somebody opens it."""
    visitor, open_ones = shared.visitor(), set()
    for rule in shared.site.app.url_map.iter_rules():
        address = kit.address(rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = visitor._ask(method, address)
            if not answer.headers.get("Location", "").startswith("/login") and answer.status_code != 400:
                open_ones.add((method, rule.rule))
    assert open_ones == {
        ("GET", "/login"),
        ("GET", "/language/<code>"),
        ("GET", "/reset/<token>"),
        ("GET", "/healthz"),
        ("GET", "/static/<path:filename>"),
    }


# ----------------------------------------------------------------- two databases
@pytest.fixture
def neighbours(kind: str, copies: Copies, serve: Callable[..., Any]) -> Any:
    """Two databases with the same people, behind one dispatcher, by host name."""
    with ExitStack() as stack:
        urls = {host: stack.enter_context(copies.copy(kind)) for host in ("one.example", "two.example")}
        dispatcher: Dispatcher = stack.enter_context(serve(urls))
        yield [kit.Served(url, dispatcher, host) for host, url in urls.items()]


def test_a_cookie_of_one_database_is_worth_nothing_at_another(neighbours: list[kit.Served]) -> None:
    one, two = neighbours
    assert one.site is two.site  # the same addons: the code is shared, the people are not
    visitor = one.sign_in("dewi")
    token = _token(visitor)
    thief = two.visitor()
    assert token
    thief.client.set_cookie(TOKEN_COOKIE, token, domain=two.host)
    assert thief.get("/").headers["Location"].startswith("/login")
    assert one.sign_in("dewi").get("/").status_code == 200


def test_a_form_token_of_one_database_is_none_at_another(neighbours: list[kit.Served]) -> None:
    one, two = neighbours
    visitor, victim = one.visitor(), two.visitor()
    token = visitor.token("/login")
    cookie = visitor.client.get_cookie("lumbung_form", domain=one.host)
    assert cookie is not None
    victim.client.set_cookie("lumbung_form", cookie.value, domain=two.host)
    answer = victim.post("/login", {"email": DEWI, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 400


def test_a_language_chosen_at_one_database_is_not_taken_from_another(neighbours: list[kit.Served]) -> None:
    one, two = neighbours
    visitor, other = one.visitor("id"), two.visitor("id")
    visitor.get("/language/en")
    assert visitor.get("/login").page.one("html")["lang"] == "en"
    cookie = visitor.client.get_cookie("lumbung_form", domain=one.host)
    assert cookie is not None
    other.client.set_cookie("lumbung_form", cookie.value, domain=two.host)
    assert other.get("/login").page.one("html")["lang"] == "id"


def test_each_host_shows_its_own_database(neighbours: list[kit.Served]) -> None:
    one, two = neighbours
    one.change("base.company", 1, name="Hanya Satu")
    assert "Hanya Satu" in one.visitor().get("/login").text
    assert "Hanya Satu" not in two.visitor().get("/login").text


def test_an_unknown_host_is_nobody(neighbours: list[kit.Served]) -> None:
    from werkzeug.test import Client

    answer = Client(neighbours[0].dispatcher).get("/login", base_url="http://three.example")
    assert answer.status_code == 400
    assert "evil" not in answer.text and answer.mimetype == "text/plain"
