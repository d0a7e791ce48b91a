"""The address of a list, checked before the database is asked anything, and the same list said otherwise."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from core.i18n.lazy import _
from core.orm.fields import Field
from core.orm.links import Many2one
from core.texts.text import words
from core.web.listing.columns import Columns, chosen_columns
from core.web.listing.filters import LONGEST_NAME, MOST_FILTERS, Filter, read_filter
from core.web.listing.refusal import SHOWN, BadRequest
from core.web.numbers import number

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.listing.view import ListView

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
LIST = ","
"""Stands as it is in an address: a list of columns that is said thirty times would be a kilobyte longer."""
SIZES = (20, 40, 80)
DEFAULT_SIZE = 80
MOST_FOLDED = 100
MOST_PARAMETERS = 200
FORMATS = ("csv",)
TYPED = ("filter_field", "filter_operator", "filter_value")
"""What the filter form sends: read by `typed`, never part of an address that stays."""

SHAPE, BOARD, MONTH = "view", "kanban", "calendar"
YEARS = range(3, 9_998)
"""Those of which a month can be shown."""
OPEN = "filter"
"""Names the saved view that is open; the address holds all of its filters beside it."""
FLEETING = frozenset((OPEN, "fold", "page", "column", "month", "limit", "format", *TYPED))
"""What of an address is no part of a saved view."""


@dataclass
class Query:
    """What the address asks for. `given` are its parameters as they came."""

    path: str
    given: Sequence[tuple[str, str]]
    columns: Columns
    sort: str = "-id"
    page: int = 1
    size: int = DEFAULT_SIZE
    text: str = ""
    filters: list[Filter] = field(default_factory=list)
    group: Field[Any] | None = None
    folded: frozenset[str] = frozenset()
    format: str = ""
    view: str = ""
    shape: str = ""
    """`kanban` or `calendar` where it is asked for as a board or a month; else it is a list."""
    month: dt.date | None = None
    """The first day of the month that is asked for."""
    column: str = ""
    """The column of the board whose page is turned."""

    @property
    def is_archive(self) -> bool:
        """Whether a filter asks for archived records, which no list shows otherwise."""
        asked = {(item.operator, item.text) for item in self.filters if item.is_archived}
        return not asked.isdisjoint({("eq", "true"), ("ne", "false")})

    def href(self, **changes: Any) -> str:
        """The same list with other parameters; None leaves one out. Only turning a page keeps the page."""
        left = dict(changes)
        pairs: list[tuple[str, str]] = []
        for name, text in self._lasting():
            pairs += [(name, text)] if name not in changes else _pairs(name, left.pop(name, None))
        return self._address(
            [*pairs, *(pair for name, value in left.items() for pair in _pairs(name, value))]
        )

    @property
    def here(self) -> str:
        """The very same address, the page that is turned too."""
        return self.href(**{name: text for name, text in self.given if name in ("page", "column")})

    def without(self, index: int) -> str:
        """The same list without one of its filters."""
        wanted = self.filters[index]
        kept = [(name, text) for name, text in self._lasting() if (name, text) != (wanted.name, wanted.text)]
        return self._address(kept)

    def cleared(self) -> str:
        """The same list without filters and search."""
        filters = {wanted.name for wanted in self.filters} | {"q"}
        return self._address([(name, text) for name, text in self._lasting() if name not in filters])

    def extended(self, name: str, text: str) -> str:
        """The same list with one filter more."""
        return self._address([*self._lasting(), (name, text)])

    def folding(self, token: str) -> str:
        """The same list with a group folded, or open where it is folded."""
        others = sorted(self.folded ^ {token})
        return self.href(fold=others)

    def kept(self, *names: str) -> list[tuple[str, str]]:
        """What a form of the page sends along, besides its own parameters `names`."""
        return [(name, text) for name, text in self._lasting() if name not in names]

    def _lasting(self) -> list[tuple[str, str]]:
        return [(name, text) for name, text in self.given if name not in ("page", "column", "format")]

    def _address(self, pairs: Sequence[tuple[str, str]]) -> str:
        if FLEETING.issuperset(name for name, _text in pairs):
            # alone, OPEN would ask for the view as it was saved
            pairs = [(name, text) for name, text in pairs if name != OPEN]
        return f"{self.path}?{urlencode(pairs, safe=LIST)}" if pairs else self.path


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    """A parameter as it stands in an address: once for each value, not at all for None."""
    if value is None:
        return []
    return [(name, text) for text in value] if isinstance(value, list) else [(name, str(value))]


def read_query(view: ListView, env: Env, pairs: Sequence[tuple[str, str]]) -> Query:
    """The query of an address's parameters. Raises BadRequest on one that is unknown or out of range."""
    return _Reader(view, env, pairs).read()


class _Reader:
    """Reads one address."""

    def __init__(self, view: ListView, env: Env, pairs: Sequence[tuple[str, str]]) -> None:
        if len(pairs) > MOST_PARAMETERS:
            raise BadRequest(_("The address has too many parameters."))
        self.view, self.env = view, env
        lasting = [
            (name, text) for name, text in pairs if name not in TYPED and (name != "q" or text.strip())
        ]
        self.query = Query(view.path, lasting, view.columns)
        self.query.sort = view.default_sort
        self.given: dict[str, list[str]] = {}
        for name, text in pairs:
            self.given.setdefault(name, []).append(text)

    def read(self) -> Query:
        for name, texts in self.given.items():
            if name in READERS:
                READERS[name](self, texts)
            elif "__" in name and len(name) <= LONGEST_NAME:
                self._filter(name, texts)
            elif name not in TYPED:
                raise BadRequest(_("“%(name)s” is not a parameter of this page.", name=name[:SHOWN]))
        self._check_folded()
        return self.query

    def _filter(self, name: str, texts: Sequence[str]) -> None:
        if len(self.query.filters) + len(texts) > MOST_FILTERS:
            raise BadRequest(_("At most %(number)s filters at once.", number=MOST_FILTERS))
        self.query.filters += [read_filter(self.env, self.view.model, name, text) for text in texts]

    def page(self, texts: Sequence[str]) -> None:
        self.query.page = _number(_one(texts, "page"), "page")

    def limit(self, texts: Sequence[str]) -> None:
        self.query.size = _number(_one(texts, "limit"), "limit")
        if self.query.size not in SIZES:
            raise BadRequest(_("Choose 20, 40 or 80 rows per page."))

    def sort(self, texts: Sequence[str]) -> None:
        sort = _one(texts, "sort")
        item = self._item(sort.removeprefix("-"))
        if item is None or not item.sortable or not self._has_order(item):
            raise BadRequest(_("This list cannot be sorted by “%(name)s”.", name=sort[:SHOWN]))
        self.query.sort = sort

    def q(self, texts: Sequence[str]) -> None:
        text = _one(texts, "q").strip()
        words(text)
        if text and not self.view.is_searchable:
            raise BadRequest(_("This list has nothing to search in."))
        self.query.text = text

    def group(self, texts: Sequence[str]) -> None:
        name = _one(texts, "group")
        item = self._item(name)
        if item is None or not item.groupable or not self._has_order(item):
            raise BadRequest(_("This list cannot be grouped by “%(name)s”.", name=name[:SHOWN]))
        self.query.group = item

    def fold(self, texts: Sequence[str]) -> None:
        if len(texts) > MOST_FOLDED or any(len(text) > LONGEST_NAME for text in texts):
            raise BadRequest(_("At most %(number)s groups can be folded.", number=MOST_FOLDED))
        self.query.folded = frozenset(texts)

    def columns(self, texts: Sequence[str]) -> None:
        names = [name for text in texts for name in text.split(",")]
        view = self.view
        self.query.columns = chosen_columns(view.resolved, view.readable, view.masked, names)

    def format(self, texts: Sequence[str]) -> None:
        self.query.format = _one(texts, "format")
        if self.query.format not in FORMATS:
            raise BadRequest(_("This list can be had as a page or as csv."))

    def filter(self, texts: Sequence[str]) -> None:
        key = number(_one(texts, OPEN))
        if not key:
            raise BadRequest(_("“%(name)s” is a number from 1.", name=OPEN))
        self.query.view = str(key)

    def view_as(self, texts: Sequence[str]) -> None:
        self.query.shape = _one(texts, SHAPE)
        known = {BOARD: self.view.board is not None, MONTH: bool(self.view.dates)}
        if not known.get(self.query.shape):
            raise BadRequest(_("This list cannot be shown as “%(name)s”.", name=self.query.shape[:SHOWN]))

    def month(self, texts: Sequence[str]) -> None:
        match = _MONTH.fullmatch(_one(texts, "month"))
        if match is None or int(match[1]) not in YEARS:
            raise BadRequest(_("A month is written as 2026-11."))
        self.query.month = dt.date(int(match[1]), int(match[2]), 1)

    def column(self, texts: Sequence[str]) -> None:
        self.query.column = _one(texts, "column")
        if len(self.query.column) > LONGEST_NAME:
            raise BadRequest(_("There is no column “%(name)s”.", name=self.query.column[:SHOWN]))

    def _item(self, name: str) -> Field[Any] | None:
        return self.view.model.fields[name] if name in self.view.readable else None

    def _has_order(self, item: Field[Any]) -> bool:
        """A link is put in order by the label of its target, which the reader must be able to read."""
        if not isinstance(item, Many2one):
            return True
        label = self.env.registry.models[item.target_name].label_field
        return label is None or self.env.may_see(item.target_name, label)

    def _check_folded(self) -> None:
        if self.query.folded and self.query.group is None:
            raise BadRequest(_("Only groups can be folded."))


READERS: Mapping[str, Callable[[_Reader, Sequence[str]], None]] = {
    "page": _Reader.page,
    "limit": _Reader.limit,
    "sort": _Reader.sort,
    "q": _Reader.q,
    "group": _Reader.group,
    "fold": _Reader.fold,
    "columns": _Reader.columns,
    "format": _Reader.format,
    OPEN: _Reader.filter,
    SHAPE: _Reader.view_as,
    "month": _Reader.month,
    "column": _Reader.column,
}


def _one(texts: Sequence[str], name: str) -> str:
    if len(texts) > 1:
        raise BadRequest(_("“%(name)s” is given more than once.", name=name))
    return texts[0]


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) < 1:
        raise BadRequest(_("“%(name)s” is a number from 1.", name=name))
    return int(text)
