"""What happened to records, as a reader may see it: who, when, and each field from what to what."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from core.access.gone import seen_gone
from core.i18n import catalogs
from core.i18n.lazy import TextLike, _
from core.orm.fields import Field
from core.orm.history import CHANGE, CREATED, DELETED, LOOKED
from core.orm.kinds import Char
from core.orm.links import Link, Many2many, Many2one
from core.orm.numbers import Money
from core.sql import among
from core.web.listing import NOT_VISIBLE
from core.web.listing.labels import Label, Labels

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo

LONGEST = 300
"""Letters of a value that are shown; the record itself has them all."""
USER = "base.user"


class Line(NamedTuple):
    """A field and what it was and became; of a set of links what left and what came."""

    label: TextLike
    before: str
    after: str
    is_set: bool


@dataclass(frozen=True)
class Entry:
    """One record changed at one moment. `who` is None for the system itself."""

    key: int
    who: Label | None
    what: TextLike
    symbol: str
    at: str
    time: str
    iso: str
    model: ModelInfo
    record: int
    lines: Sequence[Line]
    when: dt.datetime
    by: int | None
    label: str = ""
    href: str | None = None


def changes(
    env: Env, *conditions: Any, before: int | None, limit: int, until: dt.datetime | None = None
) -> list[Any]:
    """Rows of history, the latest first: those with a smaller key than `before`, and not later than `until`."""
    table = env.registry.models[CHANGE].table
    chosen = sa.select(table).where(*conditions).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        chosen = chosen.where(table.c.id < before)
    if until is not None:
        chosen = chosen.where(table.c.created_at <= until)
    return list(env.session.core_connection().execute(chosen))


def entries(env: Env, rows: Sequence[Any], whole: tuple[str, int] | None = None) -> list[Entry]:
    """Rows of history in words, without the fields that the reader may not see.

    Where they are told of the record `whole`, what was deleted with or from it says what it held.
    """
    teller = _Teller(env, rows, whole)
    return [teller.tell(row) for row in rows]


def visible(env: Env, rows: Sequence[Any]) -> list[Any]:
    """Those of the rows whose records the reader may see or, of deleted ones, could."""
    by_model: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        by_model[row.model].add(row.record_id)
    seen = within_reach(env, by_model, rows)
    return [row for row in rows if (row.model, row.record_id) in seen]


def within_reach(env: Env, keys: Mapping[str, Collection[int]], rows: Iterable[Any]) -> set[tuple[str, int]]:
    """Model and key of records that the reader may see; of deleted ones, if their last rows are among `rows`, could.

    Two statements, whatever the number of models.
    """
    known = {
        model: wanted
        for model, wanted in keys.items()
        if model in env.registry.models and env.may(model, "r")
    }
    there = _there(env, known)
    gone = {
        (row.model, row.record_id): (env.registry.models[row.model], row.record_id, row.values or {})
        for row in rows
        if row.action == DELETED and row.record_id in known.get(row.model, ())
    }
    lost = [row for place, row in gone.items() if place not in there]
    return {place for place, is_seen in there.items() if is_seen} | seen_gone(env, lost)


def _there(env: Env, keys: Mapping[str, Collection[int]]) -> dict[tuple[str, int], bool]:
    """Of those of the records that are there, whether the reader may see them."""
    rights, asked = env.session.rights, []
    for model, wanted in keys.items():
        info = env.registry.models[model]
        condition = None if rights is None else rights.condition(info, "r")
        is_seen = sa.true() if condition is None else condition
        chosen = sa.select(sa.literal(model, sa.Text), info.table.c.id, sa.case((is_seen, 1), else_=0))
        asked.append(chosen.where(among(env, info.table.c.id, sorted(wanted))))
    found = env.session.core_connection().execute(sa.union_all(*asked)) if asked else ()
    return {(model, key): bool(is_seen) for model, key, is_seen in found}


class _Teller:
    """Puts rows in words; what they lead to is looked up once for all."""

    def __init__(self, env: Env, rows: Sequence[Any], whole: tuple[str, int] | None) -> None:
        self._env = env
        self._whole = whole
        self._labels = Labels(env)
        wanted: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            wanted[USER].add(row.created_by or 0)
            for item, pair in self._values(row):
                if isinstance(item, Link):
                    wanted[item.target_name].update(key for side in pair for key in _keys(side))
        self._known = {
            model: self._labels.get(model, keys) for model, keys in wanted.items() if env.may(model, "r")
        }
        self._show: dict[Field[Any], Any] = {}
        self._records: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            self._records[row.model].append(row.record_id)
        self._currencies: dict[Field[Any], Mapping[int, str]] = {}

    def tell(self, row: Any) -> Entry:
        """One row."""
        info, formats = self._env.registry.models[row.model], self._env.formats
        lines = [
            self._line(item, pair, row)
            for item, pair in self._values(row)
            if item.name != "archived" and (row.action != DELETED or self._is_lost(item, pair))
        ]
        what, symbol = _action(row)
        return Entry(
            row.id, self._known.get(USER, {}).get(row.created_by), what, symbol, formats.moment(row.created_at),
            formats.time(row.created_at), row.created_at.isoformat(), info, row.record_id, lines,
            row.created_at, row.created_by,
        )  # fmt: skip

    def _is_lost(self, item: Field[Any], pair: Sequence[Any]) -> bool:
        """Whether a deleted record says of itself what it held: all but to what it belonged."""
        if self._whole is None:
            return False
        model, key = self._whole
        return not (isinstance(item, Many2one) and item.target_name == model and pair[0] == key)

    def _values(self, row: Any) -> Iterator[tuple[Field[Any], Sequence[Any]]]:
        info = self._env.registry.models[row.model]
        for name, pair in (row.values or {}).items():
            item = info.fields.get(name)
            if item is not None and self._env.may_see(info.name, name):
                yield item, pair

    def _line(self, item: Field[Any], pair: Sequence[Any], row: Any) -> Line:
        before, after = (self._text(item, value, row) for value in pair)
        return Line(item.label, before, after, isinstance(item, Many2many))

    def _text(self, item: Field[Any], value: Any, row: Any) -> str:
        if isinstance(item, Link):
            known = self._known.get(item.target_name, {})
            return ", ".join(known[key].text if key in known else str(NOT_VISIBLE) for key in _keys(value))
        if isinstance(item, Char) and item.translate:
            value = _in_language(value)
        else:
            value = item.load(value)
        text = self._writer(item, row)(value)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

    def _writer(self, item: Field[Any], row: Any) -> Callable[[Any], str]:
        """How a field is written; an amount in the currency that its record has now."""
        if not isinstance(item, Money):
            return self._show.setdefault(item, item.formatter(self._env.formats))  # type: ignore[no-any-return]
        known = self._env.currencies
        if item not in self._currencies:
            info = self._env.registry.models[row.model]
            self._currencies[item] = known.of_keys(info, item, self._records[row.model])
        return known.writer(self._currencies[item].get(row.record_id, known.own))


def _keys(value: Any) -> list[int]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _in_language(texts: Any) -> str:
    held = texts or {}
    return str(held.get(catalogs.current_language()) or next(iter(held.values()), ""))


def _action(row: Any) -> tuple[TextLike, str]:
    archived = (row.values or {}).get("archived")
    if row.action == CREATED:
        return _("created this record"), "plus"
    if row.action == DELETED:
        return _("deleted this record"), "trash"
    if row.action == LOOKED:
        return _("looked at what this person sees"), "eye"
    if archived:
        return (_("archived this record"), "box") if archived[1] else (_("restored this record"), "undo")
    return _("changed"), "edit"
