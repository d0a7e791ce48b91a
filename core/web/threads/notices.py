"""What there is to read, on a page, and following a record or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import flash, redirect, request
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, NotFound

from core.base.activity import Activity
from core.base.announcing import MENTION, follow
from core.base.message import Message
from core.base.notification import KINDS, Notification
from core.i18n.lazy import TextLike, _
from core.sql import among
from core.timeline import LONGEST_TEXT
from core.web import requests
from core.web.listing.labels import Label, Labels
from core.web.numbers import number
from core.web.plain import beginning
from core.web.routes import STAFF, Door, Parameters, Route
from core.web.shell import render
from core.web.threads.bell import unread
from core.web.threads.panel import MESSAGE, USER, is_thread
from core.web.threads.plans import Plan, due_reminders, lost_reminders

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.orm.env import Env
    from core.web.site import Site

HERE, SIZE = "/notifications", 20
MENTIONS = 5
FOLLOWS = ("yes", "no")


@dataclass
class Notice:
    """One line of the page."""

    key: int
    who: Label | None
    what: TextLike
    symbol: str
    label: str
    href: str
    text: Markup
    whole_href: str
    """Where the whole text is, if this is its beginning."""
    at: str
    iso: str
    read: bool


@dataclass
class NoticePage:
    """What the template knows as `notices`."""

    notices: Sequence[Notice]
    reminders: Sequence[Plan]
    unread: int
    hidden: bool
    """Whether unread ones are about records out of the reader's sight by now."""
    older: str | None = None


def register(site: Site) -> None:
    """The page and its buttons; a notice is opened by a POST, as that marks it as read."""
    post, one = ("POST",), f"{HERE}/<key:key>"
    site.routes.add(
        Route("notifications", HERE, show, STAFF, query=Parameters(("before",))),
        Route("notifications_read", f"{HERE}/read", read_all, STAFF, post),
        Route("notification_open", f"{one}/open", open_one, STAFF, post),
        Route("notification_read", f"{one}/read", read_one, STAFF, post),
        Route("follow", "/app/<model>/<key:key>/follow", set_following, Door(operation="r"), post,
              form=Parameters(("follows",))),
    )  # fmt: skip


# ----------------------------------------------------------------- the page
def show() -> ResponseReturnValue:
    """What there is to read, the latest first."""
    env, before = requests.env(), request.args.get("before")
    rows = _rows(env, _before(before))
    count, is_first = unread(env), before is None
    page = NoticePage(
        _notices(env, rows[:SIZE]), due_reminders(env) if is_first else (), count,
        is_first and count > 0 and _is_any_lost(env),
    )  # fmt: skip
    if len(rows) > SIZE:
        page.older = f"{HERE}?{urlencode({'before': rows[SIZE - 1].id})}"
    return render("core/notifications.html", _("Notifications"), notices=page)


def _is_any_lost(env: Env) -> bool:
    with env.sudo("whether notices are about records out of sight") as su:
        return bool(lost_reminders(env, su)) or (env.may(Notification, "r") and _waiting(su) > _waiting(env))


def _waiting(env: Env) -> int:
    cls: Any = env[Notification]
    mine = (cls.owner_id == env.user.id, cls.read.is_(False))
    return env.scalar(sa.select(sa.func.count(cls.id)).where(*mine)) or 0


def _before(text: str | None) -> int | None:
    before = None if text is None else number(text)
    if text is not None and before is None:
        raise BadRequest
    return before


def _rows(env: Env, before: int | None, *conditions: Any) -> list[Any]:
    """None for those whose roles open no notices."""
    if not env.may(Notification, "r"):
        return []
    cls: Any = env[Notification]
    chosen = sa.select(cls.id, cls.model, cls.record_id, cls.kind, cls.message_id, cls.read, cls.created_at)
    chosen = chosen.where(cls.owner_id == env.user.id, *conditions, *([cls.id < before] if before else ()))
    return list(env.execute(chosen.order_by(cls.id.desc()).limit(SIZE + 1)))


def mentions(env: Env) -> list[Notice]:
    """Where the user was mentioned last."""
    cls: Any = env[Notification]
    return _notices(env, _rows(env, None, cls.kind == MENTION)[:MENTIONS])


def _notices(env: Env, rows: Sequence[Any]) -> list[Notice]:
    """In words: with the text of the note, who wrote it, and the name of the record."""
    notes, labels, formats = env[Message], Labels(env), env.formats
    keys = sorted({row.message_id for row in rows if row.message_id is not None})
    body = sa.func.substr(notes.body, 1, LONGEST_TEXT + 1).label("body")
    wanted = sa.select(notes.id, body, notes.owner_id).where(notes.id.in_(keys))
    found = env.execute(wanted) if keys and env.may(Message, "r") else ()
    written = {row.id: row for row in found}
    people = labels.get(USER, {row.owner_id for row in written.values()})
    told = []
    for row in rows:
        note = written.get(row.message_id)
        record = labels.get(row.model, {other.record_id for other in rows if other.model == row.model})
        label = record.get(row.record_id)
        told.append(Notice(
            row.id, people.get(note.owner_id or 0) if note else None, KINDS[row.kind],
            "user" if row.kind == MENTION else "chat", label.text if label else f"#{row.record_id}",
            f"/app/{row.model}/{row.record_id}#thread",
            beginning(note.body, LONGEST_TEXT) if note else Markup(),
            f"/app/{MESSAGE}/{note.id}" if note and len(note.body) > LONGEST_TEXT else "",
            formats.moment(row.created_at), row.created_at.isoformat(), row.read,
        ))  # fmt: skip
    return told


# ----------------------------------------------------------------- its buttons
def open_one(key: int) -> ResponseReturnValue:
    """Marks one as read and leads to its record."""
    model, record, message = _mark(key)
    place = f"#{MESSAGE}-{message}" if message else ""
    return redirect(f"/app/{model}/{record}{place}", 303)


def read_one(key: int) -> ResponseReturnValue:
    """Marks one as read."""
    _mark(key)
    return redirect(HERE, 303)


@requests.repeated
def _mark(key: int) -> tuple[str, int, int | None]:
    with requests.writing() as env:
        notice = env.get(Notification, key)
        if notice is None:
            raise NotFound
        notice.read = True
        return notice.model, notice.record_id, notice.message_id


def read_all() -> ResponseReturnValue:
    """Marks all as read, also those about records out of sight."""
    _mark_all()
    flash(str(_("Everything is read.")), "ok")
    return redirect(HERE, 303)


@requests.repeated
def _mark_all() -> None:
    with requests.writing() as env, env.sudo("their own notices are read, whatever they are about") as su:
        cls: Any = su[Notification]
        su.execute(sa.update(cls).where(cls.owner_id == env.user.id, cls.read.is_(False)).values(read=True))
        plans: Any = su[Activity]
        lost = among(su, plans.id, sorted(lost_reminders(env, su)))
        su.execute(sa.update(plans).where(lost).values(reminder=None))


def set_following(model: str, key: int) -> ResponseReturnValue:
    """Follows a record, or does not any more."""
    asked = request.form.get("follows")
    if asked not in FOLLOWS:
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    _follow(model, key, asked == "yes")
    said = _("You follow this record.") if asked == "yes" else _("You do not follow this record any more.")
    flash(str(said), "ok")
    return redirect(f"/app/{model}/{key}#thread", 303)


@requests.repeated
def _follow(model: str, key: int, follows: bool) -> None:
    with requests.writing() as env:
        record = env.get(env[model], key)
        if record is None or not is_thread(record):
            raise NotFound
        follow(env, model, key, follows=follows)
