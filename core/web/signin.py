"""Sign-in, sign-out, and the language that a browser chose."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import sqlalchemy as sa
from flask import current_app, flash, g, make_response, redirect, request, session
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from core.access import passwords, sessions, throttle
from core.i18n import catalogs
from core.i18n.lazy import _
from core.schema.tables import credential
from core.web import kept, requests
from core.web.finding import recent
from core.web.routes import GUESTS, USERS, Parameters, Route, is_for_guests
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response

    from core.assembly import Assembly
    from core.web.site import Site

NEXT = Parameters(("next",))
EMAIL_MAX = 200
TYPED_MAX = 20_000
"""Letters of the inputs of the sign-in together."""
"""Letters of an address that is typed; no user's is longer."""
_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


@dataclass
class SignInError:
    """Why the last try failed; which of the two was wrong is never said."""

    title: str
    text: str


@dataclass
class SignInPage:
    """What the template knows as `login`."""

    action: str
    next: str
    kept: str = ""
    """What was typed into a form, signed, where the session ended before it was sent."""
    email: str = ""
    remember: bool = True
    error: SignInError | None = None
    left: int | None = None


def register(site: Site) -> None:
    """The routes of sign-in, and the guard before all others."""
    site.app.before_request(_guard)
    site.app.after_request(_renew)
    credentials = Parameters(("email", "password", "remember", "next", kept.KEPT))
    site.routes.add(
        Route(
            "login", "/login", _login, GUESTS, ("GET", "POST"), query=NEXT, form=credentials, size=_form_size
        ),
        Route("logout", "/logout", _logout, USERS, ("POST",)),
        Route("language", "/language/<code>", _language, GUESTS, query=NEXT),
        Route("theme", "/theme", _theme, USERS, ("POST",), form=Parameters(("theme", "next"))),
    )


def own_path(address: str | None) -> str:
    """`address` if it is a path of this site, else home: a link may not lead a signed-in person elsewhere."""
    return address if address and _PATH.fullmatch(address) and not address.startswith("/login") else "/"


def _guard() -> ResponseReturnValue | None:
    if is_for_guests() or requests.signed_in():
        return None
    if request.method != "GET":
        carried = kept.sealed()
        return (page(carried), 401) if carried else redirect("/login")
    return redirect(f"/login?next={quote_plus(request.full_path.rstrip('?'))}")


def page(carried: str) -> str:
    """The sign-in page that carries a form to whoever signs in."""
    return _show(SignInPage("/login", own_path(_page_above()), carried))


def _page_above() -> str:
    """The next page that can be opened above the address to which the form of this request was sent."""
    place, adapter = request.path.removesuffix("/edit"), current_app.create_url_adapter(request)
    while adapter is not None and place and not adapter.test(place, "GET"):
        place = place.rpartition("/")[0]
    return place


def _form_size(assembly: Assembly, _model: str) -> int:
    """How many bytes more it may have: a third more than the largest form that it carries."""
    forms = [
        route.size for route in requests.site().routes if route.again is not None and route.size is not None
    ]
    return max(
        (size(assembly, model) * 4 // 3 for size in forms for model in assembly.registry.models), default=0
    )


def _login() -> ResponseReturnValue:
    if request.method == "POST":
        return _try()
    if requests.signed_in():
        return redirect(own_path(request.args.get("next")))
    return _show(SignInPage("/login", own_path(request.args.get("next"))))


def _try() -> ResponseReturnValue:
    form = request.form
    if sum(len(value) for name, value in form.items() if name != kept.KEPT) > TYPED_MAX:
        raise RequestEntityTooLarge  # only a form that is carried along may be long
    email, password = form.get("email", "").strip().lower()[:EMAIL_MAX], form.get("password", "")
    page = SignInPage("/login", own_path(form.get("next")), form.get(kept.KEPT, ""), email,
                      form.get("remember") == "1")  # fmt: skip
    client = requests.client_address()
    with requests.connection() as connection:
        attempt = throttle.count(connection, email, client)
    if attempt.paused_until is not None:
        return _paused(page, attempt.paused_until)
    user_id, stored = _credential(email)
    answer = None
    if passwords.verify_password(stored, password) and user_id is not None and stored is not None:
        with requests.connection() as connection:
            if passwords.is_still(connection, user_id, stored):
                throttle.succeed(connection, email, client)
                answer = signed_in(connection, redirect(page.next), user_id, remember=page.remember)
    if answer is not None:
        return _with_kept(answer, page.kept) if page.kept else answer
    if attempt.pause_if_failed is not None:
        return _paused(page, attempt.pause_if_failed)
    page.left = attempt.left
    page.error = SignInError(
        str(_("Email or password does not match.")), str(_("Check capital letters, then try again."))
    )
    return _show(page), 401


def _with_kept(answer: Response, carried: str) -> Response:
    """The form that was carried here, in the new session; to somebody else it is only said that there was one."""
    requests.reopen(g.token)
    again = kept.again(carried)
    if again is None:
        flash(
            str(_("What was typed before the sign-in was typed by somebody else. It was not saved.")), "warn"
        )
        return answer
    drawn = make_response(again)
    for cookie in answer.headers.getlist("Set-Cookie"):
        drawn.headers.add("Set-Cookie", cookie)
    return drawn


def _paused(page: SignInPage, until: dt.datetime) -> ResponseReturnValue:
    """The answer to a try that is one too many."""
    clock, headers = retry_after(until)
    page.error = SignInError(
        str(_("Too many tries.")),
        str(_("Signing in with this address is paused until %(time)s.", time=clock)),
    )
    return _show(page), 429, headers


def retry_after(until: dt.datetime) -> tuple[str, dict[str, str]]:
    """The end of a pause as it is shown, by the clock of the company's zone, and as a header."""
    seconds = max(1, int((until - dt.datetime.now(dt.UTC)).total_seconds()) + 1)
    clock = requests.env().formats.time(until + dt.timedelta(seconds=59))  # shown without its seconds
    return clock, {"Retry-After": str(seconds)}


def signed_in(connection: sa.Connection, answer: Response, user_id: int, *, remember: bool) -> Response:
    """`answer` with the cookie of a new session; what the browser held before is worth nothing."""
    sessions.end(connection, request.cookies.get(requests.TOKEN_COOKIE, ""))
    token = sessions.begin(connection, user_id, request.user_agent.string, remember=remember)
    session.pop("csrf_token", None)
    _set_cookie(answer, token, remember=remember)
    g.token = token
    return answer


def _set_cookie(answer: Response, token: str, *, remember: bool) -> None:
    age = dt.timedelta(days=sessions.DAYS_REMEMBERED) if remember else None
    answer.set_cookie(
        requests.TOKEN_COOKIE, token, max_age=age, httponly=True, samesite="Lax", secure=request.is_secure
    )


def _renew(answer: Response) -> Response:
    """Whoever ended all sessions of their own, by a change of their roles, goes on in a new one."""
    found: sessions.SignedIn | None = g.get("signed_in")
    if found is not None and found.user.id is not None and g.pop("own_ended", False):
        with requests.connection() as connection:
            agent = request.user_agent.string
            token = sessions.begin(connection, found.user.id, agent, remember=found.remember)
        _set_cookie(answer, token, remember=found.remember)
    return answer


def _credential(email: str) -> tuple[int | None, str | None]:
    """The key and password hash of a user who may sign in."""
    users = requests.env().registry.info("base.user").table
    statement = (
        sa.select(users.c.id, credential.c.password_hash)
        .join(credential, credential.c.user_id == users.c.id)
        .where(users.c.email == email, users.c.active.is_(True), users.c.archived.is_(False))
    )
    row = requests.env().session.core_connection().execute(statement).first()
    return (row.id, row.password_hash) if row else (None, None)


def _show(page: SignInPage) -> str:
    return render("core/login.html", _("Sign in"), login=page)


def _logout() -> ResponseReturnValue:
    with requests.connection() as connection:
        sessions.end(connection, request.cookies.get(requests.TOKEN_COOKIE, ""))
    session.clear()
    answer = redirect("/login")
    for cookie in (requests.TOKEN_COOKIE, recent.COOKIE):
        answer.delete_cookie(cookie, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


def _language(code: str) -> ResponseReturnValue:
    if code not in catalogs.LANGUAGES:
        raise NotFound
    session["lang"] = code
    address = request.args.get("next", "/")
    return redirect(address if _PATH.fullmatch(address) else "/")


def _theme() -> ResponseReturnValue:
    chosen = request.form.get("theme", "")
    if chosen in ("light", "dark"):
        _keep_theme(chosen)
    return redirect(own_path(request.form.get("next")))


@requests.repeated
def _keep_theme(chosen: str) -> None:
    with requests.writing() as writer, writer.sudo("a user's own theme") as su:
        su.user_record().theme = chosen
