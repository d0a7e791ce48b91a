"""The profile: how a person reads, their password, and where they are signed in. For everybody, about themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request, session
from flask_wtf.csrf import generate_csrf

from core.errors import FieldError, UserError
from core.i18n.lazy import TextLike, _
from core.orm.kinds import Select
from core.web import requests
from core.web.admin import sessions
from core.web.admin.users import facts
from core.web.routes import USERS, Parameters, Route
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.web.site import Site

USER, PATH = "base.user", "/settings/profile"
CHOSEN = ("lang", "tz", "theme", "shortcuts")
TYPED = ("name", "phone")


@dataclass
class Choice:
    """A field of which one value is chosen."""

    name: str
    label: TextLike
    help: TextLike
    options: Sequence[tuple[str, TextLike, bool]]


@dataclass
class ProfilePage:
    """What the template knows as `profile`."""

    action: str
    csrf: str
    email: str
    values: Mapping[str, str]
    labels: Mapping[str, TextLike]
    choices: Sequence[Choice]
    facts: Sequence[tuple[TextLike, str]]
    sessions: Sequence[sessions.SessionLine]
    errors: dict[str, str] = field(default_factory=dict)


def show_or_save() -> ResponseReturnValue:
    """Shows what is kept of oneself, or keeps what was chosen."""
    if request.method != "POST":
        return _show(None, {})
    sent = {name: request.form.get(name, "") for name in (*TYPED, *CHOSEN)}
    values, errors = _read(sent)
    if errors:
        return _show(sent, errors), 422
    try:
        _keep(values)
    except UserError as error:
        return _show(sent, {error.field or "": str(error)}), 422
    session.pop("lang", None)  # what the browser chose before
    flash(str(_("Your profile was saved.")), "ok")
    return redirect(PATH, 303)


def end_session() -> ResponseReturnValue:
    """Ends a session of one's own, or all others."""
    user_id = requests.env().user.id
    assert user_id is not None  # the door is for users
    flash(str(sessions.end(user_id)), "ok")
    return redirect(f"{PATH}#sessions", 303)


def _read(sent: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values as fields read them, and what is wrong with some, by name."""
    info, formats = requests.env().registry.info(USER), requests.env().formats
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, text in sent.items():
        item = info.fields[name]
        try:
            values[name] = item.read(text) if isinstance(item, Select) else item.parse(text.strip(), formats)
            if item.required and not values[name]:
                raise FieldError(_("%(field)s is required.", field=item.label), name)
        except FieldError as error:
            errors[name] = str(error)
    return values, errors


@requests.repeated
def _keep(values: Mapping[str, Any]) -> None:
    """Own fields only, in sudo: who may change users otherwise is another matter."""
    with requests.writing() as env, env.sudo("a user's own profile") as su:
        su.write([su.user_record()], values)


def _show(sent: Mapping[str, str] | None, errors: dict[str, str]) -> str:
    env = requests.env()
    info, formats = env.registry.info(USER), env.formats
    with env.sudo("a user's own profile") as su:
        user = su.user_record()
        kept = {
            name: info.fields[name].typed(getattr(user, name), formats) or "" for name in (*TYPED, *CHOSEN)
        }
        email, given = user.email, facts(user)
    values = {**kept, **(sent or {})}
    page = ProfilePage(
        action=PATH,
        csrf=generate_csrf(),
        email=email,
        values=values,
        labels={name: info.fields[name].label for name in TYPED},
        choices=[_choice(info.fields[name], values[name]) for name in CHOSEN],
        facts=given,
        sessions=sessions.lines(env.user.id or 0),
        errors=errors,
    )
    return render("core/profile.html", _("Your profile"), profile=page)


def _choice(item: Any, chosen: str) -> Choice:
    return Choice(
        item.name,
        item.label,
        item.help or "",
        [(key, text, key == chosen) for key, text in item.choices.items()],
    )


def register(site: Site) -> None:
    """Their addresses."""
    form = Parameters((*TYPED, *CHOSEN))
    site.routes.add(
        Route("profile", PATH, show_or_save, USERS, ("GET", "POST"), form=form),
        Route(
            "own_sessions",
            f"{PATH}/sessions",
            end_session,
            USERS,
            ("POST",),
            form=Parameters((sessions.SESSION,)),
        ),
    )
