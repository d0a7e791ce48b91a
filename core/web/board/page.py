"""What a page of a board says: the frame of the list, and its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup

from core.i18n.lazy import _
from core.web.board.asking import MOST_LANES
from core.web.board.begin import COLUMN
from core.web.board.cards import draw, sums
from core.web.board.lanes import Board, Lane
from core.web.listing.labels import Labels
from core.web.listing.page import Empty, ListPage, frame
from core.web.listing.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.orm.env import Env
    from core.web.listing.query import Query
    from core.web.listing.typed import FilterForm
    from core.web.listing.view import ListView


@dataclass
class LanePage:
    """A column as the template draws it."""

    token: str
    label: str
    count: str
    sum: str
    weighted: str
    body: Markup
    prev_href: str | None = None
    next_href: str | None = None
    further: str = ""
    """How many cards come after those that are shown."""
    new_href: str | None = None
    """Where a new record begins that stands here."""
    strip: str = ""
    """As markup what is planned for its cards; nothing where nothing is to be planned."""


@dataclass
class BoardPage:
    """What the template knows as `board`."""

    lanes: list[LanePage]
    frames: list[tuple[str, str, bool]]
    frame: str | None
    count: str
    sum: str
    weighted: str
    query: str
    may_move: bool
    is_open: bool
    """Whether what is over is left out of the count and the sums."""


def board_page(view: ListView, env: Env, query: Query, form: FilterForm) -> tuple[ListPage, BoardPage]:
    """The frame and the board that a query asks for."""
    reading = Reading(env, view.model, query, Labels(env))
    board = Board(view, reading)
    page = frame(view, reading, form)
    hidden = {item.name for item in board.filters_within}
    page.chips = [
        chip for chip, item in zip(page.chips, query.filters, strict=False) if item.name not in hidden
    ]
    if (
        not any(lane.count for lane in board.lanes)
        and not query.filters
        and not query.text
        and not board.frames[1:]
    ):
        page.empty = Empty("", page.new_href)
    number, every = env.formats.number, [*board.lanes, *board.beyond]
    live = [lane for lane in every if lane.count and not lane.is_over] or every
    if board.beyond:
        page.note = str(
            _("The first %(number)s columns are shown. The list has all.", number=number(MOST_LANES))
        )
    bodies, new_href = draw(board), page.new_href if env.may_set(view.model.name, board.by.name) else None
    return page, BoardPage(
        lanes=[_lane(board, lane, body, new_href) for lane, body in zip(board.lanes, bodies, strict=True)],
        frames=[
            (choice.label, query.href(**{f"{board.within.name}__eq": choice.token}), choice == board.frame)
            for choice in board.frames
            if board.within is not None
        ],
        frame=board.frame.label if board.frame else None,
        count=number(sum(lane.count for lane in live)),
        sum=sums(board, [lane.sums for lane in live]),
        weighted=_weighted(board, live),
        is_open=any(lane.is_over for lane in every) and not any(lane.is_over for lane in live),
        query=query.href().partition("?")[2],
        may_move=any(row[-1] for lane in board.lanes for row in lane.rows),
    )


def _lane(board: Board, lane: Lane, body: Markup, new_href: str | None) -> LanePage:
    query, number = board.reading.query, board.reading.env.formats.number
    _first, shown = board.span(lane)
    token = lane.choice.token
    return LanePage(
        token,
        lane.choice.label,
        number(lane.count),
        sums(board, [lane.sums]),
        _weighted(board, [lane]),
        body,
        query.href(column=token, page=lane.page - 1) if lane.page > 1 else None,
        query.href(column=token, page=lane.page + 1) if lane.count > shown else None,
        number(lane.count - shown) if lane.count > shown else "",
        f"{new_href}?{COLUMN}={quote(token)}" if new_href and lane.is_choice else None,
        strip=lane.plans.drawn(number),
    )


def _weighted(board: Board, lanes: Sequence[Lane]) -> str:
    """What is to be expected of the sums of columns; nothing where it is all of them."""
    of_it = [lane.weighted for lane in lanes]
    return "" if of_it == [lane.sums for lane in lanes] else sums(board, of_it)
