"""The addresses of notes: each is written, changed and deleted on the page of its record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from flask import redirect, request, session
from werkzeug.exceptions import BadRequest, NotFound

from core.access.door import AccessDenied
from core.base.mentioning import mentioned
from core.base.message import Message
from core.base.user import User
from core.errors import UserError
from core.i18n.lazy import _
from core.orm.writing import locked
from core.web import requests
from core.web.actions.saying import say_done
from core.web.forms.drawn import STATE
from core.web.kept import SESSION_ENDED
from core.web.numbers import number
from core.web.records.saving import claim, keep, made_by
from core.web.routes import Door, Parameters, Route
from core.web.shell import render
from core.web.threads.panel import (
    MESSAGE,
    Composer,
    edit_composer,
    is_sealed,
    is_thread,
    new_composer,
    nonce_of,
    size,
)

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import MultiDict

    from core.assembly import Assembly
    from core.orm.env import Env
    from core.web.site import Site

BODY, VERSION, WHOM = "body", "version", "mention"


Choices = Sequence[tuple[int, str]]


class Typed:
    """What a person types into these forms."""

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        """Whether it is one of them."""
        return name in self.names(assembly, model)

    def names(self, assembly: Assembly, model: str) -> Iterable[str]:
        """All of them."""
        return (BODY,)


def register(site: Site) -> None:
    """A POST for each; that one's own note is being changed is said in the address of the record."""
    readers, here, post = Door(operation="r"), "/app/<model>/<key:key>/notes", ("POST",)
    form = Parameters((STATE, VERSION, WHOM), Typed())
    site.routes.add(
        Route("note", here, add, readers, post, form=form, size=size, again=_again, closed=_closed),
        Route("note_edit", f"{here}/<key:note>", change, readers, post, form=form, size=size, again=_again,
              closed=_closed),
        Route("note_delete", f"{here}/<key:note>/delete", delete, readers, post),
    )  # fmt: skip


# ----------------------------------------------------------------- writing
def add(model: str, key: int) -> ResponseReturnValue:
    """Writes a note on a record, by anyone who may read that."""
    typed = _typed()
    try:
        made = _add(model, key, typed)
    except UserError as error:
        return _refused(model, key, None, typed, error)
    except NotFound:
        return lost(typed), 404
    return _back(model, key, made)


def _back(model: str, key: int, note: int) -> ResponseReturnValue:
    """To the note; or to the head of the page, where something is said of it that would be out of sight below."""
    is_said = any(kind == "warn" for kind, _text in session.get("_flashes", ()))
    return redirect(f"/app/{model}/{key}" + ("" if is_said else f"#{MESSAGE}-{note}"), 303)


@requests.repeated
def _add(model: str, key: int, body: str) -> int:
    with requests.writing() as env:
        _record(env, model, key)
        sent = _sent(env, model, key, body)
        if sent and not claim(env, sent):
            return _made(env, sent)
        people = _people(env, body)
        row = {"model": model, "record_id": key, "body": body, "mentions": env.read(User, sorted(people))}
        [note] = env.create(Message, [row])
        env.flush()
        if sent:
            keep(env, sent, note.id)
        return int(note.id)


def _sent(env: Env, model: str, key: int, body: str) -> str:
    """Tells one sending of a form from another: the same text is the same wish. Empty of what no page of ours drew."""
    nonce = nonce_of(env, model, key, request.form.get(STATE, ""))
    return hashlib.sha256(f"{nonce} {body}".encode()).hexdigest() if nonce else ""


def _made(env: Env, sent: str) -> int:
    """The note that was made by the same sending before. Raises UserError where it is not there any more."""
    known = made_by(env, sent)
    if known is None or env.get(Message, known) is None:
        raise UserError(_("This form was saved before. Save it again to make another record."))
    return known


def change(model: str, key: int, note: int) -> ResponseReturnValue:
    """Changes a note of one's own, if it is still the one that was shown."""
    typed = _typed()
    try:
        unit = _change(model, key, note, typed)
    except UserError as error:
        return _refused(model, key, note, typed, error)
    except NotFound:
        return lost(typed), 404
    say_done(_("The note was changed."), unit)
    return _back(model, key, note)


@requests.repeated
def _change(model: str, key: int, note: int, body: str) -> int:
    with requests.writing() as env:
        message = _own(env, model, key, note, "w")
        if str(message.version) != request.form.get(VERSION):
            raise UserError(
                _("You changed this note elsewhere meanwhile. Here is what you typed; look at both.")
            )
        known = {user.id for user in message.mentions}
        people = _people(env, body)
        mentions = [*message.mentions, *env.read(User, sorted(people - known))]
        env.write([message], {"body": body, "mentions": mentions})
        env.flush()
        return env.session.unit


class Unclear(UserError):
    """Several people may be meant."""

    def __init__(self, word: str, choices: Sequence[tuple[int, str]]) -> None:
        super().__init__(_("Who is “@%(name)s”? Choose one below, or write the whole name.", name=word), BODY)
        self.choices = choices


def _people(env: Env, body: str) -> set[int]:
    """Who is mentioned. Raises Unclear where a name may be that of several."""
    chosen = [key for text in request.form.getlist(WHOM) if (key := number(text)) is not None]
    found = mentioned(env, body, chosen)
    for word, choices in found.unclear.items():
        raise Unclear(word, choices)
    return set(found.people)


def delete(model: str, key: int, note: int) -> ResponseReturnValue:
    """Deletes a note of one's own; it can be taken back."""
    say_done(_("The note was deleted."), _delete(model, key, note))
    return redirect(f"/app/{model}/{key}#thread", 303)


@requests.repeated
def _delete(model: str, key: int, note: int) -> int:
    with requests.writing() as env:
        env.delete([_own(env, model, key, note, "d")])
        return env.session.unit


def opened(env: Env, record: Any) -> Composer | None:
    """The note that the address says is being changed. Raises NotFound where it is none of this user's."""
    text = request.args.get("note")
    if text is None:
        return None
    key = number(text)
    if key is None:
        raise NotFound
    return edit_composer(env, record, _own(env, record.__lumbung__.name, record.id, key, "w"))


# ----------------------------------------------------------------- what could not be taken
def _refused(model: str, key: int, note: int | None, typed: str, error: UserError) -> ResponseReturnValue:
    """The page of the record with what was typed, read anew."""
    choices = error.choices if isinstance(error, Unclear) else ()
    with requests.detached() as env:
        return _drawn(env, model, key, note, typed, str(error), choices), 422


def _again(typed: MultiDict[str, str], model: str, key: int, note: int | None = None) -> str:
    """The same after a session had ended: nothing is saved."""
    env = requests.env()
    if not is_sealed(env, model, key, typed.get(STATE, "")):
        raise BadRequest
    return _drawn(env, model, key, note, typed.get(BODY, ""), str(SESSION_ENDED))


def _closed(typed: MultiDict[str, str], why: Any, model: str, key: int, note: int | None = None) -> str:
    if not is_sealed(requests.env(), model, key, typed.get(STATE, "")):
        raise BadRequest
    return lost(typed.get(BODY, ""), str(why))


def _drawn(
    env: Env, model: str, key: int, note: int | None, typed: str, error: str, choices: Choices = ()
) -> str:
    from core.web.records.pages import RecordPages

    record = _record(env, model, key)
    if note is None:
        composer = new_composer(env, record, typed, error)
    else:
        composer = edit_composer(env, record, _own(env, model, key, note, "w"), typed, error)
    composer.choices = choices
    return RecordPages(requests.site()).with_composer(env, record, composer)


def lost(typed: str, why: str = "") -> str:
    """What was typed for a record that is not there any more, or out of reach, to be copied."""
    text = _("This record is not there any more, so nothing was saved. Copy what you still need of this.")
    return render("core/note_lost.html", _("Not saved"), lost=typed, why=why or str(text))


# ----------------------------------------------------------------- parts
def _typed() -> str:
    """What was typed, with the line ends of a form as those of a text."""
    return request.form.get(BODY, "").replace("\r\n", "\n")


def _record(env: Env, model: str, key: int) -> Any:
    record = env.get(env[model], key)
    if record is None or not is_thread(record):
        raise NotFound
    return record


def _own(env: Env, model: str, key: int, note: int, operation: Any) -> Message:
    """A note of this record that the user may change. Raises NotFound or AccessDenied."""
    message = env.get(Message, note) if env.readonly else locked(env, env[Message], note)
    if message is None or (message.model, message.record_id) != (model, key):
        raise NotFound
    if not env.may_with(message, operation):
        raise AccessDenied(_("Only who wrote a note changes it."))
    return message
