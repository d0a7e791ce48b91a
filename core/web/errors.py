"""Error pages: what went wrong in plain words, with a number that finds it in the log, and never a trace."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import g, request
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from core import failures
from core.access.door import AccessDenied
from core.access.users import administrators
from core.errors import DatabaseError, UserError
from core.i18n import catalogs
from core.i18n.lazy import TextLike, _
from core.orm.database import in_words
from core.web import apps, kept, requests, signin
from core.web.shell import address, menus, render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.web.site import Site

log = logging.getLogger("lumbung.web")
HELPERS = 3
"""How many people are named who can help."""


@dataclass(frozen=True)
class Kind:
    """How an error is told: the title of its page, what it says first, then what one can do about it."""

    title: TextLike
    heading: TextLike
    text: TextLike
    drawing: str = "art-search"


KINDS: dict[int, Kind] = {
    400: Kind(
        _("Request not understood"),
        _("This request could not be read"),
        _("The page may have been open for too long. Go back, load it again, then try once more."),
    ),
    403: Kind(
        _("Not allowed"),
        _("You may not open this yet"),
        _("Your role does not allow this. Ask your administrator if you need it for your work."),
        "art-lock",
    ),
    404: Kind(
        _("Not found"),
        _("There is no such page"),
        _("The address may be mistyped, or the record was deleted. Go on from the home page."),
        "art-missing",
    ),
    405: Kind(
        _("Not possible this way"),
        _("This address cannot be used in this way"),
        _("Go back to the page that you came from and use its buttons."),
    ),
    413: Kind(
        _("Too large"),
        _("That was too much at once"),
        _("What was sent is larger than this page takes. Send less, or in several parts."),
        "art-empty",
    ),
    414: Kind(
        _("Address too long"),
        _("This address is too long"),
        _("Use fewer filters or shorter words, then try again."),
    ),
    415: Kind(
        _("Wrong kind of content"),
        _("This kind of content is not taken here"),
        _("Send it by the form of the page itself."),
    ),
    429: Kind(
        _("Too many tries"),
        _("Please wait a moment"),
        _("There were too many tries. Try again in a few minutes."),
        "art-lock",
    ),
    431: Kind(
        _("Too much sent along"),
        _("Your browser sends too much along"),
        _("Delete the cookies of this site in your browser, then try again."),
    ),
    500: Kind(
        _("Error"),
        _("Something went wrong on our side"),
        _(
            "Nothing was saved by this step. Try again; if it happens twice, tell your administrator the "
            "request number below."
        ),
        "art-empty",
    ),
    503: Kind(
        _("Not available"),
        _("Back in a moment"),
        _("The system is being looked after or is very busy. Your data is safe. Try again in a few minutes."),
        "art-empty",
    ),
}

PLAIN = Markup(
    '<!doctype html>\n<html lang="{lang}"><title>{title} — Lumbung</title>'
    "<main><h1>{title}</h1><p>{number}</p></main></html>\n"
)
"""What is left to say where no template can be drawn."""


@dataclass(frozen=True)
class Way:
    """A list that one may go on to: its name, its address, and whether one can search in it."""

    label: str
    href: str
    is_searchable: bool


@dataclass
class ErrorPage:
    """What the error template knows as `error`."""

    code: int
    request: str
    path: str
    kind: Kind
    text: TextLike
    roles: list[str]
    """The roles of which one would open this, where that is known."""
    helpers: list[str]
    """Who can give them."""
    list: Way | None = None
    """The list that the address belongs to, where the reader may see that list."""
    search: Way | None = None
    """That list, else everything, to look there for what was not found."""
    culprit: str = ""
    """The addon that failed, for an administrator."""
    app: str = ""
    """Where its fault is told."""


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
    if error.code is None or error.code < 400:
        return error.get_response()
    shown = error.code if error.code in KINDS else 400
    own = error.description if error.description != type(error).description and shown != 404 else None
    allowed = getattr(error, "valid_methods", None)
    return _page(shown, own), error.code, {"Allow": ", ".join(allowed)} if allowed else {}


def _csrf(error: CSRFError) -> ResponseReturnValue:
    """A form without a token of this session; what was typed into one of ours is not lost by that."""
    requests.open_late()
    if not requests.signed_in() and (carried := kept.sealed()):
        return signin.page(carried), 401
    page = kept.drawn(request.endpoint, request.view_args, request.form) if "env" in g else None
    return (_page(400, None), 400) if page is None else (page, 422)


def _refused(error: UserError) -> ResponseReturnValue:
    return _page(400, error.message, getattr(error, "addon", "")), 400


def _denied(error: AccessDenied) -> ResponseReturnValue:
    """What a page refuses; what was typed into a form of ours is not lost by that."""
    args, why = request.view_args, error.message
    page = kept.closed(request.endpoint, args, request.form, why) if "env" in g else None
    return _page(403, why) if page is None else page, 403


def _database(error: sa.exc.SQLAlchemyError) -> ResponseReturnValue:
    """A database that is locked, broken, full, absent or busy is said as such; the rest is our fault."""
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
    log.error("request %s failed (%s)", requests.request_number(), _asked(), exc_info=error)
    failures.look_for_culprit(requests.database(), requests.site().assembly.folders, error)
    if "env" in g:
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            g.env.session.rollback()  # a statement that failed would fail those of the page too
    failure = failures.behind(error)
    return _page(500, None, failure.addon if failure else ""), 500


def _page(code: int, text: TextLike | None, culprit: str = "") -> str:
    requests.open_late()
    kind, number = KINDS[code], requests.request_number()
    if code < 500:
        log.warning("request %s refused with %s (%s)", number, code, _asked())
    try:
        roles, helpers = _who_helps() if code == 403 else ([], [])
        path = request.full_path.rstrip("?")
        page = ErrorPage(code, number, path, kind, text or kind.text, roles, helpers)
        if code in (403, 404) and requests.signed_in():
            page.list, page.search = _list_of(request.path), _search() if code == 404 else None
        if culprit and requests.signed_in() and apps.ADMINS.is_open(requests.env()):
            page.culprit, page.app = culprit, f"{apps.APPS}/{culprit}"
            page.text = _("Nothing was saved by this step.")
        return render("core/error.html", kind.title, error=page)
    except Exception:  # whatever broke the page broke its frame too
        log.exception("request %s: its error page failed", number)
        return PLAIN.format(lang=catalogs.current_language(), title=str(kind.title), number=number)


def _asked() -> str:
    """Method, route and user, for the log: an address may hold what is nobody's business."""
    user = requests.env().user.id if "env" in g else None
    return f"{request.method} {request.url_rule or 'no route'}, user {user}"


def _who_helps() -> tuple[list[str], list[str]]:
    """The names of the roles of which one would open this, and of people who can give them."""
    env, site = requests.env(), requests.site()
    labels = {item.value.name: str(item.value.label) for item in site.assembly.roles}
    needed = site.routes.needed(request.endpoint, env, (request.view_args or {}).get("model", ""))
    names = sorted((labels.get(name, name) for name in needed), key=str.casefold)
    return names, administrators(env, HELPERS)


def _list_of(path: str) -> Way | None:
    """The list that an address belongs to, if the user may see it."""
    model = path.removeprefix("/app/").partition("/")[0] if path.startswith("/app/") else ""
    env = requests.env()
    info = env.registry.models.get(model)
    if info is None or not env.may(info.name, "r"):
        return None
    view = requests.site().list_view(info.name, env)
    return Way(str(info.plural), f"/app/{info.name}", view.is_searchable)


def _search() -> Way | None:
    """Where to search: the list that the address belongs to, else everything; nowhere for who may see no list."""
    way = _list_of(request.path)
    if way is not None and way.is_searchable:
        return way
    lists = map(_list_of, (address(menu.target) for menu in menus()))
    return Way(str(_("Everything")), "/search", True) if any(lists) else None
