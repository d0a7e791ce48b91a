"""Records that belong to the one of a form, as rows among its inputs: changed, added and removed with it.

An input of a row is called `addresses-3-street`, that of a row to come `addresses-new1-street`; `addresses-3` is
the box that marks a row for removal. The signed list of the form says which rows were shown, with their versions,
and what a new one begins with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from werkzeug.exceptions import BadRequest

from core.access.door import AccessDenied
from core.errors import Refusals, UserError
from core.i18n.lazy import TextLike, _
from core.orm.belonging import belongs
from core.orm.links import Many2many, Many2one, One2many
from core.orm.writing import all_locked, allowed
from core.sql import among
from core.web import requests
from core.web.forms.targets import targets

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from core.access.grants import Operation
    from core.assembly import Assembly
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry
    from core.views.nodes import Node
    from core.web.forms.form import RecordForm
    from core.web.forms.inputs import Input, Source

MOST = 200
"""So many rows are shown, and as many may be added at once."""
TEMPLATE = "new0"
"""The row that is never sent: the script makes new ones of it, and it says what they begin with."""
CHANGES: tuple[Operation, ...] = ("c", "w", "d")
ADD = "form-row"
"""The name of the button that adds a row to the list that it names."""
_NAME = re.compile(r"([^-]+)-(new[1-9][0-9]{0,2}|[1-9][0-9]{0,18})(?:-([^-]+))?")


def is_inline(registry: Registry, item: Field[Any], node: Node) -> bool:
    """Whether records are rows in the form: those that cannot be without it, unless the view says `inline`."""
    if not isinstance(item, One2many):
        return False
    return bool(node.attrs.get("inline", belongs(registry, item)))


def is_column(item: Field[Any], inverse: str) -> bool:
    """Whether a field of the records is typed into their rows; the other ones have a page."""
    return item.name != inverse and not isinstance(item, One2many | Many2many) and not item.readonly


def takes(assembly: Assembly, model: str, name: str) -> bool:
    """Whether an input of a row may have such a name in the form of a model."""
    match = _NAME.fullmatch(name)
    view = assembly.views[f"{model}.form"]
    node = next((node for node in view.fields if match and node.name == match[1]), None)
    if match is None or node is None or not is_inline(assembly.registry, view.model.fields[node.name], node):
        return False
    target = assembly.views[f"{view.model.fields[node.name].target_name}.form"]  # type: ignore[attr-defined]
    return match[3] is None or match[3] in {node.name for node in target.fields}


class RowFault(UserError):
    """What is wrong with a row; told beside its first input."""

    def __init__(self, message: TextLike, row: Row) -> None:
        super().__init__(message)
        self.row = row


@dataclass(eq=False)
class Row:
    """One record of a list; `key` is its number, or new1 of one that is still to come."""

    rows: Rows
    key: str
    record: Any | None = None
    version: int = 0
    number: int = 0
    may_write: bool = True
    may_delete: bool = True
    inputs: list[Input] = field(default_factory=list)
    is_marked: bool = False
    """For removal."""
    held: Any | None = None
    """The record in the env that writes it."""
    is_added: bool = False
    """By the button: it was not sent, and has the focus."""

    @property
    def is_new(self) -> bool:
        """Whether it is still to come."""
        return self.key.startswith("new")

    @property
    def mark(self) -> str:
        """The name of the box that marks it for removal."""
        return f"{self.rows.name}-{self.key}"

    @property
    def title(self) -> str:
        """How messages name it."""
        return str(_("%(list)s, row %(number)s", list=self.rows.label, number=self.number))

    @property
    def changed(self) -> list[Input]:
        """The inputs that hold something else than what they showed."""
        return [item for item in self.inputs if item.changed]

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to be read of it: it goes, or nothing was typed into a new one."""
        return self.is_marked or (self.is_new and not self.changed)

    @property
    def fault(self) -> Input:
        """The input beside which a fault of the whole row is told."""
        return next((item for item in self.changed if not item.readonly), self.inputs[0])


class Rows:
    """The rows of one list in a form; as the form that was sent showed them, where `typed` is given."""

    def __init__(
        self, form: RecordForm, node: Node, source: Source, typed: MultiDict[str, str] | None
    ) -> None:
        item: Any = form.layout.model.fields[node.name]
        self.form, self.name, self.item, self.typed = form, node.name, item, typed
        self.label = str(node.attrs.get("label", item.label))
        self.info: ModelInfo = form.env.registry.models[item.target_name]
        self.source = source
        may = form.env.may
        self.may_add, self.may_write, self.may_delete = (may(self.info.name, what) for what in CHANGES)
        layout = requests.site().form_layout(self.info.name, form.env)
        self.masked = layout.masked
        self.columns = [
            node for part in layout.sections for node in part.nodes
            if is_column(self.info.fields[node.name], item.inverse)]  # fmt: skip
        self.is_cut = False
        stored = self._stored()
        self.rows = [*stored, *(Row(self, key) for key in self._new_keys())]
        self.template = Row(self, TEMPLATE)
        if typed is not None and typed.get(ADD) == self.name and self.may_add:
            self._add()
        for number, row in enumerate(self.rows, start=1):
            row.number = number

    @property
    def back(self) -> Many2one[Any]:
        """The link of the rows to the record of the form."""
        return self.info.fields[self.item.inverse]  # type: ignore[return-value]

    # ------------------------------------------------------------- beginning
    def _stored(self) -> list[Row]:
        """The rows that are there; of a form that was sent those that it showed, though some may be gone."""
        if self.form.record is None:
            return []
        versions = None if self.typed is None else self.form.drawn.rows.get(self.name, {})
        if versions is not None and not versions:
            return []
        cls: Any = self.info.cls
        wanted = sa.select(cls).where(getattr(cls, self.back.key) == self.form.record.id).order_by(cls.id)
        if versions is None:
            wanted = wanted.where(cls.archived.is_(False)).limit(MOST + 1)
        else:
            wanted = wanted.where(among(self.form.env, cls.id, list(map(int, versions))))
        records = {record.id: record for record in self.form.env.scalars(wanted)}
        self.is_cut = len(records) > MOST
        keys = list(records)[:MOST] if versions is None else list(map(int, versions))
        writable, deletable = (
            allowed(self.form.env, self.info, keys, what) if may and keys else set()  # type: ignore[arg-type]
            for what, may in (("w", self.may_write), ("d", self.may_delete))
        )
        return [
            Row(
                self,
                str(key),
                records.get(key),
                records[key].version if versions is None else versions[str(key)],
                may_write=key in writable or (self.may_write and key not in records),
                may_delete=key in deletable or (self.may_delete and key not in records),
            )
            for key in keys
        ]

    def _new_keys(self) -> list[str]:
        """The rows to come that were sent. Raises BadRequest where they are more than a form may add.

        Raises AccessDenied where the user may add none any more.
        """
        start = f"{self.name}-new"
        sent = {name.split("-")[1] for name in self.typed or () if name.startswith(start)}
        if len(sent) > MOST or (sent and self.name not in self.form.drawn.fresh):
            raise BadRequest(str(_("The form has other fields than this page showed.")))
        if sent and not self.may_add:
            raise AccessDenied(_("Your roles do not allow this with %(model)s.", model=self.info.plural))
        return sorted(sent, key=lambda key: (len(key), key))

    def unbound(self, make: Any) -> Iterator[tuple[str, Any]]:
        """The inputs of all rows by their names, made by `make`."""
        for row in (*self.rows, *([self.template] if self.may_add else [])):
            source = replace(self.source, record=row.record, like=None, is_copy=False)
            for node in self.columns:
                name = f"{self.name}-{row.key}-{node.name}"
                item = self.info.fields[node.name]
                settable = row.may_write and self.form.env.may_set(self.info.name, node.name)
                is_masked = node.name in self.masked
                yield name, make(item, node, source, masked=is_masked, settable=settable, name=name, row=row)

    def bind(self, inputs: Any) -> None:
        """Gives the rows their inputs, and says of links what they lead to, for all rows at once."""
        for row in (*self.rows, self.template):
            names = (f"{self.name}-{row.key}-{node.name}" for node in self.columns)
            row.inputs = [inputs[name] for name in names if name in inputs]
        for node in self.columns:
            item = self.info.fields[node.name]
            if isinstance(item, Many2one):
                keys = [getattr(row.record, item.key) for row in self.rows if row.record is not None]
                if keys:
                    targets(self.source, item.target_name).labels(key for key in keys if key)

    # ------------------------------------------------------------- reading
    @property
    def fresh(self) -> dict[str, list[str]]:
        """What the inputs of a new row begin with."""
        return {item.node.name: item.shown for item in self.template.inputs if not item.readonly}

    def shown(self) -> dict[str, list[str]]:
        """What the inputs of the new rows that were sent showed. Raises AccessDenied where they are other ones now."""
        new = [row for row in self.rows if row.is_new and not row.is_added]
        fresh = self.form.drawn.fresh.get(self.name, {})
        if new and fresh.keys() != self.fresh.keys():
            raise AccessDenied(_("Your roles do not allow a change of %(field)s.", field=self.label))
        return {f"{row.mark}-{name}": texts for row in new for name, texts in fresh.items()}

    def marks(self) -> set[str]:
        """The names of the boxes by which rows may be removed."""
        return {row.mark for row in self.rows if row.may_delete}

    def read_marks(self, typed: MultiDict[str, str]) -> None:
        """Takes which rows are to be removed."""
        for row in self.rows:
            row.is_marked = typed.get(row.mark) == "1"

    def settle(self) -> None:
        """Leaves out what is wrong with rows of which nothing is read."""
        for row in self.rows:
            if row.is_idle:
                for item in row.inputs:
                    item.process_errors = []

    def _add(self) -> None:
        """One more empty row, as the template has it."""
        if sum(row.is_new for row in self.rows) < MOST:
            self.rows.append(Row(self, self._next(), is_added=True))

    def _next(self) -> str:
        numbers = [int(row.key[3:]) for row in self.rows if row.is_new]
        return f"new{max(numbers, default=0) + 1}"

    @property
    def versions(self) -> dict[str, int]:
        """The versions of the rows that are shown."""
        return {row.key: row.version for row in self.rows if not row.is_new}

    # ------------------------------------------------------------- writing
    def hold(self, env: Env) -> None:
        """Locks the rows that are to be changed or removed. Raises UserError where that can no longer be done."""
        touched = [row for row in self.rows if not row.is_new and (row.is_marked or row.changed)]
        keys = [int(row.key) for row in touched]
        found: dict[int, Any] = (
            {record.id: record for record in all_locked(env, self.info.cls, keys)} if keys else {}
        )
        faults = []
        for row in touched:
            row.held = found.get(int(row.key))
            if row.held is not None and getattr(row.held, self.back.key) != self.form.key:
                row.held = None  # it belongs to another one by now
            if row.held is None and not row.is_marked:
                faults.append(
                    RowFault(_("Somebody removed this row meanwhile. Save again to add it anew."), row)
                )
            elif row.held is not None and row.is_marked and row.held.version != row.version:
                faults.append(RowFault(_("Somebody changed this row meanwhile. Look at it again."), row))
        if faults:
            raise Refusals(faults) if len(faults) > 1 else faults[0]

    @property
    def moved(self) -> list[Any]:
        """The held records that somebody else changed since they were shown."""
        held = ((row, row.held) for row in self.rows if not row.is_marked)
        return [record for row, record in held if record is not None and record.version != row.version]

    def remove(self, env: Env) -> None:
        """Deletes what is marked."""
        gone = [row.held for row in self.rows if row.is_marked and row.held is not None]
        if gone:
            env.delete(gone)

    def write(self, env: Env, record: Any) -> None:
        """Writes what was changed in rows of `record`, and the new ones."""
        for row in self.rows:
            if row.held is not None and not row.is_marked:
                values: dict[str, Any] = {}
                for item in row.changed:
                    item.put(values, env, row.held)
                env.write([row.held], values)
        new = [row for row in self.rows if row.is_new and not row.is_idle]
        made = env.create(self.info.cls, [self._values(env, row, record) for row in new])
        for row, one in zip(new, made, strict=True):
            row.held = one

    def _values(self, env: Env, row: Row, record: Any) -> dict[str, Any]:
        values: dict[str, Any] = {self.back.name: record}
        for item in row.inputs:
            if not item.readonly:
                item.put(values, env, None)
        return values

    def beside(self, fault: UserError) -> Input | None:
        """The input that a fault of one of the records is told beside."""
        row = next((row for row in self.rows if row.held is fault.record), None)
        if row is None:
            return None
        return next((item for item in row.inputs if item.node.name == fault.field), row.fault)

    def renew(self, fault: RowFault) -> None:
        """Makes of a row that cannot be saved as it was meant one that can be looked at again."""
        row = fault.row
        if row.held is None:  # what was typed is kept, as a new one
            if not self.may_add:
                self.rows.remove(row)
            row.key = self._next()
            for item in row.inputs:
                item.name = f"{row.mark}-{item.node.name}"
        else:
            row.version = row.held.version
            for item in row.inputs:
                item.shown, item.typed, item.changed = item.show(item.of(row.held)), None, False
