"""The generic list: a page of rows of any model, sorted, formatted by column, drawn by a template per view.

Only the columns that are shown are read; a link column costs one statement more for all its rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy import orm

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.compose import ModelInfo
from core.orm.fields import Field
from core.orm.kinds import Date, DateTime, Select
from core.orm.links import Link, Many2many, Many2one, One2many
from core.views.nodes import Node
from core.web.shell import initials, tone

if TYPE_CHECKING:
    import jinja2

    from core.orm.env import Env
    from core.views.resolve import ResolvedView

SIZES = (20, 40, 80)
DEFAULT_SIZE = 80
COUNT_LIMIT = 10_000
"""Counts above this are shown as "10.000+": nobody reads on, and counting costs more than the page."""
SHOWN_ON_PHONES = 4
PERSON = "base.user"
NOT_VISIBLE = _("not visible to you")
"""Stands where a link leads to a record that the reader may not see."""


class BadRequest(FieldError):
    """A parameter of the address that the page cannot take; no statement is run on it."""


@dataclass
class Column:
    """A column as the template draws its head."""

    name: str
    label: str
    numeric: bool
    low: bool
    sort_href: str | None = None
    sort: str | None = None


@dataclass
class Empty:
    """What stands where no record is."""

    text: str
    new_href: str | None


@dataclass
class ListPage:
    """What the template knows as `list`."""

    title: str
    one: str
    new_href: str | None
    columns: list[Column]
    body: Markup
    first: str
    last: str
    total: str
    prev_href: str | None
    next_href: str | None
    sizes: list[tuple[int, str, bool]]
    empty: Empty | None


@dataclass(frozen=True)
class Query:
    """What the address asks for, checked."""

    page: int
    size: int
    sort: str
    given: Mapping[str, str] = field(default_factory=dict)

    def href(self, path: str, **changes: Any) -> str:
        """The same page with other parameters; None leaves one out."""
        values = {key: value for key, value in {**self.given, **changes}.items() if value is not None}
        return f"{path}?{urlencode(values)}" if values else path


class ListView:
    """The list of one resolved view for those who may read the fields `readable`; made once for them."""

    def __init__(self, view: ResolvedView, readable: frozenset[str], templates: jinja2.Environment) -> None:
        self.model: ModelInfo = view.model
        self.path = f"/app/{view.model.name}"
        shown = [node for node in view.fields if node.name in readable]
        self.nodes = [node for node in shown if not isinstance(self._item(node), One2many)]
        self.items = [self._item(node) for node in self.nodes]
        self.readable = readable
        self.below = self._below()
        self.rows = templates.from_string(self._row_source())

    def _item(self, node: Node) -> Field[Any]:
        return self.model.fields[node.name]

    def _below(self) -> list[Field[Any]]:
        """What stands small under the first column: the first of `Item("title", sub=(...))` that is not empty."""
        names: Sequence[str] = self.nodes[0].attrs.get("sub", ()) if self.nodes else ()
        chosen = [names] if isinstance(names, str) else names
        return [self.model.fields[name] for name in chosen if name in self.readable]

    # ------------------------------------------------------------- the page
    def query(self, args: Mapping[str, str], env: Env) -> Query:
        """The address's parameters. Raises BadRequest on one that is unknown or out of range."""
        for name in args:
            if name not in ("page", "limit", "sort"):
                raise BadRequest(_("“%(name)s” is not a parameter of this page.", name=name[:40]))
        page, size = _number(args.get("page"), 1, "page"), _number(args.get("limit"), DEFAULT_SIZE, "limit")
        if size not in SIZES:
            raise BadRequest(_("Choose 20, 40 or 80 rows per page."))
        sort = args.get("sort") or self.model.order or "-id"
        item = self.model.fields.get(sort.removeprefix("-"))
        if item is None or not item.sortable or not env.may_see(self.model.name, item.name):
            raise BadRequest(_("This list cannot be sorted by “%(name)s”.", name=sort[:40]))
        return Query(page, size, sort, dict(args))

    def page(self, env: Env, query: Query) -> ListPage:
        """The rows that the query asks for, drawn."""
        total = self._count(env)
        found = env.execute(self._statement(env, query)).all()
        offset = (query.page - 1) * query.size
        more = offset + len(found) < total
        number = env.formats.number
        return ListPage(
            title=str(self.model.plural),
            one=str(self.model.label),
            new_href=self._new_href(env),
            columns=self._columns(query),
            body=self._draw(env, found),
            first=number(offset + 1 if found else 0),
            last=number(offset + len(found)),
            total=number(total) if total <= COUNT_LIMIT else f"{number(COUNT_LIMIT)}+",
            prev_href=query.href(self.path, page=query.page - 1) if query.page > 1 else None,
            next_href=query.href(self.path, page=query.page + 1) if more else None,
            sizes=[(size, query.href(self.path, limit=size, page=None), size == query.size) for size in SIZES],
            empty=self._empty(env) if total == 0 else None,
        )

    def _new_href(self, env: Env) -> str | None:
        return f"{self.path}/new" if env.may(self.model.name, "c") else None

    def _empty(self, env: Env) -> Empty:
        text = _("What you add here is seen by everyone who works with it.")
        return Empty(str(text), self._new_href(env))

    def _columns(self, query: Query) -> list[Column]:
        chosen, down = query.sort.removeprefix("-"), query.sort.startswith("-")
        columns = []
        for place, (node, item) in enumerate(zip(self.nodes, self.items, strict=True)):
            column = Column(item.name, self._label(node, item), item.numeric, self._low(node, place))
            if item.sortable:
                current = item.name == chosen
                column.sort = ("descending" if down else "ascending") if current else None
                turned = f"-{item.name}" if current and not down else item.name
                column.sort_href = query.href(self.path, sort=turned, page=None)
            columns.append(column)
        return columns

    def _label(self, node: Node, item: Field[Any]) -> str:
        return str(node.attrs.get("label", item.label))

    def _low(self, node: Node, place: int) -> bool:
        return bool(node.attrs.get("low", place >= SHOWN_ON_PHONES))

    # ------------------------------------------------------------- reading
    def _count(self, env: Env) -> int:
        cls: Any = self.model.cls
        some = sa.select(cls.id).where(cls.archived.is_(False)).limit(COUNT_LIMIT + 1).subquery()
        return env.scalar(sa.select(sa.func.count()).select_from(some)) or 0

    def _statement(self, env: Env, query: Query) -> sa.Select[Any]:
        cls: Any = self.model.cls
        columns = [getattr(cls, item.key if isinstance(item, Many2one) else item.name) for item in self._stored]
        statement = sa.select(cls.id, *columns).where(cls.archived.is_(False))
        statement = self._sorted(env, statement, query.sort)
        return statement.offset((query.page - 1) * query.size).limit(query.size)

    @property
    def _stored(self) -> list[Field[Any]]:
        """The fields read with the row: each once, though it may stand in a column and below another."""
        wanted = {item.name: item for item in [*self.items, *self.below] if not isinstance(item, Many2many)}
        return list(wanted.values())

    def _sorted(self, env: Env, statement: sa.Select[Any], sort: str) -> sa.Select[Any]:
        """By the field, a link by the label of its target; the key last, so that pages never overlap."""
        cls: Any = self.model.cls
        item, down = self.model.fields[sort.removeprefix("-")], sort.startswith("-")
        attribute = getattr(cls, item.key if isinstance(item, Many2one) else item.name)
        if isinstance(item, Many2one):
            info = env.registry.info(item.target_name)
            target: Any = orm.aliased(info.cls)
            statement = statement.outerjoin(target, attribute == target.id)
            attribute = getattr(target, info.label_field or "id")
        if item.name == "id":
            return statement.order_by(cls.id.desc() if down else cls.id)
        return statement.order_by(item.sort(attribute, down), cls.id.desc() if down else cls.id)

    # ------------------------------------------------------------- drawing
    def _draw(self, env: Env, found: Sequence[Any]) -> Markup:
        keys = [row[0] for row in found]
        values = dict(zip((item.name for item in self._stored), list(zip(*found, strict=True))[1:], strict=True)) \
            if found else {}  # fmt: skip
        columns = [self._shown(env, item, keys, values.get(item.name, ())) for item in self.items]
        labels = [self._label(node, item) for node, item in zip(self.nodes, self.items, strict=True)]
        columns.append(self._subtitles(env, keys, values))
        rows = zip(keys, *columns, strict=True) if found else ()
        return Markup(self.rows.render(rows=rows, l=labels))  # noqa: S704 - drawn by an escaping template

    def _shown(self, env: Env, item: Field[Any], keys: Sequence[int], values: Sequence[Any]) -> Sequence[Any]:
        """One column's values as the row template wants them."""
        show: Callable[[Any], str] = item.formatter(env.formats)
        if isinstance(item, Many2one):
            labels = _labels(env, item, values)
            unseen = (str(NOT_VISIBLE), "", "")
            return [None if value is None else labels.get(value, unseen) for value in values]
        if isinstance(item, Many2many):
            linked = _linked(env, self.model, item, keys)
            return [show(linked[key]) for key in keys]
        if isinstance(item, Select) and item.tones:
            tones = {key: f" tone-{name}" for key, name in item.tones.items()}
            return [(show(value), tones.get(value, "")) if value else None for value in values]
        if isinstance(item, Date | DateTime):
            return [(show(value), value.isoformat()) if value else None for value in values]
        return [show(value) for value in values]

    def _subtitles(self, env: Env, keys: Sequence[int], values: Mapping[str, Sequence[Any]]) -> Sequence[str]:
        lines = [self._texts(env, item, keys, values.get(item.name, ())) for item in self.below]
        return [next(filter(None, parts), "") for parts in zip(*lines, strict=True)] if lines else [""] * len(keys)

    def _texts(self, env: Env, item: Field[Any], keys: Sequence[int], values: Sequence[Any]) -> Sequence[str]:
        """One column's values as plain text."""
        return [value if isinstance(value, str) else value[0] if value else ""
                for value in self._shown(env, item, keys, values)]  # fmt: skip

    def _row_source(self) -> str:
        """The row template: literal markup of this view's columns, so that a row costs no call."""
        cells = [
            self._cell_source(node, item, place)
            for place, (node, item) in enumerate(zip(self.nodes, self.items, strict=True))
        ]
        return "{% for r in rows %}<tr>" + "".join(cells) + "</tr>\n{% endfor %}"

    def _cell_source(self, node: Node, item: Field[Any], place: int) -> str:
        value = f"r[{place + 1}]"
        if place == 0:
            inner = _inner_source(item, value)
            text = f"{{% if {value} %}}{inner}{{% else %}}#{{{{ r[0] }}}}{{% endif %}}"
            sub = f"r[{len(self.items) + 1}]"
            small = f'{{% if {sub} %}}<br><span class="fnt xs">{{{{ {sub} }}}}</span>{{% endif %}}' if self.below else ""
            return f'<td class="two"><a href="{self.path}/{{{{ r[0] }}}}">{text}</a>{small}</td>'
        classes = " ".join(filter(None, ("num" if item.numeric else "", "lo" if self._low(node, place) else "")))
        start = f'<td{f" class={chr(34)}{classes}{chr(34)}" if classes else ""} data-l="{{{{ l[{place}] }}}}">'
        inner = _inner_source(item, value)
        return f'{start}{{% if {value} %}}{inner}{{% else %}}<span class="fnt">–</span>{{% endif %}}</td>'


def _inner_source(item: Field[Any], value: str) -> str:
    if isinstance(item, Select) and item.tones:
        return f'<span class="badge dot neu{{{{ {value}[1] }}}}">{{{{ {value}[0] }}}}</span>'
    if isinstance(item, Date | DateTime):
        return f'<time datetime="{{{{ {value}[1] }}}}">{{{{ {value}[0] }}}}</time>'
    if isinstance(item, Many2one) and item.target_name == PERSON:
        face = f'<span class="ava z22 {{{{ {value}[2] }}}}" aria-hidden="true">{{{{ {value}[1] }}}}</span>'
        return f'<span class="line">{face}{{{{ {value}[0] }}}}</span>'
    if isinstance(item, Link) and not isinstance(item, Many2many):
        return f"{{{{ {value}[0] }}}}"
    return f"{{{{ {value} }}}}"


def _labels(env: Env, item: Many2one[Any], keys: Sequence[int | None]) -> dict[int, tuple[str, str, str]]:
    """Label, initials and colour of each record that a link column leads to, in one statement."""
    target = env.registry[item.target_name]
    wanted = sorted({key for key in keys if key is not None})
    labels = {record.id: record.display_label() for record in env.read(target, wanted)}
    return {key: (label, initials(label), tone(key)) for key, label in labels.items()}


def _linked(env: Env, model: ModelInfo, item: Many2many[Any], keys: Sequence[int]) -> dict[int, list[Any]]:
    """The records that a many2many column leads to, per row, in one statement."""
    cls: Any = model.cls
    target: Any = orm.aliased(env.registry[item.target_name])
    pairs: Any = env.execute(
        sa.select(cls.id, target)
        .join(getattr(cls, item.name).of_type(target))
        .where(cls.id.in_(keys))
        .order_by(target.id)
    )
    linked: dict[int, list[Any]] = defaultdict(list)
    for key, record in pairs:
        linked[key].append(record)
    return linked


def _number(text: str | None, default: int, name: str) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) < 1:
        raise BadRequest(_("“%(name)s” is a number from 1.", name=name))
    return int(text)
