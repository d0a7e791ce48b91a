"""Archive or restore the rows that were chosen in a list, or all of its filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from flask import flash, redirect, request
from werkzeug.exceptions import BadRequest

from core.i18n.lazy import TextLike, _
from core.orm.undo import REFUSED, Left
from core.orm.writing import all_locked, allowed
from core.web import requests
from core.web.actions.saying import say_done, say_left
from core.web.listing.labels import Labels
from core.web.listing.reading import Reading
from core.web.listing.refusal import BadRequest as Refused
from core.web.listing.selection import CHOSEN, EVERY, QUERY
from core.web.numbers import number

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import MultiDict

    from core.orm.env import Env
    from core.web.listing.query import Query
    from core.web.site import Site

MOST = 10_000
"""Records that are changed in one go: they are held until all are done."""
LONGEST = 8_000


@dataclass
class BulkActions:
    """The handlers, over one site."""

    site: Site

    def archive(self, model: str) -> ResponseReturnValue:
        """Takes records out of lists and choices."""
        return self._set(model, archived=True)

    def restore(self, model: str) -> ResponseReturnValue:
        """Puts them back."""
        return self._set(model, archived=False)

    def _set(self, model: str, *, archived: bool) -> ResponseReturnValue:
        query, keys, every = asked_list(self.site, model, request.form), chosen_keys(), is_every()
        done = _write(model, query if every else keys, archived=archived)
        if say_wrong_number(done.chosen):
            pass
        elif done.changed:
            say_done(_told(done.changed, archived=archived), done.unit)
        elif not done.left:
            flash(
                str(_("All of them are archived already.") if archived else _("None of them is archived.")),
                "ok",
            )
        say_left(done.left)
        return redirect(address_of(query), 303)


def asked_list(site: Site, model: str, typed: MultiDict[str, str]) -> Query:
    """The list from which a form was sent. Raises BadRequest where it is none."""
    text, env = typed.get(QUERY, ""), requests.env()
    try:
        if len(text) > LONGEST:
            raise Refused(_("The address has too many parameters."))
        return site.list_view(model, env).query(env, parse_qsl(text, keep_blank_values=True))
    except Refused as error:
        raise BadRequest(str(error)) from None


def address_of(query: Query) -> str:
    """Where the list is that a query asks for."""
    kept = query.kept()
    return f"{query.path}?{urlencode(kept)}" if kept else query.path


def say_wrong_number(chosen: int) -> bool:
    """Tells on the next page of no rows, or of too many; whether there was something to tell."""
    if not chosen:
        flash(str(_("Choose at least one row first.")), "warn")
    elif chosen > MOST:
        most = requests.env().formats.number(MOST)
        flash(str(_("At most %(number)s records at once. Choose fewer by a filter.", number=most)), "warn")
    return not 0 < chosen <= MOST


class Done(NamedTuple):
    """How many records were chosen and changed, which ones were left, and the number of the transaction."""

    chosen: int
    changed: int
    left: list[Left]
    unit: int


@requests.repeated
def _write(model: str, chosen: Query | Sequence[int], *, archived: bool) -> Done:
    """Changes the records of these keys, or all that a list shows; none where they are more than MOST."""
    with requests.writing() as env:
        keys = chosen if isinstance(chosen, Sequence) else found_keys(env, model, chosen)
        changed, left = (0, []) if len(keys) > MOST else _change(env, model, keys, archived=archived)
        return Done(len(keys), changed, left, env.session.unit)


def found_keys(env: Env, model: str, query: Query) -> Sequence[int]:
    """The keys of all that the list shows, and one more than are changed at once."""
    reading = Reading(env, env.registry.models[model], query, Labels(env))
    statement = sa.select(reading.cls.id).where(*reading.where()).limit(MOST + 1)
    return env.scalars(statement).all()


def _change(env: Env, model: str, keys: Sequence[int], *, archived: bool) -> tuple[int, list[Left]]:
    """Changes those that the user may change; how many there were, and what was left."""
    info = env.registry.models[model]
    records: list[Any] = all_locked(env, info.cls, keys)
    writable = allowed(env, info, [record.id for record in records], "w")
    changed = [record for record in records if record.id in writable and record.archived is not archived]
    env.write(changed, {"archived": archived})
    env.flush()
    left = [Left(record.display_label(), REFUSED) for record in records if record.id not in writable]
    return len(changed), left


def _told(count: int, *, archived: bool) -> TextLike:
    number = requests.env().formats.number(count)
    if count == 1:
        return _("1 record was archived.") if archived else _("1 record was restored.")
    if archived:
        return _("%(number)s records were archived.", number=number)
    return _("%(number)s records were restored.", number=number)


def chosen_keys() -> Sequence[int]:
    """The rows that were ticked. Raises BadRequest where one is no key."""
    keys = list(map(number, request.form.getlist(CHOSEN)))
    known = [key for key in dict.fromkeys(keys) if key is not None]
    if None in keys:
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    return known


def is_every() -> bool:
    """Whether all of the filter was asked for. Raises BadRequest on any other word than that of the page."""
    if request.form.get(EVERY, "1") != "1":
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    return EVERY in request.form
