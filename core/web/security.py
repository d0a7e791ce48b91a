"""What every answer carries and what no request may bring: looked at before anything else is done for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_to_bytes

from flask import g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import (
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
    RequestURITooLarge,
    UnsupportedMediaType,
)

from core.errors import UserError
from core.i18n.lazy import _
from core.web import requests

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from core.web.site import Site

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; style-src 'self'; "
    "script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
ADDRESS_MAX, HEADER_MAX, NAME_MAX = 8_000, 8_000, 200
"""Letters of an address, of a header, and of the name of a parameter or input."""
SAFE = ("GET", "HEAD", "OPTIONS")
URLENCODED = "application/x-www-form-urlencoded"
FORMS = (URLENCODED, "multipart/form-data")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_HOST = re.compile(r"(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def register(site: Site) -> None:
    """The gate in front, the check that a form is ours behind it, and the headers on the way out."""
    for check in (_check_headers, _check_address, _check_body):
        site.app.before_request(check)
    CSRFProtect(site.app)
    site.app.after_request(_add_headers)


def _check_headers() -> None:
    """No header is longer than a server reads, and none holds what no browser sends."""
    for name, value in request.environ.items():
        if name.startswith("HTTP_") or name == "CONTENT_TYPE":
            if len(value) > HEADER_MAX:
                raise RequestHeaderFieldsTooLarge
            if _CONTROL.search(value):
                raise _bad_text()
    if not _HOST.fullmatch(request.environ.get("HTTP_HOST", "localhost")):
        raise UserError(_("The request names no host that there could be."))


def _check_address() -> None:
    """Path and parameters are text: NUL and lone surrogates are in none, and the databases choke on them."""
    path, query = request.environ.get("PATH_INFO", "").encode("latin-1"), request.query_string
    if len(path) + len(query) > ADDRESS_MAX:
        raise RequestURITooLarge
    _check_bytes(path)
    _check_bytes(unquote_to_bytes(query))
    _check_names(request.args)


def _check_body() -> None:
    """A form is a form, and its texts are texts. It is read here: who sends it slowly holds no connection."""
    if request.method in SAFE or request.url_rule is None:
        return
    is_empty = (
        not request.content_type
        and not request.content_length
        and not request.headers.get("Transfer-Encoding")
    )
    if request.mimetype not in FORMS and not is_empty:
        raise UnsupportedMediaType
    _make_room()
    if request.mimetype == URLENCODED:
        raw = request.get_data(cache=True)
        if len(raw) > (request.max_form_memory_size or 0) or raw.count(b"&") >= (request.max_form_parts or 0):
            raise RequestEntityTooLarge
        if not _is_text(unquote_to_bytes(raw)):
            request.form = _with_marks(raw)
    _check_names(request.form)
    marked = {name for name, value in request.form.items(multi=True) if _NO_TEXT.search(value)}
    if marked and not _is_typed(marked):
        raise _bad_text()
    if marked:
        request.form = _without_marks(marked)


def _is_text(raw: bytes) -> bool:
    try:
        return not _NO_TEXT.search(raw.decode())
    except UnicodeDecodeError:
        return False


def _with_marks(raw: bytes) -> ImmutableMultiDict[str, str]:
    """A form with lone surrogates in the place of bytes that are no text."""
    text = raw.decode("utf-8", "surrogateescape")
    return ImmutableMultiDict(parse_qsl(text, keep_blank_values=True, errors="surrogateescape"))


def _is_typed(names: set[str]) -> bool:
    """Whether they are inputs that somebody typed into: their form is shown again, with a word beside each."""
    routes, model = requests.site().routes, (request.view_args or {}).get("model", "")
    route = routes.get(request.endpoint)
    if route is None or route.again is None or model not in routes.assembly.registry.models:
        return False
    family = route.form.family
    return family is not None and all(family.takes(routes.assembly, model, name) for name in names)


def _without_marks(names: set[str]) -> ImmutableMultiDict[str, str]:
    """The form without what no text can have, which is remembered by the names of its inputs."""
    g.cleaned = frozenset(names)
    parts = ((name, _NO_TEXT.sub("", value)) for name, value in request.form.items(multi=True))
    return ImmutableMultiDict(parts)


def _make_room() -> None:
    """A form with long texts may be as large as they: what a field can hold is refused by no gate."""
    model = (request.view_args or {}).get("model", "")
    routes = requests.site().routes
    more = routes.form_size(request.endpoint, model)
    request.max_form_memory_size = (request.max_form_memory_size or 0) + more
    request.max_content_length = max(request.max_content_length or 0, request.max_form_memory_size)
    request.max_content_length += routes.upload_size(request.endpoint, model)


def _check_bytes(raw: bytes) -> None:
    if not _is_text(raw):
        raise _bad_text()


def _check_names(names: Iterable[str]) -> None:
    if any(len(name) > NAME_MAX or _NO_TEXT.search(name) for name in names):
        raise _bad_text()


def _bad_text() -> UserError:
    return UserError(_("The request has characters that no text can have."))


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif response.mimetype == "text/javascript":
        response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return response
