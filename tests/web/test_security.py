"""What holds for every route and answer: headers, no code in pages, and that looking changes nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule

from core.testing import rules
from tests.web import kit
from tests.web.conftest import Statements
from tests.web.markup import read

STATIC = Path(__file__).parents[2] / "core" / "web" / "static"
FILES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|BEGIN IMMEDIATE)\b", re.IGNORECASE)


LEADING_NOWHERE = ("/purge", "/<int:key>/deal", "/<int:key>/held")
"""No file is at hand, nothing that an addon left, no deal that the lead became, and no hold of the deal's unit."""


def routes(served: kit.Served, method: str) -> list[Rule]:
    """The routes that take a method."""
    found = [rule for rule in served.site.app.url_map.iter_rules() if method in (rule.methods or ())]
    assert found
    return found


def test_every_route_answers_with_the_headers(shared: kit.Served) -> None:
    """`rules.check` looks at each; here every route of the map is asked, by a guest and by a user."""
    for visitor, missing in ((shared.visitor(), 302), (shared.sign_in("made"), 404)):
        for rule in routes(shared, "GET"):
            expected = (200, 302)
            if "token" in rule.arguments:  # no link is at hand here
                expected = (404,)
            elif "name" in rule.arguments or rule.rule.endswith(LEADING_NOWHERE):
                expected = (missing,)
            assert visitor.get(kit.address(rule)).status_code in expected, rule.rule
        for rule in routes(shared, "POST"):
            assert visitor.post(kit.address(rule)).status_code == 400
        for path in ("/nowhere", "/static/none", "/static/../site.py"):
            assert visitor.get(path).status_code in (302, 404)


@pytest.mark.slow
def test_looking_writes_nothing(shared: kit.Served, statements: Statements, unchanged: Any) -> None:
    """Every route that is only looked at, with the links on its page; a crawler must not change a thing."""
    for visitor in (shared.visitor(), shared.sign_in("made")):
        with unchanged(shared):
            statements.clear()
            for rule in routes(shared, "GET"):
                answer = visitor.get(kit.address(rule))
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    for link in answer.page.all("a")[:8]:
                        if link["href"].startswith("/"):
                            visitor.get(link["href"])
                visitor._ask("HEAD", kit.address(rule))
            written = [text for text, _values in statements if WRITES.match(text)]
        assert len(statements) > 5
        assert written == []


@pytest.mark.parametrize("path", ["/app/crm.lead/new", "/app/crm.lead/1/edit", "/theme", "/logout", "/login"])
def test_what_changes_something_wants_the_token_of_the_page(served: kit.Served, path: str) -> None:
    visitor = served.sign_in("dewi")
    visitor.get("/")
    for data in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"title": "x", "theme": "dark"}):
        assert visitor.post(path, data).status_code == 400
    for kind in ("text/plain", "application/json"):
        assert visitor.post(path, b'{"title": "x"}', content_type=kind).status_code in (400, 415)
    assert visitor.get("/").status_code == 200


def test_every_route_that_changes_something_wants_a_token(shared: kit.Served) -> None:
    visitor = shared.sign_in("made")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for rule in shared.site.app.url_map.iter_rules():
            status = visitor._ask(method, kit.address(rule)).status_code
            assert status in ((400,) if method in (rule.methods or ()) else (400, 404, 405)), (
                method,
                rule.rule,
            )


def test_over_tls_a_form_from_another_site_is_refused(shared: kit.Served) -> None:
    visitor = shared.sign_in("dewi")
    token = visitor.token("/")
    environ = {"wsgi.url_scheme": "https"}
    for referer in ("https://evil.example/", ""):
        answer = visitor.post(
            "/theme",
            {"csrf_token": token, "theme": "dark"},
            environ_overrides=environ,
            headers={"Referer": referer},
        )
        assert answer.status_code == 400


# ----------------------------------------------------------------- static files
@pytest.mark.parametrize(
    "name", sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
)
def test_static_files_are_typed_and_kept(shared: kit.Served, name: str) -> None:
    answer = shared.visitor().get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == f"{TYPES[Path(name).suffix]}; charset=utf-8"
    assert answer.cache_control.max_age == 31_536_000
    assert "Set-Cookie" not in answer.headers
    assert answer.data == (STATIC / name).read_bytes()
    again = shared.visitor().get(f"/static/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_addresses_of_static_files_change_with_their_content(dewi: kit.Visitor) -> None:
    """They are kept for a year, so a page names the very version that it was made for."""
    page = dewi.get("/app/crm.lead").page
    found = [item.get(name) or "" for item in page.walk() for name in ("src", "href")]
    static = sorted({address.partition("#")[0] for address in found if address.startswith("/static/")})
    assert len(static) >= 3
    for address in static:
        assert re.search(r"\?v=[0-9a-f]{8}$", address), address
        assert dewi.get(address).status_code == 200


@pytest.mark.parametrize(
    "path", ["site.py", "../site.py", "%2e%2e/site.py", "..%2fsite.py", "%00", "vendor", ""]
)
def test_nothing_else_is_served_as_a_file(dewi: kit.Visitor, path: str) -> None:
    answer = dewi.get(f"/static/{path}")
    assert answer.status_code in (400, 404)
    assert b"import" not in answer.data


# ----------------------------------------------------------------- theme
def test_the_theme_is_kept_and_drawn_by_the_server(served: kit.Served) -> None:
    visitor = served.sign_in("ayu")
    assert visitor.get("/").page.one("html").get("data-theme") is None
    for theme in ("dark", "light"):
        token = visitor.token("/")
        answer = visitor.post("/theme", {"csrf_token": token, "theme": theme, "next": "/app/crm.lead"})
        assert answer.headers["Location"] == "/app/crm.lead"
        assert visitor.get("/").page.one("html")["data-theme"] == theme
    visitor.post("/theme", {"csrf_token": visitor.token("/"), "theme": 'x"><script>'})
    assert visitor.get("/").page.one("html")["data-theme"] == "light"
    assert served.sign_in("rizky").get("/").page.one("html").get("data-theme") is None


# ----------------------------------------------------------------- the rules see what they should
GOOD = '<!doctype html><html lang="id"><body><main><h1>x</h1>{}</main></body></html>'


@pytest.mark.parametrize(
    "bad",
    [
        '<p style="color:red">x</p>',
        "<style>p{}</style>",
        '<p onclick="x()">x</p>',
        '<p hx-on:click="x()">x</p>',
        "<script>x()</script>",
        '<script src="https://evil.example/x.js"></script>',
        '<a href="javascript:x()">x</a>',
        '<a href="//evil.example">x</a>',
        '<form action="data:x"></form>',
        '<p id="a">x</p><p id="a">y</p>',
        '<label for="nobody">x</label>',
        "<h1>y</h1>",
        '<p class="a" class="b">x</p>',
        "<div><p>x</div>",
        "<div>x",
        "<p class=a>x</p>",
        "<p>a < b</p>",
        '<p onClick="x()">x</p>',
    ],
)
def test_the_rules_of_pages_find_what_breaks_them(bad: str) -> None:
    rules.check_page(read(GOOD.format("<p>x</p>")))
    with pytest.raises(AssertionError):
        rules.check_page(read(GOOD.format(bad)))


def test_the_rules_find_a_write_of_a_refused_request(served: kit.Served) -> None:
    """A test of the tests: a request of 4xx that has written fails, whoever made it."""
    visitor = served.sign_in("dewi")
    served.state()

    class Writes:
        def __call__(self, environ: Any, start_response: Any) -> Any:
            with served.database.writing.begin() as connection:
                connection.exec_driver_sql("UPDATE base_tag SET color = 'p1'")
            return served.dispatcher(environ, start_response)

    visitor.client.application = Writes()
    with pytest.raises(AssertionError, match="but it wrote"):
        visitor.get("/app/nope")
