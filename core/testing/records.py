"""Records of any model, generated from its fields, each with a word of its own that betrays it in a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import count
from typing import Any

import sqlalchemy as sa

from core import (
    Boolean,
    Char,
    Date,
    DateTime,
    Decimal,
    Email,
    Env,
    File,
    Integer,
    Json,
    Many2many,
    Many2one,
    Phone,
    Select,
    Text,
    Url,
    UserError,
)
from core.base import OfRecord
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.links import Link, One2many

LONG_ENOUGH = 12
"""A text that is shorter has no room for a canary."""
PARTNER = "base.partner"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Linked = Mapping[str, Any]
"""Records by model, for links to lead to."""

_numbers, _phones, _words = count(1), count(20_000_001), count(1)


def canary(number: int) -> str:
    """A word that stands nowhere else."""
    return f"zq{number:06d}xk"


def new_word() -> str:
    """The next of these words."""
    return canary(next(_words))


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
        case File():
            return {"name": f"{word}.txt", "type": "text/plain", "size": 1, "digest": "0" * 64}
        case Json():
            return {"word": word}
    raise AssertionError(f"{type(item).__name__} is a kind that core/testing/records.py does not know")


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
    more = {PARTNER} if issubclass(info.cls, OfRecord) else set()
    return {item.target_name for item in links} - {info.name} | more


def goes_with(info: ModelInfo, linked: Linked) -> dict[str, Any]:
    """What goes with another record goes with a contact here."""
    partner = linked.get(PARTNER)
    if not issubclass(info.cls, OfRecord) or partner is None:
        return {}
    return {"model": PARTNER, "record_id": partner.id}


def _may_be(info: ModelInfo, name: str, given: Any) -> bool:
    return given is not None or not info.fields[name].required


def make(env: Env, info: ModelInfo, word: str, linked: Linked, fixed: Mapping[str, Any]) -> Any:
    """A generated record; `fixed` says who owns it and where it belongs."""
    row = {
        **values(info, word, linked),
        **goes_with(info, linked),
        **{
            name: given for name, given in fixed.items() if name in info.fields and _may_be(info, name, given)
        },
    }
    return env.create(info.cls, [row])[0]


def make_with_links(
    env: Env,
    info: ModelInfo,
    fixed: Mapping[str, Any],
    underway: frozenset[str] = frozenset(),
    *,
    defaults: bool = False,
) -> Any:
    """A generated record that is written, with `fixed` as it is, and its `defaults` where those are asked for.

    What it must lead to is there, or generated too. Where it is refused like that, it is tried once more with its other
    links. Raises the UserError of the first try.
    """
    try:
        with env.session.savepoint():
            return _made(env, info, fixed, underway, every=False, defaults=defaults)
    except UserError as error:
        try:
            with env.session.savepoint():
                return _made(env, info, fixed, underway, every=True, defaults=defaults)
        except UserError:
            raise error from None


def _made(
    env: Env,
    info: ModelInfo,
    fixed: Mapping[str, Any],
    underway: frozenset[str],
    *,
    every: bool,
    defaults: bool,
) -> Any:
    needed = {
        item.target_name
        for item in info.near_links
        if isinstance(item, Many2one) and (item.required or every) and item.name not in fixed
    }
    needed |= {PARTNER} if issubclass(info.cls, OfRecord) else set()
    underway |= {info.name}
    taken = {item.target_name for item in info.near_links if item.unique}
    linked = {
        target: (None if target in taken else _first(env, target))
        or make_with_links(env, env.registry.info(target), {}, underway)
        for target in sorted(needed - underway)
    }
    generated = {**values(info, new_word(), linked), **goes_with(info, linked)}
    if defaults:
        generated = {
            name: given for name, given in generated.items() if not _has_default(env, info.fields[name])
        }
    [record] = env.create(info.cls, [{**generated, **fixed}])
    env.flush()
    return record


def _has_default(env: Env, item: Field[Any]) -> bool:
    """Whether a record is made with the field's default: what is unique, or empty by default, is generated."""
    given = item.default(env) if callable(item.default) else item.default
    return given is not None and not item.unique


def _first(env: Env, model: str) -> Any:
    """A record that is there already: what an addon ships is whole, as nothing generated would be."""
    cls = env[model]
    return env.scalars(sa.select(cls).where(cls.archived.is_(False)).order_by(cls.id).limit(1)).first()
