"""The statements of a list. Only what is shown is read, and counting stops where nobody reads on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.access.masks import masks_of
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.kinds import Text
from core.orm.links import Many2many, Many2one
from core.orm.model import Model
from core.orm.once import per_registry
from core.sql import one_of_sent, sent
from core.texts.index import matching
from core.web.listing.columns import Columns, stored
from core.web.listing.filters import condition
from core.web.listing.labels import Labels, label_column, label_text

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.registry import Registry
    from core.web.listing.query import Query

COUNT_LIMIT = 10_000
"""Counts above this are shown as "10.000+": nobody reads on, and counting costs more than the page."""
LONGEST_SHOWN = 200
"""Letters of a text over several lines that a cell shows."""


class Reading:
    """What a query asks of the database, as one reader."""

    def __init__(self, env: Env, model: ModelInfo, query: Query, labels: Labels) -> None:
        self.env, self.model, self.query, self.labels = env, model, query, labels
        self.cls: Any = model.cls
        self._filters: list[sa.ColumnElement[bool]] | None = None

    @property
    def filters(self) -> list[sa.ColumnElement[bool]]:
        """The condition of each filter, and of the search behind them if there is one."""
        if self._filters is None:
            wanted = self.query.filters
            self._filters = [condition(self.env, self.model, item, self.labels) for item in wanted]
            if self.query.text:
                self._filters.append(matching(self.env, self.cls, self.query.text))
        return self._filters

    def where(self, filters: Iterable[sa.ColumnElement[bool]] | None = None) -> list[sa.ColumnElement[bool]]:
        """What every row meets: archived records are no part of a list, unless a filter asks for them."""
        given = list(self.filters if filters is None else filters)
        asked = [
            item for wanted, item in zip(self.query.filters, self.filters, strict=False) if wanted.is_archived
        ]
        is_asked = any(item is other for item in asked for other in given)
        return given if is_asked else [self.cls.archived.is_(False), *given]

    def forget(self) -> None:
        """Lets go of the records that labels were read from: a long list takes no more memory than a page."""
        self.labels.forget()
        self.env.session.expunge_all()

    def masks(self, columns: Columns, keys: Sequence[int]) -> Mapping[str, Sequence[str]]:
        """What is shown of the masked columns of the rows `keys`."""
        names = [item.name for item in columns.wanted if item.name in columns.masked]
        return masks_of(self.env, self.model, names, keys) if names and keys else {}

    # ------------------------------------------------------------- counts
    def count(
        self, filters: Iterable[sa.ColumnElement[bool]] | None = None, most: int = COUNT_LIMIT + 1
    ) -> int:
        """How many rows meet the filters (those asked for); it stops counting at `most`."""
        some = sa.select(self.cls.id).where(*self.where(filters)).limit(most).subquery()
        return self.env.scalar(sa.select(sa.func.count()).select_from(some)) or 0

    def counts_without(self) -> list[int]:
        """How many rows there would be without each condition in turn, and last without any."""
        fewer = [[item for item in self.filters if item is not dropped] for dropped in self.filters]
        return [self.count(some) for some in [*fewer, []]]

    # ------------------------------------------------------------- rows
    def rows(self, columns: Columns, *, whole: bool = False) -> sa.Select[Any]:
        """The key and the stored values of `columns` of every row; long texts cut unless `whole`."""
        return sa.select(self.cls.id, *(self._value(item, whole) for item in columns.read))

    def _value(self, item: Field[Any], whole: bool) -> Any:
        attribute = stored(self.cls, item)
        if isinstance(item, Text) and not whole:
            return sa.func.substr(attribute, 1, LONGEST_SHOWN + 1)
        return attribute

    def sorted(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        """In the order asked for, a link by its target's label; the key last, so that pages never overlap."""
        name, down = self.query.sort.removeprefix("-"), self.query.sort.startswith("-")
        last = self.cls.id.desc() if down else self.cls.id
        if name == "id":
            return statement.order_by(last)
        item = self.model.fields[name]
        if isinstance(item, Many2one):
            statement, _target, label = self.joined(statement, item)
            return statement.order_by(item.sort(label, down), last)
        attribute = stored(self.cls, item)
        if (
            item.required and item.rank(attribute) is attribute
        ):  # nothing is empty: the database can go by an index
            return statement.order_by(attribute.desc() if down else attribute.asc(), last)
        return statement.order_by(item.sort(attribute, down), last)

    def joined(self, statement: sa.Select[Any], item: Many2one[Any]) -> tuple[sa.Select[Any], Any, Any]:
        """The statement with the records that a link leads to, if they may be seen, and with their label."""
        info = self.env.registry.models[item.target_name]
        target: Any = orm.aliased(info.cls)
        statement = statement.outerjoin(target, stored(self.cls, item) == target.id)
        return statement, target, getattr(target, info.label_field or "id")

    def linked(self, item: Many2many[Any], keys: Sequence[int]) -> dict[int, list[str]]:
        """The labels of the records that a many2many column leads to, per row, in one statement."""
        dialect = self.env.database.url.get_backend_name()
        statement = _linked(self.env.registry, dialect, self.model.name, item.name)
        pairs: Any = self.env.execute(statement, {"keys": sent(dialect, keys)})
        linked: dict[int, list[str]] = {key: [] for key in keys}
        for key, other, found in pairs:
            is_record = isinstance(found, Model)
            linked[key].append(found.display_label() if is_record else label_text(other, found))
        return linked


@per_registry
def _linked(registry: Registry, dialect: str, model: str, name: str) -> sa.Select[Any]:
    """Of the rows `keys`, each record that a many2many leads to, or no more of it than its label."""
    cls: Any = registry[model]
    info = registry.models[registry.info(model).fields[name].target_name]  # type: ignore[attr-defined]
    target: Any = orm.aliased(info.cls)
    column = label_column(info, target)
    return (
        sa.select(cls.id, target.id, target if column is None else column)
        .join(getattr(cls, name).of_type(target))
        .where(one_of_sent(dialect, cls.id))
        .order_by(target.id)
    )
