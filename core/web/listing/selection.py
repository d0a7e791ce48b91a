"""Rows that are chosen in a list, and what the bar for them offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from core.web.listing.grouping import summed_items

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.listing.query import Query

CHOSEN, EVERY, QUERY = "row", "all", "query"
"""What the form of the bar sends: the rows that are ticked, whether all of the filter is meant, and the filter."""


@dataclass
class Selection:
    """What the template knows as `list.selection`; `sums` names the columns that are added up."""

    path: str
    query: str
    symbol: str
    sums: frozenset[str]
    is_archive: bool
    every: str | None = None


def selection(env: Env, query: Query) -> Selection | None:
    """The bar of a list; None for those who may change none of its records."""
    model = query.columns.model
    if not env.may(model.name, "w"):
        return None
    summed = summed_items(query.columns)
    return Selection(
        path=query.path,
        query=urlencode(query.kept()),
        symbol=env.currencies.symbol(env.currencies.own) if summed else "",
        sums=frozenset(item.name for item in summed)
        if summed and len(env.currencies.by_code) == 1
        else frozenset(),
        is_archive=query.is_archive,
    )


def boxes(keys: Sequence[int]) -> list[str]:
    """A cell for each row with a box to tick, which the head and the link of the row name."""
    start = f'<td><input type="checkbox" name="{CHOSEN}" value="'
    return [f'{start}{key}" aria-labelledby="c r{key}"></td>' for key in keys]
