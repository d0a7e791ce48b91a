"""The registry: all models of one set of addons, composed and mapped; databases with that set share it."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy import orm

from core.errors import LoadError, LumbungError
from core.i18n.lazy import _
from core.orm import claims, prefetch
from core.orm.circles import circular
from core.orm.closed import CLOSED, close_link, closed
from core.orm.columns import Column
from core.orm.compose import Publication, check_access, check_links, check_required, compose
from core.orm.depends import plan as plan_computes
from core.orm.ends import far_ends
from core.orm.events import Listeners
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.kinds import Char, Select
from core.orm.lapsing import check_lapses, lapsing
from core.orm.links import Link, Many2many, Many2one, One2many
from core.orm.model import Model
from core.orm.names import CONVENTION, index_name, table_name
from core.orm.thrift import Comparator, collector_paused
from core.orm.translated import translated
from core.texts import index as texts
from core.texts.store import TABLES as search_tables

M = TypeVar("M", bound=Model)


class UnknownModel(LumbungError, KeyError):
    """A model that is not in this registry: its addon is not installed here."""

    def __str__(self) -> str:
        return f"model {self.args[0]!r} is not in this database: is its addon installed?"


class Registry:
    """Maps fragments and names to composed classes. Build it once per set of addons; `dispose()` frees it."""

    def __init__(
        self,
        published: Mapping[str, Sequence[type[Model]]],
        depends: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.publication = Publication(published, depends or {})
        self.metadata = sa.MetaData(naming_convention=CONVENTION)
        self._sa = orm.registry(metadata=self.metadata)
        self._holders: dict[str, str] = {}
        self._marks: dict[tuple[str, str], dict[str, str]] = {}
        self.policy: Any = None
        """The rules of the addons (core.access.rights.Policy), set once they are collected."""
        self.listeners = Listeners()
        """The hooks that are told what is written."""
        self.seen_statements: dict[Any, Any] = {}
        """What the door found in statements, by their cache key."""
        self.kept: dict[Any, Any] = {}
        """What was worked out once (core.orm.once)."""
        self.between: set[sa.FromClause] = set(search_tables)
        """Tables that statements may name without a model: pairs of links, and the texts of search."""
        with collector_paused():
            self._compose()
            self._map()
            self.computes = plan_computes(self)
            gc.freeze()  # all of it stays until `dispose`: no look for garbage is to walk over it again
        texts.check_numbers(self)
        sa.event.listen(
            self.metadata, "after_create", lambda target, connection, **options: texts.prepare(connection)
        )

    def _compose(self) -> None:
        self.models, self.findings = compose(self.publication)
        check_links(self.models, self.publication)
        check_required(self.models, self.publication)
        check_lapses(self.models, self.publication)
        check_access(self.models, self.publication)
        self._by_fragment = {part: info.cls for info in self.models.values() for part in info.fragments}
        self._inverse = self._inverses()
        self._circular = self._circle()

    # ------------------------------------------------------------- look-up
    @overload
    def __getitem__(self, key: type[M]) -> type[M]: ...
    @overload
    def __getitem__(self, key: str) -> type[Any]: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            if key not in self.models:
                raise UnknownModel(key)
            return self.models[key].cls
        if key in self._by_fragment:
            return self._by_fragment[key]
        if "__composed__" in key.__dict__ and self.models.get(key.__lumbung__.name) is key.__lumbung__:
            return key
        raise UnknownModel(f"{key.__module__}.{key.__qualname__}")

    def info(self, key: Any) -> ModelInfo:
        """What is known of a model, by name, fragment or composed class. Raises UnknownModel."""
        return self[key].__lumbung__  # type: ignore[no-any-return]

    def __contains__(self, key: object) -> bool:
        try:
            return isinstance(key, str | type) and bool(self[key])
        except UnknownModel:
            return False

    def __iter__(self) -> Iterator[ModelInfo]:
        return iter(self.models.values())

    def table_name(self, model: str) -> str:
        """The table in which a model's records lie."""
        return table_name(model)

    def addon_of(self, item: Field[Any]) -> str:
        """The addon that declared a field."""
        return self.publication.owner(item.owner)

    def declared_by(self, addon: str) -> list[tuple[ModelInfo, Field[Any]]]:
        """The fields that an addon declares, each with a model that has it."""
        found = {
            id(item): (info, item)
            for info in self
            for item in info.own_fields
            if self.addon_of(item) == addon
        }
        return list(found.values())

    def incoming(self, model: str) -> list[tuple[ModelInfo, Many2one[Any]]]:
        """The links of all models that lead to `model`: what has to be looked at before a delete."""
        return [
            (info, item)
            for info in self
            for item in info.fields.values()
            if isinstance(item, Many2one) and item.target_name == model
        ]

    # ------------------------------------------------------------- mapping
    def _inverses(self) -> dict[tuple[str, str], str]:
        """For each Many2one with a One2many on its target, the name of that One2many: of several the first."""
        found: dict[tuple[str, str], str] = {}
        for info in self:
            for item in info.fields.values():
                if isinstance(item, One2many):
                    found.setdefault((item.target_name, item.inverse), item.name)
        return found

    def _circle(self) -> set[str]:
        """The models whose links lead in a circle over other models."""
        links = [
            (info.name, item) for info in self for item in info.fields.values() if isinstance(item, Many2one)
        ]
        edges: dict[str, set[str]] = {info.name: set() for info in self}
        for name, item in links:
            edges[name] |= {item.target_name} - {name}
        return circular(edges)

    def _map(self) -> None:
        for info in self:
            info.table = self._table(info)
        for info in self:
            self._map_one(info)
        self._sa.configure()
        for info in self:
            info.far_ends = far_ends(self, info)
            for item in info.own_fields:
                if isinstance(item, Link) and item.access is not None:
                    close_link(info.cls, item.name)

    def _map_one(self, info: ModelInfo) -> None:
        links = [item for item in info.fields.values() if isinstance(item, Link)]
        properties = self._columns(info) | {item.name: self._relationship(info, item) for item in links}
        self._sa.map_imperatively(info.cls, info.table, properties=properties)
        for key in self._closed_keys(info):
            setattr(info.cls, key, closed(key))
        for item in info.fields.values():
            if isinstance(item, Select) and item.lapses:
                setattr(info.cls, item.name, lapsing(item))
            if isinstance(item, Char) and item.translate:
                mapped = item.key if item.access is None else item.key + CLOSED
                setattr(info.cls, item.name, translated(item.key, mapped))

    def _claim(self, info: ModelInfo) -> None:
        table = table_name(info.name)
        other = self._holders.setdefault(table, info.name)
        if other != info.name:
            raise LoadError(
                _("The models %(first)s and %(second)s would lie in one table, %(table)s.", first=other,
                  second=info.name, table=table),
                _("Give one of them another name."), addon=info.addon,
                origin=info.fragments[0].__lumbung__.origin)  # fmt: skip

    def _table(self, info: ModelInfo) -> sa.Table:
        self._claim(info)
        table = sa.Table(
            table_name(info.name), self.metadata, sqlite_autoincrement=True, info={"addon": info.addon}
        )
        for item in info.fields.values():
            mark = self._mark(info, item)
            for column in item.columns(self):
                column.info = mark
                table.append_column(column)
                along = isinstance(item.index, str)  # an index of its own begins with the column as well
                if item.unique or (not along and (item.index or isinstance(item, Many2one))):
                    self._index(table, column, item.unique)
            if isinstance(item, Many2many):
                between = item.association(self, self.metadata, info.name)
                between.info |= mark
                info.associations[item.name] = between
                self.between.add(between)
        for item in info.fields.values():
            if isinstance(item.index, str):
                self._index_along(info, table, item, item.index)
        self._index_order(info, table)
        claims.constrain(info, table)
        return table

    def _mark(self, info: ModelInfo, item: Field[Any]) -> dict[str, str]:
        """Whose a field is, and who brought it where that one only declares it anew: one for thousands of columns."""
        parts = (vars(part).get(item.name) for part in reversed(info.cls.__mro__)) if item.override else ()
        first = next((found for found in parts if isinstance(found, Field)), item)
        key = self._owner(info, item), self._owner(info, first)
        return self._marks.setdefault(key, {"addon": key[0], "brought": key[1]})

    def _owner(self, info: ModelInfo, item: Field[Any]) -> str:
        """The addon that a column is of: that of the model, also where it took the field from a mixin it builds on;
        of what another addon adds, that one."""
        addon = self.addon_of(item)
        is_taken = item.system or not addon or addon in self.publication.depends.get(info.addon, ())
        return info.addon if is_taken else addon

    def _index(self, table: sa.Table, column: sa.Column[Any], unique: bool) -> None:
        """Unique is always an index, never a constraint: additive on both databases."""
        name = index_name(table.name, column.name, unique=unique)
        sa.Index(name, column, unique=unique, info=column.info)

    def _index_along(self, info: ModelInfo, table: sa.Table, item: Field[Any], along: str) -> None:
        """The index of a field that goes on with another one, and the key."""
        if along not in info.fields:
            raise LoadError(
                _("%(model)s has no field “%(field)s”.", model=info.name, field=along),
                _("Name a field of the same model as index=."), addon=info.addon, origin=item.origin)  # fmt: skip
        column, other = table.c[item.key], table.c[info.fields[along].key]
        sa.Index(index_name(table.name, column.name, other.name), column, other, table.c.id, info=column.info)

    def _index_order(self, info: ModelInfo, table: sa.Table) -> None:
        """The index by which lists open, where that is by a field of the core, which cannot say `index=` itself."""
        item = info.fields.get((info.order or "").removeprefix("-"))
        if item is not None and item.system and item.key != "id":
            column = table.c[item.key]
            sa.Index(index_name(table.name, column.name, "id"), column, table.c.id, info=column.info)

    def _columns(self, info: ModelInfo) -> dict[str, Any]:
        """Columns by attribute; those of closed fields lie behind one that asks for the right to read them."""
        closed = self._closed_keys(info)
        return {
            f"{column.key}{CLOSED if column.key in closed else ''}": Column(
                column, comparator_factory=Comparator
            )
            for column in info.table.columns
        }

    def _closed_keys(self, info: ModelInfo) -> set[str]:
        return {
            column.key
            for item in info.own_fields
            if item.access is not None or item.lapses
            for column in item.columns(self)
        }

    def _relationship(self, info: ModelInfo, link: Link[Any]) -> Any:
        target = self.models[link.target_name]
        if isinstance(link, Many2one):
            return prefetch.Relation(
                target.cls,
                foreign_keys=[info.table.c[link.key]],
                remote_side=[target.table.c.id],
                back_populates=self._inverse.get((info.name, link.name)),
                post_update=not link.required
                and info is not target
                and {info.name, target.name} <= self._circular,
            )
        if isinstance(link, One2many):
            return self._children(target, link)
        between = info.associations[link.name]
        return prefetch.Relation(
            target.cls,
            secondary=between,
            primaryjoin=info.table.c.id == between.c.source_id,
            secondaryjoin=target.table.c.id == between.c.target_id,
            order_by=target.table.c.id,
            passive_deletes=True,
        )

    def _children(self, target: ModelInfo, link: One2many[Any]) -> Any:
        column = target.table.c[target.fields[link.inverse].key]
        first = self._inverse[target.name, link.inverse] == link.name
        return prefetch.Relation(
            target.cls,
            foreign_keys=[column],
            primaryjoin=self.models[target.fields[link.inverse].target_name].table.c.id == column,  # type: ignore[attr-defined]
            remote_side=[column],
            back_populates=link.inverse if first else None,
            order_by=target.table.c.id,
            passive_deletes="all" if first else False,
            viewonly=not first,
        )

    def dispose(self) -> None:
        """Gives back classes, mappers and memory; the registry is of no use afterwards."""
        self._sa.dispose(cascade=True)
        self.models.clear()
        self._by_fragment.clear()
        gc.unfreeze()  # a server freezes what it made before it forked
        gc.collect()
