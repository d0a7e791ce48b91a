"""What was typed into a form that could not be taken: it is drawn again, and nothing is saved by that.

The token of the page may be old, or the session over. Then the sign-in page carries the form, signed; whoever
signs in finds it again, if the form was made for them: that is what its own signed list says. Or the user may
not save it any more: then it is shown to be copied.
"""

from __future__ import annotations

from flask import request
from itsdangerous import BadData
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, NotFound

from core.access.door import AccessDenied
from core.errors import UserError
from core.i18n.lazy import TextLike, _
from core.web import requests
from core.web.forms.drawn import STATE
from core.web.routes import TOKEN
from core.web.signing import signer

KEPT = "kept"
"""The input of the sign-in page that carries a form."""
SESSION_ENDED = _(
    "Your session had ended, so nothing is saved yet. All that you typed is here; save it once more."
)
"""What such a form says when it is drawn again."""


def sealed() -> str:
    """The form of this request, to be carried through the sign-in; empty where it has nothing to lose."""
    route = requests.site().routes.get(request.endpoint)
    if request.method != "POST" or route is None or route.again is None or STATE not in request.form:
        return ""
    items = [(name, text) for name, text in request.form.items(multi=True) if name != TOKEN]
    return str(signer(KEPT).dumps([request.endpoint, request.view_args, items]))


def again(text: str) -> str | None:
    """The page of a form that was carried through the sign-in; None where it was made for somebody else."""
    try:
        name, args, items = signer(KEPT).loads(text)
    except (BadData, TypeError, ValueError):
        return None
    return drawn(name, args, MultiDict((field, value) for field, value in items))


def drawn(name: str | None, args: dict[str, object] | None, typed: MultiDict[str, str]) -> str | None:
    """The page of the form of a route, with what was typed; None where it is no form of this person."""
    route, found = requests.site().routes.get(name), args or {}
    if route is None or route.again is None or STATE not in typed or not requests.signed_in():
        return None
    try:
        route.door.check(requests.env(), str(found.get("model", "")))
        return str(route.again(typed, **found))
    except AccessDenied as error:
        return closed(name, args, typed, error.message)
    except NotFound:  # nor may they save what is gone, or out of their reach
        return closed(name, args, typed, "")
    except (HTTPException, UserError):
        return None


def closed(
    name: str | None, args: dict[str, object] | None, typed: MultiDict[str, str], why: TextLike
) -> str | None:
    """What this person typed into the form of a route that they may no longer send; None where it is not theirs."""
    route = requests.site().routes.get(name)
    if route is None or route.closed is None or STATE not in typed or not requests.signed_in():
        return None
    try:
        return str(route.closed(typed, why, **(args or {})))
    except (HTTPException, AccessDenied, UserError):
        return None
