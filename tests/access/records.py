"""Records of any model, generated from its fields, each with a word of its own that betrays it in a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import count
from typing import Any

from core import (
    Boolean,
    Char,
    Date,
    DateTime,
    Decimal,
    Email,
    Env,
    Integer,
    Json,
    Many2many,
    Many2one,
    Phone,
    Select,
    Text,
    Url,
)
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.links import Link, One2many

LONG_ENOUGH = 12
"""A text that is shorter has no room for a canary."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Linked = Mapping[str, Any]
"""Records by model, for links to lead to."""

_numbers, _phones = count(1), count(20_000_001)


def canary(number: int) -> str:
    """A word that stands nowhere else."""
    return f"zq{number:06d}xk"


def values(info: ModelInfo, word: str, linked: Linked) -> dict[str, Any]:
    """A value for every field of a model that takes one, with `word` wherever there is room for it."""
    found = {
        item.name: value(item, word, linked) for item in info.own_fields if not isinstance(item, One2many)
    }
    return {name: given for name, given in found.items() if given is not None}


def value(item: Field[Any], word: str, linked: Linked) -> Any:  # noqa: C901 - a case per kind
    """A value of the kind of a field. Fails for a kind that nobody has thought of here."""
    match item:
        case Many2one():
            return linked.get(item.target_name)
        case Many2many():
            return [linked[item.target_name]] if item.target_name in linked else None
        case Email():
            return f"{word}@canary.example"
        case Phone():
            return f"+6281{next(_phones)}"
        case Url():
            return f"https://{word}.example"
        case Select():
            return next(iter(item.choices))
        case Char():
            return word if item.size >= LONG_ENOUGH else short(item.size)
        case Text():
            return word
        case Boolean():
            return item.default
        case Integer() | Decimal():
            return 7
        case Date():
            return dt.date(2026, 11, 24)
        case DateTime():
            return dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)
        case Json():
            return {"word": word}
    raise AssertionError(f"{type(item).__name__} is a kind that tests/access/records.py does not know")


def short(size: int) -> str:
    """A text of few letters that no other record has, and no shipped one: those of two letters begin behind z."""
    number, text = next(_numbers), ""
    while number:
        number, place = divmod(number, len(LETTERS))
        text = LETTERS[place] + text
    return text.rjust(size, "~")[-size:]


def in_order(registry: Any) -> list[ModelInfo]:
    """The models, each behind those that its links lead to, as far as they go in no circle."""
    placed: dict[str, ModelInfo] = {}
    while len(placed) < len(registry.models):
        waiting = [info for info in registry if info.name not in placed]
        ready = [info for info in waiting if not _targets(info) - placed.keys()]
        for info in ready or waiting[:1]:
            placed[info.name] = info
    return list(placed.values())


def _targets(info: ModelInfo) -> set[str]:
    links = [item for item in info.own_fields if isinstance(item, Link) and not isinstance(item, One2many)]
    return {item.target_name for item in links} - {info.name}


def make(env: Env, info: ModelInfo, word: str, linked: Linked, fixed: Mapping[str, Any]) -> Any:
    """A generated record; `fixed` says who owns it and where it belongs."""
    row = {
        **values(info, word, linked),
        **{name: given for name, given in fixed.items() if name in info.fields},
    }
    return env.create(info.cls, [row])[0]
