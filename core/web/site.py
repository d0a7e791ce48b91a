"""A site: what one set of addons looks like on the web. Flask app, templates and routes, built together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request, send_from_directory
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from core.assembly import Assembly, assemble
from core.errors import LoadError
from core.i18n.words import inside, new_one
from core.web import (
    apps,
    errors,
    generic,
    history,
    origins,
    pages,
    password,
    requests,
    resets,
    routes,
    saved,
    security,
    signin,
)
from core.web.actions import pages as actions
from core.web.admin import pages as admin
from core.web.files import pages as files
from core.web.finding import pages as finding
from core.web.forms import Layout
from core.web.listing import ListView
from core.web.routes import GUESTS, Parameters, Route, RouteMap
from core.web.templating import make_environment
from core.web.threads import doing, line, notices
from core.web.threads import pages as threads

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer

    from core.catalogue import Catalogue
    from core.orm.env import Env
    from core.web.templating import LayerEnvironment

HERE = Path(__file__).parent
ROOMS = (
    security,
    requests,
    errors,
    signin,
    routes,
    generic,
    actions,
    saved,
    resets,
    password,
    history,
    notices,
    doing,
    line,
    threads,
    finding,
    files,
    admin,
    apps,
    origins,
    pages,
)
"""The modules that bring the addresses of a site, in the order in which what they do before a request is done."""
MOST_SYMBOLS = 1024
Seen = tuple[str, frozenset[str], frozenset[str]]
"""A model, the fields of it that a user may read, and those that they see a mask of."""


@dataclass(eq=False)
class Site:
    """What serves the databases that have the same addons."""

    assembly: Assembly
    app: Flask
    templates: LayerEnvironment
    routes: RouteMap
    lists: dict[Seen, ListView] = field(default_factory=dict)
    layouts: dict[Seen, Layout] = field(default_factory=dict)

    def form_layout(self, model: str, env: Env) -> Layout:
        """The sections of a model's form with the fields that the user may read, or see a mask of."""
        view = self.assembly.views[f"{model}.form"]
        readable = frozenset(name for name in view.model.fields if env.may_see(model, name))
        key = (model, readable, env.masked(model))
        if key not in self.layouts:
            self.layouts[key] = Layout(view, *key[1:])
        return self.layouts[key]

    def list_view(self, model: str, env: Env) -> ListView:
        """The list of a model with the columns that the user may read, or see a mask of."""
        view = self.assembly.views[f"{model}.list"]
        readable = frozenset(name for name in view.model.fields if env.may_see(model, name))
        key = (model, readable, env.masked(model))
        if key not in self.lists:
            board = self.assembly.views.get(f"{model}.kanban")
            self.lists[key] = ListView(view, *key[1:], board)
        return self.lists[key]


class _CookieSessions(SecureCookieSessionInterface):
    """Signed cookies that carry their database: one of another database is as good as none."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        self.salt = f"lumbung:{requests.database().name}"
        return super().get_signing_serializer(app)

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def sound_site(catalogue: Catalogue, names: Sequence[str], secret: str) -> Site:
    """The site of some addons, without what shows only now to be at fault: its assembly says who and why."""
    left_out: dict[str, LoadError] = {}
    while True:
        assembly = assemble(catalogue, [name for name in names if name not in left_out])
        assembly.quarantined |= left_out
        try:
            return build_site(assembly, secret)
        except LoadError as error:
            assembly.dispose()
            if error.addon not in names or error.addon in left_out:
                raise
            left_out[error.addon] = error


def build_site(assembly: Assembly, secret: str) -> Site:
    """The site of an assembly."""
    app = Flask("core.web", static_folder=None, template_folder=None)
    app.static_folder = str(HERE / "static")  # its route is one of the map
    app.config.update(
        DEBUG=False,  # whatever the environment says: a trace is for the log
        PROPAGATE_EXCEPTIONS=False,
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME="lumbung_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=4 * 1024 * 1024,
        MAX_FORM_PARTS=5_000,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
    )
    app.session_interface = _CookieSessions()
    layers = [("core", HERE / "templates")]
    layers += [(name, assembly.folders[name] / "templates") for name in assembly.names]
    templates = make_environment([layer for layer in layers if layer[1].is_dir()])
    htmx = "vendor/htmx.min.js" if (HERE / "static" / "vendor" / "htmx.min.js").is_file() else ""
    templates.globals.update(
        addon_label=lambda name: assembly.labels.get(name, name),
        csrf_token=generate_csrf,
        htmx=htmx,
        icon=symbol,
        inside=inside,
        new_one=new_one,
        static=lambda path: static_address(path, _static_folder(assembly, path)),
        url=lambda path: path,
    )
    templates.check()
    site = Site(assembly, app, templates, RouteMap(app, assembly))
    app.extensions["lumbung"] = site
    static = Route("static", "/static/<path:filename>", _send_static, GUESTS, query=Parameters(("v",)))
    site.routes.add(static)
    for room in ROOMS:
        room.register(site)
    site.routes.check()
    return site


def _static_folder(assembly: Assembly, path: str) -> Path:
    """Where a static file lies: `realestate/map.css` in `static/` of the addon realestate, any other with the core."""
    folder = assembly.folders.get(path.partition("/")[0])
    return HERE / "static" if folder is None else folder / "static"


def _send_static(filename: str) -> Response:
    site = current_site()
    folder = _static_folder(site.assembly, filename)
    return send_from_directory(folder, filename, max_age=site.app.get_send_file_max_age(filename))


@cache
def static_address(path: str, folder: Path = HERE / "static") -> str:
    """The address of a static file, with a digest of it, so that browsers may keep it for a year."""
    content = (folder / path).read_bytes()
    return f"/static/{path}?v={hashlib.sha256(content).hexdigest()[:8]}"


@lru_cache(MOST_SYMBOLS)
def symbol(name: str, small: bool = False) -> Markup:
    """A symbol of the sprite, which is one cached file; a page has dozens of them."""
    size, sprite = " s" if small else "", static_address("icons.svg")
    text = '<svg class="i{}" aria-hidden="true"><use href="{}#{}"/></svg>'
    return Markup(text).format(size, sprite, name)


def current_site() -> Any:
    """The site that answers this request."""
    from flask import current_app

    return current_app.extensions["lumbung"]
