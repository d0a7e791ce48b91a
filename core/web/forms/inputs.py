"""The inputs of a form, one per field: what was shown, what was typed over it, and the value that this means.

What was typed is kept whatever is wrong with it. An input whose text is still what was shown is left alone: it is
not read, so that what a form does not show (the seconds of a time, spaces at the end of a text) survives it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import wtforms
from wtforms.form import BaseForm

from core.access.masks import mask_of
from core.errors import FieldError
from core.i18n.lazy import TextLike, _
from core.orm.copying import is_copied
from core.orm.fields import Field
from core.orm.kinds import Boolean, Json, Select, Text
from core.orm.numbers import Money
from core.orm.once import asked_once
from core.web.listing import IN_PART

if TYPE_CHECKING:
    from core.i18n.formats import Formats
    from core.orm.env import Env
    from core.views.nodes import Node
    from core.web.forms.rows import Row

Options = list[tuple[str, str, bool]]
"""Value, label and whether it is chosen."""


@dataclass
class FormField:
    """What the template knows of one input; without a name it is only shown."""

    name: str
    id: str
    label: str
    widget: str
    required: bool = False
    readonly: bool = False
    value: str | None = None
    help: str | None = None
    error: str | None = None
    options: Options = field(default_factory=list)
    prefix: str | None = None
    suffix: str | None = None
    maxlength: int | None = None
    inputmode: str | None = None
    autocomplete: str | None = None
    wide: bool = False
    focus: bool = False
    aria: str | None = None
    """Its name where no label stands over it."""
    target: str | None = None
    """The model that a link leads to."""
    datalist: str | None = None
    """The id of the first suggestions for it."""
    adds: str | None = None
    """The input into which a further link is typed, where there may be any number."""
    creates: str | None = None
    """What the button says that makes a new target."""
    suggestions: list[tuple[str, str]] = field(default_factory=list)
    """What may have been meant: value and label."""


NONE_CHOSEN = _("None chosen")


@dataclass(frozen=True)
class Source:
    """Where the inputs of a form have their values from: a record, or the defaults of one that is still to come.

    Those of a copy begin as the record `like`, which may be another one by the time that they are sent.
    """

    env: Env
    record: Any | None
    formats: Formats
    like: Any | None = None
    is_copy: bool = False
    section: str = ""
    """The one that the form is of; empty where it is of all."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What a new record begins with instead of its defaults, by field."""
    shared: dict[str, Any] = field(default_factory=dict)
    """What links to the same model lead to, by its name."""


class Input(wtforms.Field):
    """One field of a form."""

    several: ClassVar[bool] = False
    """Whether it is sent once per value, and not at all where there is none."""

    def __init__(
        self,
        item: Field[Any],
        node: Node,
        source: Source,
        *,
        settable: bool,
        row: Row | None = None,
        **options: Any,
    ) -> None:
        super().__init__(label=str(node.attrs.get("label", item.label)), **options)
        self.row = row
        self.item = item
        self.node = node
        self.source = source
        self.readonly = item.readonly or bool(node.attrs.get("readonly")) or not settable
        self.typed: list[str] | None = None
        self.changed = False

    @property
    def optional(self) -> bool:
        """Whether a browser leaves it out where it is empty: a box that is not ticked."""
        return self.several or isinstance(self.item, Boolean)

    @property
    def full_label(self) -> str:
        """Its label, and of which row it is."""
        return self.label.text if self.row is None else f"{self.row.title}: {self.label.text}"

    @asked_once
    def stored(self) -> Any:
        """The value that the record has, or a new one begins with."""
        record, default = self.source.record, self.item.default
        if record is not None:
            return self.of(record)
        if self.source.like is not None and is_copied(self.item):
            return self.copied(self.source.like)
        if self.item.name in self.source.given:
            return self.source.given[self.item.name]
        return self.begun(default(self.source.env) if callable(default) else default)

    def of(self, record: Any) -> Any:
        """The value that a record has."""
        return getattr(record, self.item.name)

    def copied(self, like: Any) -> Any:
        """The value that a copy begins with."""
        return self.of(like)

    def begun(self, default: Any) -> Any:
        """The value of a default."""
        return default

    @asked_once
    def shown(self) -> list[str]:
        """What the form shows for it before anything is typed; what a form that was sent had shown."""
        return self.show(self.stored)

    @property
    def texts(self) -> list[str]:
        """What stands in the input."""
        return self.shown if self.typed is None else self.typed

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Reads what was typed, where it is not what was shown."""
        self.process_errors = []
        if formdata is None or self.readonly:
            return
        self.typed = [lines(text) for text in formdata.getlist(self.name)]
        self.changed = self.source.is_copy or not self.same(self.typed, self.shown)
        try:
            self.data = self.parse(self.typed) if self.changed else None
        except FieldError as error:
            self.process_errors = [str(error)]

    def refuse(self, text: TextLike) -> None:
        """Says what is wrong with it, whatever else there is to say."""
        self.errors = self.process_errors = [str(text)]

    def pre_validate(self, form: BaseForm) -> None:
        """A required field may not stay empty."""
        if (
            self.typed is None
            or not self.item.required
            or isinstance(self.item, Boolean)
            or self.process_errors
            or (self.row is not None and self.row.is_idle)
        ):
            return
        if (self.changed and self.data is None) or not "".join(self.texts).strip():
            raise wtforms.validators.StopValidation(str(_("%(field)s is required.", field=self.label.text)))

    # ------------------------------------------------------------- values
    @property
    def value(self) -> Any:
        """The value that the form gives the field."""
        return self.data if self.changed else self.stored

    def show(self, value: Any) -> list[str]:
        """A value as texts of the input."""
        return [self.item.typed(value, self.source.formats)]

    def same(self, one: Sequence[str], other: Sequence[str]) -> bool:
        """Whether two contents of the input are alike, as a browser would send them."""
        return self._sent(one) == self._sent(other)

    def alike(self, one: Sequence[str], other: Sequence[str]) -> bool:
        """Whether two contents that were shown at different times stand for the same value."""
        return self.same(one, other)

    def _sent(self, texts: Sequence[str]) -> str:
        text = lines("".join(texts))
        if isinstance(self.item, Boolean):
            return "1" if text else ""
        return text if self._is_long else text.replace("\n", "").strip()

    def parse(self, texts: Sequence[str]) -> Any:
        """The value of texts. Raises FieldError."""
        return self.item.parse(texts[0] if texts else "", self.source.formats)

    def told(self, value: Any) -> str:
        """A value as one reads it."""
        if isinstance(self.item, Money):
            return self.source.env.currencies.writer(self._currency)(value)
        return self.item.formatter(self.source.formats)(value)

    def told_texts(self, texts: Sequence[str]) -> str:
        """What stood in the input, as one reads it."""
        try:
            return self.told(self.parse(texts))
        except FieldError:
            return ", ".join(texts)

    def put(self, values: dict[str, Any], env: Env, record: Any | None) -> None:
        """Adds what is to be written on `record` of `env`, or on a new one."""
        values[self.item.name] = self.value

    # ------------------------------------------------------------- drawing
    def options(self) -> Options:
        """What one may choose from; what is stored stays a choice, though its addon no longer offers it."""
        if not isinstance(self.item, Select):
            return []
        chosen = next(iter(self.texts), "")
        labels = {key: str(label) for key, label in self.item.choices.items()}
        if not self.item.required or not chosen:
            labels = {**labels, "": str(NONE_CHOSEN)} if self._is_radio else {"": "–", **labels}
        labels.setdefault(chosen, chosen)  # what is wrong is kept too
        return [(key, label, key == chosen) for key, label in labels.items()]

    @property
    def widget_name(self) -> str:
        """How the template draws it."""
        is_quiet = self.node.attrs.get("quiet") and any(self.texts) and not self.errors
        return "hidden" if is_quiet else "radio" if self._is_radio else self.item.widget

    def draw(self) -> FormField:
        """The input as the template draws it; what is only shown reads as on the page of the record."""
        drawn = FormField(
            name="" if self.readonly else self.name,
            id=f"f-{self.name}",
            label=self.label.text,
            widget=self.widget_name if not self.is_told else "textarea" if self._is_long else "text",
            required=self.item.required and not isinstance(self.item, Boolean) and not self.readonly,
            readonly=self.readonly,
            help=self._help(),
            error=next((str(error) for error in self.errors), None),
            prefix=self._prefix(),
            suffix=self.node.attrs.get("suffix"),
            wide=bool(self.node.attrs.get("wide")),
        )
        if self.is_told:
            drawn.value = self.told(self.stored)
        else:
            drawn.value, drawn.options = next(iter(self.texts), None), self.options()
        return drawn

    @property
    def is_told(self) -> bool:
        """Whether the value stands there as a text that nobody types into."""
        return self.readonly and not isinstance(self.item, Boolean)

    @property
    def _is_radio(self) -> bool:
        """Whether its choices stand side by side; one that chooses none is among them, as radio buttons only go on."""
        return isinstance(self.item, Select) and bool(self.node.attrs.get("radio"))

    @property
    def _is_long(self) -> bool:
        return isinstance(self.item, Text | Json)

    @property
    def _currency(self) -> str:
        """That of the record, of an amount."""
        return self.source.env.currencies.of(self.item, self.source.record or self.source.like)  # type: ignore[arg-type]

    def _prefix(self) -> str | None:
        """What stands before the input."""
        if not isinstance(self.item, Money) or self.is_told:
            return None
        return self.source.env.currencies.symbol(self._currency).strip()

    def _help(self) -> str | None:
        told = help_of(self.node, self.source.record)
        text: TextLike | None = self.node.attrs.get("help", self.item.help) if told is None else told
        return str(text) if text and not callable(text) else None


def help_of(node: Node, record: Any | None) -> str | None:
    """What a view says beside a field of this very record: `help` may be a function of it; None where it is none."""
    told = node.attrs.get("help")
    if not callable(told):
        return None
    text = None if record is None else told(record)
    return str(text) if text else ""


class MaskedInput(Input):
    """What hides a value but for its end: told, and never typed into. A row to come has nothing to hide yet."""

    is_told = True

    def __init__(self, item: Field[Any], node: Node, source: Source, **options: Any) -> None:
        super().__init__(item, node, source, **{**options, "settable": False})

    @asked_once
    def stored(self) -> str:
        record = self.source.record
        return "" if record is None else mask_of(record, self.item.name)

    def show(self, value: Any) -> list[str]:
        return [value]

    def told(self, value: Any) -> str:
        return str(value)

    def draw(self) -> FormField:
        drawn = super().draw()
        drawn.label = f"{drawn.label} ({IN_PART})"
        return drawn


def lines(text: str) -> str:
    """A text with its lines ended in one way: browsers send two letters."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
