"""What a board asks of the database: its columns with their counts and sums, and the first cards of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from core.i18n.lazy import _
from core.orm.kinds import Select
from core.orm.links import Many2one
from core.orm.once import asked_once
from core.web.board import asking, strip
from core.web.board.asking import MOST_LANES
from core.web.listing.columns import Columns, shown_columns, stored
from core.web.listing.grouping import totals
from core.web.listing.labels import Labels, label_text
from core.web.listing.refusal import SHOWN, BadRequest
from core.web.threads import plans

if TYPE_CHECKING:
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.orm.numbers import Money
    from core.orm.times import DateTime
    from core.web.listing.reading import Reading
    from core.web.listing.view import ListView

CARDS, MOST_CARDS = 12, 72
"""Cards of a column, and of all columns, that a page shows: so it stays below 100 kB."""
SHOWN_BY = ("total", "weighted", "since", "until")
"""The fields by which heads and cards tell something: each is left out for who may not read it."""


class Choice(NamedTuple):
    """A value by which records are put into columns, or in which the columns lie."""

    value: Any
    label: str

    @property
    def token(self) -> str:
        """It as it stands in an address."""
        return "" if self.value is None else str(self.value)


def choices_of(labels: Labels, info: ModelInfo, is_labelled: bool, pairs: Sequence[Any]) -> list[Choice]:
    """Records as choices, with their labels; these are asked for where they are more than a column."""
    if is_labelled:
        return [Choice(key, label_text(key, text)) for key, text in pairs]
    known = labels.get(info.name, [key for key, _nothing in pairs])
    return [
        Choice(key, known[key].text if key in known else label_text(key, None)) for key, _nothing in pairs
    ]


@dataclass
class Lane:
    """A column: what it stands for, how many records there are in it, their sums by currency, and the rows shown."""

    choice: Choice
    count: int = 0
    over: int = 0
    """Of those how many are such that nothing is to be done with them any more."""
    sums: dict[str, Decimal | None] = field(default_factory=dict)
    weighted: dict[str, Decimal | None] = field(default_factory=dict)
    plans: strip.Plans = strip.NONE
    page: int = 1
    rows: list[Any] = field(default_factory=list)
    """Each with what Board.columns reads, since when it has been here, the key of what it was before, and whether the
    reader may move it."""
    is_choice: bool = False
    """Whether new records may be put here; else only such are left that were."""

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to be done with any of its records, as far as the board can tell."""
        return 0 < self.count == self.over


class Board:
    """The board of a view for one reading."""

    def __init__(self, view: ListView, reading: Reading) -> None:
        assert view.board is not None
        self.view, self.reading, self.model, self.path = view, reading, view.model, view.path
        attrs, fields = view.board.attrs, view.model.fields
        self.by: Field[Any] = fields[attrs["by"]]
        self.within: Many2one[Any] | None = fields[attrs["within"]] if attrs["within"] else None  # type: ignore[assignment]
        shown: dict[str, Any] = {
            name: fields[attrs[name]] for name in SHOWN_BY if attrs[name] in view.readable
        }
        self.total: Money[Any] | None = shown.get("total")
        self.weighted: Money[Any] | None = shown.get("weighted")
        self.since: DateTime[Any] | None = shown.get("since")
        self.over: DateTime[Any] | None = shown.get("until")
        is_open = strip.is_open(reading)
        self.until: DateTime[Any] | None = shown.get("until") if is_open else None
        self.before: Many2one[Any] | None = plans.predecessor(reading.env, view.model) if is_open else None
        self.columns: Columns = shown_columns(view.board, view.readable, view.masked)
        self.frames: list[Choice] = []
        """What one board lies in: the records of `within`, of which one is shown."""
        self.frame: Choice | None = None
        self.lanes = [Lane(choice, is_choice=True) for choice in self._choices()]
        self.beyond: list[Lane] = []
        """Columns that are counted only: there are more than MOST_LANES."""
        self._fill()

    # ------------------------------------------------------------- columns
    def _choices(self) -> list[Choice]:
        if isinstance(self.by, Select):
            return [Choice(key, str(label)) for key, label in self.by.choices.items()]
        found = self._targets()
        if self.within is None:
            return [choice for choice, _whose in found]
        return [choice for choice, whose in found if self.frame is not None and whose == self.frame.value]

    def _targets(self) -> list[tuple[Choice, Any]]:
        """The records that are columns, in their order, each with what it lies in; one statement."""
        env, within = self.reading.env, self.within.name if self.within is not None else ""
        asked = asking.columns(env.registry, self.model.name, self.by.name, within)
        rows = env.execute(asked.statement).all()
        if asked.whose is not None:
            self._choose(choices_of(self.reading.labels, *asked.whose, [row[2:] for row in rows]))
        found = choices_of(self.reading.labels, *asked.which, [row[:2] for row in rows])
        return [(choice, row[2:3] and row[2]) for choice, row in zip(found, rows, strict=True)]

    def _choose(self, choices: Sequence[Choice]) -> None:
        """The one that a filter names, else the first; what is archived has no board."""
        self.frames = list(dict.fromkeys(choices))
        asked = {key for item in self.filters_within for key in item.keys}
        chosen = [choice for choice in self.frames if choice.value in asked]
        if asked and not chosen:
            raise BadRequest(_("There is no board for this filter. Drop it, or look at the list."))
        self.frame = next(iter(chosen or self.frames), None)

    @property
    def filters_within(self) -> list[Any]:
        """The filters by which the address says which board is meant."""
        name = f"{self.within.name}__eq" if self.within is not None else ""
        return [item for item in self.reading.query.filters if item.name == name]

    # ------------------------------------------------------------- cards
    @asked_once
    def _where(self) -> list[sa.ColumnElement[bool]]:
        found = self.reading.where()
        if self.within is not None:
            cls = self.reading.cls
            found.append(stored(cls, self.within) == (self.frame.value if self.frame else None))
        return found

    def _fill(self) -> None:
        self._count()
        self._turn()
        self._deal_cards()

    def _counted(self) -> sa.Select[Any]:
        """Of each column how many there are, the sums, the weighted sums, and how many have what planned."""
        column = stored(self.reading.cls, self.by)
        summed = [item for item in (self.total, self.weighted) if item is not None]
        sums = [part for n, item in enumerate(summed) for part in totals(self.reading, self.columns, item, n)]
        over = sa.literal(0) if self.over is None else sa.func.count(stored(self.reading.cls, self.over))
        wanted = sa.select(column, sa.func.count(), over, *sums).where(*self._where).group_by(column)
        return wanted if self.until is None else strip.beside(self.reading, wanted, self.until)

    def _count(self) -> None:
        by_value, others = {lane.choice.value: lane for lane in self.lanes}, list[Lane]()
        codes = list(self.reading.env.currencies.by_code)
        for value, count, over, *told in self.view.tallies.get(self.reading, self.frame, self._counted):
            lane = by_value.get(value) or Lane(Choice(value, ""))
            lane.count, lane.over, rest = count, over, iter(told)
            for item, sums in ((self.total, lane.sums), (self.weighted, lane.weighted)):
                sums |= {} if item is None else {code: next(rest) for code in codes}
            lane.plans = strip.NONE if self.until is None else strip.Plans(*rest)
            others += [] if value in by_value else [lane]
        self._name(others[: max(0, MOST_LANES - len(self.lanes))])
        found = [*self.lanes, *others]
        self.lanes, self.beyond = found[:MOST_LANES], found[MOST_LANES:]

    def _name(self, lanes: Sequence[Lane]) -> None:
        """Names columns of what is no choice any more, as an archived stage: what stands there is not lost."""
        keys = [lane.choice.value for lane in lanes if lane.choice.value is not None]
        known: Mapping[int, Any] = {}
        if isinstance(self.by, Many2one) and keys:
            known = self.reading.labels.get(self.by.target_name, keys)
        nothing = str(_("%(field)s: empty", field=self.by.label))
        for lane in lanes:
            text = known[lane.choice.value].text if lane.choice.value in known else nothing
            lane.choice = Choice(lane.choice.value, text)

    @property
    def few(self) -> int:
        """Cards of each column as a board opens; of many columns each shows fewer."""
        return min(CARDS, max(1, MOST_CARDS // max(1, len(self.lanes))))

    def span(self, lane: Lane) -> tuple[int, int]:
        """The place of the first card of a column that is shown, and of the one after the last.

        Who turns to further ones sees as many as a column of a board of few columns has.
        """
        first = 0 if lane.page == 1 else self.few + (lane.page - 2) * CARDS
        return first, first + (self.few if lane.page == 1 else CARDS)

    def _turn(self) -> None:
        query = self.reading.query
        turned = [lane for lane in self.lanes if lane.choice.token == query.column]
        if query.page > 1 and not turned:
            raise BadRequest(_("There is no column “%(name)s”.", name=query.column[:SHOWN]))
        for lane in turned:
            lane.page = query.page

    def _deal_cards(self) -> None:
        """The cards of every column, in one statement: the keys of each by an index, and what they show at once."""
        lanes = [lane for lane in self.lanes if lane.count]
        if not lanes:
            return
        given: dict[str, Any] = {asking.FRAME: self.frame.value if self.frame else None}
        for number, lane in enumerate(lanes):
            first, behind = self.span(lane)
            given |= {
                f"lane{number}": lane.choice.value,
                f"first{number}": first,
                f"most{number}": behind - first,
            }
        wanted, names = self._wanted(lanes)
        may_move = self._writable
        told = [] if isinstance(may_move, bool) else [may_move]
        found = self.reading.env.execute(wanted.add_columns(*told) if told else wanted, given).all()
        by_value, width = {lane.choice.value: lane for lane in self.lanes}, len(self.columns.read) + 3
        for row in found:
            by_value[row[width]].rows.append((*row[:width], row[-1] if told else may_move))
        labels = slice(width + 1, -1 if told else None)
        self.reading.labels.keep(names, [row[labels] for row in found])

    def _wanted(self, lanes: Sequence[Lane]) -> tuple[sa.Select[Any], list[str]]:
        """The statement for the cards of columns, and the models of the labels that it reads."""
        is_filtered = self.reading.query.text or len(self.reading.query.filters) > len(self.filters_within)
        is_framed = self.within is None or self.frame is not None
        where = self._where if is_filtered or not is_framed else None
        few = self.few if where is None else 0
        shape = tuple((lane.choice.value is None, few if lane.page == 1 else 0) for lane in lanes)
        return asking.cards(self, shape, where)

    @property
    def _writable(self) -> sa.ColumnElement[bool] | bool:
        """Whether the reader may move a card: a card for a card, or all alike."""
        env, rights = self.reading.env, self.reading.env.session.rights
        if self.by.readonly or not (
            env.may(self.model.name, "w") and env.may_set(self.model.name, self.by.name)
        ):
            return False
        read, write = (None if rights is None else rights.condition(self.model, kind) for kind in ("r", "w"))
        return True if write is None or write is read else write
