"""Sign-in, sign-out, and the language that a browser chose."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import sqlalchemy as sa
from flask import g, redirect, request, session
from werkzeug.exceptions import NotFound

from core.access import passwords, sessions
from core.i18n import catalogs
from core.i18n.lazy import _
from core.orm.database import in_words
from core.schema.tables import credential
from core.web import requests
from core.web.routes import GUESTS, USERS, Parameters, Route, is_for_guests
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.web.site import Site

NEXT = Parameters(("next",))
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
    email: str = ""
    remember: bool = True
    error: SignInError | None = None
    left: int | None = None


def register(site: Site) -> None:
    """The routes of sign-in, and the guard before all others."""
    site.app.before_request(_guard)
    credentials = Parameters(("email", "password", "remember", "next"))
    site.routes.add(
        Route("login", "/login", _login, GUESTS, ("GET", "POST"), query=NEXT, form=credentials),
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
        return redirect("/login")
    return redirect(f"/login?next={quote_plus(request.full_path.rstrip('?'))}")


def _login() -> ResponseReturnValue:
    if request.method == "POST":
        return _try()
    if requests.signed_in():
        return redirect(own_path(request.args.get("next")))
    return _show(SignInPage("/login", own_path(request.args.get("next"))))


def _try() -> ResponseReturnValue:
    form = request.form
    email, password = form.get("email", "").strip().lower(), form.get("password", "")
    page = SignInPage("/login", own_path(form.get("next")), email[:200], form.get("remember") == "1")
    user_id, kept = _credential(email)
    if not passwords.verify_password(kept, password) or user_id is None:
        page.error = SignInError(
            str(_("Email or password does not match.")), str(_("Check capital letters, then try again."))
        )
        return _show(page), 401
    with in_words(requests.database()), requests.database().writing.begin() as connection:
        token = sessions.begin(connection, user_id, request.user_agent.string, remember=page.remember)
    session.pop("csrf_token", None)
    answer = redirect(page.next)
    age = int(dt.timedelta(days=sessions.DAYS_REMEMBERED).total_seconds()) if page.remember else None
    answer.set_cookie(
        requests.TOKEN_COOKIE, token, max_age=age, httponly=True, samesite="Lax", secure=request.is_secure
    )
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
    with in_words(requests.database()), requests.database().writing.begin() as connection:
        sessions.end(connection, request.cookies.get(requests.TOKEN_COOKIE, ""))
    session.clear()
    answer = redirect("/login")
    answer.delete_cookie(requests.TOKEN_COOKIE)
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
        with requests.writing() as writer:
            with writer.sudo("a user's own theme") as su:
                su.user_record().theme = chosen
    return redirect(own_path(request.form.get("next")))
