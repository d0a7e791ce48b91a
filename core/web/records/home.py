"""Where a record is at home that goes with another one: on the page of that one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.base.of_record import OfRecord
from core.web.numbers import number

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo

NAMES = ("model", "record_id")


def goes_with(info: ModelInfo) -> bool:
    """Whether records of a model go with others."""
    return issubclass(info.cls, OfRecord)


def named(env: Env, model: str, text: str) -> tuple[str, int] | None:
    """The record that an address names as `crm.lead/5`, if one of `model` may go with it and the user may see it."""
    other, _slash, key = text.partition("/")
    found = of_key(env, other, key) if goes_with(env.registry.models[model]) else None
    return None if found is None else (other, int(key))


def of_key(env: Env, model: str, text: str) -> tuple[str, str] | None:
    """Address and name of a record, None where the user sees none."""
    key = number(text)
    record: Any = None
    if key is not None and model in env.registry.models and env.may(model, "r"):
        record = env.get(env.registry[model], key)
    return None if record is None else (f"/app/{model}/{key}#thread", record.display_label())


def of_record(env: Env, record: Any) -> tuple[str, str] | None:
    """The same of what a record goes with."""
    return of_key(env, record.model, str(record.record_id)) if isinstance(record, OfRecord) else None


def places(record: Any) -> tuple[str, str]:
    """The page of what a record goes with, and how another one of the same is begun; empty where it goes with none."""
    if not isinstance(record, OfRecord):
        return "", ""
    return f"/app/{record.model}/{record.record_id}#thread", f"?of={record.model}/{record.record_id}"
