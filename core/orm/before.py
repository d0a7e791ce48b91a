"""The methods of models that run before a write: in batches, for `env.create` and plain attribute writes alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.orm.changes import KEY, by_model, changed_names
from core.orm.model import Model

if TYPE_CHECKING:
    from core.orm.session import Session

ROUNDS = 10
"""So often what the methods change is told to them again."""


def call_methods(session: Session) -> bool:
    """Calls `before_create` and `before_write` until they change nothing more; says whether there were any.

    Raises RuntimeError after ROUNDS.
    """
    told: dict[Any, frozenset[str]] = {}
    for _round in range(ROUNDS):
        created = [record for record in session.new if record not in told and _has(record, "before_create")]
        updated = {
            record: fresh
            for record in sorted(session.dirty, key=KEY)
            if _has(record, "before_write")
            and (fresh := changed_names(record) - told.get(record, frozenset()))
        }
        if not created and not updated:
            return bool(told)
        told.update(dict.fromkeys(created, frozenset()))
        told.update((record, told.get(record, frozenset()) | names) for record, names in updated.items())
        for info, records in by_model(created).items():
            info.cls.before_create(records)
        for info, records in by_model(updated).items():
            info.cls.before_write(
                records, {record.id: info.fields_behind(updated[record]) for record in records}
            )
    raise RuntimeError(f"before_* methods go on changing records: {_names([*created, *updated])}")


def _has(record: Any, method: str) -> bool:
    """Whether the model has the method from a fragment: most have none, and are not asked."""
    return getattr(type(record), method).__func__ is not getattr(Model, method).__func__


def _names(records: Any) -> str:
    return ", ".join(sorted({record.__lumbung__.name for record in records}))
