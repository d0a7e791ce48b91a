"""The request: its database, its user, and its envs. Pages read in a read-only env and write in one of their own."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import current_app, g, has_request_context, request, session

from core.access import sessions
from core.access.overrides import overrides_of
from core.i18n import catalogs
from core.orm.database import Database, in_words
from core.orm.env import CurrentUser, Env, open_env
from core.orm.session import Session

if TYPE_CHECKING:
    from core.web.site import Site

TOKEN_COOKIE = "lumbung"  # noqa: S105 - the name of a cookie
ANONYMOUS = CurrentUser()
UNAVAILABLE = "lumbung.unavailable"
"""Where the dispatcher leaves the error of a database that it could not ask for its addons."""


def register(site: Site) -> None:
    """Opens and closes what a request needs."""
    site.app.before_request(_open)
    site.app.teardown_request(_close)


def site() -> Site:
    """The site that answers this request."""
    return current_app.extensions["lumbung"]  # type: ignore[no-any-return]


def database() -> Database:
    """The database that this request is for."""
    return request.environ["lumbung.database"]  # type: ignore[no-any-return]


def env() -> Env:
    """The read-only env of this request."""
    return g.env  # type: ignore[no-any-return]


@contextlib.contextmanager
def writing() -> Iterator[Env]:
    """A writing env of this request's user, committed at the end of the block."""
    with in_words(database()), open_env(site().assembly.registry, database(), env().user) as writer:
        yield writer


@contextlib.contextmanager
def detached() -> Iterator[Env]:
    """A read-only env of this request's user that may outlive it: for an answer that is sent while it is made."""
    mine = env()
    session = Session(bind=database().reading, expire_on_commit=False)
    with contextlib.closing(session):
        reader = Env(mine.registry, database(), session, mine.user, readonly=True)
        if session.rights is not None and mine.session.rights is not None:
            session.rights.overrides = mine.session.rights.overrides
        yield reader


def signed_in() -> bool:
    """Whether a person stands behind this request."""
    return "signed_in" in g and g.signed_in is not None


def request_number() -> str:
    """What a person tells an administrator so that the request is found in the log."""
    if not has_request_context():
        return ""
    if "number" not in g:
        digits = secrets.token_hex(4).upper()
        g.number = f"{digits[:4]}-{digits[4:]}"
    return g.number  # type: ignore[no-any-return]


def _open() -> None:
    if request.endpoint == "static":
        return
    g.closing = contextlib.ExitStack()
    registry = site().assembly.registry
    g.closing.enter_context(catalogs.speaking(_in_language(ANONYMOUS).lang))  # should the rest fail
    if UNAVAILABLE in request.environ:
        raise request.environ[UNAVAILABLE]
    g.env = g.closing.enter_context(open_env(registry, database(), ANONYMOUS, readonly=True))
    token = request.cookies.get(TOKEN_COOKIE, "")
    connection = g.env.session.core_connection()
    found = sessions.find(connection, registry, token) if token else None
    g.signed_in = found
    g.env.user = _in_language(found.user if found else ANONYMOUS)
    if found:
        g.env.session.rights.overrides = overrides_of(database(), registry, connection, found.version)
    catalogs.set_language(g.env.lang)


def _in_language(user: CurrentUser) -> CurrentUser:
    """The user in the language that this browser chose, else in their own, else in the browser's."""
    chosen = session.get("lang")
    if chosen not in catalogs.LANGUAGES:
        chosen = user.lang
        if user.id is None:
            chosen = request.accept_languages.best_match(list(catalogs.LANGUAGES), catalogs.DEFAULT_LANGUAGE)
    return replace(user, lang=chosen)


def _close(error: BaseException | None = None) -> Any:
    closing: contextlib.ExitStack | None = g.pop("closing", None)
    if closing is not None:
        closing.close()
