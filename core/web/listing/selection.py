"""Rows that are chosen in a list, and what the bar for them offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from core.orm.kinds import Char, Json, Text
from core.orm.links import One2many
from core.web import requests
from core.web.listing.grouping import summed_items

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.views.nodes import Node
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
    fields: Sequence[tuple[str, str]] = ()
    """Name and label of what can be set on all of them at once."""
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
        fields=[
            (node.name, str(node.attrs.get("label", model.fields[node.name].label)))
            for node in settable(env, model)
        ],
    )


def settable(env: Env, model: ModelInfo) -> list[Node]:
    """What the user may set on many records at once: the inputs of the form but those that differ for each record."""
    layout = requests.site().form_layout(model.name, env)
    nodes = (node for part in layout.sections for node in part.nodes if node.name not in layout.masked)
    open_ones = (node for node in nodes if not (node.attrs.get("readonly") or node.attrs.get("quiet")))
    board = requests.site().assembly.views.get(f"{model.name}.kanban")
    by, within = (board.attrs[name] if board is not None else None for name in ("by", "within"))
    found = [node for node in open_ones if _is_settable(env, model, node.name)]
    if any(
        node.name == by for node in found
    ):  # whose choices say it too: one alone would be of another board
        found = [node for node in found if node.name != within]
    return sorted(found, key=lambda node: isinstance(model.fields[node.name], Char | Text))  # seldom alike


def _is_settable(env: Env, model: ModelInfo, name: str) -> bool:
    item = model.fields[name]
    is_one = isinstance(item, One2many | Json) or item.unique or item.readonly
    return not is_one and env.may_set(model.name, name)


def boxes(keys: Sequence[int]) -> list[str]:
    """A cell for each row with a box to tick, which the head and the link of the row name."""
    start = f'<td><input type="checkbox" name="{CHOSEN}" value="'
    return [f'{start}{key}" aria-labelledby="c r{key}"></td>' for key in keys]
