"""The request: its database, its user, and its envs. Pages read in a read-only env and write in their own."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial, wraps
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import sqlalchemy as sa
from flask import current_app, flash, g, has_request_context, request, session
from werkzeug.exceptions import HTTPException

from core import failures
from core.access import leaving, sessions
from core.access.overrides import overrides_of
from core.errors import DatabaseBusy, DatabaseError
from core.i18n import catalogs
from core.i18n.lazy import _
from core.orm.database import Database, in_words
from core.orm.env import CurrentUser, Env, open_env
from core.orm.session import Session
from core.web.words import words_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from core.web.site import Site

TOKEN_COOKIE = "lumbung"
COMPANY = "company"
"""Where the cookie keeps the company that was chosen; without it all are switched on."""
ANONYMOUS = CurrentUser()
TRIES = 5
PAUSE = 0.02
"""Seconds before the second try, at most; twice as long before each further one."""
TRIES_BUSY = 3
"""Each has waited for BUSY_SECONDS already."""
UNIQUE, BROKEN_OFF = "23505", frozenset({"40001", "40P01"})
"""What PostgreSQL calls a serialization failure and a deadlock. On SQLite there is one writer at a time."""
P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("lumbung.web")
UNAVAILABLE = "lumbung.unavailable"
"""Where the dispatcher leaves the error of a database that it could not ask for its addons."""


def register(site: Site) -> None:
    """Opens and closes what a request needs."""
    site.app.before_request(_open)
    site.app.after_request(_note_use)
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
    """A writing env of this request's user, committed at the end of the block; then its remarks are said."""
    try:
        with in_words(database()), open_env(site().assembly.registry, database(), env().user) as writer:
            yield writer
    except HTTPException:
        raise
    except Exception as error:
        failures.look_for_culprit(database(), site().assembly.folders, error)
        if told := failures.in_words_for_users(error):
            raise told from error
        raise
    for text in dict.fromkeys(map(str, writer.remarks)):
        flash(text, "warn")
    if leaving.OWN_ENDED in writer.session.info:
        g.own_ended = True


def repeated(work: Callable[P, T]) -> Callable[P, T]:
    """Lets `work`, a whole transaction, be done again where the database broke it off in favour of another.

    That is a deadlock, two changes that cannot be put in an order, or one key for two; after TRIES it raises
    DatabaseError. The embedded database lets one write at a time and queues nobody: who was overtaken for long
    stands in line again.
    """

    @wraps(work)
    def do(*args: P.args, **options: P.kwargs) -> T:
        for attempt in range(TRIES):
            try:
                return work(*args, **options)
            except DatabaseBusy:
                if attempt + 1 == TRIES_BUSY:
                    raise
            except sa.exc.DBAPIError as error:
                if not _is_broken_off(error.orig):
                    raise
                log.info("transaction broken off, try %d: %s", attempt + 1, type(error.orig).__name__)
            time.sleep(random.uniform(0, PAUSE * 2**attempt))  # apart from the other, who does the same
        raise DatabaseError(
            _("Others are changing the same records just now. Nothing was changed; try again.")
        )

    return do


def _is_broken_off(error: Any) -> bool:
    """Whether it did not go for another's sake, who may have brought just the key that was drawn here."""
    state = getattr(error, "sqlstate", None)
    return state in BROKEN_OFF or (state == UNIQUE and str(error.diag.constraint_name).startswith("pk_"))


@contextlib.contextmanager
def connection() -> Iterator[sa.Connection]:
    """A small transaction of the core's own: sign-ins, sessions, links."""
    with in_words(database()), database().writing.begin() as opened:
        yield opened


@contextlib.contextmanager
def detached() -> Iterator[Env]:
    """A read-only env of this request's user that may outlive it: for an answer sent while it is made."""
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


def cleaned() -> frozenset[str]:
    """The inputs of the form of this request that had what no text can have; it is taken out by now."""
    return g.get("cleaned", frozenset())  # type: ignore[no-any-return]


def client_address() -> str:
    """Where a request comes from: what a proxy on this machine says, and nobody else's word."""
    peer = request.remote_addr or ""
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        is_local = not peer or ip_address(peer).is_loopback  # a socket of this machine has no address
        return str(ip_address(told)) if told and is_local else peer
    except ValueError:
        return peer


def open_late() -> None:
    """For the page of a request that was refused before it was opened: it is shown in the usual frame."""
    if "closing" not in g:
        with contextlib.suppress(DatabaseError, sa.exc.SQLAlchemyError):
            _open_env()


def reopen(token: str) -> None:
    """Goes on as whoever signed in just now."""
    g.closing.close()
    _open_env(token)


def _open() -> None:
    if request.endpoint != "static":
        _open_env()


def _open_env(token: str | None = None) -> None:
    g.closing = contextlib.ExitStack()
    registry = site().assembly.registry
    g.closing.enter_context(catalogs.speaking(_in_language(ANONYMOUS).lang))  # should the rest fail
    if UNAVAILABLE in request.environ:
        raise request.environ[UNAVAILABLE]
    g.env = g.closing.enter_context(open_env(registry, database(), ANONYMOUS, readonly=True))
    token = request.cookies.get(TOKEN_COOKIE, "") if token is None else token
    connection = g.env.session.core_connection()
    found = sessions.find(connection, registry, token) if token else None
    g.signed_in = found
    g.env.user = _in_language(_in_company(found.user) if found else ANONYMOUS)
    if found:
        g.env.currencies.version = found.version
        g.env.session.rights.overrides = overrides_of(database(), registry, connection, found.version)
        g.closing.enter_context(catalogs.wording(words_of(database(), registry, connection, found.version)))
    catalogs.set_language(g.env.lang)


def _note_use(response: Response) -> Response:
    """Writes when the session was last used, once the answer is sent."""
    found: sessions.SignedIn | None = g.get("signed_in")
    if found is not None and dt.datetime.now(dt.UTC) - found.seen_at >= sessions.SEEN_EVERY:
        response.call_on_close(partial(_touch, database(), found))
    return response


def _touch(database: Database, found: sessions.SignedIn) -> None:
    try:
        with database.writing.begin() as connection:
            sessions.touch(connection, found)
    except sa.exc.SQLAlchemyError as error:  # a busy database has better things to do
        log.info("last use of a session not written: %s", type(error).__name__)


def _in_language(user: CurrentUser) -> CurrentUser:
    """The user in the language that this browser chose, else in their own, else in the browser's."""
    chosen = session.get("lang")
    if chosen not in catalogs.LANGUAGES:
        chosen = user.lang
        if user.id is None:
            chosen = request.accept_languages.best_match(list(catalogs.LANGUAGES), catalogs.DEFAULT_LANGUAGE)
    return replace(user, lang=chosen)


def _in_company(user: CurrentUser) -> CurrentUser:
    """The user with the one company that this browser chose, if it is still theirs; else with all."""
    chosen = session.get(COMPANY)
    return replace(user, companies=(chosen,)) if chosen in user.companies else user


def _close(error: BaseException | None = None) -> Any:
    closing: contextlib.ExitStack | None = g.pop("closing", None)
    if closing is not None:
        closing.close()
        failures.write(database())
