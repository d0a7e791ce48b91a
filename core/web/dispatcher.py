"""Which site answers: host name -> database -> the site of the addons that are installed there."""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from werkzeug.middleware.proxy_fix import ProxyFix

from core.apps import unfit
from core.errors import DatabaseError, LoadError, SchemaBehind
from core.i18n.lazy import _
from core.loader import Catalogue, discover
from core.orm.database import Database
from core.schema import ledger
from core.schema.preparing import installed
from core.schema.tables import registry_version
from core.web.apps import APPS, TENANT
from core.web.requests import UNAVAILABLE
from core.web.resets import HOST
from core.web.security import HEADERS, SAFE
from core.web.site import Site, sound_site

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

ANY_HOST = "*"
POLL_SECONDS = 1.0
KEPT = 8
UNKNOWN = ("400", "404")
"""What a site says to what it does not know. One that was built since may know it: each process follows in its time."""
FAILED = "500"
"""What it says where it asks for tables that have been put away since."""
log = logging.getLogger("lumbung.web")


class Tenant:
    """One database and the site that serves it, exchanged as a whole when its addons change."""

    def __init__(self, database: Database, sites: Sites) -> None:
        self.database = database
        self._sites = sites
        self._lock = threading.Lock()
        self._site: Site | None = None
        self._version = -1
        self._asked = 0.0

    def site(self, *, now: bool = False) -> Site:
        """The site of the addons that are installed; `now` asks whether they are still the same.

        While one is built, whoever else comes is answered by that of before. Raises DatabaseError where nothing
        is installed.
        """
        path = self.database.path
        if path is not None and not path.exists():  # SQLite would make the file
            raise self._nothing()
        is_due = now or self._site is None or time.monotonic() - self._asked > POLL_SECONDS
        if is_due and self._lock.acquire(blocking=now or self._site is None):
            try:
                self._refresh()
            finally:
                self._lock.release()
        assert self._site is not None
        return self._site

    def catalogue(self) -> Catalogue:
        """The addons that are found now."""
        return self._sites.look_again()

    def faults(self, installed: Sequence[str]) -> Mapping[str, LoadError]:
        """What is wrong with addons that are found, beside those that are installed."""
        return self._sites.faults(installed)

    def _nothing(self) -> DatabaseError:
        where = self.database.path or self.database.url.render_as_string()
        return DatabaseError(
            _("There is no Lumbung database at %(where)s. Make one with “lumbung init”.", where=where)
        )

    def _refresh(self) -> None:
        with self.database.reading.begin() as connection:
            if self._site is None and not installed(connection):
                raise self._nothing()
            version = connection.scalar(sa.select(registry_version.c.version)) or 0
            is_new = self._site is None or version != self._version
            names = installed(connection) if is_new else []
        if is_new:
            try:
                self._site = self._fitting(names)
            except Exception:
                if self._site is None:
                    raise
                log.exception("the site of %s cannot be built, that of before goes on", ", ".join(names))
            self._version = version
        self._asked = time.monotonic()

    def _fitting(self, names: Sequence[str]) -> Site:
        """The site of these addons. Raises SchemaBehind where the tables are those of an older one."""
        site = self._sites.get(names)
        with self.database.reading.begin() as connection:
            ledger.check(connection, site.assembly.registry)
        return site


class Sites:
    """Sites by signature, shared by the databases with the same addons: the last KEPT that were asked for.

    One that is put away serves on whoever has it, and is then forgotten.
    """

    def __init__(self, catalogue: Catalogue | None, secret: str) -> None:
        self.catalogue = catalogue or discover()
        self._looks_again = catalogue is None
        self._secret = secret
        self._built: dict[tuple[str, ...], Site] = {}
        self._faults: tuple[object, Mapping[str, LoadError]] | None = None
        self._lock = threading.Lock()

    def get(self, names: Iterable[str]) -> Site:
        """The site of these addons, built when first asked for."""
        key = tuple(names)
        with self._lock:
            if key not in self._built:
                self._find(key)
                self._built[key] = self._build(key)
            found = self._built[key] = self._built.pop(key)  # the last is the latest asked for
            self._put_away()
            return found

    def _build(self, names: Sequence[str]) -> Site:
        site = sound_site(self.catalogue, names, self._secret)
        # Nobody knows when the last request of a site that is put away is answered, but Python does.
        weakref.finalize(site, site.assembly.dispose).atexit = False
        return site

    def _put_away(self) -> None:
        """Lets go of the sites that nobody asked for lately; each is given back when its last request is answered."""
        old = list(self._built)[:-KEPT]
        for key in old:
            del self._built[key]
        if old:
            gc.unfreeze()  # each registry freezes what was there before it
            gc.collect()
            gc.freeze()

    def look_again(self) -> Catalogue:
        """The addons that are found now: packages come while a server runs."""
        if self._looks_again:
            self.catalogue = discover()
        return self.catalogue

    def faults(self, installed: Sequence[str]) -> Mapping[str, LoadError]:
        """What is wrong with addons beside those that are installed, which the site knows: once for the same."""
        found = {name: found.addon.version for name, found in self.catalogue.addons.items()}
        key = (tuple(installed), tuple(sorted(found.items())), tuple(sorted(self.catalogue.broken)))
        if self._faults is None or self._faults[0] != key:
            self._faults = (key, unfit(self.catalogue, installed))
        return self._faults[1]

    def _find(self, names: Iterable[str]) -> None:
        """Looks for addons again where one was installed whose package came after the process began."""
        if set(names) - self.catalogue.addons.keys() - self.catalogue.broken.keys():
            self.look_again()


class Dispatcher:
    """The WSGI application. `urls` maps host names to database URLs; `*` answers for every other host.

    `proxies` is how many stand in front: where a request comes from and whether by https is what they wrote.
    """

    def __init__(
        self, urls: Mapping[str, str], secret: str, catalogue: Catalogue | None = None, *, proxies: int = 0
    ) -> None:
        self.application: Callable[[Any, Any], Iterable[bytes]] = self._answer
        if proxies:
            self.application = ProxyFix(self._answer, x_for=proxies, x_proto=proxies, x_host=0)
        self.sites = Sites(catalogue, secret)
        self.tenants = {host.lower(): Tenant(Database(url), self.sites) for host, url in urls.items()}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.application(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["wsgi.url_scheme"] != "https":  # a proxy may hand on any word, and it would be in links
            environ["wsgi.url_scheme"] = "http"
        host = environ.get("HTTP_HOST", "")
        tenant = self.tenant(host)
        if tenant is None:
            return _refuse(start_response)
        environ["lumbung.database"] = tenant.database
        environ[TENANT] = tenant
        if tenant is not self.tenants.get(ANY_HOST):
            environ[HOST] = host
        site = self._site(tenant, environ)
        status, headers, body = _ask(site, environ)
        is_odd = status[:3] in (*UNKNOWN, FAILED)
        if is_odd and (newer := self._site(tenant, environ, now=True)) is not site:
            body.close()
            if status[:3] == FAILED:
                _leave_out_what_was_sent(environ)
            status, headers, body = _ask(newer, environ)
        start_response(status, headers)
        return body  # type: ignore[no-any-return]

    def _site(self, tenant: Tenant, environ: WSGIEnvironment, *, now: bool = False) -> Site:
        """The tenant's site; where its database cannot be asked, the one of base, to say so.

        What writes goes to none but the latest: its form may be of another process, which knew more.
        """
        now = now or environ["REQUEST_METHOD"] not in SAFE or environ.get("PATH_INFO", "").startswith(APPS)
        try:
            return tenant.site(now=now)
        except Exception as error:
            environ[UNAVAILABLE] = error
            return self.sites.get(())

    def tenant(self, host: str) -> Tenant | None:
        """The tenant of a Host header, without its port."""
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        return self.tenants.get(name.lower()) or self.tenants.get(ANY_HOST)

    def prepare(self, compiled: Path) -> None:
        """Builds the sites with their templates ahead of their first visitors; `compiled` is a folder to keep these.

        No connection stays open: the process may fork. A database that does not answer is left to its first visitor.
        Of each addon that is left out the log says why.
        Raises SchemaBehind where the only one is older than the program.
        """
        for tenant in self.tenants.values():
            with contextlib.closing(tenant.database):
                try:
                    site = tenant.site()
                    site.templates.compile_all(compiled)
                    for error in site.assembly.quarantined.values():
                        log.warning("%s", error)
                except (DatabaseError, sa.exc.SQLAlchemyError) as error:
                    if isinstance(error, SchemaBehind) and len(self.tenants) == 1:
                        raise

    def close(self) -> None:
        """Disposes of every database's engines."""
        for tenant in self.tenants.values():
            tenant.database.close()


def _leave_out_what_was_sent(environ: WSGIEnvironment) -> None:
    """Lets the next site say that what was to be written was not: the form is read by now, and of another site."""
    if environ["REQUEST_METHOD"] not in SAFE:
        environ[UNAVAILABLE] = DatabaseError(_("Addons were changed just now. Try again."))
        environ |= {"REQUEST_METHOD": "GET", "CONTENT_LENGTH": "0", "wsgi.input": BytesIO()}


def _ask(site: Site, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], Any]:
    """Status, headers and body of a site's answer, of which nothing is sent yet."""
    began: list[Any] = []

    def begin(*status_and_headers: Any) -> Any:
        began[:] = status_and_headers

    body = site.app(environ, begin)
    return began[0], began[1], body


def _refuse(start_response: StartResponse) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), *HEADERS.items()]
    start_response("400 Bad Request", headers)
    return [b"No database answers for this host name.\n"]
