"""Sets one field of the rows that were chosen in a list, or of all of its filter; adds or takes away tags.

Two steps: the bar of the list names the field, a page asks for the value. The page carries what each row had then:
a row that somebody else has changed there meanwhile is left as it is, and said. What rows need besides, as an amount to
enter a stage, is asked for once, for those that have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import flash, redirect, request
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadData
from werkzeug.exceptions import BadRequest
from wtforms.form import BaseForm

from core.access.door import AccessDenied
from core.errors import UserError
from core.i18n.lazy import TextLike, _
from core.orm.kinds import Boolean
from core.orm.links import Many2many
from core.sql import among
from core.web import requests
from core.web.actions.bulk import (
    MOST,
    address_of,
    asked_list,
    chosen_keys,
    found_keys,
    is_every,
    say_wrong_number,
)
from core.web.actions.bulk_set import Lacking, Setting, mark, settled
from core.web.actions.saying import named, say_done, say_left, shortened
from core.web.board.begin import begun_in
from core.web.forms.choosing import PICK, picked
from core.web.forms.drawn import STATE
from core.web.forms.form import input_of
from core.web.forms.inputs import FormField, Input, Source
from core.web.forms.links import ADDS, Linked
from core.web.listing.columns import stored
from core.web.listing.labels import Labels
from core.web.listing.selection import CHOSEN, EVERY, QUERY, settable
from core.web.routes import Parameters
from core.web.shell import render
from core.web.signing import signer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from itsdangerous import URLSafeSerializer
    from werkzeug.datastructures import MultiDict

    from core.assembly import Assembly
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.web.listing.query import Query
    from core.web.site import Site

FIELD, SEEN, VALUE, HOW, MORE, WITH = "field", STATE, "value", "how", "more-", "with"
"""What the rows had is what the form showed: it is carried through a sign-in by that. MORE begins the names of inputs
for what rows need besides, and WITH tells the value for which they need it."""
ADD, REMOVE = "add", "remove"
SEEN_SIZE = 60 * MOST
"""Bytes that the keys and marks of MOST rows may take, signed."""


class _Value:
    """The inputs of the value, whichever field it is of, and of what is asked for besides."""

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        return name in self.names(assembly, model)

    def names(self, assembly: Assembly, model: str) -> Iterable[str]:
        fields = assembly.registry.models[model].fields if model in assembly.registry.models else ()
        return (VALUE, f"{VALUE}{ADDS}", *(f"{MORE}{name}" for name in fields))


FORM = Parameters((CHOSEN, EVERY, QUERY, FIELD, SEEN, HOW, PICK, WITH), _Value())


@dataclass
class BulkPage:
    """What the template knows as `bulk`."""

    title: str
    action: str
    csrf: str
    hidden: list[tuple[str, str]]
    back: tuple[str, str]
    text: str
    input: FormField
    submit: str
    how: str | None = None
    more: list[FormField] = field(default_factory=list)
    """What rows need besides."""
    errors: list[tuple[str, str]] = field(default_factory=list)
    lists: list[tuple[str, list[str]]] = field(default_factory=list)


@dataclass
class Job(Setting):
    """What is set, with the input that was filled in."""

    input: Input
    how: str = ADD
    inputs: dict[str, Input] = field(default_factory=dict)
    """Those for what rows need besides, by field."""
    asked_with: str = ""
    """A mark of the value for which they were asked."""

    @property
    def is_many(self) -> bool:
        """Whether it is about links to any number of records."""
        return isinstance(self.item, Many2many)


@dataclass
class BulkEdit:
    """The handlers, over one site."""

    site: Site

    def edit(self, model: str) -> ResponseReturnValue:
        """Asks for the value, and with it sets the field."""
        query, env = asked_list(self.site, model, request.form), requests.env()
        info = self.site.assembly.registry.models[model]
        item = _field(env, info, request.form)
        if SEEN not in request.form:
            keys = found_keys(env, model, query) if is_every() else chosen_keys()
            if say_wrong_number(len(keys)):
                return redirect(address_of(query), 303)
            job = Job(info, item, _marks(env, info, item, keys), input=_input(env, info, item))
            return _page(job, query)
        job = _sent(env, info, item, picked(request.form))
        if PICK in request.form:
            return _page(job, query)
        return self._set(job, query)

    def again(self, typed: MultiDict[str, str], model: str) -> str:
        """The page with what was typed, where that was sent too late to be taken."""
        info, env = self.site.assembly.registry.models[model], requests.env()
        job = _sent(env, info, _field(env, info, typed), typed)
        return _page(job, asked_list(self.site, model, typed))

    def size(self, assembly: Assembly, model: str) -> int:
        """Bytes of what the rows had."""
        return SEEN_SIZE

    def _set(self, job: Job, query: Query) -> ResponseReturnValue:
        try:
            if [item for item in (job.input, *job.inputs.values()) if not item.validate(BaseForm({}))]:
                return _page(job, query), 422
            self._fill(job)
            done = settled(job)
        except Lacking as found:
            job.asked_with = _mark_of(job)
            for name, text in found.why.items():
                job.inputs[name] = _input(requests.env(), job.model, job.model.fields[name], f"{MORE}{name}")
                job.inputs[name].refuse(text)
            return _page(job, query), 422
        except (UserError, AccessDenied) as error:
            job.input.refuse(error.message)
            return _page(job, query), 422
        if done.changed:
            say_done(_told(job, done.changed), done.unit)
        elif not done.left:
            flash(str(_("All of them have it so already.")), "ok")
        say_left(done.left)
        return redirect(address_of(query), 303)

    def _fill(self, job: Job) -> None:
        """What is set: the value, what goes with it as with a column of the board, and what else was asked for."""
        env, info, item = requests.env(), job.model, job.item
        job.value, job.removes = job.input.value, job.how == REMOVE
        board = self.site.list_view(info.name, env).board
        if board is not None and board.attrs["by"] == item.name and job.value is not None:
            along = begun_in(board, env, str(job.value)) or {}
            job.along = {name: value for name, value in along.items() if name != item.name}
        job.more = {name: one.value for name, one in job.inputs.items() if one.value not in (None, "")}
        job.asks = _askable(env, info) - {item.name, *job.along, *job.inputs}


# ----------------------------------------------------------------- the page
def _askable(env: Env, info: ModelInfo) -> frozenset[str]:
    """The fields that may be asked for besides."""
    names = (node.name for node in settable(env, info))
    return frozenset(name for name in names if not isinstance(info.fields[name], Many2many | Boolean))


def _field(env: Env, info: ModelInfo, typed: MultiDict[str, str]) -> Field[Any]:
    """The field that the form names. Raises BadRequest where it is none that may be set so."""
    name = typed.get(FIELD, "")
    if name not in {node.name for node in settable(env, info)}:
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    return info.fields[name]


def _input(env: Env, info: ModelInfo, item: Field[Any], name: str = VALUE) -> Input:
    """The input of a value: it begins empty, and whatever stands in it is meant."""
    [node] = [node for node in settable(env, info) if node.name == item.name]
    source = Source(env, None, env.formats, is_copy=True)
    unbound: Any = {name: input_of(item, node, source, settable=True)}
    made: Any = BaseForm(unbound)[name]
    made.stored = [] if made.several else None
    return made  # type: ignore[no-any-return]


def _sent(env: Env, info: ModelInfo, item: Field[Any], typed: MultiDict[str, str]) -> Job:
    """What the page sent. Raises BadRequest where it was not made for this list, field and person."""
    how = typed.get(HOW, ADD)
    more = [name.removeprefix(MORE) for name in typed if name.startswith(MORE)]
    if how not in (ADD, REMOVE) or not _askable(env, info).issuperset(more):
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    job = Job(info, item, _opened(info, item, typed.get(SEEN, "")), input=_input(env, info, item), how=how)
    job.inputs = {name: _input(env, info, info.fields[name], f"{MORE}{name}") for name in more}
    for one in (job.input, *job.inputs.values()):
        one.process(typed)
        if one.name in requests.cleaned():
            one.refuse(_("This had characters that no text can have. They are left out; look at it again."))
    job.asked_with = typed.get(WITH, "")
    if not job.input.process_errors and job.asked_with != _mark_of(job):
        job.inputs = {}  # another value needs other things: what it needs is asked for anew
    if job.input.several and not job.input.process_errors and not job.input.value:
        job.input.refuse(_("Choose at least one."))
    return job


def _mark_of(job: Job) -> str:
    """What tells whether another value was sent."""
    return str(mark(job.item, job.input.value))


def _page(job: Job, query: Query) -> str:
    """The page that asks for the value."""
    info, item = job.model, job.item
    drawn, *more = (one.draw() for one in (job.input, *job.inputs.values()))
    for one in (drawn, *more):
        one.creates, one.wide = None, True
    errors = [(one.id, one.error) for one in (drawn, *more) if one.error]
    drawn.focus = not errors
    page = BulkPage(
        title=str(_("Change %(field)s", field=drawn.label)),
        action=f"{query.path}/bulk",
        csrf=generate_csrf(),
        hidden=[
            (SEEN, _sealed(info, item, job.seen)),
            (FIELD, item.name),
            (QUERY, urlencode(query.kept())),
            *([(WITH, job.asked_with)] if job.inputs else []),
        ],
        back=(address_of(query), str(info.plural)),
        text=_which(info, job.seen),
        input=drawn,
        submit=str(_("Change %(number)s", number=requests.env().formats.number(len(job.seen)))),
        how=job.how if isinstance(item, Many2many) else None,
        more=more,
        errors=errors,
        lists=list(
            dict(told for one in (job.input, *job.inputs.values()) for told in _suggestions(one)).items()
        ),
    )
    return render("core/bulk.html", page.title, bulk=page)


def _which(info: ModelInfo, seen: Mapping[int, int]) -> str:
    """Some of the rows by name."""
    env, keys = requests.env(), list(seen)
    labels = Labels(env).get(info.name, keys[:5])
    told = named([shortened(labels[key].text) for key in keys[:5] if key in labels] + [""] * len(keys[5:]))
    return str(_("This changes: %(names)s.", names=told))


def _suggestions(item: Input) -> list[tuple[str, list[str]]]:
    if not isinstance(item, Linked) or item.is_listed:
        return []
    listed = item.targets.listed.items()
    return [(item.targets.id, [f"{label} #{key}" for key, label in listed])]


# ----------------------------------------------------------------- what the rows had
def _marks(env: Env, info: ModelInfo, item: Field[Any], keys: Sequence[int]) -> dict[int, int]:
    """By key a mark of what a row has, of those that the user may see; links to any number are merged and need none."""
    cls: Any = info.cls
    order = {key: place for place, key in enumerate(keys)}
    if isinstance(item, Many2many):
        found = dict.fromkeys(env.scalars(sa.select(cls.id).where(among(env, cls.id, keys))), 0)
    else:
        rows = env.execute(sa.select(cls.id, stored(cls, item)).where(among(env, cls.id, keys)))
        found = {key: mark(item, value) for key, value in rows}
    return dict(sorted(found.items(), key=lambda pair: order[pair[0]]))


def _sealed(info: ModelInfo, item: Field[Any], seen: Mapping[int, int]) -> str:
    return str(_serializer(info, item).dumps([list(seen), list(seen.values())]))


def _opened(info: ModelInfo, item: Field[Any], text: str) -> dict[int, int]:
    try:
        keys, marks = _serializer(info, item).loads(text)
        return dict(zip(keys, marks, strict=True))
    except (BadData, TypeError, ValueError):
        raise BadRequest(
            str(_("The form was not made for this page and person. Load the page again."))
        ) from None


def _serializer(info: ModelInfo, item: Field[Any]) -> URLSafeSerializer:
    return signer("bulk", requests.env().user.id, info.name, item.name)


def _told(job: Job, count: int) -> TextLike:
    """What was done."""
    number, label = requests.env().formats.number(count), job.item.label
    if job.is_many:
        told = job.input.told(job.value)
        if job.how == REMOVE:
            return _("%(number)s changed: without %(value)s.", number=number, value=told)
        return _("%(number)s changed: with %(value)s.", number=number, value=told)
    value = shortened(job.input.told(job.value) or str(_("empty")))
    return _("%(number)s changed: %(field)s is %(value)s.", number=number, field=label, value=value)
