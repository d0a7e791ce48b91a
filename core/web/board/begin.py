"""What a record begins with that is made in a column of a board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.orm.kinds import Select
from core.web.listing.columns import stored
from core.web.numbers import number

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.views.resolve import ResolvedView

COLUMN = "column"
"""Names in the address of a new record the column of the board in which it begins."""


def begun_in(board: ResolvedView | None, env: Env, token: str) -> dict[str, Any] | None:
    """The values of a new record in a column, as far as the user may set them; None where they see no such column."""
    found = None if board is None else _of_column(board, env, token)
    if board is None or found is None:
        return None
    return {name: value for name, value in found.items() if env.may_set(board.model.name, name)}


def _of_column(board: ResolvedView, env: Env, token: str) -> dict[str, Any] | None:
    by: Any = board.model.fields[board.attrs["by"]]
    if isinstance(by, Select):
        return {by.name: token} if token in by.choices else None
    key = number(token)
    record: Any = None if key is None else env.get(env[by.target_name], key)
    if record is None or record.archived:
        return None
    within = record.__lumbung__.fields.get(board.attrs["within"] or "")
    return {by.name: key, **({within.name: stored(record, within)} if within is not None else {})}
