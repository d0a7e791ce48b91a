"""Choosing what a link leads to: suggestions by what is typed, and a new record made on the way.

Without script a suggestion is a button, and the form of the new record carries what was typed in the first one
as a signed draft; saving it, or going back, shows the first form again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import request
from itsdangerous import BadData
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from core.errors import FieldError
from core.i18n.lazy import _
from core.texts.index import matching
from core.web import requests
from core.web.forms.targets import PLAIN
from core.web.routes import TOKEN
from core.web.signing import signer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from itsdangerous import URLSafeSerializer

    from core.orm.env import Env
    from core.orm.info import ModelInfo

PICK, CREATE, DRAFT, RETURN = "form-pick", "form-create", "form-draft", "form-return"
"""Buttons that take a suggestion and make a new target; the first form in that of the target, and the way back."""
SUGGESTED = 20
LONGEST = 200
"""Letters of a text that is looked for."""
MOST_DRAFT = 200_000
"""Letters that a draft may have: it travels with the form of the new record."""


def suggested(env: Env, info: ModelInfo, text: str) -> list[tuple[int, str]]:
    """Keys and labels of records that `text` may mean: those whose searched text has its words, else whose label."""
    cls: Any = info.cls
    label = getattr(cls, info.label_field) if info.label_field else cls.id
    wanted = sa.select(cls).where(cls.archived.is_(False)).order_by(label, cls.id).limit(SUGGESTED)
    text = text.strip()[:LONGEST]
    conditions: list[Any] = [sa.true()] if not text else []
    if text and info.searched:
        try:
            conditions.append(matching(env, cls, text))
        except FieldError:
            return []
    if text and info.label_field and env.may_see(info.name, info.label_field):
        conditions.append(label.icontains(text, autoescape=True))
    for condition in conditions:
        records: Sequence[Any] = env.scalars(wanted.where(condition)).all()
        if records:
            return _by_label(cls, [(record.id, record.choice_label()) for record in records])
    return []


def _by_label(cls: Any, found: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """In the order of what is shown, where that is not what the database sorts by."""
    is_sorted = (cls.display_label, cls.choice_label) == PLAIN
    return found if is_sorted else sorted(found, key=lambda item: item[1].casefold())


def suggest(model: str) -> ResponseReturnValue:
    """Suggestions for a combobox, with what to tell of their number."""
    env = requests.env()
    found = suggested(env, env.registry.models[model], request.args.get("q", ""))
    return {"items": [[f"{label} #{key}", label] for key, label in found], "status": _told(len(found))}


def _told(count: int) -> str:
    if not count:
        return str(_("Nothing is found."))
    if count == 1:
        return str(_("1 suggestion"))
    return str(_("%(number)s suggestions", number=requests.env().formats.number(count)))


def picked(form: MultiDict[str, str]) -> MultiDict[str, str]:
    """A form that was sent, with the suggestion in it whose button was pressed."""
    name, _is, value = form.get(PICK, "").partition("=")
    return chosen(form, name, value) if name in form else form


def chosen(form: MultiDict[str, str], name: str, value: str) -> MultiDict[str, str]:
    """A form with one of its inputs set."""
    copy = MultiDict(form)
    copy[name] = value
    return copy


# ----------------------------------------------------------------- drafts
def seal(model: str, key: int | None, name: str, form: MultiDict[str, str]) -> str:
    """What was typed in a form, signed for this person; raises FieldError where it is too long to travel."""
    items = [(field, text) for field, text in form.items(multi=True) if field not in (TOKEN, CREATE, DRAFT)]
    text = str(_serializer().dumps([model, key or 0, name, items]))
    if len(text) > MOST_DRAFT:
        raise FieldError(_("This form is too long to make a record on the way. Save it first."))
    return text


def opened(text: str) -> tuple[str, int | None, str, MultiDict[str, str]]:
    """Model, key, input and content of a sealed form. Raises BadRequest where nobody sealed it for this person."""
    try:
        model, key, name, items = _serializer().loads(text)
        return model, key or None, name, MultiDict([(field, value) for field, value in items])
    except (BadData, TypeError, ValueError):
        raise BadRequest(
            str(_("The form was not made for this page and person. Load the page again."))
        ) from None


def _serializer() -> URLSafeSerializer:
    return signer("draft", requests.env().user.id)
