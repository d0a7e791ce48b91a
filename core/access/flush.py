"""Access at the flush: one query per model and mode, whatever the number of records.

Before the SQL the stored rows must be within reach and links must lead to what the user may see; after it
the new rows must be within the rules and no link may lead from one company to another. Sudo skips all of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from core.access import companies
from core.access.door import AccessDenied
from core.access.grants import Operation
from core.errors import FieldError
from core.i18n.lazy import _
from core.orm import ends
from core.orm.closed import CLOSED
from core.orm.links import Link, Many2many, Many2one
from core.orm.session import Session
from core.sql import one_of

if TYPE_CHECKING:
    from core.access.rights import Rights
    from core.orm.changes import Changes
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.orm.model import Model

COMPANY = "company"
"""The field by which a record belongs to a company."""


class SetLink(NamedTuple):
    """A link that was given to a record: the field, and the key of what it leads to."""

    item: Link[Any]
    key: int


def check_operations(session: Session, changes: Changes) -> None:
    """Whoever may not do this with a model at all is told so before anything about the values."""
    batches: tuple[tuple[Operation, Iterable[ModelInfo]], ...] = (
        ("c", changes.created), ("w", changes.updated), ("d", changes.deleted))  # fmt: skip
    for operation, models in batches if session.rights is not None else ():
        for info in models:
            _check_operation(session.rights, info, operation)  # type: ignore[arg-type]


def check_stored(session: Session, changes: Changes) -> None:
    """What is about to be written or deleted must be the user's to write or delete."""
    rights = session.rights
    if rights is None:
        return
    for info, records in changes.created.items():
        given = {record: _given_names(record) for record in records}
        _check_fields(rights, info, given)
        _check_links(session, rights, given)
    for info, changed in changes.updated.items():
        _check_rows(session, info, list(changed), rights.condition(info, "w"))
        _check_fields(rights, info, changed)
        _check_links(session, rights, changed)
    for info, records in changes.deleted.items():
        _check_rows(session, info, records, rights.condition(info, "d"))


def check_written(session: Session, changes: Changes) -> None:
    """What was written must be within the rules as it is now."""
    rights = session.rights
    if rights is None:
        return
    for info, records in changes.created.items():
        _check_rows(session, info, records, rights.after_write(info, "c"))
        companies.check(session, rights.policy, info, records, ())
    for info, changed in changes.updated.items():
        _check_rows(session, info, list(changed), rights.after_write(info, "w"))
        moved = [record for record, names in changed.items() if names & companies.COMPANY]
        companies.check(session, rights.policy, info, list(changed), moved)


def _check_operation(rights: Rights, info: ModelInfo, operation: Operation) -> None:
    if not rights.may(info, operation):
        raise AccessDenied(_("Your roles do not allow this with %(model)s.", model=info.plural))


def _check_rows(
    session: Session, info: ModelInfo, records: Sequence[Model], condition: sa.ColumnElement[bool] | None
) -> None:
    """Every record must meet the condition, as its row stands in the database."""
    if condition is None:
        return
    keys = list(
        {sa.inspect(record).identity[0] if sa.inspect(record).identity else record.id for record in records}
    )
    connection = session.core_connection()
    here = one_of(connection.dialect.name, info.table.c.id, keys)
    found = connection.scalar(sa.select(sa.func.count()).select_from(info.cls).where(here, condition))
    if found != len(keys):
        raise AccessDenied(_("Your roles do not allow this with some of these %(model)s.", model=info.plural))


def _given_names(record: Any) -> frozenset[str]:
    """The attributes that a new record was given; nothing where there is nothing anyway is no gift."""
    empties = type(record).__lumbung__.empties
    given = (name for name, value in vars(record).items() if value is not None or name not in empties)
    return frozenset(name.removesuffix(CLOSED) for name in given)


def _check_fields(rights: Rights, info: ModelInfo, changed: Mapping[Any, frozenset[str]]) -> None:
    """Fields with access of their own may be set only by those it names; a new record has its defaults."""
    closed = [item for item in info.own_fields if not (item.compute or rights.may_field(info, item, "w"))]
    for item in closed:
        for record, names in changed.items():
            if names & {item.name, item.key} and not _is_default(record, item):
                raise AccessDenied(_("Your roles do not allow a change of %(field)s.", field=item.label))


def _is_default(record: Model, item: Field[Any]) -> bool:
    state = sa.inspect(record)
    constant = item.stored_default
    return constant is not None and not state.persistent and state.dict.get(item.key + CLOSED) == constant


def _check_links(session: Session, rights: Rights, changed: Mapping[Any, frozenset[str]]) -> None:
    """Links that were set lead to records that the user may see; those still to come are checked as themselves."""
    links = [link for record, names in changed.items() for link in _set_links(record, names)]
    keys: dict[str, set[int]] = defaultdict(set)
    for item, key in links:
        keys[item.target_name].add(key)
    registry = rights.policy.registry
    seen = {
        name: _visible(session, rights, registry.models[name], sorted(wanted))
        for name, wanted in keys.items()
    }
    for item, key in links:
        if key not in seen[item.target_name]:
            raise FieldError(_("%(field)s: no such record.", field=item.label), item.name)


def _set_links(record: Any, names: frozenset[str]) -> Iterator[SetLink]:
    for item in record.__lumbung__.near_links:
        if isinstance(item, Many2one) and names & {item.key, item.name}:
            key = ends.key_at(record, item)
            yield from [] if key is None else [SetLink(item, key)]
        elif isinstance(item, Many2many) and item.name in names:
            added = sa.inspect(record).attrs[item.name].history.added
            yield from (SetLink(item, target.id) for target in added if not sa.inspect(target).pending)


def _visible(session: Session, rights: Rights, target: ModelInfo, keys: Sequence[int]) -> set[int]:
    """Those of the keys whose records the user may see."""
    condition, connection, key = rights.condition(target, "r"), session.core_connection(), target.table.c.id
    statement = sa.select(key).where(one_of(connection.dialect.name, key, keys))
    return set(connection.scalars(statement if condition is None else statement.where(condition)))
