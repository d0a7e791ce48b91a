"""The rows as markup: each set of columns has a template of its own, so that a row costs no call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from core.i18n.formats import Formats
from core.orm.fields import Field
from core.orm.kinds import Date, DateTime, Json, Select, Text
from core.orm.links import Many2many, Many2one
from core.web.listing.columns import NOT_VISIBLE, Columns
from core.web.listing.reading import LONGEST_SHOWN, Reading, read_with_row

if TYPE_CHECKING:
    import jinja2

PERSON = "base.user"
MOST_TEMPLATES = 200
"""Sets of columns whose templates are kept; readers choose their own."""


@dataclass
class Values:
    """Rows by column: their keys and what is shown of them. `under` is the small line of the first column."""

    keys: Sequence[int]
    shown: list[Sequence[Any]]
    under: Sequence[str]

    def rows(self) -> list[tuple[Any, ...]]:
        """Row by row: the key, the columns, the small line."""
        return list(zip(self.keys, *self.shown, self.under, strict=True))


@dataclass
class Drawer:
    """Draws rows of one model; keeps the templates that it made."""

    path: str
    templates: jinja2.Environment
    _made: dict[Any, jinja2.Template] = field(default_factory=dict)

    def draw(self, columns: Columns, rows: Sequence[Any]) -> Markup:
        """The rows of `Values.rows`."""
        labels = [columns.label(place) for place in range(len(columns.items))]
        return Markup(self._template(columns).render(rows=rows, l=labels))  # made by an escaping template

    def _template(self, columns: Columns) -> jinja2.Template:
        key = (columns.names, len(columns.below))
        if key not in self._made:
            if len(self._made) >= MOST_TEMPLATES:
                self._made.clear()
            self._made[key] = self.templates.from_string(_row_source(self.path, columns))
        return self._made[key]


# ----------------------------------------------------------------- values
def show(reading: Reading, columns: Columns, found: Sequence[Any]) -> Values:
    """What the rows of `Reading.rows` show."""
    keys = [row[0] for row in found]
    names = [item.name for item in read_with_row(columns)]
    by_name = dict(zip(names, list(zip(*found, strict=True))[1:], strict=False)) if found else {}

    def shown(item: Field[Any]) -> Sequence[Any]:
        return _shown(reading, item, keys, by_name.get(item.name, ()))

    lines = [[_text(value) for value in shown(item)] for item in columns.below]
    under = (
        [next(filter(None, parts), "") for parts in zip(*lines, strict=True)] if lines else [""] * len(keys)
    )
    return Values(keys, [shown(item) for item in columns.items], under)


def _shown(reading: Reading, item: Field[Any], keys: Sequence[int], values: Sequence[Any]) -> Sequence[Any]:
    """One column's values as the row template wants them."""
    formats: Formats = reading.env.formats
    write: Callable[[Any], str] = item.formatter(formats)
    if isinstance(item, Many2one):
        labels = reading.labels.get(item.target_name, values)
        unseen = (str(NOT_VISIBLE), "", "")
        return [None if value is None else labels.get(value, unseen) for value in values]
    if isinstance(item, Many2many):
        linked: Mapping[int, list[Any]] = reading.linked(item, keys) if keys else {}
        return [write(linked[key]) for key in keys]
    if isinstance(item, Select) and item.tones:
        tones = {key: f" tone-{name}" for key, name in item.tones.items()}
        return [(write(value), tones.get(value, "")) if value else None for value in values]
    if isinstance(item, Date | DateTime):
        return [(write(value), value.isoformat()) if value else None for value in values]
    if isinstance(item, Text | Json):
        return [_cut(write(value)) for value in values]
    return [write(value) for value in values]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else value[0] if value else ""


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


# ----------------------------------------------------------------- the template
def _row_source(path: str, columns: Columns) -> str:
    cells = [_cell(path, columns, place) for place in range(len(columns.items))]
    return "{% for r in rows %}<tr>" + "".join(cells) + "</tr>\n{% endfor %}"


def _cell(path: str, columns: Columns, place: int) -> str:
    item, value = columns.items[place], f"r[{place + 1}]"
    if place == 0:
        return _first_cell(path, columns, item, value)
    classes = " ".join(filter(None, ("num" if item.numeric else "", "lo" if columns.is_low(place) else "")))
    attribute = f' class="{classes}"' if classes else ""
    inner = f'{{% if {value} %}}{_inner(item, value)}{{% else %}}<span class="fnt">–</span>{{% endif %}}'
    return f'<td{attribute} data-l="{{{{ l[{place}] }}}}">{inner}</td>'


def _first_cell(path: str, columns: Columns, item: Field[Any], value: str) -> str:
    text = f"{{% if {value} %}}{_inner(item, value)}{{% else %}}#{{{{ r[0] }}}}{{% endif %}}"
    under = f"r[{len(columns.items) + 1}]"
    small = (
        f'{{% if {under} %}}<br><span class="fnt xs">{{{{ {under} }}}}</span>{{% endif %}}'
        if columns.below
        else ""
    )
    return f'<td class="two"><a href="{path}/{{{{ r[0] }}}}">{text}</a>{small}</td>'


def _inner(item: Field[Any], value: str) -> str:
    if isinstance(item, Select) and item.tones:
        return f'<span class="badge dot neu{{{{ {value}[1] }}}}">{{{{ {value}[0] }}}}</span>'
    if isinstance(item, Date | DateTime):
        return f'<time datetime="{{{{ {value}[1] }}}}">{{{{ {value}[0] }}}}</time>'
    if isinstance(item, Many2one) and item.target_name == PERSON:
        face = f'<span class="ava z22 {{{{ {value}[2] }}}}" aria-hidden="true">{{{{ {value}[1] }}}}</span>'
        return f'<span class="line">{face}{{{{ {value}[0] }}}}</span>'
    if isinstance(item, Many2one):
        return f"{{{{ {value}[0] }}}}"
    return f"{{{{ {value} }}}}"
