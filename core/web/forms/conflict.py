"""Two people changed one record at the same time: what was changed by one of them is kept, what by both is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from core.i18n.lazy import _
from core.orm.kinds import Text
from core.web.forms.inputs import Input
from core.web.forms.words import marked
from core.web.shell import initials, tone

if TYPE_CHECKING:
    import datetime as dt

    from core.orm.env import Env
    from core.web.forms.form import RecordForm


@dataclass
class Version:
    """One of the two values: what is sent for it, and how it reads."""

    value: str
    shown: Markup


@dataclass
class Choice:
    """A field that both changed."""

    name: str
    label: str
    before: Markup
    mine: Version
    theirs: Version


@dataclass
class Saver:
    """Who saved meanwhile, and when."""

    name: str
    short: str
    initials: str
    tone: str
    when: str
    clock: str


@dataclass
class Conflict:
    """What the page asks and tells: `hidden` are the inputs that only the user changed."""

    saver: Saver
    clock: str
    """When the user saved."""
    me: tuple[str, str]
    """The user's initials and colour."""
    choices: list[Choice] = field(default_factory=list)
    kept: list[tuple[str, str, bool]] = field(default_factory=list)
    """Label, value and whether the user changed it."""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    state: str = ""


def compare(form: RecordForm, env: Env, record: Any) -> Conflict:
    """What the form changes, beside what others changed in `record`, locked in a writing env, since it was drawn.

    An input whose value both have changed to the same is taken as unchanged.
    """
    moved_rows = [row for rows in form.lists.values() for row in rows.moved]
    found = _begin(form, env, max([record, *moved_rows], key=lambda one: one.updated_at))
    shown: dict[str, list[str]] = {}
    for item, owner in form.owned(record):
        theirs = item.show(item.of(owner))
        moved = not item.alike(theirs, item.shown)
        mine = item.show(item.data) if item.changed else []
        if item.changed and item.alike(mine, theirs):
            item.changed = False
        if not item.changed:
            found.kept += [(item.full_label, item.told_texts(theirs), False)] if moved else []
            continue
        shown[item.name] = theirs
        if moved and not item.several:
            found.choices.append(_choice(item, mine, theirs))
        else:
            _keep(found, item, mine, theirs)
    _keep_rows(found, form)
    drawn = replace(form.drawn, version=record.version, shown=shown, **form.lines())
    found.state = drawn.sealed(form.model, form.key)
    return found


def _keep_rows(found: Conflict, form: RecordForm) -> None:
    """The rows that the user adds and removes; those that are changed are of the version that is compared with."""
    for rows in form.lists.values():
        for row in rows.rows:
            row.version = row.version if row.held is None else row.held.version
            if row.is_marked:
                found.hidden.append((row.mark, "1"))
                found.kept.append((row.title, str(_("Removed")), True))
            for item in row.inputs if row.is_new else ():
                found.hidden += [(item.name, text) for text in item.typed or ()]


def _begin(form: RecordForm, env: Env, record: Any) -> Conflict:
    now, me = env.now(), env.user
    return Conflict(
        _saver(env, record.updated_by, record.updated_at),
        env.formats.time(now),
        (initials(me.name), tone(me.id)),
    )


def _saver(env: Env, key: int | None, moment: dt.datetime) -> Saver:
    user: Any = env.get(env["base.user"], key) if key is not None else None
    name = user.display_label() if user is not None else str(_("Somebody else"))
    formats = env.formats
    return Saver(
        name, name.split()[0], initials(name), tone(key), formats.relative(moment), formats.time(moment)
    )


def _choice(item: Input, mine: list[str], theirs: list[str]) -> Choice:
    before, my_text, their_text = (item.told_texts(texts) for texts in (item.shown, mine, theirs))
    is_text = isinstance(item.item, Text) or len(before) > 40
    versions = [marked(text, before) if is_text else escape(text) for text in (my_text, their_text)]
    return Choice(
        item.name,
        item.full_label,
        escape(before),
        Version(_one(mine), versions[0]),
        Version(_one(theirs), versions[1]),
    )


def _keep(found: Conflict, item: Input, mine: list[str], theirs: list[str]) -> None:
    """What only the user changed; of links to many records, what each of the two added and took away."""
    texts = [str(key) for key in item.merged(map(int, theirs))] if item.several else mine  # type: ignore[attr-defined]
    found.kept.append((item.full_label, item.told_texts(texts), True))
    found.hidden += [(item.name, text) for text in texts if text or not item.optional]


def _one(texts: list[str]) -> str:
    return texts[0] if texts else ""
