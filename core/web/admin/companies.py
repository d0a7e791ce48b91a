"""The company that one works for now: chosen in the frame, kept in this browser, never more than one may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, g, redirect, request, session
from werkzeug.exceptions import BadRequest

from core.i18n.lazy import _
from core.web.numbers import number
from core.web.requests import COMPANY
from core.web.routes import USERS, Parameters, Route
from core.web.shell import companies
from core.web.signin import own_path

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.web.site import Site

ALL = "all"


def switch() -> ResponseReturnValue:
    """Works for one company from now on, or for all that one may use."""
    chosen = request.form.get(COMPANY, "")
    names = {choice.key: choice.label for choice in companies()}
    key = number(chosen) if chosen != ALL else None
    if chosen != ALL and (key is None or key not in g.signed_in.user.companies):
        raise BadRequest(str(_("You may not work for this company.")))
    if key is None:
        session.pop(COMPANY, None)
        flash(str(_("You see the data of all your companies.")), "ok")
    else:
        session[COMPANY] = key
        flash(
            str(_("You work for %(company)s now, and see only its data.", company=names.get(key, ""))), "ok"
        )
    return redirect(own_path(request.form.get("next")), 303)


def register(site: Site) -> None:
    """Its address."""
    form = Parameters((COMPANY, "next"))
    site.routes.add(Route("company", "/company", switch, USERS, ("POST",), form=form))
