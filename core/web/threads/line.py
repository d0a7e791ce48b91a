"""The timeline of a record on a page of its own: everything that happened, by kind, back to its beginning."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request
from werkzeug.exceptions import BadRequest, NotFound

from core.i18n.lazy import TextLike, _
from core.timeline import TimelineItem
from core.web import parts, requests
from core.web.routes import Door, Parameters, Route
from core.web.shell import render
from core.web.threads.panel import CHANGE, Told, gathered, is_thread, told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.orm.env import Env
    from core.web.site import Site

SIZE = 24
"""Entries on a page."""
_PLACE = re.compile(r"([0-9]{1,16})\.([0-9]{1,4})")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass
class TimelinePage:
    """What the template knows as `line`. A kind: label, address, whether it is chosen."""

    told: Sequence[Told]
    kinds: Sequence[tuple[TextLike, str, bool]]
    back: tuple[str, str]
    older: str | None = None


@dataclass(frozen=True)
class Place:
    """From where one reads on: a moment, and how many entries of that moment were shown already."""

    before: dt.datetime | None = None
    skip: int = 0

    @classmethod
    def read(cls, text: str | None) -> Place:
        """That of an address. Raises BadRequest."""
        if text is None:
            return cls()
        match = _PLACE.fullmatch(text)
        if match is None:
            raise BadRequest(str(_("This is no place in the history.")))
        try:
            return cls(_EPOCH + int(match[1]) * _MICROSECOND, int(match[2]))
        except OverflowError:
            raise BadRequest(str(_("This is no place in the history."))) from None

    def after(self, shown: Sequence[TimelineItem]) -> str:
        """The place behind what was shown, for an address."""
        last = shown[-1].at
        count = sum(item.at == last for item in shown) + (self.skip if last == self.before else 0)
        return f"{(last - _EPOCH) // _MICROSECOND}.{count}"


def register(site: Site) -> None:
    """Its address."""
    site.routes.add(
        Route("timeline", "/app/<model>/<key:key>/timeline", show, Door(operation="r"),
              query=Parameters(("kind", "before"))),
    )  # fmt: skip


def show(model: str, key: int) -> ResponseReturnValue:
    """A page of it."""
    env = requests.env()
    record = env.get(env[model], key)
    if record is None or not is_thread(record):
        raise NotFound
    kind, place = request.args.get("kind", ""), Place.read(request.args.get("before"))
    if kind and kind not in env.registry.models:
        raise BadRequest(str(_("There is no such kind.")))
    here = f"/app/{model}/{key}"
    items = _items(env, record, place)
    kinds = {item.kind for item in (items if place.before is None else _items(env, record, Place()))} | {
        CHANGE
    }
    chosen = _without_shown([item for item in items if kind in ("", item.kind)], place)
    page = TimelinePage(
        told(env, here, chosen[:SIZE]),
        _kinds(env, f"{here}/timeline", kinds, kind),
        (here, record.display_label()),
    )
    if len(chosen) > SIZE:
        asked = {"kind": kind} if kind else {}
        page.older = f"{here}/timeline?{urlencode({**asked, 'before': place.after(chosen[:SIZE])})}"
    return render("core/timeline.html", _("Timeline of %(name)s", name=record.display_label()), line=page)


def _items(env: Env, record: Any, place: Place) -> list[TimelineItem]:
    limit = SIZE + place.skip + 1
    lists = parts.lists(requests.site().form_layout(record.__lumbung__.name, env), env)
    history = parts.of_record(env, record, lists, limit=limit, until=place.before)
    return gathered(env, record, place.before, limit, history)


def _without_shown(items: Sequence[TimelineItem], place: Place) -> Sequence[TimelineItem]:
    of_moment = sum(item.at == place.before for item in items)
    return items[min(place.skip, of_moment) :]


def _kinds(env: Env, here: str, kinds: set[str], chosen: str) -> list[tuple[TextLike, str, bool]]:
    """All, and each kind that there is, by its name."""
    named = sorted(
        (str(env.registry.models[kind].plural), kind) for kind in kinds if kind in env.registry.models
    )
    links = [(label, f"{here}?{urlencode({'kind': kind})}", kind == chosen) for label, kind in named]
    return [(_("All"), here, not chosen), *links]
