"""The route map: every address of a site as data, from which Flask's rules are made and requests are let in.

A route says who may open it, by which methods, and which names its address and its form may bring. What a
route does not name is refused here, before any page looks at it; `lumbung check` and the tests walk the map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flask import Flask, request
from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from core.access.door import AccessDenied
from core.access.grants import Operation
from core.errors import LoadError
from core.i18n.lazy import _
from core.web import requests

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.manifest import Offer
    from core.orm.env import Env
    from core.web.site import Site

TOKEN = "csrf_token"
"""What every form brings."""
SAFE = ("GET", "HEAD", "OPTIONS")
SHOWN = 40
"""Letters of a wrong name that are shown again."""


@dataclass(frozen=True)
class Door:
    """Who may open a route; one that names nobody is closed to all.

    `operation` is what one must be allowed to do with the model that the address names as `model`.
    """

    guests: bool = False
    users: bool = False
    roles: frozenset[str] = frozenset()
    operation: Operation | None = None

    @property
    def is_closed(self) -> bool:
        """Whether nobody is let in."""
        return not (self.guests or self.users or self.roles or self.operation)

    def is_open(self, env: Env) -> bool:
        """Whether the user may enter an address that names no model."""
        return self.guests or (self.users and env.user.id is not None) or bool(self.roles & env.user.roles)

    def check(self, env: Env, model: str) -> None:
        """Raises NotFound for an unknown model, Forbidden or AccessDenied where the user may not enter."""
        if self.is_open(env):
            return
        if self.operation is None:
            raise Forbidden
        info = env.registry.models.get(model)
        if info is None:
            raise NotFound
        if not env.may(info.name, self.operation):
            raise AccessDenied(_("Your roles do not allow this with %(model)s.", model=info.plural))


GUESTS, USERS = Door(guests=True), Door(users=True)
STAFF = Door(roles=frozenset({"base.user"}))
"""Who works here, which every role of an addon includes: what is noted and planned among them is theirs."""


class Family(Protocol):
    """Parameters that depend on the model in the address: the filters of its list, the inputs of its form."""

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        """Whether a name may be one of them; what of it the reader may use is for the page to say."""

    def names(self, assembly: Assembly, model: str) -> Iterable[str]:
        """Every name that there is."""


@dataclass(frozen=True)
class Parameters:
    """The names that an address or a form may bring: some fixed, others of a family."""

    fixed: tuple[str, ...] = ()
    family: Family | None = None

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        """Whether a name is expected."""
        return name in self.fixed or (self.family is not None and self.family.takes(assembly, model, name))

    def names(self, assembly: Assembly, model: str = "") -> list[str]:
        """All of them, for the model in the address if there is one."""
        return [*self.fixed, *(self.family.names(assembly, model) if self.family is not None else ())]


NONE = Parameters()


@dataclass(frozen=True)
class Route:
    """One address by some methods. `name` is Flask's endpoint; `form` comes on top of the token of forms."""

    name: str
    path: str
    view: Callable[..., Any]
    door: Door
    methods: tuple[str, ...] = ("GET",)
    query: Parameters = NONE
    form: Parameters = NONE
    size: Callable[[Assembly, str], int] | None = None
    """How many bytes its form may have more than is usual for all, for the model in the address."""
    upload: Callable[[Assembly, str], int] | None = None
    """How many bytes of files its form may bring beside its texts, for the model in the address."""
    again: Callable[..., str] | None = None
    """Draws its form again with what was typed, where that could not be taken; gets it and what the address names."""
    offer: Offer | None = None
    """A button that leads here from the page of a record, whose key stands in the path."""
    closed: Callable[..., str] | None = None
    """The same where the user may no longer send it: what was typed is shown, to be copied."""


class RouteMap:
    """The routes of one site."""

    def __init__(self, app: Flask, assembly: Assembly) -> None:
        self._app = app
        self.assembly = assembly
        self._routes: dict[str, Route] = {}
        self._by_path: dict[str, Route] = {}

    def add(self, *routes: Route) -> None:
        """Makes Flask's rules of routes. Raises LoadError where one says nobody who may open it."""
        for route in routes:
            if route.door.is_closed:
                raise LoadError(
                    _("The route %(path)s says nobody who may open it.", path=route.path),
                    _("Give it a door with roles, an operation, or for guests."))  # fmt: skip
            self._routes[route.name] = route
            if "GET" in route.methods:
                self._by_path[route.path] = route
            self._app.add_url_rule(route.path, route.name, route.view, methods=list(route.methods))

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes.values())

    def __len__(self) -> int:
        return len(self._routes)

    def get(self, name: str | None) -> Route | None:
        """The route of an endpoint."""
        return self._routes.get(name or "")

    def at(self, path: str) -> Route | None:
        """The route of a page whose address has no parts that vary."""
        return self._by_path.get(path)

    def form_size(self, name: str | None, model: str) -> int:
        """How many bytes the form of an endpoint may have more than is usual."""
        route = self.get(name)
        return 0 if route is None or route.size is None else route.size(self.assembly, model)

    def upload_size(self, name: str | None, model: str) -> int:
        """How many bytes of files the form of an endpoint may bring."""
        route = self.get(name)
        return 0 if route is None or route.upload is None else route.upload(self.assembly, model)

    def needed(self, name: str | None, env: Env, model: str) -> list[str]:
        """The roles of which one would open a route to this user; none where it is not for want of a role."""
        route, info, rights = self.get(name), env.registry.models.get(model), env.session.rights
        if route is None or rights is None:
            return []
        if route.door.operation is None:
            return [] if route.door.roles & env.user.roles else sorted(route.door.roles)
        if info is None or rights.may(info, route.door.operation):
            return []
        return rights.granting(info, route.door.operation)

    def check(self) -> None:
        """Raises LoadError where Flask has a rule that is not in the map: nobody said who may open it."""
        for rule in self._app.url_map.iter_rules():
            if rule.endpoint not in self._routes:
                raise LoadError(
                    _("The route %(path)s says nobody who may open it.", path=rule.rule),
                    _("Add it to the route map."))  # fmt: skip


def register(site: Site) -> None:
    """Lets requests in as the map says; behind the guard that sends guests to sign in."""
    site.app.before_request(_enter)


def is_for_guests() -> bool:
    """Whether the route of this request is open to whoever is not signed in."""
    route = requests.site().routes.get(request.endpoint)
    return route is not None and route.door.guests


def _enter() -> None:
    if request.url_rule is None:
        return  # no such address, or not by this method: Flask says so
    routes = requests.site().routes
    route, model = routes.get(request.endpoint), (request.view_args or {}).get("model", "")
    if route is None:
        raise Forbidden
    if not route.door.guests:
        route.door.check(requests.env(), model)
    _refuse_unknown(routes.assembly, route.query, model, request.args)
    if request.method not in SAFE:
        _refuse_forged(routes.assembly, route.form, model, request.form)


def _refuse_unknown(assembly: Assembly, known: Parameters, model: str, names: Iterable[str]) -> None:
    for name in names:
        if not known.takes(assembly, model, name):
            raise BadRequest(str(_("“%(name)s” is not a parameter of this page.", name=name[:SHOWN])))


def _refuse_forged(assembly: Assembly, known: Parameters, model: str, names: Iterable[str]) -> None:
    if any(name != TOKEN and not known.takes(assembly, model, name) for name in names):
        raise BadRequest(str(_("The form has fields that this page did not show.")))
