"""The form of a record, of one of its sections, or of a record that is still to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wtforms.form import BaseForm

from core.access.door import AccessDenied
from core.i18n.lazy import _
from core.orm.files import File
from core.orm.links import Many2many, Many2one, One2many
from core.web import requests
from core.web.forms import drawn as state
from core.web.forms.choosing import PICK
from core.web.forms.files import FileInput
from core.web.forms.inputs import FormField, Input, MaskedInput, Source
from core.web.forms.links import LinkInput, LinksInput, know
from core.web.forms.rows import ADD, RowFault, Rows, is_inline
from core.web.forms.tables import Table, draw

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from core.errors import UserError
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.views.nodes import Node
    from core.web.forms.drawn import Drawn
    from core.web.forms.layout import Layout, Section

KINDS: tuple[tuple[type[Field[Any]], type[Input]], ...] = (
    (Many2one, LinkInput),
    (Many2many, LinksInput),
    (File, FileInput),
)
"""The inputs of kinds of field that are no single text."""


GIVEN = -1
"""Stands for the record that it is a copy of, where a new one begins with what its address gave."""


@dataclass(frozen=True)
class Notice:
    """Why a form stands there again, said over it; `link` is a label and an address.

    `save` is what its button says; without it nothing can be saved by this form.
    """

    text: str
    save: str = ""
    link: tuple[str, str] | None = None


@dataclass
class FormSection:
    """Inputs under a heading."""

    name: str
    label: str
    addon: str | None
    fields: list[FormField]
    tables: list[Table] = field(default_factory=list)

    @property
    def inputs(self) -> Iterator[FormField]:
        """Those of the rows too."""
        yield from self.fields
        yield from (cell for table in self.tables for row in table.rows for cell in row.cells)


class RecordForm:
    """The inputs of all sections of a layout, or of one; read from what was typed where `typed` is given.

    A new record may begin with the values of another one, `like`, or with those in `given`; whatever is sent is then
    read as typed.

    Raises BadRequest where `typed` is not what a form for this user and record could send.
    """

    def __init__(
        self,
        layout: Layout,
        env: Env,
        record: Any | None,
        typed: MultiDict[str, str] | None = None,
        section: str = "",
        like: Any | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        self.layout, self.env, self.record = layout, env, record
        self.model, self.key = layout.model.name, None if record is None else record.id
        version = 0 if record is None else record.version
        copy = like.id if like is not None else GIVEN if given else 0
        self.drawn = state.begin(env, version, section, copy) if typed is None else self._posted(typed)
        self.general: list[str] = []
        self.is_sent = typed is not None
        self.notice: Notice | None = None
        self.place = _place(typed) if typed is not None else ""
        """The list or input that a button was about: there one goes on."""
        self.draft: str | None = None
        """The form to which this one leads back, where its record is made on the way."""
        source = Source(
            env, record, self.drawn.formats, like, bool(self.drawn.copy), self.section, given or {}
        )
        unbound: Any = {node.name: self._input(node, source) for part in self.parts for node in part.nodes
                        if is_input(layout.model.fields[node.name])
                        and (record is not None or node.name not in layout.masked)}  # fmt: skip
        self.lists = {node.name: Rows(self, node, source, typed) for part in self.parts for node in part.nodes
                      if self._has_rows(node)}  # fmt: skip
        for rows in self.lists.values():
            unbound.update(rows.unbound(input_of))
        self._form: Any = BaseForm(unbound)
        for rows in self.lists.values():
            rows.bind(self._form)
        if typed is not None:
            self._read(typed)

    def _posted(self, typed: MultiDict[str, str]) -> Drawn:
        return state.posted(self.model, self.key, typed)

    def _input(self, node: Node, source: Source) -> Input:
        item = self.layout.model.fields[node.name]
        settable = self.env.may_set(self.model, item.name)
        is_masked = item.name in self.layout.masked
        return input_of(item, node, source, masked=is_masked, settable=settable, name=node.name)

    def _has_rows(self, node: Node) -> bool:
        item = self.layout.model.fields[node.name]
        return is_inline(self.env.registry, item, node) and self.env.may(item.target_name, "r")  # type: ignore[attr-defined]

    def _read(self, typed: MultiDict[str, str]) -> None:
        """Takes what was typed into the inputs that were shown, as far as they may still be set."""
        for rows in self.lists.values():
            self.drawn = replace(self.drawn, shown={**self.drawn.shown, **rows.shown()})
        self._check_open()
        shown = [item for item in self.every if item.name in self.drawn.shown and not item.readonly]
        state.check_names(typed, self.drawn, {item.name: item.several for item in shown},
                          optional={item.name for item in shown if item.optional},
                          marks={mark for rows in self.lists.values() for mark in rows.marks()}
                          | {item.adds for item in shown if isinstance(item, LinksInput)})  # fmt: skip
        for item in shown:
            item.shown = self.drawn.shown[item.name]
        lines = [item for item in shown if item.row is not None]
        know((item for item in lines if not item.same(typed.getlist(item.name), item.shown)), typed)
        for rows in self.lists.values():
            rows.read_marks(typed)
        for item in shown:
            item.process(typed)
        for rows in self.lists.values():
            rows.settle()
        for item in shown:
            if item.name in requests.cleaned():
                item.refuse(
                    _("This had characters that no text can have. They are left out; look at it again.")
                )

    def _check_open(self) -> None:
        """Raises AccessDenied where an input that was shown may no longer be set: it was signed, so none is forged."""
        open_ones = {item.name: not item.readonly for item in self.every}
        for name in self.drawn.shown:
            if not open_ones.get(name):
                label = self[name].full_label if name in self else name.rpartition("-")[2]
                raise AccessDenied(_("Your roles do not allow a change of %(field)s.", field=label))

    # ------------------------------------------------------------- parts
    @property
    def section(self) -> str:
        """The name of the section that the form is of; empty where it is of all."""
        return self.drawn.section

    @property
    def parts(self) -> list[Section]:
        """The sections that the form shows."""
        return self.layout.parts(self.section)

    @property
    def inputs(self) -> list[Input]:
        """The inputs of the record itself, in their order."""
        return [item for item in self._form if item.row is None]

    @property
    def every(self) -> list[Input]:
        """These, and those of the rows."""
        rows = [item for rows in self.lists.values() for row in rows.rows for item in row.inputs]
        return self.inputs + rows

    @property
    def drawable(self) -> list[Input]:
        """All that are drawn: these and the templates of rows."""
        return list(self._form)

    def __getitem__(self, name: str) -> Input:
        return self._form[name]  # type: ignore[no-any-return]

    def __contains__(self, name: str | None) -> bool:
        return name in self._form

    @property
    def changed(self) -> list[Input]:
        """The inputs that hold something else than what they showed."""
        return [item for item in self.inputs if item.changed]

    def owned(self, record: Any) -> Iterator[tuple[Input, Any]]:
        """The inputs that were sent, each with what it writes: `record`, or the record of a row that is held."""
        for item in self.every:
            row, owner = item.row, record if item.row is None else item.row.held
            is_read = item.name in self.drawn.shown and not item.readonly
            if is_read and owner is not None and (row is None or not (row.is_new or row.is_marked)):
                yield item, owner

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
            item = self._beside(fault)
            if item is not None and not item.errors:
                item.errors = [str(fault)]
            else:
                self.general.append(str(fault))

    def _beside(self, fault: UserError) -> Input | None:
        """The input beside which a fault is told; a row that is changed by it is made so."""
        if isinstance(fault, RowFault):
            fault.row.rows.renew(fault)
            return fault.row.fault
        for rows in self.lists.values():
            if fault.record is not None and (found := rows.beside(fault)) is not None:
                return found
        is_ours = fault.record is None or fault.record.__lumbung__.name == self.model
        return self[fault.field or ""] if is_ours and fault.field in self else None

    # ------------------------------------------------------------- drawing
    def sealed(self) -> str:
        """The signed list of what the form shows, to be sent with it."""
        shown = {item.name: item.shown for item in self.every
                 if not (item.readonly or (item.row is not None and item.row.is_new))}  # fmt: skip
        return replace(self.drawn, shown=shown, **self.lines()).sealed(self.model, self.key)

    def renew(self) -> None:
        """Makes it a form of its own, that has not been sent before."""
        self.drawn = replace(self.drawn, nonce=state.begin(self.env).nonce)

    def lines(self) -> dict[str, Any]:
        """What the signed list says of rows."""
        return {
            "rows": {name: rows.versions for name, rows in self.lists.items()},
            "fresh": {name: rows.fresh for name, rows in self.lists.items() if rows.may_add},
        }

    def sections(self) -> list[FormSection]:
        """The sections with their inputs; the first that can be typed into has the focus, unless an error has it."""
        found = [
            FormSection(
                part.name,
                str(part.label),
                part.addon,
                [self[node.name].draw() for node in part.nodes if node.name in self],
                [draw(self.lists[node.name]) for node in part.nodes if node.name in self.lists],
            )
            for part in self.parts
        ]
        open_ones: Iterator[FormField] = (item for part in found for item in part.fields if not item.readonly)
        first = next(open_ones, None)
        has_added = any(row.is_added for rows in self.lists.values() for row in rows.rows)
        first = next(
            (item for part in found for item in part.inputs if item.name and item.name == self.place), first
        )
        if first is not None and not (self.errors() or self.notice or has_added):
            first.focus = True
        return [part for part in found if part.fields or part.tables]

    def errors(self) -> Sequence[tuple[str, str]]:
        """Id and text of each error, for the summary."""
        found = [("", text) for text in self.general]
        for item in self.every:
            where = "" if item.row is None else f"{item.row.title}: "
            found += [(f"f-{item.name}", f"{where}{text}") for text in item.errors[:1]]
        return found


def input_of(item: Field[Any], node: Node, source: Source, *, masked: bool = False, **options: Any) -> Input:
    """The input of a field."""
    if masked:
        return MaskedInput(item, node, source, **options)
    made = next((made for kind, made in KINDS if isinstance(item, kind)), Input)
    return made(item, node, source, **options)


def _place(typed: MultiDict[str, str]) -> str:
    """What a button that saves nothing was about: one more was added to it, or a suggestion taken."""
    return typed.get(ADD) or typed.get(PICK, "").partition("=")[0]


def is_input(item: Field[Any]) -> bool:
    """Whether a field is typed into; the records that lead here have pages of their own."""
    return not isinstance(item, One2many)
