"""Sessions on pages: a table with a button for each, the same for an administrator and for oneself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, request
from werkzeug.exceptions import BadRequest

from core.access import devices
from core.access.devices import MARK
from core.i18n.lazy import TextLike, _
from core.web import requests

SESSION, ALL = "session", "all"
"""The input of a button, and what it holds to end all but the one that one is in."""


@dataclass
class SessionLine:
    """A session in the table."""

    mark: str
    name: str
    made: str
    seen: str
    until: str
    current: bool


def lines(user_id: int) -> Sequence[SessionLine]:
    """The sessions of a user; that of this very request is marked."""
    env = requests.env()
    found = devices.devices(env.session.core_connection(), user_id)
    mine, show = _mine(), env.formats.moment
    return [
        SessionLine(one.mark, one.name or str(_("Unknown device")), show(one.made_at), show(one.seen_at),
                    show(one.expires_at), one.mark == mine[:MARK])
        for one in found
    ]  # fmt: skip


def end(user_id: int) -> TextLike:
    """Ends what the form names, never the session of this request; says what was done."""
    named = request.form.get(SESSION, "")
    if named == _mine()[:MARK]:
        raise BadRequest(str(_("You are signed in by this session: sign out instead.")))
    with requests.connection() as connection:
        if named == ALL:
            number = devices.end_all(connection, user_id, but=_mine())
        else:
            number = devices.end(connection, user_id, named)
    if not number:
        return _("There was no session to end any more.")
    return _("1 session was ended.") if number == 1 else _("%(number)s sessions were ended.", number=number)


def _mine() -> str:
    """The digest of the token by which this request is signed in."""
    return str(g.signed_in.token_hash)
