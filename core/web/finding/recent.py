"""The records that somebody opened last, kept in a cookie of their browser: opening a page writes nothing.

It is signed for the user and the database, and holds no more than keys: what they show is read anew, through the door.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING

from flask import g, request
from itsdangerous import BadData

from core.web import requests
from core.web.listing.labels import Labels
from core.web.signing import signer

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer
    from werkzeug.wrappers import Response

    from core.orm.env import Env
    from core.web.site import Site

COOKIE, MOST, AGE = "lumbung_recent", 8, dt.timedelta(days=30)
Place = tuple[str, int]
"""The model and the key of a record."""


def register(site: Site) -> None:
    """Sends what was opened along with the page of it."""
    site.app.after_request(_keep)


def opened(model: str, key: int) -> None:
    """Says that the page of this request is that of a record."""
    g.opened = (model, key)


def last(env: Env) -> list[tuple[Place, str]]:
    """The places and labels of what was opened last, as far as the user may still see it; one statement a model."""
    places, of_model, labels = _places(env), defaultdict[str, list[int]](list), Labels(env)
    for model, key in places:
        of_model[model].append(key)
    known = {
        model: labels.get(model, keys) for model, keys in of_model.items() if model in env.registry.models
    }
    return [((model, key), known[model][key].text) for model, key in places if key in known.get(model, {})]


def _places(env: Env) -> list[Place]:
    try:
        return [(str(model), int(key)) for model, key in _signer(env).loads(request.cookies.get(COOKIE, ""))]
    except (BadData, TypeError, ValueError):
        return []


def _keep(response: Response) -> Response:
    place: Place | None = g.get("opened")
    if place is None or response.status_code != 200 or not requests.signed_in():
        return response
    before = _places(requests.env())
    places = [place, *(other for other in before if other != place)][:MOST]
    if places != before:
        content = _signer(requests.env()).dumps(places)
        response.set_cookie(
            COOKIE, str(content), max_age=AGE, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response


def _signer(env: Env) -> URLSafeSerializer:
    return signer("recent", env.user.id)
