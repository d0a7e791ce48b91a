"""What holds for every answer, whatever was asked: looked at after each request of every test of the web."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from tests.web.markup import Element

if TYPE_CHECKING:
    from tests.web.kit import Answer

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
    for element in page.walk():
        _check_element(element)
    ids = [element["id"] for element in page.walk() if element.get("id") is not None]
    assert len(ids) == len(set(ids)), f"ids used twice: {sorted(i for i in set(ids) if ids.count(i) > 1)}"
    assert page.one("html").get("lang") in ("id", "en")
    page.one("main").one("h1")
    for label in page.all("label"):
        assert label.get("for") is None or label["for"] in ids, f"{label} leads to nothing"


def _check_element(element: Element) -> None:
    assert element.get("style") is None and element.tag != "style", f"{element} has a style of its own"
    handlers = [name for name in element.attrs if name.startswith(("on", "hx-on"))]
    assert not handlers, f"{element} has handlers"
    if element.tag == "script":
        assert (element.get("src") or "").startswith("/static/") and not element.children, (
            f"{element} is code"
        )
    for name in ADDRESSES:
        address = element.get(name)
        assert address is None or re.match(r"(/(?!/)|#|https?://|mailto:|tel:)", address), (
            f"{element}: {address}"
        )
