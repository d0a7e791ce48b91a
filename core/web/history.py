"""The pages of history: all changes of a record, and what one person did on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request
from werkzeug.exceptions import NotFound

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.history import CHANGE, LEFT
from core.orm.periods import beginning
from core.orm.session import unit_at
from core.web import parts, requests, timeline
from core.web.listing.labels import Labels
from core.web.numbers import asked_before, number
from core.web.routes import Door, Parameters, Route
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.orm.env import Env
    from core.web.site import Site

SIZE = 50
"""Entries on a page."""
LOOKS = 10
"""So many pages of rows are looked through for entries that the reader may see."""
USER = "base.user"
MANAGERS = frozenset({"base.manager"})


@dataclass
class HistoryPage:
    """What the templates know as `history`."""

    title: str
    entries: Sequence[timeline.Entry]
    older: str | None = None
    back: tuple[str, str] | None = None


@dataclass
class ActivityPage(HistoryPage):
    """What one person did on one day."""

    people: Sequence[tuple[int, str, bool]] = ()
    day: str = ""
    error: str | None = None


def register(site: Site) -> None:
    """Their addresses."""
    site.routes.add(
        Route("history", "/app/<model>/<key:key>/history", _record, Door(operation="r"), query=Parameters(("before",))),
        Route("activity", "/settings/activity", _activity, Door(roles=MANAGERS),
              query=Parameters(("user", "day", "before"))),
    )  # fmt: skip


def _record(model: str, key: int) -> ResponseReturnValue:
    """All that happened to one record."""
    env, info = requests.env(), requests.env().registry.models[model]
    record = env.get(info.cls, key)
    if record is None:
        raise NotFound
    here = f"/app/{model}/{key}"
    lists = parts.lists(requests.site().form_layout(model, env), env)
    found = parts.of_record(env, record, lists, before=asked_before(), limit=SIZE + 1)
    page = HistoryPage(record.display_label(), found[:SIZE], back=(here, record.display_label()))
    if len(found) > SIZE:
        page.older = f"{here}/history?{urlencode({'before': found[SIZE - 1].key})}"
    return render("core/history.html", _("History of %(name)s", name=page.title), history=page)


def _activity() -> ResponseReturnValue:
    """Everything that one person did on a day, as far as the reader may see it."""
    env = requests.env()
    people = _people(env)
    user = _user([key for key, _name in people], env)
    page = ActivityPage(
        title=str(_("What was done")), entries=[], day=request.args.get("day", ""),
        people=[(key, name, key == user) for key, name in people],
    )  # fmt: skip
    today = env.today()
    try:
        day = env.formats.parse_date(page.day, today) if page.day.strip() else today
        span = _units(env, day)
    except (FieldError, OverflowError):
        page.error = str(_("Use a day such as 30/11/2026, or “yesterday”."))
        return render("core/activity.html", page.title, history=page), 422
    page.day = page.day or f"{day:%d/%m/%Y}"
    rows, last = _done(env, user, span)
    page.entries = labelled(env, timeline.entries(env, rows))
    if last is not None:
        page.older = f"/settings/activity?{urlencode({'user': user, 'day': page.day, 'before': last})}"
    return render("core/activity.html", page.title, history=page)


def _people(env: Env) -> list[tuple[int, str]]:
    cls: Any = env.registry[USER]
    return [(row.id, row.name) for row in env.execute(sa.select(cls.id, cls.name).order_by(cls.name, cls.id))]


def _user(known: Sequence[int], env: Env) -> int:
    user = number(request.args.get("user", str(env.user.id)))
    if user is None or user not in known:
        raise NotFound
    return user


def _units(env: Env, day: dt.date) -> tuple[int, int]:
    """The numbers of the transactions of a day as the reader's zone has it."""
    zone = env.formats.zone
    return unit_at(beginning(day, zone)), unit_at(beginning(day + dt.timedelta(days=1), zone))


def _done(env: Env, user: int, span: tuple[int, int]) -> tuple[list[Any], int | None]:
    """A page of what the reader may see of it; the key to go on from where there is more."""
    table, before, found = env.registry.models[CHANGE].table, asked_before(), list[Any]()
    told = table.c.action != LEFT
    mine = (table.c.created_by == user, table.c.unit >= span[0], table.c.unit < span[1], told)
    for _look in range(LOOKS):
        rows = timeline.changes(env, *mine, before=before, limit=SIZE + 1)
        found += timeline.visible(env, rows[:SIZE])
        if len(rows) <= SIZE:
            return found, None
        before = rows[SIZE - 1].id
        if len(found) >= SIZE:
            break
    return found, before


def labelled(env: Env, entries: Sequence[timeline.Entry]) -> list[timeline.Entry]:
    """Each with the name of its record and the address of its page."""
    labels = Labels(env)
    keys: dict[str, set[int]] = {}
    for entry in entries:
        keys.setdefault(entry.model.name, set()).add(entry.record)
    known = {model: labels.get(model, wanted) for model, wanted in keys.items() if env.may(model, "r")}

    def one(entry: timeline.Entry) -> timeline.Entry:
        label = known.get(entry.model.name, {}).get(entry.record)
        if label is None:
            return replace(entry, label=f"#{entry.record}")
        return replace(entry, label=label.text, href=f"/app/{entry.model.name}/{entry.record}")

    return [one(entry) for entry in entries]
