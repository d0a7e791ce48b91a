"""The page on which one changes one's own password: who knows the old one ends every other session of theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import flash, g, redirect, request

from core.access import passwords, throttle
from core.errors import FieldError
from core.i18n.lazy import TextLike, _
from core.schema.tables import credential
from core.web import requests
from core.web.routes import USERS, Parameters, Route
from core.web.shell import render
from core.web.signin import retry_after, signed_in

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.web.site import Site

PATH = "/settings/password"
OLD, NEW, AGAIN = "old", "password", "again"


@dataclass
class PasswordPage:
    """What the template knows as `change`: `errors` are texts by the name of the input."""

    action: str
    email: str
    errors: dict[str, TextLike] = field(default_factory=dict)
    length_min: int = passwords.LENGTH_MIN


def register(site: Site) -> None:
    """The page, for everybody who is signed in."""
    form = Parameters((OLD, NEW, AGAIN))
    site.routes.add(Route("password", PATH, _change, USERS, ("GET", "POST"), form=form))


def _change() -> ResponseReturnValue:
    user_id = requests.env().user.id
    assert user_id is not None  # the door is for users
    email, kept = _credential(user_id)
    page = PasswordPage(PATH, email)
    if request.method != "POST":
        return _show(page)
    hashed = _new_hash(page)
    client = requests.client_address()
    with requests.connection() as connection:
        attempt = throttle.count(connection, user_id, client)
    if attempt.paused_until is not None:
        return _paused(page, attempt.paused_until)
    if not passwords.verify_password(kept, request.form.get(OLD, "")) or kept is None:
        if attempt.pause_if_failed is not None:
            return _paused(page, attempt.pause_if_failed)
        return _wrong(page, attempt.left)
    with requests.connection() as connection:
        throttle.succeed(connection, user_id, client)
        if hashed is None:
            return _show(page), 422
        if passwords.is_still(connection, user_id, kept):
            passwords.set_password(connection, user_id, hashed)
            flash(str(_("Your password was changed. You were signed out everywhere else.")))
            return signed_in(connection, redirect("/", 303), user_id, remember=g.signed_in.remember)
    return _wrong(page, attempt.left)


def _new_hash(page: PasswordPage) -> str | None:
    """The hash of the new password; None where it will not do, which the page then says."""
    new = request.form.get(NEW, "")
    if new != request.form.get(AGAIN, ""):
        page.errors[AGAIN] = _("The two new passwords differ: type the same one twice.")
    try:
        passwords.check_password(new, page.email)
    except FieldError as error:
        page.errors[NEW] = error.message
    return None if page.errors else passwords.hash_password(new, page.email)


def _wrong(page: PasswordPage, left: int) -> ResponseReturnValue:
    page.errors[OLD] = (
        _("This is not your password now. 1 try is left before a pause.")
        if left == 1
        else _("This is not your password now. %(number)s tries are left before a pause.", number=left)
    )
    return _show(page), 422


def _paused(page: PasswordPage, until: dt.datetime) -> ResponseReturnValue:
    clock, headers = retry_after(until)
    page.errors[OLD] = _("Too many tries. Changing your password is paused until %(time)s.", time=clock)
    return _show(page), 429, headers


def _credential(user_id: int) -> tuple[str, str | None]:
    """The address and password hash of a user."""
    users = requests.env().registry.info("base.user").table
    statement = (
        sa.select(users.c.email, credential.c.password_hash)
        .outerjoin(credential, credential.c.user_id == users.c.id)
        .where(users.c.id == user_id)
    )
    row = requests.env().session.core_connection().execute(statement).one()
    return row.email, row.password_hash


def _show(page: PasswordPage) -> str:
    page.errors = {name: page.errors[name] for name in (OLD, NEW, AGAIN) if name in page.errors}
    return render("core/password.html", _("Change your password"), change=page)
