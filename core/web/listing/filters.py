"""Filters: `field__operator=value`, the field dotted over two links at most, repeated filters all holding.

A path that the reader may not read to its end is an unknown field, and a record that they may not see is one
that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.links import Link, Many2one, One2many
from core.web.listing.columns import stored
from core.web.listing.refusal import SHOWN, BadRequest

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.web.listing.labels import Labels

MOST_FILTERS = 20
MOST_LINKS = 2
LONGEST_NAME = 200
LONGEST_TEXT = 2_000
Test = Callable[[Any], sa.ColumnElement[bool]]


@dataclass(frozen=True)
class Filter:
    """A filter as the address has it, with the fields that its path names.

    `is_label`: it asks for the label of what the path leads to, so that a reader thinks of the link.
    """

    name: str
    text: str
    links: tuple[Link[Any], ...]
    item: Field[Any]
    operator: str
    is_label: bool = False

    @property
    def label(self) -> str:
        """What is filtered: `Contact › City`."""
        named = self.links if self.is_label else (*self.links, self.item)
        return " › ".join(str(item.label) for item in named)

    @property
    def is_archived(self) -> bool:
        """Whether it says if archived records of the list itself are shown."""
        return not self.links and self.item.name == "archived"

    @property
    def keys(self) -> list[int]:
        """The keys of records that a filter by a link names."""
        if not isinstance(self.item, Link) or self.operator == "isnull":
            return []
        parts = self.item.parts(self.text) if self.operator == "in" else [self.text]
        return [self.item.read(part) for part in parts]


def read_filter(env: Env, info: ModelInfo, name: str, text: str) -> Filter:
    """The filter `name=text`. Raises BadRequest naming field and reason; asks the database nothing."""
    path, _mark, operator = name.rpartition("__")
    if len(name) > LONGEST_NAME or len(text) > LONGEST_TEXT:
        raise BadRequest(_("The filter “%(name)s” is too long.", name=name[:SHOWN]))
    names = path.split(".")
    if len(names) > MOST_LINKS + 1:
        raise BadRequest(_("The filter “%(name)s” goes over more than two links.", name=name[:SHOWN]))
    links: list[Link[Any]] = []
    for part in names[:-1]:
        link = _field(env, info, part, path)
        if not isinstance(link, Link):
            raise _unknown(path)
        links.append(link)
        info = env.registry.models[link.target_name]
    item = _field(env, info, names[-1], path)
    found = Filter(name, text, tuple(links), item, operator, bool(links) and item.name == info.label_field)
    try:
        _check(env, info, found)
    except FieldError as error:
        raise BadRequest(
            _("The filter “%(name)s” cannot be used: %(reason)s", name=name[:SHOWN], reason=error)
        ) from None
    return found


def _field(env: Env, info: ModelInfo, name: str, path: str) -> Field[Any]:
    item = info.fields.get(name)
    if item is None or not env.may_see(info.name, name):
        raise _unknown(path)
    return item


def _unknown(path: str) -> BadRequest:
    return BadRequest(_("There is no field “%(name)s” to filter by.", name=path[:SHOWN]))


def _check(env: Env, info: ModelInfo, wanted: Filter) -> None:
    """Lets the field read operator and text. Raises FieldError."""
    item, cls = wanted.item, info.cls
    attribute = cls.id if is_many(item) else stored(cls, item)
    item.filter(attribute, wanted.operator, wanted.text, env.formats.zone)


def is_many(item: Field[Any]) -> bool:
    """Whether a field leads to any number of records."""
    return isinstance(item, Link) and not isinstance(item, Many2one)


# ----------------------------------------------------------------- conditions
def condition(env: Env, info: ModelInfo, wanted: Filter, labels: Labels) -> sa.ColumnElement[bool]:
    """The condition on a model's rows. `labels` knows which of the named records the reader may see."""
    item, steps = wanted.item, list(wanted.links)
    if isinstance(item, Link) and is_many(item):
        steps.append(item)
    if not steps:
        return _test(env, wanted, wanted.operator, wanted.text, labels)(info.cls)
    operator, text, is_negative = _turned(wanted)
    reached = _reach(env, info, info.cls, steps, _test(env, wanted, operator, text, labels))
    return sa.not_(sa.func.coalesce(reached, sa.false())) if is_negative else reached


def _turned(wanted: Filter) -> tuple[str, str, bool]:
    """What is said of linked records: "is not" and "is empty" mean that there is none which is, or has."""
    if wanted.operator == "ne":
        return "eq", wanted.text, True
    if (wanted.operator, wanted.text) == ("isnull", "true"):
        return "isnull", "false", True
    return wanted.operator, wanted.text, False


def _test(env: Env, wanted: Filter, operator: str, text: str, labels: Labels) -> Test:
    """The condition on the row that the path leads to."""
    item = wanted.item
    if is_many(item) and operator == "isnull":
        return lambda entity: entity.id.is_not(None)
    if not isinstance(item, Link) or operator == "isnull":
        return lambda entity: item.filter(stored(entity, item), operator, text, env.formats.zone)
    seen = list(labels.get(item.target_name, wanted.keys))
    if is_many(item):
        return lambda entity: entity.id.in_(seen)
    if operator == "ne":
        return lambda entity: sa.or_(stored(entity, item).not_in(seen), stored(entity, item).is_(None))
    return lambda entity: stored(entity, item).in_(seen)


def _reach(
    env: Env, info: ModelInfo, entity: Any, steps: Sequence[Link[Any]], test: Test
) -> sa.ColumnElement[bool]:
    """Rows from which a path leads to one that meets the test: by key, so that no row comes twice."""
    if not steps:
        return test(entity)
    link = steps[0]
    target_info = env.registry.models[link.target_name]
    target: Any = orm.aliased(target_info.cls)
    below = _reach(env, target_info, target, steps[1:], test)
    if isinstance(link, Many2one):
        return stored(entity, link).in_(sa.select(target.id).where(below))  # type: ignore[no-any-return]
    if isinstance(link, One2many):
        back = stored(target, target_info.fields[link.inverse])
        return entity.id.in_(sa.select(back).where(below))  # type: ignore[no-any-return]
    pairs = info.associations[link.name].alias()
    here = sa.select(pairs.c.source_id).where(pairs.c.target_id.in_(sa.select(target.id).where(below)))
    return entity.id.in_(here)  # type: ignore[no-any-return]
