"""Cookies that go over https only: by whom we are told that a request came so, and whom we do not believe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from werkzeug.test import Client

from core.access import throttle
from core.base.demo import DOMAIN, PASSWORD
from core.orm.database import Database
from core.settings import PROXIES, SettingsError, proxies
from core.web.dispatcher import Dispatcher, Tenant
from core.web.requests import TOKEN_COOKIE
from tests.copies import Copies
from tests.web import kit
from tests.web.test_sessions import key

FORM_COOKIE = "lumbung_form"
Behind = Callable[..., Any]


@pytest.fixture
def behind(kind: str, copies: Copies, serve: Callable[..., Any]) -> Behind:
    """`with behind(1) as served:` a database of its own behind so many proxies."""

    @contextmanager
    def stand(number: int, host: str = "*") -> Iterator[kit.Served]:
        with copies.copy(kind) as url, serve({}) as shared:
            made = Dispatcher({}, kit.SECRET, shared.sites.catalogue, proxies=number)
            made.sites = shared.sites
            made.tenants = {host: Tenant(Database(url), shared.sites)}
            with closing(made):
                yield kit.Served(url, made, host)

    return stand


def is_secure(answer: Any, name: str) -> bool:
    """Whether a cookie that an answer sets is sent over https only."""
    [cookie] = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(f"{name}=")]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    return "Secure" in cookie.split("; ")


def sign_in(served: kit.Served, scheme: str = "http", **headers: str) -> tuple[bool, bool, bool]:
    """Whether the cookies of the form, of the session and of its end are secure, for requests with headers."""
    client, base = Client(served.dispatcher, response_wrapper=kit.Answer), f"{scheme}://{served.host}"
    sent: dict[str, Any] = {
        "base_url": base,
        "headers": {
            "Referer": f"https://{served.host}/",
            **{_name(name): text for name, text in headers.items()},
        },
    }
    shown: Any = client.get("/login", **sent)
    csrf = shown.page.one("input", name="csrf_token")["value"]
    # The client of werkzeug keeps a secure cookie from what it sends by http, whatever a proxy would do.
    held = {cookie.partition("=")[0]: cookie.partition("=")[2].partition(";")[0]
            for cookie in shown.headers.getlist("Set-Cookie")}  # fmt: skip
    data = {"email": f"ayu@{DOMAIN}", "password": PASSWORD, "csrf_token": csrf, "remember": "1"}
    plain = Client(served.dispatcher, response_wrapper=kit.Answer, use_cookies=False)
    answer = plain.post("/login", data=data, environ_overrides=_cookies(held), **sent)
    assert answer.status_code == 302, answer.text
    held |= {cookie.partition("=")[0]: cookie.partition("=")[2].partition(";")[0]
             for cookie in answer.headers.getlist("Set-Cookie")}  # fmt: skip
    page: Any = plain.get("/", environ_overrides=_cookies(held), **sent)
    held |= {cookie.partition("=")[0]: cookie.partition("=")[2].partition(";")[0]
             for cookie in page.headers.getlist("Set-Cookie")}  # fmt: skip
    out = plain.post(
        "/logout",
        data={"csrf_token": page.page.all("input", name="csrf_token")[0]["value"]},
        environ_overrides=_cookies(held),
        **sent,
    )
    assert out.status_code == 302
    return is_secure(shown, FORM_COOKIE), is_secure(answer, TOKEN_COOKIE), is_secure(out, TOKEN_COOKIE)


def _name(name: str) -> str:
    return name.replace("_", "-")


def _cookies(held: dict[str, str]) -> dict[str, str]:
    return {"HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in held.items())}


YES, NO = (True,) * 3, (False,) * 3


@pytest.mark.parametrize(
    ("number", "scheme", "told", "expected"),
    [
        (0, "https", None, YES),
        (0, "http", None, NO),
        (0, "http", "https", NO),
        (1, "http", "https", YES),
        (1, "http", None, NO),
        (1, "http", "http", NO),
        (1, "http", "http, https", YES),
        (1, "http", "https, http", NO),
        (2, "http", "https, http", YES),
        (2, "http", "https", NO),
        (1, "http", "javascript", NO),
    ],
)
def test_cookies_are_for_https_where_the_request_came_so(
    behind: Behind, number: int, scheme: str, told: str | None, expected: tuple[bool, ...]
) -> None:
    """As many entries from the right are believed as there are proxies; what a client wrote stands left of them."""
    with behind(number) as served:
        headers = {} if told is None else {"X_Forwarded_Proto": told}
        assert sign_in(served, scheme, **headers) == expected


@pytest.mark.parametrize("number", [0, 1])
def test_a_proxy_says_no_host(behind: Behind, number: int) -> None:
    """A link that is made has the host and the scheme of the request, whatever else is sent along."""
    with behind(number, "one.example") as served:
        made = served.sign_in("made")
        record = f"/app/base.user/{key(served, 'ayu')}"
        for proto, scheme in (("http", "http"), ("javascript", "http"), ("http://evil.example/?", "http")):
            headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": proto,
                       "X-Forwarded-Port": "666", "X-Forwarded-Prefix": "/evil"}  # fmt: skip
            answer = made.post(f"{record}/link", {"csrf_token": made.token(record)}, headers=headers)
            link = answer.main.one("input", id="address")["value"]
            assert link.startswith(f"{scheme}://one.example/reset/")
            assert "evil" not in answer.text and "666" not in link
        refused = made.client.get(
            "/login", base_url="http://evil.example", headers={"X-Forwarded-Host": "one.example"}
        )
        assert refused.status_code == 400


def test_a_client_is_who_the_last_proxy_says(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else everybody behind a proxy on another machine would be one client, and be paused together."""
    monkeypatch.setattr(throttle, "PER_CLIENT", 3)
    proxy = {"REMOTE_ADDR": "203.0.113.5"}

    def tries(told: str, times: int = 3) -> int:
        statuses: list[int] = []
        for number in range(times):
            visitor = served.visitor()
            data = {"email": f"x{number}@{told[-1]}.example", "password": "wrong",
                    "csrf_token": visitor.token("/login")}  # fmt: skip
            headers = {"X-Forwarded-For": told}
            statuses.append(
                visitor.post("/login", data, environ_overrides=proxy, headers=headers).status_code
            )
        return statuses[-1]

    with behind(1) as served:
        assert tries("198.51.100.1") == 429
        assert tries("198.51.100.2", 1) == 401, "another client"
        assert tries("198.51.100.9, 198.51.100.1", 1) == 429, "what the client wrote is not believed"
    with behind(0) as served:
        assert tries("198.51.100.1") == 429
        assert tries("198.51.100.2", 1) == 429, "nobody told us of the proxy"


@pytest.mark.parametrize(("text", "number"), [("", 0), ("0", 0), ("1", 1), (" 2 ", 2), (None, 0)])
def test_how_many_proxies_there_are_is_a_setting(
    monkeypatch: pytest.MonkeyPatch, text: str | None, number: int
) -> None:
    monkeypatch.delenv(PROXIES, raising=False)
    if text is not None:
        monkeypatch.setenv(PROXIES, text)
    assert proxies() == number


@pytest.mark.parametrize("text", ["yes", "-1", "1.5", "10", "²", "1 2", "٣"])
def test_a_number_of_proxies_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    from core.web.server import application

    monkeypatch.setenv(PROXIES, text)
    with pytest.raises(SettingsError, match=PROXIES):
        application("sqlite:///none.db")


def test_the_server_believes_as_many_as_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.web.server import application

    monkeypatch.setenv("LUMBUNG_SECRET", "abcdefghijklmnopqrstuvwxyz0123456789")
    monkeypatch.setenv(PROXIES, "2")
    made: Any = application("sqlite:///none.db").application
    assert (made.x_for, made.x_proto, made.x_host, made.x_port, made.x_prefix) == (2, 2, 0, 0, 0)
