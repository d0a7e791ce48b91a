"""Links by which a person chooses a password: an administrator makes one, whoever has it comes in once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import redirect, request
from werkzeug.exceptions import NotFound

from core.access import passwords, resets, throttle
from core.access.users import ADMIN
from core.errors import FieldError, UserError
from core.i18n.lazy import _
from core.web import requests
from core.web.routes import GUESTS, Door, Parameters, Route
from core.web.shell import render
from core.web.signin import signed_in

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.web.site import Site

USER = "base.user"
HOST = "lumbung.host"
"""Where the dispatcher says the host of a request, if it is one that it was told of."""


@dataclass
class ChoicePage:
    """What the template knows as `choice`: the form for a new password, or that the link is worth nothing."""

    action: str
    email: str = ""
    error: str = ""
    is_live: bool = True
    length_min: int = passwords.LENGTH_MIN


@dataclass
class LinkPage:
    """What the template knows as `link`: shown once, to whoever made it."""

    name: str
    address: str
    path: str
    until: str
    back: tuple[str, str]


def register(site: Site) -> None:
    """The page of a link, and the way to make one."""
    site.routes.add(
        Route("reset", "/reset/<token>", _choose, GUESTS, ("GET", "POST"), form=Parameters(("password",))),
        Route("reset_link", f"/app/{USER}/<key:key>/link", _make, Door(roles=frozenset({ADMIN})), ("POST",)),
    )


def link_action(record: Any) -> str | None:
    """Where the link for a user is made, for who may and may use it; None for any other record."""
    if record.__lumbung__.name != USER or ADMIN not in record.env.user.roles:
        return None
    return f"/app/{USER}/{record.id}/link" if record.active and not record.archived else None


def _make(key: int) -> ResponseReturnValue:
    """Makes a link and shows it: the only time that anybody sees it."""
    user: Any = requests.env().get(requests.env()[USER], key)
    if user is None:
        raise NotFound
    if link_action(user) is None:
        raise UserError(_("%(name)s may not sign in: allow that first.", name=user.name))
    return show_link(key, user.display_label())


def show_link(key: int, name: str) -> str:
    """Makes a link for a user and gives the page that shows it."""
    with requests.connection() as connection:
        token, until = resets.make(connection, key)
    path = resets.path(token)
    page = LinkPage(
        name=name,
        address=f"{_here()}{path}",
        path=path,
        until=requests.env().formats.time(until),
        back=(f"/app/{USER}/{key}", name),
    )
    return render("core/reset_link.html", _("Link for %(name)s", name=name), link=page)


def _here() -> str:
    """What stands before a path, where it is sure: a host that the dispatcher was told of, or the one at which
    the browser says that it is. What a request merely calls its host may be anybody's."""
    host, origin = request.environ.get(HOST), request.headers.get("Origin", "")
    if host:
        return f"{request.scheme}://{host}"
    return origin if origin in (f"http://{request.host}", f"https://{request.host}") else ""


def _choose(token: str) -> ResponseReturnValue:
    env = requests.env()
    person = resets.find(env.session.core_connection(), env.registry, token)
    if person is None:
        return _show(ChoicePage(request.path, is_live=False)), 404
    if request.method != "POST":
        return _show(ChoicePage(request.path, person.email))
    try:
        hashed = passwords.hash_password(request.form.get("password", ""), person.email)
    except FieldError as error:
        return _show(ChoicePage(request.path, person.email, str(error))), 422
    with requests.connection() as connection:
        used = resets.use(connection, env.registry, token)
        if used is not None:
            passwords.set_password(connection, used.user_id, hashed)
            throttle.forget(connection, used.email)
            return signed_in(connection, redirect("/"), used.user_id, remember=False)
    return _show(ChoicePage(request.path, is_live=False)), 404


def _show(page: ChoicePage) -> str:
    return render(
        "core/reset.html", _("Choose a password") if page.is_live else _("This link is over"), choice=page
    )
