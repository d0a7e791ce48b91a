"""The rows of a list as the template draws them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.web.forms.rows import TEMPLATE

if TYPE_CHECKING:
    from core.web.forms.inputs import FormField, Input
    from core.web.forms.rows import Row, Rows


@dataclass
class RowDrawn:
    """A row as the template draws it."""

    key: str
    number: int
    title: str
    cells: list[FormField]
    mark: str | None
    is_marked: bool


@dataclass
class Table:
    """The rows of a list as the template draws them; `template` is the one that the script makes new ones of."""

    name: str
    label: str
    columns: list[tuple[str, bool]]
    rows: list[RowDrawn]
    template: RowDrawn | None
    more_href: str | None


def draw(rows: Rows) -> Table:
    """The table of a list."""
    template = rows.template if rows.may_add else None
    columns = [(item.label.text, bool(item.item.required)) for item in (rows.template.inputs or _any(rows))]
    more = f"/app/{rows.info.name}?{rows.item.inverse}__eq={rows.form.key}" if rows.is_cut else None
    return Table(rows.name, rows.label, columns, [_row(row) for row in rows.rows],
                 _row(template) if template else None, more)  # fmt: skip


def _any(rows: Rows) -> Iterable[Input]:
    return rows.rows[0].inputs if rows.rows else ()


def _row(row: Row) -> RowDrawn:
    cells = [item.draw() for item in row.inputs]
    for cell in cells:
        cell.aria, cell.help = f"{cell.label}, {row.title}", None
    if row.is_added and cells:
        cells[0].focus = True
    may_remove = row.may_delete and row.key != TEMPLATE
    return RowDrawn(row.key, row.number, row.title, cells, row.mark if may_remove or row.key == TEMPLATE else None,
                    row.is_marked)  # fmt: skip
