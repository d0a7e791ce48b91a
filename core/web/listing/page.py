"""What a page of a list says: rows, groups, chips, menus, and what to do where nothing is found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from core.access.users import ADMIN
from core.i18n.formats import Formats
from core.i18n.lazy import _
from core.orm.kinds import Boolean, Select
from core.orm.links import Many2one
from core.orm.times import Calendar
from core.sql import constant
from core.web.listing.chips import Chip, chips, search_chip
from core.web.listing.columns import Columns, is_column, offered
from core.web.listing.drawing import draw, show
from core.web.listing.grouping import MOST_GROUPS, Group, Grouping, open_rows, shown_groups
from core.web.listing.query import BOARD, MONTH, SHAPE, SIZES, Query
from core.web.listing.reading import COUNT_LIMIT, Reading
from core.web.listing.selection import Selection, selection
from core.web.listing.typed import FilterForm
from core.web.records.home import goes_with

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.listing.view import ListView

FEW = (Select, Boolean, Many2one, Calendar)
"""Kinds that the menu offers to group by: others have nearly as many values as there are rows."""


EMPTY = Markup()
INVITE = "/settings/users/invite"
"""Where an administrator makes a user: the form is the same, and ends in the link by which they come in."""
CROWD = 2 * COUNT_LIMIT
"""A list that had so many rows a moment ago still has more than COUNT_LIMIT."""


@dataclass
class Column:
    """A column as the template draws its head."""

    name: str
    label: str
    numeric: bool
    sort_href: str | None = None
    sort: str | None = None


@dataclass
class GroupRow:
    """A group as the template draws it, with its finished rows; `sums` has a cell for each further column."""

    label: str
    count: str
    sums: list[str | None]
    href: str
    folded: bool
    body: Markup


@dataclass
class Empty:
    """What stands where no record is."""

    text: str
    new_href: str | None


@dataclass
class Nothing:
    """What stands where no record meets all conditions: each with how many there are without it."""

    chips: list[tuple[Chip, str]]
    clear_href: str
    clear_count: str


@dataclass
class ListPage:
    """What the template knows as `list`."""

    title: str
    one: str
    path: str
    new_href: str | None
    csv_href: str
    filter: FilterForm
    chips: list[Chip]
    text: str
    searchable: bool
    kept: dict[str, list[tuple[str, str]]]
    shapes: list[tuple[str, str, str, bool]] = field(default_factory=list)
    """How else it can be shown, the list itself among them: label, symbol, address, and whether it is so now."""
    archived_href: str | None = None
    columns: list[Column] = field(default_factory=list)
    sizes: list[tuple[int, str, bool]] = field(default_factory=list)
    menus: Menus = field(default_factory=lambda: Menus([], None))
    selection: Selection | None = None
    body: Markup = EMPTY
    groups: list[GroupRow] | None = None
    note: str | None = None
    first: str = "0"
    last: str = "0"
    total: str = "0"
    prev_href: str | None = None
    next_href: str | None = None
    empty: Empty | None = None
    nothing: Nothing | None = None


@dataclass
class Menus:
    """Entries of the popovers: how to group, and which columns to show."""

    groups: list[tuple[str, str, bool]]
    group: str | None
    ungroup_href: str = ""
    columns: list[tuple[str, str, bool]] = field(default_factory=list)
    default_href: str = ""


def draw_page(view: ListView, reading: Reading, form: FilterForm) -> ListPage:
    """The page that a query asks for."""
    page, query = frame(view, reading, form), reading.query
    page.columns, page.menus = _heads(query), _menus(view, query)
    page.sizes = [(size, query.href(limit=size), size == query.size) for size in SIZES]
    page.selection = selection(reading.env, query)
    if query.group is None:
        _fill(page, view, reading)
    else:
        _fill_groups(page, view, reading, Grouping(reading, query.group))
    return page


def frame(view: ListView, reading: Reading, form: FilterForm) -> ListPage:
    """What stands around a list, a board or a month."""
    query, env = reading.query, reading.env
    return ListPage(
        title=str(view.model.plural),
        one=str(view.model.label),
        path=view.path,
        new_href=new_href(env, view.model.name) if _is_made_here(env, view) else None,
        csv_href=query.href(format="csv", group=None, fold=None),
        filter=form,
        chips=chips(env, query, reading.labels),
        text=query.text,
        searchable=view.is_searchable,
        archived_href=query.href(archived__eq="true") if not query.is_archive else None,
        kept={name: query.kept(*names) for name, names in FORMS.items()},
        shapes=_shapes(view, query),
    )


def _shapes(view: ListView, query: Query) -> list[tuple[str, str, str, bool]]:
    other = {"group": None, "fold": None, "columns": None, "month": None}
    found = [
        (str(_("Board")), "deal", query.href(**{**other, SHAPE: BOARD}), query.shape == BOARD)
        for _board in [view.board]
        if view.board is not None
    ]
    if view.dates:
        month = query.href(**{**other, SHAPE: MONTH})
        found.append((str(_("Calendar")), "cal", month, query.shape == MONTH))
    plain = (str(_("List")), "list", query.href(**{SHAPE: None, "month": None}), not query.shape)
    return [*found, plain] if found else []


FORMS: dict[str, tuple[str, ...]] = {"search": ("q",), "filter": (), "columns": ("columns",)}
"""The forms of the page, and the parameters that each sends itself."""


def _is_made_here(env: Env, view: ListView) -> bool:
    """Whether new ones begin at the list; what goes with a record is made on the page of that."""
    return env.may(view.model.name, "c") and not goes_with(view.model)


def new_href(env: Env, model: str) -> str:
    """Where a new record is made."""
    return INVITE if model == "base.user" and ADMIN in env.user.roles else f"/app/{model}/new"


def _heads(query: Query) -> list[Column]:
    columns, chosen, down = query.columns, query.sort.removeprefix("-"), query.sort.startswith("-")
    heads = []
    for place, item in enumerate(columns.items):
        head = Column(item.name, columns.label(place), item.numeric)
        if item.sortable and item.name not in columns.masked:
            current = item.name == chosen
            head.sort = ("descending" if down else "ascending") if current else None
            head.sort_href = query.href(sort=f"-{item.name}" if current and not down else item.name)
        heads.append(head)
    return heads


def _menus(view: ListView, query: Query) -> Menus:
    items = [item for item in offered(view.model) if item.name in view.readable | view.masked]
    readable = [item for item in items if item.name in view.readable]
    groups = [item for item in readable if item.groupable and isinstance(item, FEW)]
    by_name = {
        item.name: item for item in (*view.columns.items, *query.columns.items, *items) if is_column(item)
    }
    shown = query.columns.names
    return Menus(
        groups=[
            (str(item.label), query.href(group=item.name, fold=None), item is query.group) for item in groups
        ],
        group=str(query.group.label) if query.group else None,
        ungroup_href=query.href(group=None, fold=None),
        columns=[(item.name, str(item.label), item.name in shown) for item in by_name.values()],
        default_href=query.href(columns=None),
    )


# ----------------------------------------------------------------- rows
def _fill(page: ListPage, view: ListView, reading: Reading) -> None:
    query, columns = reading.query, reading.query.columns
    offset = (query.page - 1) * query.size
    statement = reading.sorted(reading.rows(columns).where(*reading.where()))
    if offset or reading.filters:  # what is wanted is rare or not: PostgreSQL shall plan for it each time
        statement = statement.offset(offset).limit(query.size)
    else:
        statement = statement.limit(constant(query.size))
    found = reading.env.execute(statement).all()
    is_last = len(found) < query.size and (bool(found) or offset == 0)
    total = offset + len(found) if is_last else _total(view, reading)
    _place(page, reading, offset, len(found), total)
    if total:
        page.body = draw(
            view.path, columns, show(reading, columns, found, choosing=page.selection is not None).rows()
        )
        _offer_every(page, len(found), total)
    else:
        _explain(page, reading)


def _offer_every(page: ListPage, shown: int, total: int) -> None:
    """Where there are more rows than the page shows, all of them can be chosen."""
    if page.selection is not None and total > shown:
        page.selection.every = page.total


def _total(view: ListView, reading: Reading) -> int:
    """How many rows there are, as far as they are counted."""
    if view.crowds.has(reading):
        return COUNT_LIMIT + 1
    total = reading.count(most=CROWD)
    if total == CROWD:
        view.crowds.add(reading)
    return total


def _place(page: ListPage, reading: Reading, offset: int, count: int, total: int) -> None:
    """Where in the list the page is."""
    query, formats = reading.query, reading.env.formats
    page.first = formats.number(offset + 1 if count else 0)
    page.last = formats.number(offset + count)
    page.total = _count(formats, total)
    page.prev_href = query.href(page=query.page - 1) if query.page > 1 else None
    page.next_href = query.href(page=query.page + 1) if offset + count < total else None


def _count(formats: Formats, count: int) -> str:
    return formats.number(count) if count <= COUNT_LIMIT else f"{formats.number(COUNT_LIMIT)}+"


def _explain(page: ListPage, reading: Reading) -> None:
    """Why there is nothing: no record yet, or none that meets every condition."""
    query, formats = reading.query, reading.env.formats
    conditions = [*page.chips, search_chip(query)] if query.text else page.chips
    *counts, without = reading.counts_without() if conditions else [0]
    if without:
        shown = [(chip, _count(formats, count)) for chip, count in zip(conditions, counts, strict=True)]
        page.nothing = Nothing(shown, query.cleared(), _count(formats, without))
    else:
        text = _("What you add here is seen by everyone who works with it.")
        page.empty = Empty(str(text), page.new_href)


# ----------------------------------------------------------------- groups
def _fill_groups(page: ListPage, view: ListView, reading: Reading, grouping: Grouping) -> None:
    query, columns = reading.query, reading.query.columns
    groups = grouping.groups(columns)
    if not groups:
        _explain(page, reading)
        return
    if len(groups) > MOST_GROUPS:
        groups = groups[:MOST_GROUPS]
        number = reading.env.formats.number(MOST_GROUPS)
        page.note = str(
            _("The first %(number)s groups are shown. Choose fewer records by a filter.", number=number)
        )
    offset, total = (query.page - 1) * query.size, open_rows(groups)
    size = max(0, min(query.size, total - offset))
    found = reading.env.execute(grouping.rows(columns).offset(offset).limit(size)).all() if size else []
    _place(page, reading, offset, len(found), total)
    page.total = reading.env.formats.number(sum(group.count for group in groups))
    page.groups = _group_rows(view, reading, grouping, groups, found, choosing=page.selection is not None)
    _offer_every(page, len(found), sum(group.count for group in groups))


def _group_rows(
    view: ListView,
    reading: Reading,
    grouping: Grouping,
    groups: Sequence[Group],
    found: Sequence[Any],
    *,
    choosing: bool,
) -> list[GroupRow]:
    query, columns = reading.query, reading.query.columns
    by_group: dict[Any, list[Any]] = defaultdict(list)
    values = show(reading, columns, [row[:-1] for row in found], choosing=choosing)
    for row, drawn in zip(found, values.rows(), strict=True):
        by_group[row[-1]].append(drawn)
    shown = shown_groups(groups, (query.page - 1) * query.size, query.size)
    return [
        GroupRow(
            label=label,
            count=reading.env.formats.number(group.count),
            sums=_sums(reading, columns, group),
            href=query.folding(group.token),
            folded=group.folded,
            body=draw(view.path, columns, by_group[group.value]) if group.value in by_group else EMPTY,
        )
        for group, label in zip(shown, grouping.labels(shown), strict=True)
    ]


def _sums(reading: Reading, columns: Columns, group: Group) -> list[str | None]:
    """A cell for each column but the first: the sum where there is one, of each currency its own."""
    write = reading.env.currencies.writer
    return [
        " · ".join(filter(None, (write(code)(value) for code, value in group.sums[item.name].items())))
        if item.name in group.sums
        else None
        for item in columns.items[1:]
    ]
