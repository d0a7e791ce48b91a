"""The list of one view for those who may read the same fields; made once for them and shared by threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.times import Calendar
from core.web.listing.columns import shown_columns
from core.web.listing.crowds import Crowds, Tallies
from core.web.listing.export import export, keys_of
from core.web.listing.labels import Labels
from core.web.listing.page import ListPage, draw_page
from core.web.listing.query import Query, read_query
from core.web.listing.reading import Reading
from core.web.listing.typed import FilterForm, filter_form, typed_filter

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.views.resolve import ResolvedView

STAMPS = ("created_at", "updated_at")
Pairs = Sequence[tuple[str, str]]


def dates(view: ResolvedView, readable: frozenset[str]) -> list[Field[Any]]:
    """The dates of a model but its stamps, those that the list has as columns first."""
    listed = [node.name for node in view.fields]
    found = [item for item in view.model.own_fields if isinstance(item, Calendar) and item.name not in STAMPS]
    open_ones = [item for item in found if item.name in readable]
    return sorted(open_ones, key=lambda item: listed.index(item.name) if item.name in listed else len(listed))


def _is_open(board: ResolvedView, readable: frozenset[str]) -> bool:
    return {board.attrs["by"], board.attrs["within"]} - {None} <= readable


class ListView:
    """The list of `view` for readers of the fields `readable`, who see a mask of those in `masked`."""

    def __init__(
        self,
        view: ResolvedView,
        readable: frozenset[str],
        masked: frozenset[str],
        board: ResolvedView | None = None,
    ) -> None:
        self.resolved = view
        self.model: ModelInfo = view.model
        self.readable = readable
        self.masked = masked
        self.path = f"/app/{view.model.name}"
        self.columns = shown_columns(view, readable, masked)
        self.crowds = Crowds()
        self.tallies = Tallies()
        self.board = board if board is not None and _is_open(board, readable) else None
        """The view as a board, where the reader may read what its columns are by."""

        self.dates = dates(view, readable)
        """The dates by which it can be shown as a calendar."""

    @property
    def is_searchable(self) -> bool:
        """Whether there is something to search in."""
        return bool(self.model.searched or self.model.searched_links)

    @property
    def default_sort(self) -> str:
        """The order that the model asks for, if the reader may read what it is by."""
        order = self.model.order or "-id"
        return order if order.removeprefix("-") in self.readable else "-id"

    def query(self, env: Env, pairs: Pairs) -> Query:
        """What an address asks for. Raises BadRequest on what it cannot take; asks the database nothing."""
        return read_query(self, env, pairs)

    def form(self, env: Env, typed: Sequence[str]) -> FilterForm:
        """The filter form, with what was typed into it. Raises BadRequest on what it does not offer."""
        return filter_form(env, self.model, self.readable, typed)

    def typed(self, env: Env, query: Query, form: FilterForm) -> str:
        """The address with the filter that was typed. Raises FieldError on a value that is none."""
        return query.extended(*typed_filter(env, self.model, form))

    def page(self, env: Env, query: Query, form: FilterForm) -> ListPage:
        """The rows that the query asks for and what stands around them."""
        return draw_page(self, Reading(env, self.model, query, Labels(env)), form)

    def lines(self, env: Env, query: Query) -> Iterator[str]:
        """The list as lines of a file. Raises BadRequest where it is too long."""
        reading = Reading(env, self.model, query, Labels(env))
        return export(reading, query.columns, keys_of(reading))
