"""What every answer carries and what no request may bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request
from werkzeug.exceptions import BadRequest

from core.i18n.lazy import _

if TYPE_CHECKING:
    from core.web.site import Site

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def register(site: Site) -> None:
    """The gate in front and the headers behind."""
    site.app.before_request(_refuse_bad_text)
    site.app.after_request(_add_headers)


def _refuse_bad_text() -> None:
    """NUL and lone surrogates are in no text of a person, and one database or the other chokes on them."""
    texts = [request.path, *request.args, *request.args.values()]
    if request.method not in ("GET", "HEAD"):
        texts += [part for key, value in request.form.items(multi=True) for part in (key, value)]
    if any(_is_bad(text) for text in texts):
        raise BadRequest(str(_("The request has characters that no text can have.")))


def _is_bad(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text if letter > "\ud7ff")


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif response.mimetype == "text/javascript":
        response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return response
