"""The gate: what no request may bring is refused in words, before any statement is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from werkzeug.test import Client

from core.web import security
from core.web.requests import TOKEN_COOKIE
from tests.web import kit
from tests.web.conftest import Statements, on_sqlite
from tests.web.test_errors import NUMBER, heading

MARK = "brought7in"
"""In all that is brought here: no statement may hold it."""
LONG = MARK + "x" * 505_000
"""More than a form may hold, and not so much that the client of the tests makes a file of it."""
NO_TEXT = ["%00", "%ed%a0%80", "%ed%bf%bf", "%ff", "%c0%80", "%f5%80%80%80"]
"""NUL, lone surrogates, and bytes that are no UTF-8, as an address or a form brings them."""


def plain(served: kit.Served) -> kit.Visitor:
    """Somebody whose cookies are what the test says."""
    visitor = served.visitor()
    visitor.client = Client(served.dispatcher, response_wrapper=kit.Answer, use_cookies=False)
    return visitor


def refused(answer: kit.Answer, statuses: tuple[int, ...], statements: Statements) -> None:
    """A page in words, and nothing of it asked of the database."""
    assert answer.status_code in statuses, (answer.status_code, answer.main.text[:300])
    assert heading(answer) and NUMBER.search(answer.main.text)
    assert not [text for text, values in statements if MARK in f"{text} {values}"]


@pytest.mark.parametrize("bad", NO_TEXT)
@pytest.mark.parametrize(
    "where",
    ["/app/crm.lead?search={}", "/app/crm.lead?{}=1", "/app/{}", "/login?next=/{}", "/reset/{}", "/x/{}?y"],
)
def test_an_address_is_text(shared: kit.Served, statements: Statements, where: str, bad: str) -> None:
    for visitor in (shared.visitor("en"), shared.sign_in("dewi", lang="en")):
        path, _question, query = where.format(MARK + bad).partition("?")
        raw = unquote_to_bytes(path).decode("latin-1")  # as a server has it; the client would repair it
        answer = visitor.get("/", environ_overrides={"PATH_INFO": raw, "QUERY_STRING": query})
        refused(answer, (400,), statements)
        assert "characters that no text can have" in answer.main.text


@pytest.mark.parametrize("bad", NO_TEXT)
@pytest.mark.parametrize("name", ["email", "password", "next", "{}", "csrf_token"])
def test_a_form_is_text(shared: kit.Served, statements: Statements, name: str, bad: str) -> None:
    visitor = shared.visitor()
    token = visitor.token("/login")
    body = f"csrf_token={token}&{name.format(bad)}={MARK}{bad}"
    answer = visitor.post("/login", body.encode(), content_type="application/x-www-form-urlencoded")
    refused(answer, (400,), statements)


def test_a_form_in_parts_is_text(shared: kit.Served, statements: Statements) -> None:
    visitor = shared.visitor()
    data = {"csrf_token": visitor.token("/login"), "email": f"{MARK}\x00", "password": "x"}
    refused(visitor.post("/login", data, content_type="multipart/form-data"), (400,), statements)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "statuses"),
    [
        ({"User-Agent": f"{MARK}\x00"}, (400,)),
        ({"Accept-Language": f"{MARK}\x00"}, (400,)),
        ({"Referer": f"{MARK}\x00"}, (400,)),
        ({"Host": f"{MARK} x"}, (400,)),
        ({"Host": f"{MARK}/x"}, (400,)),
        ({"Host": f"a@{MARK}"}, (400,)),
        ({"User-Agent": LONG}, (431,)),
        ({"Accept-Language": LONG}, (431,)),
        ({"X-Anything": LONG}, (431,)),
        ({"Cookie": f"{TOKEN_COOKIE}={LONG}"}, (431,)),
        ({"Cookie": f"{TOKEN_COOKIE}={MARK}\x00"}, (400,)),
        ({"X-Forwarded-For": f"{MARK}\x00"}, (400,)),
    ],
)  # fmt: skip
def test_headers_are_looked_at_too(
    shared: kit.Served, statements: Statements, headers: Mapping[str, str], statuses: tuple[int, ...]
) -> None:
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    answer = plain(shared).get("/login", environ_overrides=environ)
    refused(answer, statuses, statements)


@pytest.mark.parametrize(
    "cookie", ["", "ÿþ", "\u00ed\u00a0\u0080", "a" * 4000, "../../etc", '"', "=", ";;", "' OR 1=1 --", "%00"]
)
def test_a_cookie_that_means_nothing_is_nobody(shared: kit.Served, cookie: str) -> None:
    for name in (TOKEN_COOKIE, "lumbung_form"):
        environ = {"HTTP_COOKIE": f"{name}={cookie}"}
        answer = plain(shared).get("/app/crm.lead", environ_overrides=environ)
        assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/app/crm.lead?{LONG}=1", 414),
        (f"/app/crm.lead?search={LONG}", 414),
        (f"/app/{LONG}", 414),
        (f"/{LONG}", 414),
        (f"/app/crm.lead?{'x' * (security.NAME_MAX + 1)}{MARK}=1", 400),
    ],
)  # fmt: skip
def test_what_is_too_long_is_said_so(
    shared: kit.Served, statements: Statements, path: str, status: int
) -> None:
    refused(shared.sign_in("dewi").get(path), (status,), statements)


@pytest.mark.slow
@on_sqlite
@pytest.mark.parametrize("content_type", [security.URLENCODED, "multipart/form-data"])
@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        ({"email": LONG}, (413,)),
        ({LONG: "1"}, (400, 413)),
        ({f"{'x' * 201}{MARK}": "1"}, (400,)),
        ({f"unknown{MARK}": "1"}, (400,)),
    ],
)  # fmt: skip
def test_a_form_is_no_larger_than_a_person_fills(
    shared: kit.Served,
    statements: Statements,
    data: dict[str, Any],
    statuses: tuple[int, ...],
    content_type: str,
) -> None:
    visitor = shared.visitor()
    whole = {"csrf_token": visitor.token("/login"), **data}
    refused(visitor.post("/login", whole, content_type=content_type), statuses, statements)


@pytest.mark.slow
@on_sqlite
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/xml",
        "text/plain; x=application/x-www-form-urlencoded",
        "",
    ],
)
def test_a_form_comes_as_a_form(shared: kit.Served, statements: Statements, content_type: str) -> None:
    """A page elsewhere can send text/plain with our cookies and without asking; no route takes it."""
    visitor = shared.sign_in("dewi")
    token = visitor.token("/")
    body = f'{{"csrf_token": "{token}", "theme": "{MARK}"}}'.encode()
    for rule in shared.site.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            answer = visitor.post(
                kit.address(rule), body, content_type=content_type, headers={"X-CSRFToken": token}
            )
            refused(answer, (415,), statements)


def test_a_form_has_no_more_inputs_than_a_page(shared: kit.Served, statements: Statements) -> None:
    visitor = shared.visitor()
    whole = {"csrf_token": visitor.token("/login"), "email": [MARK] * 5_000}
    refused(visitor.post("/login", whole), (413,), statements)


def test_pages_of_refusals_are_in_the_language_and_frame_of_the_reader(shared: kit.Served) -> None:
    for lang, words in (("id", "karakter"), ("en", "characters")):
        answer = shared.sign_in("ayu", lang=lang).get("/app/crm.lead?search=%00")
        assert answer.page.one("html")["lang"] == lang
        assert words in answer.main.text
        assert "Ayu Lestari" in answer.page.one("header", class_="side").text


def test_debug_is_off_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, shared: kit.Served
) -> None:
    from core.web.site import build_site

    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = build_site(shared.site.assembly, kit.SECRET).app
    assert not app.debug and not app.testing and app.config["PROPAGATE_EXCEPTIONS"] is False
