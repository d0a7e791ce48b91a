"""Links to choose a password: made by an administrator, good once and for an hour, kept as a digest only."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.test import Client

from core.access import passwords, resets
from core.base.demo import DOMAIN, PASSWORD
from core.schema import tables
from core.web.requests import TOKEN_COOKIE
from tests.copies import Copies
from tests.web import kit
from tests.web.test_sessions import is_in, kept, key

NEW = "a rather new password"
LINK = re.compile(r"/reset/([\w-]{43})")


def make(served: kit.Served, person: str = "ayu") -> str:
    """A link for a demo user, made without a browser. Gives its path."""
    with served.database.writing.begin() as connection:
        token, _until = resets.make(connection, key(served, person))
    served.forget()
    return resets.path(token)


def shown(made: kit.Visitor, served: kit.Served, person: str = "ayu", **options: Any) -> kit.Answer:
    """The page that shows a new link, after the button on the page of the user."""
    record = f"/app/base.user/{key(served, person)}"
    token = made.token(record)
    return made.post(f"{record}/link", {"csrf_token": token}, **options)


def opens(served: kit.Served, person: str, password: str) -> bool:
    """Whether the password opens."""
    answer = served.visitor().fill("/login", {"email": f"{person}@{DOMAIN}", "password": password})
    return answer.status_code == 302


# ----------------------------------------------------------------- used
def test_an_administrator_makes_a_link_and_whoever_has_it_comes_in(served: kit.Served) -> None:
    made, before, other = served.sign_in("made"), served.sign_in("ayu"), served.sign_in("dewi")
    record = f"/app/base.user/{key(served, 'ayu')}"
    answer = made.send(made.get(record), action=f"{record}/link")
    assert answer.status_code == 200
    link = answer.main.one("a", rel="nofollow")
    assert LINK.fullmatch(link["href"]) and link.text == link["href"]
    assert LINK.search(made.get(record).text) is None, "it is shown once"
    visitor = served.visitor()
    page = visitor.get(link["href"])
    assert f"ayu@{DOMAIN}" in page.main.text
    done = visitor.send(page, {"password": NEW})
    assert (done.status_code, done.headers["Location"]) == (302, "/")
    assert "Ayu Lestari" in visitor.get("/").page.one("header", class_="side").text
    assert [is_in(who) for who in (made, before, other)] == [True, False, True]
    assert opens(served, "ayu", NEW) and not opens(served, "ayu", PASSWORD)


def test_a_link_is_good_once(served: kit.Served) -> None:
    link = make(served)
    first, second = served.visitor(), served.visitor()
    late = second.get(link)
    assert first.fill(link, {"password": NEW}).status_code == 302
    assert second.send(late, {"password": "too late for this"}).status_code == 404
    assert served.visitor().get(link).status_code == 404
    assert opens(served, "ayu", NEW)


def test_of_two_who_use_a_link_at_once_one_gets_in(served: kit.Served) -> None:
    token = make(served).rpartition("/")[2]
    registry = served.site.assembly.registry

    def use(_number: int) -> bool:
        with served.database.writing.begin() as connection:
            return resets.use(connection, registry, token) is not None

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(use, range(6))) == 1


def test_an_invitation_is_a_link_for_a_user_without_password(served: kit.Served) -> None:
    made = served.sign_in("made")
    roles = [str(served.first("base.role", name="base.user"))]
    answer = made.fill("/app/base.user/new", {"name": "Tono", "email": f"tono@{DOMAIN}", "roles": roles})
    assert answer.status_code == 303
    assert not opens(served, "tono", "") and not opens(served, "tono", PASSWORD)
    link = shown(made, served, "tono").main.one("a", rel="nofollow")["href"]
    visitor = served.visitor()
    assert visitor.fill(link, {"password": NEW}).status_code == 302
    assert "Tono" in visitor.get("/").page.one("header", class_="side").text


@pytest.mark.parametrize(
    "password", ["", "too short", f"ayu@{DOMAIN}", f"  AYU@{DOMAIN.upper()} ", "x" * 1001]
)
@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_password_that_will_not_do_is_said_beside_the_field(
    served: kit.Served, password: str, lang: str
) -> None:
    link, visitor = make(served), served.visitor(lang)
    answer = visitor.fill(link, {"password": password})
    assert answer.status_code == 422
    field = answer.page.one("input", id="password")
    assert field["aria-invalid"] == "true" and field.get("value") is None
    assert answer.page.one("p", id="password-e").text
    assert ("password" in answer.page.one("p", id="password-e").text) == (lang == "en")
    assert visitor.fill(link, {"password": NEW}).status_code == 302, "the link is still good"


def test_a_link_ends_the_pause_of_its_user(served: kit.Served) -> None:
    visitor = served.visitor()
    for _ in range(5):
        visitor.fill("/login", {"email": f"ayu@{DOMAIN}", "password": "wrong wrong"})
    served.visitor().fill(make(served), {"password": NEW})
    assert opens(served, "ayu", NEW)


def test_the_language_can_be_changed_on_the_way(served: kit.Served) -> None:
    link, visitor = make(served), served.visitor("id")
    page = visitor.get(link)
    english = next(a["href"] for a in page.page.all("a", hreflang="en"))
    assert visitor.get(english).headers["Location"] == link
    assert visitor.get(link).page.one("html")["lang"] == "en"


# ----------------------------------------------------------------- dead
def another_password(served: kit.Served) -> None:
    with served.database.writing.begin() as connection:
        passwords.set_password(connection, key(served, "ayu"), passwords.hash_password(NEW))


DEATHS: dict[str, Callable[[kit.Served], object]] = {
    "password": another_password,
    "email": lambda served: served.change("base.user", key(served, "ayu"), email=f"ayu.l@{DOMAIN}"),
    "switched off": lambda served: served.change("base.user", key(served, "ayu"), active=False),
    "archived": lambda served: served.change("base.user", key(served, "ayu"), archived=True),
    "another link": make,
}


@pytest.mark.parametrize("what", DEATHS)
def test_a_link_dies(served: kit.Served, what: str) -> None:
    link, visitor = make(served), served.visitor()
    page = visitor.get(link)
    assert page.status_code == 200
    DEATHS[what](served)
    served.forget()
    assert visitor.get(link).status_code == 404
    assert visitor.send(page, {"password": "no password at all"}).status_code == 404


def test_a_link_dies_with_the_hour(served: kit.Served) -> None:
    start = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
    with time_machine.travel(start, tick=False) as clock:
        link = make(served)
        clock.shift(dt.timedelta(minutes=59, seconds=59))
        assert served.visitor().get(link).status_code == 200
        clock.shift(dt.timedelta(seconds=1))
        assert served.visitor().get(link).status_code == 404
        make(served, "dewi")
        assert [row.user_id for row in kept(served, tables.reset_token)] == [key(served, "dewi")]


def test_nobody_learns_why_a_link_is_dead(served: kit.Served) -> None:
    used, forged = make(served), f"/reset/{'A' * 43}"
    served.visitor().fill(used, {"password": NEW})
    bodies = set()
    for link in (used, forged, f"{make(served)}x"):
        answer = served.visitor().get(link)
        bodies.add(re.sub(r"[\w-]*reset[^\"&]*", "", answer.text.replace(link, "")))
        assert answer.status_code == 404
    assert len(bodies) == 1


def test_a_link_is_kept_as_a_digest(served: kit.Served) -> None:
    token = make(served).rpartition("/")[2]
    [row] = kept(served, tables.reset_token)
    assert token not in repr(row) and row.token_hash != token


# ----------------------------------------------------------------- who may
@pytest.mark.parametrize("person", ["dewi", "ayu"])
def test_only_administrators_make_links(served: kit.Served, person: str) -> None:
    visitor = served.sign_in(person)
    record = f"/app/base.user/{key(served, 'made')}"
    page = visitor.get(record)
    assert page.status_code == 200 and not page.page.all("form", action=f"{record}/link")
    assert visitor.post(f"{record}/link", {"csrf_token": visitor.token("/")}).status_code == 403
    assert kept(served, tables.reset_token) == []


def test_a_link_wants_the_token_of_the_page_and_a_user_who_is_there(served: kit.Served) -> None:
    made = served.sign_in("made")
    record = f"/app/base.user/{key(served, 'ayu')}"
    assert made.post(f"{record}/link", {}).status_code == 400
    assert made.get(f"{record}/link").status_code == 405
    token = made.token(record)
    assert made.post("/app/base.user/999999/link", {"csrf_token": token}).status_code == 404
    assert made.post(f"/app/base.user/{2**63 - 1}/link", {"csrf_token": token}).status_code == 404
    served.change("base.user", key(served, "ayu"), active=False)
    assert not made.get(record).page.all("form", action=f"{record}/link")
    assert made.post(f"{record}/link", {"csrf_token": token}).status_code == 400
    assert kept(served, tables.reset_token) == []


def test_the_language_can_be_changed_where_a_link_is_shown(served: kit.Served) -> None:
    made = served.sign_in("made")
    links = [a["href"] for a in shown(made, served).page.all("a", hreflang="en")]
    assert links
    for link in links:
        assert made.get(made.get(link).headers["Location"]).status_code == 200


def test_the_form_of_a_link_wants_its_token(served: kit.Served) -> None:
    link, visitor = make(served), served.visitor()
    visitor.get(link)
    assert visitor.post(link, {"password": NEW}).status_code == 400
    assert visitor.fill(link, {"password": NEW}).status_code == 302


# ----------------------------------------------------------------- host
EVIL: list[dict[str, str]] = [
    {"Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example"},
    {"Forwarded": "host=evil.example"},
    {"X-Host": "evil.example", "X-Original-Host": "evil.example"},
]


@pytest.mark.parametrize("headers", EVIL, ids=lambda headers: "+".join(headers))
def test_a_host_that_nobody_told_us_is_in_no_link(served: kit.Served, headers: dict[str, str]) -> None:
    """With one database for every host the link is a path: the browser of the administrator knows the rest."""
    made = served.sign_in("made")
    record = f"/app/base.user/{key(served, 'ayu')}"
    token = made.token(record)
    cookies = [made.client.get_cookie(name) for name in (TOKEN_COOKIE, "lumbung_form")]
    held = "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies if cookie is not None)
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    made.client = Client(served.dispatcher, response_wrapper=kit.Answer, use_cookies=False)
    answer = made.post(
        f"{record}/link", {"csrf_token": token}, environ_overrides={"HTTP_COOKIE": held, **environ}
    )
    assert answer.status_code == 200
    link = answer.main.one("a", rel="nofollow")
    assert link.text == link["href"] and LINK.fullmatch(link.text)
    assert "evil" not in answer.text


def address(answer: kit.Answer) -> str:
    """The whole address of a link, as it is copied."""
    return answer.main.one("input", id="address")["value"]


@pytest.mark.parametrize("origin", ["http://localhost", "https://localhost"])
def test_the_browser_says_at_which_host_the_administrator_is(served: kit.Served, origin: str) -> None:
    """It sends the origin of the page with every form; a proxy that ends https changes the scheme only."""
    answer = shown(served.sign_in("made"), served, headers={"Origin": origin})
    assert re.fullmatch(f"{origin}{LINK.pattern}", address(answer))


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "http://localhost.evil.example", "localhost"]
)
def test_an_origin_that_is_not_the_host_of_the_request_is_in_no_link(served: kit.Served, origin: str) -> None:
    answer = shown(served.sign_in("made"), served, headers={"Origin": origin})
    assert LINK.fullmatch(answer.main.one("a", rel="nofollow").text) and "evil" not in answer.text


def test_a_host_that_we_know_is_in_the_link(kind: str, copies: Copies, serve: Callable[..., Any]) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(copies.copy(kind))
        served = kit.Served(url, stack.enter_context(serve({"one.example": url})), "one.example")
        made = served.sign_in("made")
        answer = shown(made, served, headers={"X-Forwarded-Host": "evil.example"})
        assert re.fullmatch(f"http://one.example{LINK.pattern}", address(answer))
        for host in (
            "evil.example",
            "one.example,evil.example",
            "one.example@evil.example",
            "one.example:x",
            "",
        ):
            refused = made.client.get("/login", base_url="http://one.example", headers={"Host": host})
            assert refused.status_code == 400, host
            assert "evil" not in refused.text
            assert refused.headers["X-Frame-Options"] == "DENY"


# ----------------------------------------------------------------- secrets
def test_no_secret_is_in_any_log(served: kit.Served, caplog: pytest.LogCaptureFixture) -> None:
    """Nor in the database: passwords, tokens of sessions, links and forms, whatever is logged and goes wrong."""
    caplog.set_level(logging.DEBUG)
    secrets = {PASSWORD, "canary wrong password", "canary new password"}
    visitor = served.visitor()
    visitor.fill("/login", {"email": f"ayu@{DOMAIN}", "password": "canary wrong password"})
    made = served.sign_in("made")
    link = shown(made, served).main.one("a", rel="nofollow")["href"]
    secrets.add(link.rpartition("/")[2])
    visitor.fill(link, {"password": "short"})
    visitor.get(f"{link}?x=1")
    visitor.post(link, {"password": "canary new password"})
    visitor.fill(link, {"password": "canary new password"})
    for who in (visitor, made):
        cookie = who.client.get_cookie(TOKEN_COOKIE)
        assert cookie is not None
        secrets.add(cookie.value)
    made.get("/app/nope")
    assert caplog.records
    told = "\n".join(f"{record.getMessage()} {record.exc_info}" for record in caplog.records)
    assert [secret for secret in secrets if secret in told] == []
    with served.database.reading.begin() as connection:
        stored = repr([connection.execute(sa.select(table)).all() for table in tables.metadata.sorted_tables])
    assert [secret for secret in secrets if secret in stored] == []


def test_a_statement_that_fails_tells_the_log_no_value(served: kit.Served) -> None:
    with pytest.raises(sa.exc.SQLAlchemyError) as caught, served.database.writing.begin() as connection:
        connection.execute(sa.text("INSERT INTO no_such_table VALUES (:x)"), {"x": "canary-value"})
    assert "canary-value" not in str(caught.value)
