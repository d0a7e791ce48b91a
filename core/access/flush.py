"""Access at the flush: one query per model and mode, whatever the number of records.

Before the SQL the stored rows must be within reach and links must lead to what the user may see; after it
the new rows must still be within the rules. Sudo skips all of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from core.access.door import AccessDenied
from core.access.grants import Operation
from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.links import Many2one
from core.orm.session import Session, changed_names

if TYPE_CHECKING:
    from core.access.rights import Rights
    from core.orm.compose import ModelInfo
    from core.orm.model import Model

BATCH = 500
COMPANY = "company"
"""The field by which a record belongs to a company; a link between two companies' records is refused."""


@event.listens_for(Session, "before_flush")
def check_stored(session: Session, context: Any, instances: Any) -> None:
    """What is about to be written or deleted must be the user's to write or delete."""
    rights = session.rights
    if rights is None:
        return
    with session.no_autoflush:
        for info, records in _by_model(session.new):
            _check_operation(rights, info, "c")
            _check_fields(rights, info, records)
            _check_links(session, rights, info, records)
        for info, records in _by_model(r for r in session.dirty if changed_names(r)):
            _check_operation(rights, info, "w")
            _check_rows(session, info, records, rights.condition(info, "w"))
            _check_fields(rights, info, records)
            _check_links(session, rights, info, records)
        for info, records in _by_model(session.deleted):
            _check_operation(rights, info, "d")
            _check_rows(session, info, records, rights.condition(info, "d"))


@event.listens_for(Session, "after_flush")
def check_written(session: Session, context: Any) -> None:
    """What was written must be within the rules as it is now."""
    rights = session.rights
    if rights is None:
        return
    batches: tuple[tuple[Operation, Iterable[Any]], ...] = (("c", session.new), ("w", session.dirty))
    for operation, records in batches:
        for info, batch in _by_model(records):
            _check_rows(session, info, batch, rights.after_write(info, operation))


def _by_model(records: Iterable[Any]) -> Iterator[tuple[ModelInfo, list[Any]]]:
    batches: dict[type, list[Any]] = defaultdict(list)
    for record in records:
        batches[type(record)].append(record)
    for cls, batch in batches.items():
        yield cls.__lumbung__, batch  # type: ignore[attr-defined]


def _check_operation(rights: Rights, info: ModelInfo, operation: Operation) -> None:
    if not rights.may(info, operation):
        raise AccessDenied(_("Your roles do not allow this with %(model)s.", model=info.plural))


def _check_rows(
    session: Session, info: ModelInfo, records: Sequence[Model], condition: sa.ColumnElement[bool] | None
) -> None:
    """Every record must meet the condition, as its row stands in the database."""
    if condition is None:
        return
    keys = list({sa.inspect(record).identity[0] if sa.inspect(record).identity else record.id for record in records})
    found = 0
    for start in range(0, len(keys), BATCH):
        statement = sa.select(sa.func.count()).select_from(info.cls).where(
            info.table.c.id.in_(keys[start : start + BATCH]), condition)  # fmt: skip
        found += session.core_connection().scalar(statement) or 0
    if found != len(keys):
        raise AccessDenied(_("Your roles do not allow this with some of these %(model)s.", model=info.plural))


def _check_fields(rights: Rights, info: ModelInfo, records: Sequence[Model]) -> None:
    """Fields with access of their own may be set only by those it names."""
    closed = [item for item in info.own_fields if not rights.may_field(item, "w")]
    for item in closed:
        if any(changed_names(record) & {item.name, item.key} for record in records):
            raise AccessDenied(_("Your roles do not allow a change of %(field)s.", field=item.label))


def _check_links(session: Session, rights: Rights, info: ModelInfo, records: Sequence[Model]) -> None:
    """A link that was set leads to a record that the user may see, of the same company or of none."""
    for item in info.own_fields:
        if isinstance(item, Many2one):
            changed = [record for record in records if changed_names(record) & {item.key, item.name}]
            pairs = {record: key for record in changed if (key := _key(record, item)) is not None}
            if pairs:
                _check_targets(session, rights, info, item, pairs)


def _key(record: Model, item: Many2one[Any]) -> int | None:
    """The key that a link will have: that of the record set, else the key set; None for a record still to come."""
    target = record.__dict__.get(item.name)
    if target is not None and item.name in changed_names(record):
        return None if sa.inspect(target).pending else target.id
    return getattr(record, item.key)  # type: ignore[no-any-return]


def _check_targets(
    session: Session, rights: Rights, info: ModelInfo, item: Many2one[Any], pairs: Mapping[Model, int]
) -> None:
    target = rights.policy.registry.models[item.target_name]
    companies = _visible(session, rights, target, sorted(set(pairs.values())))
    owned = COMPANY in info.fields and item.target_name != info.fields[COMPANY].target_name  # type: ignore[attr-defined]
    for record, key in pairs.items():
        if key not in companies:
            raise FieldError(_("%(field)s: no such record.", field=item.label), item.name)
        mine, theirs = getattr(record, f"{COMPANY}_id", None), companies[key]
        if owned and None not in (mine, theirs) and mine != theirs:
            raise FieldError(_("%(field)s belongs to another company.", field=item.label), item.name)


def _visible(session: Session, rights: Rights, target: ModelInfo, keys: Sequence[int]) -> dict[int, int | None]:
    """The keys that the user may see, each with its company."""
    table = target.table
    company = table.c.company_id if "company_id" in table.c else sa.null()
    condition = rights.condition(target, "r")
    found: dict[int, int | None] = {}
    for start in range(0, len(keys), BATCH):
        statement = sa.select(table.c.id, company).where(table.c.id.in_(keys[start : start + BATCH]))
        if condition is not None:
            statement = statement.where(condition)
        found |= {key: owner for key, owner in session.core_connection().execute(statement)}
    return found
