"""What deleting a record means: what goes along, what loses its link, and what is in the way; as the reader sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.sql import among

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.orm.links import Many2one

SHOWN = 10
"""Records that are named of each kind."""
Found = dict["ModelInfo", list[int]]


@dataclass
class Affected:
    """Records of one kind: how many, the first of them as label and address, and a list of all where there is one."""

    label: str
    count: str
    records: list[tuple[str, str]]
    more: str | None = None


@dataclass
class DeletePage:
    """What the template knows as `delete`."""

    name: str
    path: str
    version: int
    back: tuple[str, str]
    archived: bool
    may_archive: bool
    along: list[Affected] = field(default_factory=list)
    losing: list[Affected] = field(default_factory=list)
    users: list[Affected] = field(default_factory=list)
    error: str | None = None


def delete_page(env: Env, record: Any) -> DeletePage:
    """The page that asks whether to delete a record. A statement per link that leads to what goes."""
    info: ModelInfo = record.__lumbung__
    path = f"/app/{info.name}"
    page = DeletePage(
        name=record.display_label(),
        path=f"{path}/{record.id}",
        version=record.version,
        back=(path, str(info.plural)),
        archived=record.archived,
        may_archive=env.may_with(record, "w"),
    )
    going = _going(env, info, record.id)
    page.along = [_affected(env, other, keys) for other, keys in _without(going, info, record.id)]
    for ondelete, shown in (("set_null", page.losing), ("restrict", page.users)):
        for other, link, keys in _leading(env, going, ondelete):
            is_direct = link.target_name == info.name and len(going[info]) == 1
            more = f"/app/{other.name}?{link.name}__eq={record.id}" if is_direct else None
            shown.append(_affected(env, other, keys, more, link))
    return page


def _going(env: Env, info: ModelInfo, key: int) -> Found:
    """The record and all that cascades from it."""
    going: Found = {info: [key]}
    fresh: Found = {info: [key]}
    while fresh:
        found: Found = {}
        for other, _link, keys in _leading(env, fresh, "cascade"):
            known = {*going.get(other, ()), *found.get(other, ())}
            found.setdefault(other, []).extend(key for key in keys if key not in known)
        fresh = {other: keys for other, keys in found.items() if keys}
        for other, keys in fresh.items():
            going.setdefault(other, []).extend(keys)
    return going


def _leading(env: Env, going: Found, ondelete: str) -> Iterator[tuple[ModelInfo, Many2one[Any], list[int]]]:
    """For each link of that kind, the records that lead to what goes and do not go themselves."""
    for target, keys in list(going.items()):
        for other, link in env.registry.incoming(target.name):
            if link.ondelete == ondelete and env.may(other.name, "r") and env.may_see(other.name, link.name):
                cls: Any = other.cls
                wanted = sa.select(cls.id).where(among(env, getattr(cls, link.key), keys)).order_by(cls.id)
                staying = set(env.scalars(wanted)) - set(going.get(other, ()))
                if staying:
                    yield other, link, sorted(staying)


def _without(going: Found, info: ModelInfo, key: int) -> Iterator[tuple[ModelInfo, list[int]]]:
    for other, keys in going.items():
        rest = [found for found in keys if (other, found) != (info, key)]
        if rest:
            yield other, rest


def _affected(
    env: Env,
    info: ModelInfo,
    keys: Sequence[int],
    more: str | None = None,
    link: Many2one[Any] | None = None,
) -> Affected:
    records = env.read(info.cls, keys[:SHOWN])
    label = str(info.plural) if link is None else f"{info.plural} · {link.label}"
    shown = [(record.display_label(), f"/app/{info.name}/{record.id}") for record in records]
    return Affected(label, env.formats.number(len(keys)), shown, more if len(keys) > SHOWN else None)
