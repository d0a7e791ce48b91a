"""What holds for every answer, whatever was asked: looked at after each request of every test of the web."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from core.testing.markup import Element

if TYPE_CHECKING:
    from core.testing.client import Answer

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
TRACE = re.compile(
    r"Traceback|File \"|\.py\b|sqlalchemy|sqlite3|psycopg|SELECT .* FROM|line [0-9]+, in", re.IGNORECASE
)
"""What tells a stranger how the server is built."""
FOR_ADMINISTRATORS = "/apps/"
"""Where file and line of a fault are what an administrator came for."""
ADDRESSES = ("href", "src", "action", "formaction")
_ADDRESS = re.compile(r"(/(?!/)|#|https?://|mailto:|tel:)")


def check(answer: Answer) -> None:
    """Fails the test where an answer breaks a rule of the house."""
    check_headers(answer)
    redirected = answer.status_code in range(300, 400)
    if answer.mimetype == "text/html" and not redirected and answer.request.method != "HEAD":
        check_page(answer.page)
    if answer.status_code >= 400 and not answer.request.path.startswith(FOR_ADMINISTRATORS):
        asked = unquote_plus(answer.request.url).lower()
        said = answer.page.text if answer.mimetype == "text/html" else answer.text
        told = [text for text in TRACE.findall(said) if text.lower() not in asked]
        assert not told, f"an error tells of {told}"


def check_headers(answer: Answer) -> None:
    """The headers that protect whoever reads the answer."""
    headers = answer.headers
    for name, value in HEADERS.items():
        assert headers.get(name) == value, f"{answer.request.path}: {name} is {headers.get(name)}"
    given = headers.get("Content-Security-Policy", "")
    policy = dict(part.strip().partition(" ")[::2] for part in given.split(";"))
    assert POLICY.items() <= policy.items(), f"{answer.request.path}: {given!r}"
    assert "unsafe" not in given
    if not answer.request.path.startswith("/static/"):
        assert headers.get("Cache-Control") == "no-store", f"{answer.request.path} may be kept by the browser"


def check_page(page: Element) -> None:
    """No code inside the page, one main with one h1, labels for inputs, and ids that are used once."""
    elements = page.walk()
    for element in elements:
        _check_element(element)
    ids = [element["id"] for element in elements if "id" in element.attrs]
    known = set(ids)
    assert len(ids) == len(known), f"ids used twice: {sorted(i for i in known if ids.count(i) > 1)}"
    assert page.one("html").get("lang") in ("id", "en")
    page.one("main").one("h1")
    for label in page.all("label"):
        assert label.get("for") is None or label["for"] in known, f"{label} leads to nothing"


def _check_element(element: Element) -> None:
    assert element.tag != "style", f"{element} is a style"
    for name, value in element.attrs.items():
        assert name != "style", f"{element} has a style of its own"
        assert not name.startswith(("on", "hx-on")), f"{element} has handlers"
        assert name not in ADDRESSES or _ADDRESS.match(value), f"{element}: {value}"
    if element.tag == "script":
        assert (element.get("src") or "").startswith("/static/") and not element.children, (
            f"{element} is code"
        )
