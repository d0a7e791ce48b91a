"""Error pages: what went wrong in plain words, with a number that finds it in the log, and never a trace."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import g, request
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from core.access.door import AccessDenied
from core.errors import DatabaseError, UserError
from core.i18n import catalogs
from core.i18n.lazy import TextLike, _
from core.orm.database import in_words
from core.web import requests
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.web.site import Site

log = logging.getLogger("lumbung.web")
SHOWN = (400, 403, 404, 500, 503)

TITLES: dict[int, TextLike] = {
    400: _("Request not understood"),
    403: _("Not allowed"),
    404: _("Not found"),
    500: _("Error"),
    503: _("Not available"),
}

PLAIN = Markup(
    '<!doctype html>\n<html lang="{lang}"><title>{title} — Lumbung</title>'
    "<main><h1>{title}</h1><p>{number}</p></main></html>\n"
)
"""What is left to say where no template can be drawn."""


@dataclass
class ErrorPage:
    """What the error template knows as `error`."""

    code: int
    request: str
    path: str
    text: str | None = None


def register(site: Site) -> None:
    """Every error ends here."""
    site.app.register_error_handler(HTTPException, _http)
    site.app.register_error_handler(CSRFError, _csrf)
    site.app.register_error_handler(UserError, _refused)
    site.app.register_error_handler(AccessDenied, _denied)
    site.app.register_error_handler(DatabaseError, _unavailable)
    site.app.register_error_handler(sa.exc.SQLAlchemyError, _database)
    site.app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is not None and error.code < 400:
        return error.get_response()
    code = error.code if error.code in SHOWN else 400
    own = error.description != type(error).description and code != 404
    return _page(code, error.description if own else None), error.code or code


def _csrf(error: CSRFError) -> ResponseReturnValue:
    return _page(400, None), 400


def _refused(error: UserError) -> ResponseReturnValue:
    return _page(400, str(error)), 400


def _denied(error: AccessDenied) -> ResponseReturnValue:
    return _page(403, str(error)), 403


def _database(error: sa.exc.SQLAlchemyError) -> ResponseReturnValue:
    """A database that is locked, broken, full, absent or busy is said as such; the rest is a fault of ours."""
    try:
        with in_words(requests.database()):
            raise error
    except (DatabaseError, sa.exc.TimeoutError) as known:
        return _unavailable(known)
    except sa.exc.SQLAlchemyError:
        return _unexpected(error)


def _unavailable(error: DatabaseError | sa.exc.TimeoutError) -> ResponseReturnValue:
    log.error("request %s: %s", requests.request_number(), error, exc_info=error)
    g.pop("env", None)  # the page must not ask the database for anything
    return _page(503, None), 503, {"Retry-After": "5"}


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.error("request %s failed", requests.request_number(), exc_info=error)
    return _page(500, None), 500


def _page(code: int, text: str | None) -> str:
    page = ErrorPage(code, requests.request_number(), request.full_path.rstrip("?"), text)
    try:
        return render("core/error.html", TITLES[code], error=page)
    except Exception:  # whatever broke the page broke its frame too
        log.exception("request %s: its error page failed", page.request)
        return PLAIN.format(lang=catalogs.current_language(), title=str(TITLES[code]), number=page.request)
