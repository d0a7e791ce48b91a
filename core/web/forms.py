"""The generic form: WTForms built from a resolved view, each input parsed and shown by its field's kind.

What was typed is kept whatever is wrong with it; a message stands beside its field and in the summary.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import wtforms
from wtforms.form import BaseForm

from core.errors import FieldError, UserError
from core.i18n.lazy import TextLike, _
from core.orm.fields import Field
from core.orm.kinds import Boolean, Char, Select
from core.orm.links import Many2many, Many2one, One2many
from core.web.listing import NOT_VISIBLE

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from core.orm.env import Env
    from core.views.nodes import Node
    from core.views.resolve import ResolvedView

CHOICES_SHOWN = 200
"""Up to so many targets a link is a list to choose from; above, one types a name and picks a suggestion."""
_PICKED = re.compile(r"(?:.*#)?([0-9]{1,18})")
UNSEEN = "unseen"
"""What a list to choose from says for a link to a record that the user may not see."""


@dataclass
class FormField:
    """What the template knows of one input."""

    name: str
    id: str
    label: str
    widget: str
    required: bool = False
    readonly: bool = False
    value: str | None = None
    help: str | None = None
    error: str | None = None
    options: list[tuple[str, str, bool]] = field(default_factory=list)
    prefix: str | None = None
    suffix: str | None = None
    maxlength: int | None = None
    inputmode: str | None = None
    autocomplete: str | None = None


@dataclass
class FormSection:
    """Inputs under a heading."""

    name: str
    label: str
    addon: str | None
    fields: list[FormField]


@dataclass
class FormPage:
    """What the template knows as `form`."""

    title: str
    action: str
    csrf: str
    sections: list[FormSection]
    errors: list[tuple[str, str]]
    cancel_href: str
    version: int | None
    back: tuple[str, str]
    hidden: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Unseen:
    """Stands for a linked record that the user may not see: a save leaves it as it is."""

    id: int


class Input(wtforms.Field):
    """One of our fields as WTForms handles it."""

    def __init__(self, model: str, item: Field[Any], env: Env, node: Node, **options: Any) -> None:
        super().__init__(label=str(node.attrs.get("label", item.label)), **options)
        self.item = item
        self.env = env
        self.node = node
        self.texts: list[str] = []
        self.stored: Any = None
        self.may_set = env.may_set(model, item.name)

    @property
    def readonly(self) -> bool:
        """Whether the value is shown but not taken."""
        return self.item.readonly or bool(self.node.attrs.get("readonly")) or not self.may_set

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Reads the record's value, then what was typed over it."""
        self.process_errors, self.stored, self.data = [], data, data
        self.texts = self._typed(data)
        if formdata is None or self.readonly:
            return
        self.texts = [text.replace("\r\n", "\n") for text in formdata.getlist(self.name)]
        try:
            self.data = self._parse(self.texts)
        except FieldError as error:
            self.process_errors = [str(error)]

    def pre_validate(self, form: BaseForm) -> None:
        """A required field may not stay empty."""
        if self.item.required and self.data in (None, "") and not self.process_errors:
            raise wtforms.validators.StopValidation(str(_("%(field)s is required.", field=self.label.text)))

    # ------------------------------------------------------------- values
    def _typed(self, value: Any) -> list[str]:
        if isinstance(self.item, Many2many):
            return [str(record.id) for record in value or ()]
        if isinstance(self.item, Many2one):
            return [self._picked(value)] if value is not None else []
        return [self.item.typed(value, self.env.formats)]

    def _picked(self, record: Any) -> str:
        if isinstance(record, Unseen):
            return UNSEEN if self.few else str(NOT_VISIBLE)
        return str(record.id) if self.few else f"{record.display_label()} #{record.id}"

    def _parse(self, texts: Sequence[str]) -> Any:
        if isinstance(self.item, Many2many):
            return self._parse_links(texts)
        text = texts[0] if texts else ""
        if isinstance(self.item, Many2one):
            return self._parse_link(text.strip())
        return self.item.parse(text, self.env.formats)

    def _parse_links(self, texts: Sequence[str]) -> list[Any]:
        keys = [self.item.read(text) for text in texts]
        records = self.env.read(self._target, keys)
        if len(records) != len(set(keys)):
            raise FieldError(_("%(field)s: no such record.", field=self.item.label))
        return records

    def _parse_link(self, text: str) -> Any:
        if not text:
            return None
        if isinstance(self.stored, Unseen) and text == self._picked(self.stored):
            return self.stored
        record = self._by_key(text) or self._by_label(text)
        if record is None:
            raise FieldError(
                _("%(field)s: nothing is called “%(text)s”. Choose one that is suggested.", field=self.item.label,
                  text=text[:60]))  # fmt: skip
        return record

    def _by_key(self, text: str) -> Any:
        """The record that was chosen or suggested; a number that somebody typed is part of a name."""
        match = _PICKED.fullmatch(text)
        record = self.env.get(self._target, int(match[1])) if match else None
        return record if record is not None and self._picked(record) == text else None

    def _by_label(self, text: str) -> Any:
        """The one record of that very name; of several none, as a guess could be the wrong one."""
        info = self.env.registry.info(self._target)
        if info.label_field is None:
            return None
        found = self.env.scalars(
            sa.select(info.cls).where(getattr(info.cls, info.label_field) == text).limit(2)
        ).all()
        return found[0] if len(found) == 1 else None

    @property
    def _target(self) -> type[Any]:
        return self.env.registry[self.item.target_name]  # type: ignore[attr-defined]

    # ------------------------------------------------------------- choices
    @property
    def few(self) -> bool:
        """Whether the targets are few enough to list."""
        return len(self._targets) <= CHOICES_SHOWN

    @property
    def _targets(self) -> list[Any]:
        if not hasattr(self, "_found"):
            info = self.env.registry.info(self._target)
            cls: Any = info.cls
            label = getattr(cls, info.label_field) if info.label_field else cls.id
            self._found = list(
                self.env.scalars(
                    sa.select(cls)
                    .where(cls.archived.is_(False))
                    .order_by(label, cls.id)
                    .limit(CHOICES_SHOWN + 1)
                )
            )
        return self._found

    def options(self) -> list[tuple[str, str, bool]]:
        """Value, label and whether it is chosen."""
        chosen = set(self.texts)
        if isinstance(self.item, Select):
            pairs = [(key, str(label)) for key, label in self.item.choices.items()]
            empty = not self.item.required or not chosen & self.item.choices.keys()
        elif isinstance(self.item, Many2one | Many2many):
            pairs = [(self._value(record), _label(record)) for record in self._choices()]
            empty = isinstance(self.item, Many2one) and self.few
        else:
            return []
        first = [("", "–")] if empty else []
        return [(value, label, value in chosen) for value, label in first + pairs]

    def _choices(self) -> list[Any]:
        """The targets to choose from, and those linked now though they may be archived, unseen or too many."""
        linked = (
            self.stored
            if isinstance(self.item, Many2many)
            else [self.stored]
            if self.stored is not None
            else []
        )
        shown = self._targets[:CHOICES_SHOWN]
        return shown + [record for record in linked or () if record not in shown]

    def _value(self, record: Any) -> str:
        return self._picked(record) if isinstance(self.item, Many2one) else str(record.id)

    def draw(self) -> FormField:
        """The input as the template draws it."""
        item = self.item
        many = isinstance(item, Many2one) and not self.few
        error = next(iter(self.errors), None)
        help_text: TextLike | None = self.node.attrs.get("help", item.help)
        return FormField(
            name=self.name,
            id=f"f-{self.name}",
            label=self.label.text,
            widget="suggest" if many else item.widget,
            required=item.required and not isinstance(item, Boolean),
            readonly=self.readonly,
            value=self.texts[0] if self.texts else None,
            help=str(help_text) if help_text else None,
            error=str(error) if error else None,
            options=self.options(),
            suffix=self.node.attrs.get("suffix"),
            maxlength=item.size if isinstance(item, Char) else None,
        )


class RecordForm:
    """The form of a record, or of a new one, over a resolved view."""

    def __init__(
        self, view: ResolvedView, env: Env, record: Any | None, typed: MultiDict[str, str] | None
    ) -> None:
        self.view = view
        self.record = record
        self.inputs = {
            node.name: Input(view.model.name, view.model.fields[node.name], env, node, name=node.name)
            for node in view.fields
            if not isinstance(view.model.fields[node.name], One2many)
            and env.may_see(view.model.name, node.name)
        }
        unbound: Any = self.inputs
        self._form: Any = BaseForm(unbound)
        self._form.process(typed, data=self._stored(env))

    def _stored(self, env: Env) -> dict[str, Any]:
        if self.record is not None:
            return {name: _value(self.record, self.view.model.fields[name]) for name in self.inputs}
        return {
            name: self._default(item, env)
            for name, item in self.view.model.fields.items()
            if name in self.inputs
        }

    def _default(self, item: Field[Any], env: Env) -> Any:
        value = item.default(env) if callable(item.default) else item.default
        if isinstance(item, Many2one) and isinstance(value, int):
            return env.get(env.registry[item.target_name], value)
        return value

    def __getitem__(self, name: str) -> Any:
        return self._form[name]

    def validate(self) -> bool:
        """Whether everything typed can be taken."""
        return bool(self._form.validate())

    def values(self) -> dict[str, Any]:
        """What to write: links by key, as the records belong to another env."""
        values: dict[str, Any] = {}
        for name in self.inputs:
            bound: Input = self._form[name]
            if bound.readonly or isinstance(bound.data, Unseen):
                continue
            if isinstance(bound.item, Many2one):
                values[bound.item.key] = bound.data.id if bound.data is not None else None
            else:
                values[name] = bound.data
        return values

    def refuse(self, error: UserError) -> None:
        """Puts a refusal beside the field it names, or over the form."""
        if error.field in self.inputs:
            self._form[error.field].errors = [str(error)]
        else:
            self.general = str(error)

    general: str | None = None
    stale: bool = False

    def sections(self) -> list[FormSection]:
        """The groups of the view with their inputs; what stands outside of groups comes first."""
        return [section for section in self._sections(self.view.nodes) if section.fields]

    def _sections(self, nodes: Sequence[Node]) -> list[FormSection]:
        loose = FormSection("first", "", None, [])
        sections = [loose]
        for node in nodes:
            if node.attrs.get("hidden"):
                continue
            if node.kind == "field" and node.name in self.inputs:
                loose.fields.append(self._form[node.name].draw())
            elif node.kind in ("group", "slot") and node.children:
                label = str(node.attrs.get("label", ""))
                inner = self._sections(node.children)
                foreign = node.addon if node.addon != self.view.addon else None
                sections.append(FormSection(node.name, label, foreign, inner[0].fields))
                sections += inner[1:]
        return sections

    def errors(self) -> list[tuple[str, str]]:
        """Id and text of each error, for the summary."""
        found = [("", self.general)] if self.general else []
        for name in self.inputs:
            found += [(f"f-{name}", str(text)) for text in self._form[name].errors[:1]]
        return found


def unknown_names(form: Mapping[str, str], inputs: Mapping[str, Any]) -> list[str]:
    """Names that were posted but not drawn: such a form is forged."""
    return [name for name in form if name not in inputs and name not in ("csrf_token", "version")]


def _value(record: Any, item: Field[Any]) -> Any:
    """What a record holds; of a link to what the user may not see, its key."""
    value = getattr(record, item.name)
    if isinstance(item, Many2one) and value is None and (key := getattr(record, item.key)) is not None:
        return Unseen(key)
    return value


def _label(record: Any) -> str:
    return str(NOT_VISIBLE) if isinstance(record, Unseen) else record.display_label()
