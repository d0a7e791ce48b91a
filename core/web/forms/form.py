"""The form of a record, of one of its sections, or of a record that is still to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wtforms.form import BaseForm

from core.orm.links import Many2many, Many2one, One2many
from core.web.forms import drawn as state
from core.web.forms.inputs import FormField, Input, Source
from core.web.forms.links import LinkInput, LinksInput

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from core.errors import UserError
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.views.nodes import Node
    from core.web.forms.drawn import Drawn
    from core.web.forms.layout import Layout, Section

KINDS: tuple[tuple[type[Field[Any]], type[Input]], ...] = ((Many2one, LinkInput), (Many2many, LinksInput))
"""The inputs of kinds of field that are no single text."""


@dataclass
class FormSection:
    """Inputs under a heading."""

    name: str
    label: str
    addon: str | None
    fields: list[FormField]


class RecordForm:
    """The inputs of all sections of a layout, or of one; read from what was typed where `typed` is given.

    Raises BadRequest where `typed` is not what a form for this user and record could send.
    """

    def __init__(
        self,
        layout: Layout,
        env: Env,
        record: Any | None,
        typed: MultiDict[str, str] | None = None,
        section: str = "",
    ) -> None:
        self.layout, self.env, self.record = layout, env, record
        self.model, self.key = layout.model.name, None if record is None else record.id
        version = 0 if record is None else record.version
        self.drawn = state.begin(env, version, section) if typed is None else self._posted(typed)
        self.general: list[str] = []
        source = Source(env, record, self.drawn.formats)
        unbound: Any = {node.name: self._input(node, source) for part in self.parts for node in part.nodes
                        if is_input(layout.model.fields[node.name])}  # fmt: skip
        self._form: Any = BaseForm(unbound)
        if typed is not None:
            self._read(typed)

    def _posted(self, typed: MultiDict[str, str]) -> Drawn:
        return state.posted(self.model, self.key, typed)

    def _input(self, node: Node, source: Source) -> Input:
        item = self.layout.model.fields[node.name]
        made = next((made for kind, made in KINDS if isinstance(item, kind)), Input)
        return made(item, node, source, settable=self.env.may_set(self.model, item.name), name=node.name)

    def _read(self, typed: MultiDict[str, str]) -> None:
        """Takes what was typed into the inputs that were shown, as far as they may still be set."""
        shown = [item for item in self.inputs if item.name in self.drawn.shown and not item.readonly]
        state.check_names(typed, self.drawn, {item.name: item.several for item in shown},
                          optional={item.name for item in shown if item.optional})  # fmt: skip
        for item in shown:
            item.shown = self.drawn.shown[item.name]
            item.process(typed)

    # ------------------------------------------------------------- parts
    @property
    def section(self) -> str:
        """The name of the section that the form is of; empty where it is of all."""
        return self.drawn.section

    @property
    def parts(self) -> list[Section]:
        """The sections that the form shows."""
        return [part for part in self.layout.sections if self.section in ("", part.name)]

    @property
    def inputs(self) -> list[Input]:
        """All inputs, in their order."""
        return list(self._form)

    def __getitem__(self, name: str) -> Input:
        return self._form[name]  # type: ignore[no-any-return]

    def __contains__(self, name: str | None) -> bool:
        return name in self._form

    @property
    def changed(self) -> list[Input]:
        """The inputs that hold something else than what they showed."""
        return [item for item in self.inputs if item.changed]

    # ------------------------------------------------------------- taking
    def validate(self) -> bool:
        """Whether everything typed can be taken."""
        return bool(self._form.validate())

    def values(self, env: Env, record: Any | None) -> dict[str, Any]:
        """What to write on `record` of a writing env: what was changed; on a new one what all inputs hold."""
        values: dict[str, Any] = {}
        for item in self.changed if record is not None else self.inputs:
            if not item.readonly:
                item.put(values, env, record)
        return values

    def refuse(self, error: UserError) -> None:
        """Puts each fault of a refusal beside the field it names, or over the form."""
        for fault in error.faults:
            is_ours = fault.record is None or fault.record.__lumbung__.name == self.model
            if is_ours and fault.field in self and not self[fault.field or ""].errors:
                self[fault.field or ""].errors = [str(fault)]
            else:
                self.general.append(str(fault))

    # ------------------------------------------------------------- drawing
    def sealed(self) -> str:
        """The signed list of what the form shows, to be sent with it."""
        shown = {item.name: item.shown for item in self.inputs if not item.readonly}
        return replace(self.drawn, shown=shown).sealed(self.model, self.key)

    def sections(self) -> list[FormSection]:
        """The sections with their inputs; the first that can be typed into has the focus, unless an error has it."""
        found = [
            FormSection(
                part.name,
                str(part.label),
                part.addon,
                [self[node.name].draw() for node in part.nodes if node.name in self],
            )
            for part in self.parts
        ]
        open_ones: Iterator[FormField] = (item for part in found for item in part.fields if not item.readonly)
        first = next(open_ones, None)
        if first is not None and not self.errors():
            first.focus = True
        return [part for part in found if part.fields]

    def _drawn(self, part: Section) -> FormSection:
        fields = [self[node.name].draw() for node in part.nodes if node.name in self]
        return FormSection(part.name, str(part.label), part.addon, fields)

    def errors(self) -> Sequence[tuple[str, str]]:
        """Id and text of each error, for the summary."""
        found = [("", text) for text in self.general]
        return found + [(f"f-{item.name}", str(text)) for item in self.inputs for text in item.errors[:1]]


def is_input(item: Field[Any]) -> bool:
    """Whether a field is typed into; the records that lead here have pages of their own."""
    return not isinstance(item, One2many)
