"""What a form showed, signed into it: the only fields that it may write, and what each of them held.

The signature holds for one database, user, model and record. Whatever was typed is compared with what was shown,
so an input that was left alone changes nothing, and a form that is old by now can still be told from the record.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from itsdangerous import BadData
from werkzeug.exceptions import BadRequest

from core.i18n.formats import Formats, formats
from core.i18n.lazy import _
from core.web import requests
from core.web.routes import TOKEN
from core.web.signing import signer

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer
    from werkzeug.datastructures import MultiDict

    from core.orm.env import Env

STATE, BUTTONS = (
    "form-state",
    (
        "form-next",
        "form-back",
        "form-check",
        "form-row",
        "form-pick",
        "form-create",
        "form-draft",
        "form-return",
    ),
)
"""Names that no field can have: what the form showed, and which of its buttons was pressed."""


@dataclass(frozen=True)
class Drawn:
    """What a form showed: `shown` has the texts of each input, written as `lang` and `tz` write them.

    `version` is that of the record, 0 of one that is still to come; `nonce` tells two new records apart; `copy` is
    the key of the record that a new one began as.
    """

    version: int
    section: str
    lang: str
    tz: str
    nonce: str
    shown: dict[str, list[str]] = field(default_factory=dict)
    copy: int = 0
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    """The rows of each list with their versions."""
    fresh: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """What a new row of each list begins with."""

    @property
    def formats(self) -> Formats:
        """The formats in which the form was drawn, whatever the user has chosen since."""
        return formats(self.lang, self.tz)

    def sealed(self, model: str, key: int | None) -> str:
        """The signed text that stands in the page."""
        content = [self.version, self.section, self.lang, self.tz, self.nonce, self.shown, self.copy]
        content += [self.rows, self.fresh]
        return _serializer(model, key).dumps(content)


def begin(env: Env, version: int = 0, section: str = "", copy: int = 0) -> Drawn:
    """What a form shows that is drawn now; its inputs add themselves."""
    nonce = "" if version else secrets.token_urlsafe(12)
    return Drawn(version, section, env.lang, env.tz, nonce, copy=copy)


def posted(model: str, key: int | None, form: MultiDict[str, str]) -> Drawn:
    """What the form that was sent showed. Raises BadRequest where nothing or somebody else signed it."""
    try:
        return Drawn(*_serializer(model, key).loads(form.get(STATE, "")))
    except (BadData, TypeError, ValueError):
        raise BadRequest(
            str(_("The form was not made for this page and person. Load the page again."))
        ) from None


def check_names(
    form: MultiDict[str, str],
    drawn: Drawn,
    inputs: Mapping[str, bool],
    *,
    optional: Set[str],
    marks: Set[str] = frozenset(),
) -> None:
    """Raises BadRequest on an input that was not shown or may not be set, that is missing, or that comes twice.

    `inputs` says of each whether it may come several times; the `optional` ones, as boxes to tick, may be absent.
    So may `marks`, the boxes that remove rows.
    """
    known = {STATE, TOKEN, *BUTTONS, *drawn.shown, *marks}
    missing = drawn.shown.keys() - form.keys() - optional
    doubled = [name for name in form if not inputs.get(name) and len(form.getlist(name)) > 1]
    if missing or doubled or form.keys() - known or drawn.shown.keys() != inputs.keys():
        raise BadRequest(str(_("The form has other fields than this page showed.")))


def fingerprint(drawn: Drawn, form: MultiDict[str, str] | None = None) -> str:
    """Tells one form from another or, with `form`, one sending from another: the same content is the same wish."""
    if form is None:
        return hashlib.sha256(drawn.nonce.encode()).hexdigest()
    content = sorted((name, tuple(form.getlist(name))) for name in form if name not in (STATE, TOKEN))
    return hashlib.sha256(f"{drawn.nonce} {content!r}".encode()).hexdigest()


def _serializer(model: str, key: int | None) -> URLSafeSerializer:
    return signer("form", requests.env().user.id, model, key or "new")
