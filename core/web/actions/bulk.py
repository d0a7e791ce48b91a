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
        query, keys, every = self._query(model), _keys(), _every()
        done = _write(model, query if every else keys, archived=archived)
        if not done.chosen:
            flash(str(_("Choose at least one row first.")), "warn")
        elif done.chosen > MOST:
            most = requests.env().formats.number(MOST)
            flash(
                str(_("At most %(number)s records at once. Choose fewer by a filter.", number=most)), "warn"
            )
        elif done.changed:
            say_done(_told(done.changed, archived=archived), done.unit)
        elif not done.left:
            flash(
                str(_("All of them are archived already.") if archived else _("None of them is archived.")),
                "ok",
            )
        say_left(done.left)
        kept = query.kept()
        return redirect(f"/app/{model}?{urlencode(kept)}" if kept else f"/app/{model}", 303)

    def _query(self, model: str) -> Query:
        """The list from which the form was sent. Raises BadRequest where it is none."""
        text, env = request.form.get(QUERY, ""), requests.env()
        try:
            if len(text) > LONGEST:
                raise Refused(_("The address has too many parameters."))
            return self.site.list_view(model, env).query(env, parse_qsl(text, keep_blank_values=True))
        except Refused as error:
            raise BadRequest(str(error)) from None


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
        keys = chosen if isinstance(chosen, Sequence) else _found(env, model, chosen)
        changed, left = (0, []) if len(keys) > MOST else _change(env, model, keys, archived=archived)
        return Done(len(keys), changed, left, env.session.unit)


def _found(env: Env, model: str, query: Query) -> Sequence[int]:
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


def _keys() -> Sequence[int]:
    """The rows that were ticked. Raises BadRequest where one is no key."""
    keys = list(map(number, request.form.getlist(CHOSEN)))
    known = [key for key in dict.fromkeys(keys) if key is not None]
    if None in keys:
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    return known


def _every() -> bool:
    """Whether all of the filter was asked for. Raises BadRequest on any other word than that of the page."""
    if request.form.get(EVERY, "1") != "1":
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    return EVERY in request.form
