"""Every page that there is, taken from the route map: who walks here walks over what is added later too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.access import resets, sessions
from core.access.grants import Operation
from core.base import Thread
from core.base.demo import DOMAIN
from core.orm.env import open_env
from core.testing.records import canary, in_order, make
from core.web.routes import Route
from tests.web import kit

ADMIN = "made"
PERSONAL = {"base.follower", "base.message", "base.notification"}
"""Models of which everyone sees, or changes, their own records only, an administrator too."""
NO_PAGES = {
    "static", "healthz", "suggest", "palette", "file", "language", "roles", "app_purge",
    "page:crm:/crm/lead/<int:key>/deal:GET", "page:realestate:/realestate/deal/<int:key>/held:GET",
}  # fmt: skip
"""Routes that answer with a file, data, or another address; and what is only there when an addon was uninstalled."""
OF_INSTALLED = {"app_upgrade", "app_uninstall", "app_explain"}
"""Pages of addons that are installed."""
OF_THREADS = {"timeline", "files"}
"""Pages of records that people work on together, and of no others."""
STATES = (
    "/app/crm.lead?group=state",
    "/app/crm.lead?q=zqzqzq",
    "/app/crm.lead?q=zqzqzq&state__eq=new",
    "/app/crm.lead/1?edit=head",
    "/app/base.activity?view=calendar",
    "/search?q=rumah",
    "/search?q=zqzqzq",
    "/app/crm.deal?view=kanban",
    "/settings/see-as?user=1&record=crm.lead+1",
)
"""Pages that show something else than they do at first."""


@dataclass(frozen=True)
class Place:
    """A page: its route and address, and whether it is for those who are not signed in."""

    name: str
    path: str
    is_for_guests: bool


def a_share(places: Sequence[Place], number: int, of: int) -> Sequence[Place]:
    """Each of so many tests walks over some places, and all of them together over all."""
    return places[number::of]


def every_page(served: kit.Served) -> list[Place]:
    """The pages that an administrator may open, with a record of each model, and those before the sign-in."""
    keys = a_record_of_each(served)
    found = [place for route in served.site.routes for place in _places(served, route, keys)]
    return found + [Place("", path, False) for path in STATES]


def _places(served: kit.Served, route: Route, keys: dict[str, int]) -> Iterator[Place]:
    if "GET" not in route.methods or route.name in NO_PAGES:
        return
    if "<model>" not in route.path:
        yield Place(route.name, _address(served, route, keys), route.door.guests)
        return
    for model in _open_to_administrators(served, route.door.operation or "r"):
        if route.name in OF_THREADS and not issubclass(served.site.assembly.registry.info(model).cls, Thread):
            continue
        path = route.path.replace("<model>", model).replace("<key:key>", str(keys[model]))
        yield Place(f"{route.name} {model}", path, False)


def _address(served: kit.Served, route: Route, keys: dict[str, int]) -> str:
    """An address that leads somewhere. A part that nobody has thought of here fails the test."""
    path = route.path
    values = {
        "<token>": _token,
        "<addon>": lambda _served: "crm" if route.name in OF_INSTALLED else "sample",
        "<key:key>": lambda _served: "1",
        "<name>": lambda _served: "crm.deal",
    }
    lead = "/crm/lead/" in path  # one that can be converted
    values["<int:key>"] = lambda served: str(served.first("crm.lead", state="qualified")) if lead else "1"
    for part, value in values.items():
        path = path.replace(part, value(served)) if part in path else path
    assert "<" not in path, f"what stands in {route.path}? Say it in tests/web/pages.py"
    return path


def _token(served: kit.Served) -> str:
    """What opens the page on which a password is chosen."""
    with served.database.writing.begin() as connection:
        return resets.make(connection, served.first("base.user", email=f"ayu@{DOMAIN}"))[0]


def _open_to_administrators(served: kit.Served, operation: Operation) -> list[str]:
    """The models with which an administrator may do something."""
    registry = served.site.assembly.registry
    users = registry.info("base.user").table
    with served.database.reading.begin() as connection:
        row = connection.execute(sa.select(users).where(users.c.email == f"{ADMIN}@{DOMAIN}")).one()
        user = sessions.current_user(connection, registry, row._mapping)
    with open_env(registry, served.database, user, readonly=True) as env:
        return [info.name for info in registry if env.may(info.name, operation)]


def a_record_of_each(served: kit.Served) -> dict[str, int]:
    """The first record of each model, made where the demo data has none."""
    keys = {}
    with served.env() as env:
        linked: dict[str, Any] = {}
        admin = env.scalars(sa.select(env["base.user"]).filter_by(email=f"{ADMIN}@{DOMAIN}")).one()
        for number, info in enumerate(in_order(env.registry)):
            own = {"owner": admin} if info.name in PERSONAL else {}
            found = env.scalars(sa.select(info.cls).filter_by(**own).order_by(info.cls.id).limit(1)).first()
            record = found or make(env, info, canary(number), linked, own)
            env.flush()
            linked[info.name], keys[info.name] = record, record.id
    return keys
