"""The page of a record as one reads it: definition lists under headings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from markupsafe import Markup, escape

from core.access.masks import mask_of
from core.i18n.lazy import _
from core.orm.contacts import Email, Phone, Url
from core.orm.files import File
from core.orm.kinds import RecordKey, Select, Text
from core.orm.links import Link, Many2one, One2many
from core.orm.numbers import Money
from core.web import requests
from core.web.files.sizes import size_of
from core.web.forms.inputs import help_of
from core.web.forms.rows import CHANGES, is_inline
from core.web.listing import IN_PART, NOT_VISIBLE
from core.web.records import home
from core.web.shell import initials, tone

if TYPE_CHECKING:
    from core.dashboard import DashboardTile
    from core.i18n.lazy import TextLike
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.views.nodes import Node
    from core.web.board.steps import Steps
    from core.web.files.panel import FilesPanel
    from core.web.forms import Layout, Section
    from core.web.forms.page import FormPage
    from core.web.threads.panel import ThreadPanel
    from core.web.timeline import Entry

MOST = 20
"""So many of a list of records stand on the page of what they belong to."""
PEOPLE = "base.user"
_LINK = Markup('<a href="/app/{}/{}">{}</a>')
_PAGE = Markup('<a href="{}">{}</a>')
_PERSON = Markup('<span class="line"><span class="ava z22 {}" aria-hidden="true">{}</span>{}</span>')
_MORE = Markup(' <a href="/app/{}?{}__eq={}">{}</a>')
_MASK = Markup('{} <span class="vh">({})</span>')
_BADGE = Markup('<span class="badge dot tone-{}">{}</span>')


@dataclass
class Action:
    """An entry of the menu of a record: a link or, with `post`, a form that is sent there."""

    label: TextLike
    href: str
    symbol: str
    post: bool = False
    tone: str = ""


@dataclass
class Item:
    """A value with its label."""

    label: str
    value: Markup
    wide: bool
    hint: str = ""
    """What the view says of this very value."""
    table: Table | None = None
    """In the place of the value."""


@dataclass
class Table:
    """Records that belong to the one of the page: columns (label, class), and cells."""

    columns: list[tuple[str, str]]
    rows: list[list[Markup]]


@dataclass
class ReadSection:
    """Values under a heading, or the form of this section in their place."""

    name: str
    label: str
    addon: str | None
    items: list[Item]
    edit_href: str | None
    form: FormPage | None = None


@dataclass
class Head:
    """The face of a record, what stands beside it in a line, and badges: text, tone."""

    initials: str
    tone: str
    line: Markup
    badges: list[tuple[str, str]]


@dataclass
class RecordPage:
    """What the template knows as `record`."""

    title: str
    badge: tuple[str, str] | None
    sections: list[ReadSection]
    back: tuple[str, str]
    errors: list[tuple[str, str]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    offers: list[Action] = field(default_factory=list)
    """Pages of addons that go on from here."""
    head: Head | None = None
    """Who it is at a glance, where the view says what belongs there."""
    archived: bool = False
    prev_href: str | None = None
    next_href: str | None = None
    history: Sequence[Entry] = ()
    """The latest changes."""
    history_href: str | None = None
    """Where all of them are, if there are more."""
    thread: ThreadPanel | None = None
    """What people do together on it."""
    files: FilesPanel | None = None
    """What is attached to it."""
    steps: Steps | None = None
    """How far it got on its board."""
    tiles: Sequence[DashboardTile] = ()
    """Figures of it, as addons know them."""
    link_action: str | None = None
    """Where a link to sign in is made, on the page of a user."""


def sections(layout: Layout, record: Any, *, may_write: bool) -> list[ReadSection]:
    """All sections as they are read."""
    env: Env = record.env
    here = f"/app/{layout.model.name}/{record.id}"
    told = {item.of for item in layout.model.fields.values() if isinstance(item, RecordKey)}
    return [
        ReadSection(
            part.name,
            str(part.label),
            part.addon,
            [_item(layout, node, record) for node in part.nodes if node.name not in told],
            f"{here}?edit={part.name}" if may_write and may_edit(layout, part, env) else None,
        )
        for part in layout.sections
    ]


def may_edit(layout: Layout, part: Section, env: Env) -> bool:
    """Whether a section has a field that can be set."""
    return any(_may_edit(layout.model, node, env) for node in part.nodes if node.name not in layout.masked)


def _may_edit(info: ModelInfo, node: Node, env: Env) -> bool:
    item = info.fields[node.name]
    if isinstance(item, One2many):
        may_any = any(env.may(item.target_name, operation) for operation in CHANGES)
        return is_inline(env.registry, item, node) and may_any
    return not (item.readonly or node.attrs.get("readonly")) and env.may_set(info.name, node.name)


def _item(layout: Layout, node: Node, record: Any) -> Item:
    item = layout.model.fields[node.name]
    is_wide = isinstance(item, Text) or bool(node.attrs.get("wide"))
    table, shown = None, Markup()
    if item.name in layout.masked:
        shown = _mask(item, record)
    elif not isinstance(item, One2many):
        shown = _shown(item, record)
    elif not is_inline(record.env.registry, item, node):
        shown = _some(item, record)
    elif is_wide:
        table = _table(item, getattr(record, item.name))
    else:
        shown = _shown(item, record)
    return Item(str(node.attrs.get("label", item.label)), shown, is_wide, help_of(node, record) or "", table)


def _table(item: One2many[Any], records: Sequence[Any]) -> Table | None:
    """What the rows of the form say, and the lists below them, as links; the first text leads to the record."""
    if not records:
        return None
    layout = requests.site().form_layout(item.target_name, records[0].env)
    told = {one.of for one in layout.model.fields.values() if isinstance(one, RecordKey)}
    nodes = [
        node
        for part in layout.sections
        for node in part.nodes
        if node.name not in {item.inverse, *layout.masked, *told}
    ]
    fields = [layout.model.fields[node.name] for node in nodes]
    columns = [
        (str(node.attrs.get("label", field.label)), "num" if field.numeric else "")
        for node, field in zip(nodes, fields, strict=True)
    ]
    return Table(columns, [_row(layout, nodes, record) for record in records])


def _row(layout: Layout, nodes: Sequence[Node], record: Any) -> list[Markup]:
    cells = [_item(layout, node, record).value for node in nodes]
    place = next((n for n, cell in enumerate(cells) if cell and "<a " not in cell), None)
    if place is not None:
        cells[place] = _LINK.format(layout.model.name, record.id, cells[place])
    return cells


def _mask(item: Field[Any], record: Any) -> Markup:
    mask = mask_of(record, item.name)
    return _MASK.format(mask, IN_PART) if mask else Markup()


def _shown(item: Field[Any], record: Any) -> Markup:
    value = getattr(record, item.name)
    if isinstance(item, Many2one) and value is None and getattr(record, item.key) is not None:
        return escape(NOT_VISIBLE)
    if isinstance(item, Link):
        return _links(item, value)
    if isinstance(item, RecordKey):
        is_open = record.env.may_see(type(record), item.of)
        found = home.of_key(record.env, getattr(record, item.of), str(value)) if is_open else None
        return escape(NOT_VISIBLE) if found is None else _PAGE.format(*found)
    text = escape(_writer(item, record)(value))
    if not text:
        return text
    if isinstance(item, Text):
        return Markup("<br>").join(text.split("\n"))
    if isinstance(item, Select) and value in item.tones:
        return _BADGE.format(item.tones[value], text)
    if isinstance(item, File):
        here = f"{record.__lumbung__.name}/{record.id}/file/{item.name}"
        return Markup('<a href="/app/{}" download>{}</a> <span class="fnt">{}</span>').format(
            here, text, size_of(record.env.formats, value["size"])
        )
    return _reached(item, value, text)


def _writer(item: Field[Any], record: Any) -> Callable[[Any], str]:
    """How a value is written, an amount in its currency."""
    env: Env = record.env
    if isinstance(item, Money):
        return env.currencies.writer(env.currencies.of(item, record))
    return item.formatter(env.formats)


def _reached(item: Field[Any], value: Any, text: Markup) -> Markup:
    """An address as a link by which someone is reached."""
    schemes = {Email: "mailto:", Phone: "tel:", Url: ""}
    scheme = next((scheme for kind, scheme in schemes.items() if isinstance(item, kind)), None)
    return text if scheme is None else Markup('<a href="{}{}">{}</a>').format(scheme, value, text)


def _some(item: One2many[Any], record: Any) -> Markup:
    """The first records of a list that has a page of its own, and where the others are."""
    env: Env = record.env
    if not env.may(item.target_name, "r") or not env.may_see(item.target_name, item.inverse):
        return Markup()
    cls: Any = env.registry[item.target_name]
    mine = sa.select(cls).where(getattr(cls, f"{item.inverse}_id") == record.id)
    found = list(env.scalars(mine.order_by(cls.id).limit(MOST + 1)))
    shown = _links(item, found[:MOST])
    if len(found) <= MOST:
        return shown
    return shown + _MORE.format(item.target_name, item.inverse, record.id, _("and more"))


def _links(item: Link[Any], value: Any) -> Markup:
    """Linked records as links to their pages; a person with the colour by which everyone knows them."""
    records = [value] if isinstance(item, Many2one) else value
    parts = [
        _LINK.format(item.target_name, record.id, record.display_label()) for record in records if record
    ]
    if item.target_name == PEOPLE and isinstance(item, Many2one) and value:
        return _PERSON.format(tone(value.id), initials(value.display_label()), parts[0])
    return Markup(", ").join(parts)


def badge(info: ModelInfo, record: Any) -> tuple[str, str] | None:
    """The first choice with colours is the state that stands beside the title."""
    for item in info.own_fields:
        if not isinstance(item, Select) or not item.tones or not record.env.may_see(info.name, item.name):
            continue
        value = getattr(record, item.name)
        if value:
            return str(item.choices.get(value, value)), item.tones.get(value, "")
    return None


def head(layout: Layout, record: Any) -> Head | None:
    """The face of a record with what the view puts beside it; None where it puts nothing there."""
    nodes = [node for part in layout.sections for node in part.nodes if node.attrs.get("head")]
    if not nodes:
        return None
    lines = [_beside(layout, node, record) for node in nodes if node.attrs["head"] == "line"]
    badges = [one for node in nodes if node.attrs["head"] == "badge" for one in _badges(layout, node, record)]
    title = record.display_label()
    return Head(initials(title), tone(record.id), Markup(" · ").join(filter(None, lines)), badges)


def _beside(layout: Layout, node: Node, record: Any) -> Markup:
    """A value as its section shows it; nothing of what the user may not see."""
    item = layout.model.fields[node.name]
    is_unseen = isinstance(item, Many2one) and getattr(record, item.name) is None
    return Markup() if is_unseen else _item(layout, node, record).value


def _badges(layout: Layout, node: Node, record: Any) -> list[tuple[str, str]]:
    """Each linked record, or the value, as words with a tone."""
    item = layout.model.fields[node.name]
    if item.name in layout.masked:
        texts = [(mask_of(record, item.name), "")]
    elif isinstance(item, Link):
        value = getattr(record, item.name)
        linked = [value] if isinstance(item, Many2one) else value
        texts = [(one.display_label(), "") for one in linked if one]
    else:
        value = getattr(record, item.name)
        texts = [
            (_writer(item, record)(value), item.tones.get(value, "") if isinstance(item, Select) else "")
        ]
    return [(text, tone) for text, tone in texts if text]
