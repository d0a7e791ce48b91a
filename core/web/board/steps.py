"""The columns of its board on the page of a record: how far it got, and buttons that take it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.i18n.lazy import ngettext
from core.orm.kinds import Select
from core.orm.links import Many2one
from core.web.board import asking
from core.web.board.cards import SPLIT
from core.web.board.lanes import Choice, choices_of
from core.web.listing.columns import stored
from core.web.listing.labels import Labels

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.views.resolve import ResolvedView
    from core.web.listing.view import ListView


@dataclass
class Step:
    """One column: its label, what its button sends, and whether the record is there or has been."""

    label: str
    value: str
    is_current: bool
    is_passed: bool


@dataclass
class Steps:
    """What the template knows as `record.steps`."""

    label: str
    action: str
    steps: list[Step]
    may_move: bool


def steps(view: ListView, record: Any, *, may_write: bool) -> Steps | None:
    """The columns of the board on which a record is, in their order; None where there is no such board.

    Those before its own are passed where the board tells that something is still to be done with it.
    """
    board, env = view.board, record.env
    if board is None or not _may_see_columns(view, board, env):
        return None
    item = view.model.fields[board.attrs["by"]]
    choices = _choices(view, board, item, record)
    now = getattr(record, item.key)
    here = next((n for n, choice in enumerate(choices) if choice.value == now), None)
    if here is None:
        return None
    before, passed = choices[here].token, here if _is_open(view, board, record) else 0
    return Steps(
        str(item.label),
        f"{view.path}/move",
        [
            Step(
                _label(choice, _days(view, board, record) if number == here else ""),
                SPLIT.join((str(record.id), before, choice.token)),
                number == here,
                number < passed,
            )
            for number, choice in enumerate(choices)
        ],
        may_write and not (record.archived or item.readonly) and env.may_set(view.model.name, item.name),
    )


def _may_see_columns(view: ListView, board: ResolvedView, env: Env) -> bool:
    """Whether the reader may see by what the columns are put in order, and in what they lie."""
    item, within = view.model.fields[board.attrs["by"]], board.attrs["within"]
    if not isinstance(item, Many2one):
        return True
    target = env.registry.models[item.target_name]
    asked = {(target, within), (target, target.order)}
    if within:
        whose = env.registry.models[target.fields[within].target_name]  # type: ignore[attr-defined]
        asked.add((whose, whose.order))
    names = ((info.name, (name or "id").removeprefix("-")) for info, name in asked)
    return env.may(target.name, "r") and all(
        name == "id" or env.may_see(model, name) for model, name in names
    )


def _choices(view: ListView, board: ResolvedView, item: Field[Any], record: Any) -> list[Choice]:
    env: Env = record.env
    if isinstance(item, Select):
        return [Choice(key, str(label)) for key, label in item.choices.items()]
    within = board.attrs["within"]
    asked = asking.columns(env.registry, view.model.name, item.name, within or "")
    wanted = asked.statement.limit(asking.MOST_LANES)
    if within:
        frame = getattr(record, view.model.fields[within].key)
        wanted = wanted.where(stored(asked.which[0].cls, asked.which[0].fields[within]) == frame)
    return choices_of(Labels(env), *asked.which, [row[:2] for row in env.execute(wanted)])


def _is_open(view: ListView, board: ResolvedView, record: Any) -> bool:
    """Whether the board tells that something is to be done with a record, and the reader may know."""
    return board.attrs["until"] in view.readable and getattr(record, board.attrs["until"]) is None


def _days(view: ListView, board: ResolvedView, record: Any) -> str:
    """How many days it is in its column; nothing of what came today."""
    name = board.attrs["since"]
    since = getattr(record, name) if name in view.readable else None
    days = (record.env.now() - since).days if since is not None else 0
    return str(ngettext("%(count)s day", "%(count)s days", days)) if days > 0 else ""


def _label(choice: Choice, days: str) -> str:
    return f"{choice.label} · {days}" if days else choice.label
