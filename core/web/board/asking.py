"""The statements of a board, put together once: that takes longer than to run them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from core.orm.links import Many2one
from core.orm.once import per_registry
from core.sql import constant
from core.web.listing.columns import stored
from core.web.listing.labels import label_column

if TYPE_CHECKING:
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry
    from core.web.board.lanes import Board

MOST_LANES = 30
FRAME = "frame"
"""The parameter of the statement for cards that says what the board lies in. Those of its columns are `lane0`, and
`first0` and `most0` where the reader turned to further cards."""
Shape = Sequence[tuple[bool, int]]
"""Of each column that has cards whether it is that of the records without a value, and of how many cards it shows the
first; 0 where the parameters say from where and how many."""


# ----------------------------------------------------------------- columns
class Asked(NamedTuple):
    """The statement for columns; of them and of what they lie in the model, and whether the label is read with them."""

    statement: sa.Select[Any]
    which: tuple[ModelInfo, bool]
    whose: tuple[ModelInfo, bool] | None


@per_registry
def columns(registry: Registry, model: str, by: str, within: str) -> Asked:
    info = registry.models[registry.models[model].fields[by].target_name]  # type: ignore[attr-defined]
    cls: Any = info.cls
    label = label_column(info, cls)
    wanted = sa.select(cls.id, sa.null() if label is None else label).where(cls.archived.is_(False))
    which = info, label is not None
    if not within:
        return Asked(wanted.order_by(*_order(info, cls)).limit(MOST_LANES + 1), which, None)
    whose = registry.models[info.fields[within].target_name]  # type: ignore[attr-defined]
    far: Any = orm.aliased(whose.cls)
    name = label_column(whose, far)
    wanted = wanted.add_columns(far.id, sa.null() if name is None else name)
    wanted = wanted.join(far, stored(cls, info.fields[within]) == far.id).where(far.archived.is_(False))
    wanted = wanted.order_by(*_order(whose, far), *_order(info, cls))
    return Asked(wanted, which, (whose, name is not None))


def _order(info: Any, entity: Any) -> list[Any]:
    """The order of a model, and at last its key."""
    name = (info.order or "id").removeprefix("-")
    item = info.fields[name]
    attribute = (
        entity.id if name == "id" else item.sort(stored(entity, item), (info.order or "").startswith("-"))
    )
    return [attribute, entity.id]


# ----------------------------------------------------------------- cards
def cards(
    board: Board, shape: Shape, where: Sequence[sa.ColumnElement[bool]] | None
) -> tuple[sa.Select[Any], list[str]]:
    """The statement for the cards of columns, and the models of the labels that it reads beside them.

    `where` is what a reader asks of all cards; without it the statement is kept.
    """
    reading, wanted = board.reading, board.columns
    links = [
        one
        for one in wanted.wanted
        if isinstance(one, Many2one)
        and one.name not in wanted.masked
        and reading.env.may(one.target_name, "r")
    ]
    if where is not None:
        return _cards(board, shape, where, links)
    named = (board.by, board.within, board.since, board.before, None, *wanted.read, None, *links)
    key = (cards, board.model.name, reading.query.sort, *(item and item.name for item in named), *shape)
    kept = reading.env.registry.kept
    if key not in kept:
        kept[key] = _cards(board, shape, _every(board), links)
    return kept[key]  # type: ignore[no-any-return]


def _every(board: Board) -> list[sa.ColumnElement[bool]]:
    """What every card of a board meets that nobody filters."""
    cls = board.reading.cls
    within = [] if board.within is None else [stored(cls, board.within) == sa.bindparam(FRAME)]
    return [cls.archived.is_(False), *within]


def _cards(
    board: Board, shape: Shape, where: Sequence[sa.ColumnElement[bool]], links: Sequence[Many2one[Any]]
) -> tuple[sa.Select[Any], list[str]]:
    reading, key, column = board.reading, board.reading.cls.id, stored(board.reading.cls, board.by)
    chosen = reading.sorted(sa.select(key).where(*where))
    parts = [_part(chosen, column, number, *one) for number, one in enumerate(shape)]
    since, before = (
        sa.null() if item is None else stored(reading.cls, item) for item in (board.since, board.before)
    )
    wanted = reading.rows(board.columns).add_columns(since.label("since"), before.label("before"), column)
    wanted = wanted.where(key.in_(sa.union_all(*parts) if parts[1:] else parts[0]))
    return reading.labels.beside(reading.sorted(wanted), reading.cls, links)


def _part(chosen: sa.Select[Any], column: Any, number: int, is_empty: bool, few: int) -> sa.Select[Any]:
    """The keys of the cards of one column that are shown."""
    chosen = chosen.where(column.is_(None) if is_empty else column == sa.bindparam(f"lane{number}"))
    if few:
        return sa.select(chosen.limit(constant(few)).subquery())
    first, most = (sa.bindparam(f"{name}{number}", type_=sa.Integer) for name in ("first", "most"))
    return sa.select(chosen.offset(first).limit(most).subquery())
