"""The panel of a record that people work on together: where one writes, and what happened."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData
from markupsafe import Markup

from core.base.announcing import is_following
from core.base.message import Message
from core.base.thread import Thread
from core.orm.events import ask
from core.orm.kinds import Text
from core.timeline import LONGEST_TEXT, TimelineItem
from core.web.listing.labels import Label, Labels
from core.web.numbers import LETTER
from core.web.plain import beginning, linked
from core.web.signing import signer
from core.web.threads.plans import ACTIVITY, Plan, plans_of

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.orm.env import Env
    from core.web.timeline import Entry

MESSAGE, CHANGE, USER, FOLLOWER = "base.message", "base.change", "base.user", "base.follower"
LATEST = 15
"""So many entries stand on the page of a record."""


@dataclass
class Composer:
    """Where a note is written, a new one or one that is there; with what was typed and what was wrong with it."""

    action: str
    state: str
    body: str = ""
    error: str = ""
    version: int = 0
    key: int | None = None
    cancel: str = ""
    choices: Sequence[tuple[int, str]] = ()
    """People, of whom one is meant."""
    stored: Markup | None = None
    """The note as it is, above what was typed where that could not be taken."""


@dataclass
class Told:
    """An item as it is drawn."""

    item: TimelineItem
    who: Label | None
    day: str
    time: str
    at: str
    iso: str
    text: Markup
    whole_href: str = ""
    """Where the whole text is, if this is its beginning."""
    edit_href: str = ""
    delete_href: str = ""
    composer: Composer | None = None


@dataclass
class ThreadPanel:
    """What the template knows as `thread`."""

    composer: Composer | None
    """None for those who may write no notes."""
    told: Sequence[Told]
    plans: Sequence[Plan]
    timeline_href: str = ""
    plan_href: str = ""
    follow_href: str = ""
    follows: bool = False


def is_thread(record: Any) -> bool:
    """Whether people work on this record together."""
    return isinstance(record, Thread)


def panel(env: Env, record: Any, history: Sequence[Entry], opened: Composer | None = None) -> ThreadPanel:
    """The panel of a record with what happened last.

    `opened` is the note that is being written: where it stands, or above all where it is older than what is shown.
    """
    here = f"/app/{record.__lumbung__.name}/{record.id}"
    items = gathered(env, record, None, LATEST, history)
    shown = told(env, here, items[:LATEST])
    fresh = new_composer(env, record) if env.may(MESSAGE, "c") and env.may(MESSAGE, "r") else None
    composer = opened or fresh
    for one in shown:
        if opened is not None and (one.item.kind, one.item.key) == (MESSAGE, opened.key):
            one.composer, composer = opened, fresh
    may_follow = env.may(FOLLOWER, "r") and env.may(MESSAGE, "r")
    plan_href = f"/app/{ACTIVITY}/new?of={record.__lumbung__.name}/{record.id}"
    return ThreadPanel(
        composer,
        shown,
        plans_of(env, record),
        f"{here}/timeline",
        plan_href if env.may(ACTIVITY, "c") and env.may(ACTIVITY, "r") else "",
        f"{here}/follow" if may_follow else "",
        may_follow and is_following(env, record),
    )


def gathered(
    env: Env, record: Any, before: dt.datetime | None, limit: int, history: Sequence[Entry]
) -> list[TimelineItem]:
    """What is known of a record until a moment, the latest first: what addons tell and its changes."""
    told: list[TimelineItem] = list(ask(env, "timeline", record=record, before=before, limit=limit))
    for other in record.predecessors() if is_thread(record) else ():
        found = ask(env, "timeline", record=other, before=before, limit=limit)
        told += [_elsewhere(item, other) for item in found]
    items = [item for item in told if before is None or item.at <= before]
    return sorted([*items, *map(_changed, history)], key=lambda item: item.place, reverse=True)


def _elsewhere(item: TimelineItem, record: Any) -> TimelineItem:
    """What is told of another record, with its name where nothing else is named; it is changed there."""
    item = dataclasses.replace(item, is_mine=False)
    if item.label:
        return item
    info = record.__lumbung__
    label, href = record.display_label(), f"/app/{info.name}/{record.id}"
    return dataclasses.replace(item, noun=info.label, label=label, href=href)


def _changed(entry: Entry) -> TimelineItem:
    noun = entry.model.label if entry.label else ""
    return TimelineItem(
        entry.when, CHANGE, entry.key, entry.what, entry.by, noun, entry.label, entry.href,
        symbol=entry.symbol, lines=entry.lines,
    )  # fmt: skip


def told(env: Env, here: str, items: Iterable[TimelineItem]) -> list[Told]:
    """Items as they are drawn; everyone in them is looked up at once."""
    items = list(items)
    people = Labels(env).get(USER, {item.who for item in items})
    return [_told(env, here, item, people.get(item.who or 0)) for item in items]


def _told(env: Env, here: str, item: TimelineItem, who: Label | None) -> Told:
    formats, local = env.formats, item.at.astimezone(env.formats.zone)
    one = Told(
        item, who, formats.long_date(local), formats.time(item.at), formats.moment(item.at), item.at.isoformat(),
        beginning(item.text, LONGEST_TEXT),
    )  # fmt: skip
    if len(item.text) > LONGEST_TEXT:
        own = f"/app/{item.kind}/{item.key}"
        one.whole_href = own if item.kind == MESSAGE else item.href or own
    if item.is_mine:
        one.edit_href = f"{here}?note={item.key}#{MESSAGE}-{item.key}"
        one.delete_href = f"{here}/notes/{item.key}/delete"
    return one


# ----------------------------------------------------------------- what is written
def size(_assembly: Assembly, _model: str) -> int:
    """How many bytes the text of one of these forms may have."""
    return LETTER * Text.limit


def new_composer(env: Env, record: Any, body: str = "", error: str = "") -> Composer:
    """Where a new note on a record is written."""
    model = record.__lumbung__.name
    return Composer(f"/app/{model}/{record.id}/notes", seal(env, model, record.id), body, error)


def edit_composer(
    env: Env, record: Any, message: Message, body: str | None = None, error: str = ""
) -> Composer:
    """Where a note of one's own is changed."""
    model = record.__lumbung__.name
    here = f"/app/{model}/{record.id}"
    return Composer(
        f"{here}/notes/{message.id}", seal(env, model, record.id), message.body if body is None else body, error,
        message.version, message.id, f"{here}#{MESSAGE}-{message.id}",
        stored=linked(message.body) if error else None,
    )  # fmt: skip


def seal(env: Env, model: str, key: int) -> str:
    """Says that a form was drawn for this user and this record: what was typed is shown again to nobody else."""
    return str(signer("note").dumps([env.user.id, model, key, secrets.token_urlsafe(12)]))


def is_sealed(env: Env, model: str, key: int, text: str) -> bool:
    """Whether a form was."""
    return nonce_of(env, model, key, text) is not None


def nonce_of(env: Env, model: str, key: int, text: str) -> str | None:
    """What tells a form that was drawn for this user and record from another one; None where it was not."""
    try:
        *whom, nonce = signer("note").loads(text)
    except (BadData, TypeError, ValueError):
        return None
    return str(nonce) if whom == [env.user.id, model, key] else None
