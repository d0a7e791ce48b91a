"""The door: every statement of an env passes here, so no page, report, export, API call or job can forget it.

It puts the user's conditions into each statement, refuses statements that would go round them, and
refuses models and fields that the user may not read. It is a seat belt for honest addon code, not a
sandbox. It rests on SQLAlchemy's annotations of elements, which are private: the minor version is pinned
and the probes in `tests/core/access` fail loudly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql.visitors import HasTraverseInternals

from core.errors import LumbungError
from core.i18n.lazy import TextLike, _
from core.orm.closed import CLOSED
from core.orm.types import Exact

if TYPE_CHECKING:
    from core.access.rights import Rights
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry
    from core.orm.session import Session

_PLAIN = re.compile(r"[\w.*]+|'[^']*'")
INTERNAL = "lumbung_internal"
"""Marks a statement of the core that loads links: a denied target reads as nothing instead of an error."""
MOST_SEEN = 5_000
EXACT_FUNCTIONS = frozenset({"sum", "min", "max", "count", "coalesce", "nullif"})
"""The functions that are right over exact numbers on both databases."""


class AccessDenied(LumbungError):
    """The user may not do this. `message` says what, without a word of the record."""

    def __init__(self, message: TextLike) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class StatementRefused(LumbungError):
    """A statement that would go round the door: `text()`, a bare table, a bulk write by key."""


@dataclass(frozen=True)
class Named:
    """What a statement names: models, and fields by mapper and attribute."""

    mappers: frozenset[Any]
    columns: frozenset[tuple[Any, str]]


def guard(session: Session, state: orm.ORMExecuteState) -> None:
    """Called for every statement before it runs. Raises StatementRefused or AccessDenied."""
    statement: Any = state.statement
    if session.is_open_door:
        return
    internal = state.is_relationship_load or state.is_column_load or INTERNAL in state.execution_options
    named = _named(session, statement, internal)
    if not internal:
        _refuse_bulk(state)
    if state.is_update or state.is_delete:
        # SQLAlchemy may ask for the keys first, by the bare table, with the same conditions
        state.update_execution_options(**{INTERNAL: True})
    rights = session.rights
    if rights is None:
        return
    operation: Any = "r" if state.is_select else "d" if state.is_delete else "w"
    if not internal:
        _refuse_denied(rights, named, operation)
    _narrow(state, rights, named, operation)


def _refuse_bulk(state: orm.ORMExecuteState) -> None:
    if state.is_insert:
        raise StatementRefused("insert(): make records with env.create()")
    if state.is_update and isinstance(state.parameters, list):
        raise StatementRefused("a bulk update by key skips the door; use env.write() or update().where()")


def _refuse_denied(rights: Rights, named: Named, operation: Any) -> None:
    for mapper in named.mappers:
        info = mapper.class_.__lumbung__
        if not rights.may(info, "r") or not rights.may(info, operation):
            raise AccessDenied(_("Your roles do not open %(model)s.", model=info.plural))
    for mapper, key in named.columns:
        refuse_hidden(rights, mapper.class_.__lumbung__, key)


def refuse_hidden(rights: Rights, info: ModelInfo, key: str) -> None:
    """Raises AccessDenied where the user may not read the field behind an attribute."""
    if key in rights.hidden_keys(info):
        raise AccessDenied(_("Your roles do not open this field of %(model)s.", model=info.label))


def _narrow(state: orm.ORMExecuteState, rights: Rights, named: Named, operation: Any) -> None:
    statement: Any = state.statement
    if state.is_column_load:
        _narrow_refresh(state, rights)
        return
    have = statement._with_options
    if all(isinstance(option, LoaderCriteriaOption) for option in have):
        models = [mapper.class_.__lumbung__ for mapper in named.mappers]
    else:  # an eager load names its target in an option only
        models = list(rights.policy.registry)
    options = [rights.option(info, operation) for info in models]
    if operation != "r":
        options += [rights.option(info, "r") for info in models if info is not _target(state)]
    fresh = [option for option in options if option is not None and option not in have]
    if fresh:
        state.statement = statement.options(*fresh)


def _narrow_refresh(state: orm.ORMExecuteState, rights: Rights) -> None:
    """A refresh takes no options: its condition is a plain WHERE."""
    mapper: Any = state.bind_mapper
    statement: Any = state.statement
    condition = rights.condition(mapper.class_.__lumbung__, "r")
    if condition is not None:
        state.statement = statement.where(condition)


def _target(state: orm.ORMExecuteState) -> Any:
    mapper = state.bind_mapper
    return mapper.class_.__lumbung__ if mapper is not None else None


# ----------------------------------------------------------------- what a statement names
def _named(session: Session, statement: Any, internal: bool) -> Named:
    """What `statement` names; looked up by its cache key, as a page runs the same few over and over."""
    registry = session.env.registry
    cache_key = statement._generate_cache_key() if hasattr(statement, "_generate_cache_key") else None
    if cache_key is None:
        return _inspect(statement, registry, internal)
    seen, key = registry.seen_statements, (internal, cache_key.key)
    if key not in seen:
        if len(seen) > MOST_SEEN:
            seen.clear()
        seen[key] = _inspect(statement, registry, internal)
    return seen[key]  # type: ignore[no-any-return]


def _inspect(statement: Any, registry: Registry, internal: bool) -> Named:
    """What a statement names; a link also by its column, or by the table of its pairs of keys."""
    pairs = {
        table: (sa.inspect(info.cls), name) for info in registry for name, table in info.associations.items()
    }
    mappers: set[Any] = set()
    columns: set[tuple[Any, str]] = set()
    elements = list(_walk(statement))
    aliases = {_alias_of(element) for element in elements if _entity(element) is not None} - {None}
    for element in elements:
        entity = _entity(element)
        if entity is not None:
            mappers.add(entity.mapper)
            name = element._annotations.get("proxy_key", getattr(element, "key", None))
            if name is not None:
                columns.add((entity.mapper, name.removesuffix(CLOSED)))
        elif _table_of(element) in pairs:
            columns.add(pairs[_table_of(element)])
        elif (link := _link(element)) is not None:
            mappers.add(link.mapper)
        if isinstance(element, sa.Select):
            _refuse_relations(element)
        known = entity is not None or _table_of(element) in registry.between or _alias_of(element) in aliases
        reason = None if internal else _reason(element, known)
        if reason is not None:
            raise StatementRefused(f"{reason}; use env.unsafe_sql(why) where no model can say it")
    return Named(frozenset(mappers), frozenset(columns))


def _refuse_relations(select: Any) -> None:
    """A relation as a column, an order or a group would silently join every row with every other."""
    for clause in (*select._raw_columns, *select._order_by_clauses, *select._group_by_clauses):
        for part in sa.sql.visitors.iterate(clause):
            notes = getattr(part, "_annotations", {})
            space, name = notes.get("entity_namespace"), notes.get("proxy_key")
            mapper = getattr(space, "mapper", None)  # a hybrid has a name space of its own
            if mapper is not None and name in mapper.relationships:
                raise StatementRefused(
                    f"the relation {name!r} in SELECT, ORDER BY or GROUP BY: name its key, or join it"
                )


def _walk(statement: Any) -> Iterator[Any]:
    subject = statement._propagate_attrs.get("plugin_subject") if isinstance(statement, sa.Select) else None
    by_key = subject.mapper._get_clause[0] if subject is not None else None  # what session.get() compares
    stack, seen = [statement], {id(by_key)}
    while stack:
        element = stack.pop()
        if id(element) in seen:
            continue
        seen.add(id(element))
        yield element
        if isinstance(element, sa.Column | sa.Table | sa.sql.expression.ColumnClause):
            continue  # an ORM column's table is the plain table
        if isinstance(element, sa.sql.expression.Alias) and isinstance(element.element, sa.Table):
            continue
        link = _link(element)
        if link is not None:
            stack.extend(_without_key(element, link.mapper.local_table))
            continue
        omit = ("_correlate", "_correlate_except") if isinstance(element, sa.Select) else ()
        stack.extend(HasTraverseInternals.get_children(element, omit_attrs=omit))


def _link(element: Any) -> Any:
    """The many2many link over which a join leads, of which `element` is the condition."""
    notes = getattr(element, "_annotations", {})
    mapper = notes.get("proxy_owner") if isinstance(element, sa.BooleanClauseList) else None
    link = mapper.relationships.get(notes["proxy_key"]) if mapper is not None else None
    return link if link is not None and link.secondary is not None else None


def _without_key(condition: Any, far: Any) -> Iterator[Any]:
    """The parts of a join's condition, without the bare key of `far` that SQLAlchemy itself compares with a pair."""
    for part in condition.clauses:
        left = getattr(part, "left", None)
        is_key = isinstance(left, sa.Column) and left.key == "id" and _table_of(left) is far
        yield part.right if is_key else part


def _entity(element: Any) -> Any:
    """The mapped class, or alias of one, that SQLAlchemy noted at an element."""
    return element._annotations.get("parententity") or element._annotations.get("parentmapper")


def _alias_of(element: Any) -> str | None:
    """The name of an alias, or of the one a column is of: joins note the model at some of its columns only."""
    table = element if isinstance(element, sa.Alias) else getattr(element, "table", None)
    return table.name if isinstance(table, sa.Alias) else None


def _table_of(element: Any) -> Any:
    """The table that a column, an alias or a table is of."""
    table = element.table if isinstance(element, sa.Column) else element
    return getattr(table, "element", table)


def _reason(element: Any, is_mapped: bool) -> str | None:
    """Why an element may not stand in a statement; None where it may."""
    match element:
        case sa.Column() | sa.Table():
            return None if is_mapped else f"bare table {_table_of(element)}"
        case sa.TextClause():
            return "text()"
        case sa.sql.expression.TextualSelect():
            return "a textual select"
        case sa.sql.expression.Alias() if isinstance(element.element, sa.Table):
            return None if is_mapped else f"bare table {element.element}"
        case sa.sql.expression.TableClause():
            return f"bare table {element.name}"
        case sa.sql.expression.ColumnClause() if element.is_literal and not _PLAIN.fullmatch(
            str(element.name)
        ):
            return "literal_column()"
        case sa.sql.functions.FunctionElement():
            return _inexact(element)
    return None


def _inexact(function: Any) -> str | None:
    """A function over an exact number that would come out wrong on SQLite only."""
    name = getattr(function, "name", None)
    if name is None or name in EXACT_FUNCTIONS:
        return None
    if any(isinstance(getattr(clause, "type", None), Exact) for clause in function.clauses):
        return f"{name}() over an exact number: use core.sql"
    return None
