"""The filter form: what it offers, and what a person typed into it as a filter of the address."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import FieldError
from core.i18n.formats import Formats
from core.i18n.lazy import TextLike, _
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.kinds import Boolean, Select
from core.orm.links import Link
from core.orm.periods import PERIODS
from core.orm.times import Calendar, DateTime
from core.web.listing.columns import offered
from core.web.listing.filters import LONGEST_TEXT, read_filter
from core.web.listing.refusal import SHOWN, BadRequest

if TYPE_CHECKING:
    from core.orm.env import Env

OPERATORS: Mapping[str, TextLike] = {
    "eq": _("is"),
    "ne": _("is not"),
    "contains": _("contains"),
    "in": _("is one of"),
    "ge": _("is at least, from"),
    "gt": _("is more than, after"),
    "le": _("is at most, until"),
    "lt": _("is less than, before"),
    "empty": _("is empty"),
    "filled": _("is not empty"),
}
_CLOCK = re.compile(r"\s[0-9]{1,2}[.:][0-9]{2}$")
EMPTINESS = {"empty": "true", "filled": "false"}


@dataclass
class Choice:
    """A field that the form offers: the operators that it takes, and values to pick from."""

    name: str
    label: str
    operators: str
    values: list[str]


@dataclass
class FilterForm:
    """What the template knows as `list.filter`; `error` says what was wrong with the value that was typed."""

    choices: list[Choice]
    operators: list[tuple[str, str]]
    field: str = ""
    operator: str = ""
    value: str = ""
    error: str | None = None

    @property
    def choice(self) -> Choice | None:
        """The field that was chosen."""
        return next((choice for choice in self.choices if choice.name == self.field), None)


def filter_form(env: Env, model: ModelInfo, readable: frozenset[str], typed: Sequence[str]) -> FilterForm:
    """The form for one more filter, with the field, operator and value that were typed into it.

    Raises BadRequest on a field or operator that the form does not offer.
    """
    form = FilterForm(
        _choices(env, model, readable), [(name, str(words)) for name, words in OPERATORS.items()], *typed
    )
    if form.field and form.choice is None:
        raise BadRequest(_("There is no field “%(name)s” to filter by.", name=form.field[:SHOWN]))
    if form.field and form.operator not in OPERATORS:
        raise BadRequest(_("“%(name)s” is no way to filter.", name=form.operator[:SHOWN]))
    if not form.field and (form.operator or form.value):
        raise BadRequest(_("Say which field to filter by."))
    if len(form.value) > LONGEST_TEXT:
        raise BadRequest(_("The filter “%(name)s” is too long.", name=form.field))
    return form


def _choices(env: Env, model: ModelInfo, readable: frozenset[str]) -> list[Choice]:
    items = [item for item in offered(model) if item.name in readable]
    choices = [_choice(env, item) for item in items]
    return [choice for choice in choices if choice.operators]


def _choice(env: Env, item: Field[Any]) -> Choice:
    asked = _asked(env, item)
    operators = [name for name in OPERATORS if asked is not None and name in asked.operators]
    if "isnull" in item.operators and not item.required:
        operators += EMPTINESS
    values: list[TextLike] = []
    if isinstance(asked, Select):
        values = list(asked.choices.values())
    elif isinstance(asked, Boolean):
        values = [_("Yes"), _("No")]
    elif isinstance(asked, Calendar):
        values = list(PERIODS.values())
    return Choice(item.name, str(item.label), " ".join(operators), [str(value) for value in values])


def _asked(env: Env, item: Field[Any]) -> Field[Any] | None:
    """The field that a typed value is for: of a link, the label of its target."""
    if not isinstance(item, Link):
        return item
    target = env.registry.models[item.target_name]
    if target.label_field is None or not env.may_see(target.name, target.label_field):
        return None
    return target.fields[target.label_field]


def typed_filter(env: Env, model: ModelInfo, form: FilterForm) -> tuple[str, str]:
    """Name and text of the filter that was typed. Raises FieldError on a value that the field cannot take."""
    choice = form.choice
    assert choice is not None  # else nothing was typed
    if form.operator not in choice.operators.split():
        raise FieldError(_("%(field)s cannot be filtered by “%(operator)s”.", field=choice.label,
                           operator=OPERATORS[form.operator]))  # fmt: skip
    name, text = _address(env, model.fields[form.field], form.operator, form.value.strip())
    read_filter(env, model, name, text)
    return name, text


def _address(env: Env, item: Field[Any], operator: str, text: str) -> tuple[str, str]:
    if operator in EMPTINESS:
        return f"{item.name}__isnull", EMPTINESS[operator]
    asked = _asked(env, item)
    assert asked is not None  # else the form offers no operator that takes a value
    if not text:
        raise FieldError(_("Say what to look for."))
    path = item.name if asked is item else f"{item.name}.{asked.name}"
    parts = text.split(",") if operator == "in" else [text]
    if operator != "contains":
        parts = [_machine(asked, part.strip(), env.formats) for part in parts]
    return f"{path}__{operator}", ",".join(parts)


def _machine(item: Field[Any], text: str, formats: Formats) -> str:
    """What was typed in the form that addresses have. Raises FieldError."""
    if isinstance(item, Select):
        return _by_label({key: str(label) for key, label in item.choices.items()}, text)
    if isinstance(item, Boolean):
        return _by_label({"true": str(_("Yes")), "false": str(_("No"))}, text)
    if isinstance(item, Calendar):
        return _calendar(item, text, formats)
    if item.numeric:
        return format(item.parse(text, formats), "f")
    return text


def _by_label(labels: Mapping[str, str], text: str) -> str:
    for key, label in labels.items():
        if text.casefold() in (key, label.casefold()):
            return key
    raise FieldError(_("Choose one of: %(choices)s.", choices=", ".join(labels.values())))


def _calendar(item: Calendar[Any], text: str, formats: Formats) -> str:
    for key, words in PERIODS.items():
        if text.casefold() in (key, str(words).casefold()):
            return key
    if isinstance(item, DateTime) and _CLOCK.search(text):
        moment = formats.parse_moment(text)
        return moment.astimezone(formats.zone).isoformat()
    day: dt.date = formats.parse_date(text)
    return day.isoformat()
