"""What was typed into a form that its user may no longer save: all of it as it was typed, to be copied.

No right is asked for and nothing is read but the labels of links: whoever sent the form knows what stands in it,
and what they may no longer see of the record is not told here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flask_wtf.csrf import generate_csrf
from wtforms.form import BaseForm

from core.i18n.lazy import _
from core.i18n.words import new_one
from core.orm.kinds import Boolean
from core.web.forms import drawn as state
from core.web.forms.form import FormSection, Notice, input_of
from core.web.forms.inputs import FormField, Input, Source, lines
from core.web.forms.layout import Layout
from core.web.forms.links import Linked, LinksInput
from core.web.forms.page import FormPage
from core.web.forms.tables import RowDrawn, Table
from core.web.listing import NOT_VISIBLE

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.views.nodes import Node
    from core.web.forms.drawn import Drawn
    from core.web.site import Site


class ClosedForm:
    """The inputs of a form that was sent, without the record.

    Raises BadRequest where `typed` is not what a form for this user and record could send.
    """

    def __init__(self, site: Site, env: Env, model: str, key: int | None, typed: MultiDict[str, str]) -> None:
        self.site, self.env, self.key, self.typed = site, env, key, typed
        self.info = env.registry.models[model]
        self.drawn: Drawn = state.posted(model, key, typed)
        self.source = Source(env, None, self.drawn.formats)

    def page(self, why: str) -> FormPage:
        """The page that says why nothing was saved, over all that was typed."""
        may_read = self.env.may(self.info.name, "r")
        here = f"/app/{self.info.name}" if may_read else "/"
        record: Any = self.env.get(self.info.cls, self.key) if may_read and self.key else None
        title = new_one(self.info.label) if self.key is None else str(self.info.label)
        return FormPage(
            title=title if record is None else record.display_label(),
            action=here,
            csrf=generate_csrf(),
            sections=self._sections(),
            errors=(),
            cancel_href=here if record is None else f"{here}/{record.id}",
            back=(here, str(self.info.plural)),
            is_changed=True,
            notice=Notice(why),
        )

    def _sections(self) -> list[FormSection]:
        names = {*self.drawn.shown, *self.drawn.rows, *self.drawn.fresh}
        layout = Layout(self.site.assembly.views[f"{self.info.name}.form"], frozenset(names))
        found = []
        for part in layout.sections:
            if self.drawn.section in ("", part.name):
                plain = [node for node in part.nodes if node.name in self.drawn.shown]
                lists = [node for node in part.nodes if node.name in self.drawn.rows | self.drawn.fresh]
                fields = _filled(self._field(self.info, node, node.name) for node in plain)
                tables = [table for table in map(self._table, lists) if table.rows]
                found.append(FormSection(part.name, str(part.label), part.addon, fields, tables))
        return [part for part in found if part.fields or part.tables]

    def _table(self, node: Node) -> Table:
        """The rows of a list: those that were shown, and those that were added."""
        item: Any = self.info.fields[node.name]
        target, label = self.env.registry.models[item.target_name], str(node.attrs.get("label", item.label))
        names = self._columns(node.name)
        columns = [one for one in self.site.assembly.views[f"{target.name}.form"].fields if one.name in names]
        rows = []
        for number, key in enumerate(self._keys(node.name), start=1):
            title = str(_("%(list)s, row %(number)s", list=label, number=number))
            cells = [self._field(target, column, f"{node.name}-{key}-{column.name}") for column in columns]
            for cell in cells:
                cell.aria = f"{cell.label}, {title}"
            rows.append(RowDrawn(key, number, title, cells, None, is_marked=False))
        heads = [(cell.label, False) for cell in (rows[0].cells if rows else ())]
        return Table(node.name, label, heads, rows, None, None)

    def _columns(self, name: str) -> set[str]:
        shown = (text.split("-", 2) for text in self.drawn.shown if text.startswith(f"{name}-"))
        return {*self.drawn.fresh.get(name, ()), *(parts[2] for parts in shown)}

    def _keys(self, name: str) -> Iterator[str]:
        yield from self.drawn.rows.get(name, {})
        start = f"{name}-new"
        yield from dict.fromkeys(sent.split("-")[1] for sent in self.typed if sent.startswith(start))

    def _field(self, info: ModelInfo, node: Node, name: str) -> FormField:
        """An input as a text that one can copy."""
        made = input_of(info.fields[node.name], node, self.source, settable=True, name=name)
        item: Input = BaseForm({name: made})[name]  # type: ignore[arg-type, assignment]
        item.shown, item.typed = self.drawn.shown.get(name, [""]), list(map(lines, self.typed.getlist(name)))
        is_box = isinstance(item.item, Boolean)
        kind = "checkbox" if is_box else "textarea" if item.item.widget == "textarea" else "text"
        value = "".join(item.typed) if is_box else self._told(item)
        is_wide = bool(node.attrs.get("wide"))
        return FormField("", f"f-{name}", item.label.text, kind, readonly=True, value=value, wide=is_wide)

    def _told(self, item: Input) -> str:
        """What was typed; of what was chosen its label."""
        texts = [text for text in item.typed or () if text]
        if isinstance(item, LinksInput):
            texts += self.typed.getlist(item.adds)
        if isinstance(item, Linked) and not self.env.may(item.item.target_name, "r"):  # type: ignore[attr-defined]
            return ", ".join(str(NOT_VISIBLE) if text.isdigit() else text for text in texts if text)
        chosen = {value: label for value, label, is_chosen in item.options() if is_chosen}
        return ", ".join(chosen.get(text, text) for text in texts if text)


def _filled(fields: Iterable[FormField]) -> list[FormField]:
    """Those in which something stands: nobody copies the others."""
    return [item for item in fields if item.value]
