"""People who sign in, for an administrator: invited by a link, let in and shut out, their sessions ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import BadRequest, NotFound

from core.errors import UserError
from core.i18n.lazy import TextLike, _
from core.orm.writing import locked
from core.web import requests, resets
from core.web.actions.saying import say_done
from core.web.admin import sessions
from core.web.admin.roles import ADMINS
from core.web.admin.tabs import SEE_AS, Tab, tabs
from core.web.forms import RecordForm
from core.web.forms.drawn import BUTTONS, STATE
from core.web.forms.page import form_page
from core.web.generic import Inputs
from core.web.records.pages import RecordPages
from core.web.records.saving import MadeAlready, save
from core.web.routes import Parameters, Route
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.assembly import Assembly
    from core.web.site import Site

USER = "base.user"
PATH, INVITE = "/settings/users", "/settings/users/invite"
ACTIVE = "active"


@dataclass
class UserPage:
    """What the template knows as `user`."""

    name: str
    email: str
    here: str
    csrf: str
    tabs: Sequence[Tab]
    active: bool
    archived: bool
    is_me: bool
    link_action: str | None
    record_href: str
    see_href: str
    facts: Sequence[tuple[TextLike, str]]
    sessions: Sequence[sessions.SessionLine]
    errors: list[tuple[str, str]] = field(default_factory=list)


def show(key: int, error: UserError | None = None) -> str:
    """A person: what they may, whether they may sign in, and where they are signed in."""
    env = requests.env()
    user: Any = env.get(env[USER], key)
    if user is None:
        raise NotFound
    page = UserPage(
        name=user.name,
        email=user.email,
        here=f"{PATH}/{key}",
        csrf=generate_csrf(),
        tabs=tabs(env, f"/app/{USER}"),
        active=user.active,
        archived=user.archived,
        is_me=key == env.user.id,
        link_action=resets.link_action(user),
        record_href=f"/app/{USER}/{key}",
        see_href=f"{SEE_AS}?user={key}",
        facts=facts(user),
        sessions=sessions.lines(key),
        errors=[("", str(error))] if error is not None else [],
    )
    return render("core/user.html", page.name, user=page)


def facts(user: Any) -> list[tuple[TextLike, str]]:
    """What somebody may do and for whom, as it was given to them."""

    def labels(records: Sequence[Any]) -> str:
        return ", ".join(sorted((record.display_label() for record in records), key=str.casefold)) or "–"

    return [
        (_("Roles"), labels(user.roles)),
        (_("Teams"), labels(user.teams)),
        (_("Our company"), labels([user.company] if user.company else [])),
        (_("May work for"), labels(user.companies)),
    ]


def set_active(key: int) -> ResponseReturnValue:
    """Lets a person in, or shuts them out and ends their sessions."""
    wanted = {"1": True, "0": False}.get(request.form.get(ACTIVE, ""))
    if wanted is None:
        raise BadRequest
    try:
        name, unit, is_done = _set_active(key, active=wanted)
    except UserError as error:
        return show(key, error), 422
    if is_done:
        flash(str(_("%(name)s: nothing was to be changed.", name=name)), "ok")
    elif wanted:
        say_done(_("%(name)s may sign in again.", name=name), unit)
    else:
        say_done(_("%(name)s may not sign in any more, and was signed out everywhere.", name=name), unit)
    return redirect(f"{PATH}/{key}", 303)


@requests.repeated
def _set_active(key: int, *, active: bool) -> tuple[str, int, bool]:
    """Name, number of the transaction, and whether it was so already."""
    with requests.writing() as env:
        user: Any = locked(env, env[USER], key)
        if user is None:
            raise NotFound
        is_done = user.active is active
        if not is_done:
            env.write([user], {ACTIVE: active})
        return user.name, env.session.unit, is_done


def end_session(key: int) -> ResponseReturnValue:
    """Ends one session of a person, or all."""
    if requests.env().get(requests.env()[USER], key) is None:
        raise NotFound
    flash(str(sessions.end(key)), "ok")
    return redirect(f"{PATH}/{key}", 303)


class Invitations(RecordPages):
    """The form of a new user, which ends in the link by which they come in."""

    def invite(self) -> ResponseReturnValue:
        """Makes the user and shows the link once."""
        return self._answer(RecordForm(self._layout(USER), requests.env(), None, self._typed()))

    def _save(self, form: RecordForm) -> ResponseReturnValue:
        if not form.validate():
            return self._form(form), 422
        try:
            saved = save(form)
        except MadeAlready as made:
            if made.known is None:
                raise NotFound from None
            saved = made.known
        except UserError as error:
            form.refuse(error)
            return self._form(form), 422
        return resets.show_link(saved.key, saved.label)

    def _form(self, form: RecordForm) -> str:
        page = form_page(form)
        page.title, page.action, page.is_new = str(_("Invite a user")), INVITE, False
        for part in page.sections:
            for item in part.fields:
                item.creates = None
        return render("core/invite.html", page.title, form=page)

    def _on_the_way(self, form: RecordForm, name: str) -> ResponseReturnValue:
        raise BadRequest(str(_("The form has other fields than this page showed.")))


class InviteInputs(Inputs):
    """The inputs of the form of a user, whose address does not name the model."""

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        """Whether the form has such an input."""
        return super().takes(assembly, USER, name)

    def names(self, assembly: Assembly, model: str) -> list[str]:
        """All of them."""
        return super().names(assembly, USER)


def register(site: Site) -> None:
    """Their addresses."""
    post, one = ("POST",), f"{PATH}/<key:key>"
    form = Parameters((STATE, *BUTTONS), InviteInputs())
    site.routes.add(
        Route("invite", INVITE, Invitations(site).invite, ADMINS, ("GET", "POST"), form=form),
        Route("user", one, show, ADMINS),
        Route("user_active", f"{one}/active", set_active, ADMINS, post, form=Parameters((ACTIVE,))),
        Route(
            "user_sessions",
            f"{one}/sessions",
            end_session,
            ADMINS,
            post,
            form=Parameters((sessions.SESSION,)),
        ),
    )
