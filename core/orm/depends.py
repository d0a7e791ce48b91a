"""What computed fields depend on, worked out and checked once per registry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from core.errors import LoadError
from core.faults import did_you_mean
from core.i18n.lazy import TextLike, _
from core.orm.changes import STAMPS
from core.orm.links import Link, Many2many, Many2one, One2many

if TYPE_CHECKING:
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry


MOVING = frozenset({"version", "updated_at", "updated_by"})
"""What the core writes with every change: nobody is told of it."""


class Step(NamedTuple):
    """From rows to rows: those of `target` in a table where `source` is one of the keys.

    `link` is given where the step goes up the link that a record itself holds.
    """

    source: Any
    target: Any
    link: Many2one[Any] | None = None


Target: TypeAlias = "tuple[ModelInfo, Field[Any]]"
Path: TypeAlias = tuple[Step, ...]
"""From a changed row to those that are computed anew; none where it is the row itself."""


@dataclass
class Plan:
    """The computed fields in the order in which they are computed.

    `own` depend on their own row only; `late` on others, or on one that does. `watched` names the attributes
    that let an own one be computed; `triggers` leads from the field of a model to what is late because of it.
    """

    own: list[Target] = field(default_factory=list)
    late: list[Target] = field(default_factory=list)
    watched: dict[Target, frozenset[str]] = field(default_factory=dict)
    triggers: dict[ModelInfo, dict[str, list[tuple[Target, Path]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )


class _Trigger(NamedTuple):
    info: ModelInfo
    name: str
    path: Path


def plan(registry: Registry) -> Plan:
    """Raises LoadError on a missing method, an unknown field, a circle, and what a computed field cannot be."""
    made = Plan()
    triggers = {
        (info, item): list(_triggers(registry, info, item))
        for info in registry
        for item in info.own_fields
        if item.compute
    }
    for target in _in_order(registry, triggers):
        info, item = target
        _check(registry, info, item)
        if all(_is_there_before(trigger, made) for trigger in triggers[target]):
            made.own.append(target)
            names = {item.name, *(trigger.name for trigger in triggers[target])}
            made.watched[target] = frozenset(key for name in names for key in (name, info.fields[name].key))
            continue
        _check_late(registry, info, item)
        made.late.append(target)
        for trigger in triggers[target]:
            made.triggers[trigger.info][trigger.name].append((target, trigger.path))
    return made


def _is_there_before(trigger: _Trigger, made: Plan) -> bool:
    """Whether what a field depends on is known before its row is written."""
    item = trigger.info.fields[trigger.name]
    return not trigger.path and trigger.name not in STAMPS and (trigger.info, item) not in made.late


def _triggers(registry: Registry, info: ModelInfo, item: Field[Any]) -> Iterator[_Trigger]:
    """The fields that let `item` be computed, each with the way from its row to that of `item`."""
    depends: object = item.depends
    if isinstance(depends, str):
        raise _fault(
            registry, item,
            _("depends of field %(model)s.%(field)s is one text, not a tuple.", model=info.name, field=item.name),
            _("Write depends=(\"%(name)s\",), with the comma.", name=depends))  # fmt: skip
    for dotted in item.depends:
        here, path = info, Path()
        parts = dotted.split(".")
        for place, name in enumerate(parts):
            part = here.fields.get(name)
            if part is None or (place < len(parts) - 1 and not isinstance(part, Link)):
                raise _unknown(registry, info, item, dotted, here, name)
            if name in MOVING:
                raise _moving(registry, info, item, dotted)
            if isinstance(part, One2many):
                here = registry.models[part.target_name]
                back: Any = here.fields[part.inverse]
                path = (Step(here.table.c.id, here.table.c[back.key], back), *path)
                yield _Trigger(here, back.name, path)
                continue
            yield _Trigger(here, name, path)
            if isinstance(part, Many2one) and place < len(parts) - 1:
                path = (Step(here.table.c[part.key], here.table.c.id), *path)
            elif isinstance(part, Many2many):
                between = here.associations[name]
                path = (Step(between.c.target_id, between.c.source_id), *path)
            if isinstance(part, Link):
                here = registry.models[part.target_name]


def _in_order(registry: Registry, triggers: Mapping[Target, list[_Trigger]]) -> list[Target]:
    """Each behind those that it depends on."""
    order: list[Target] = []
    open_: list[Target] = []

    def visit(target: Target) -> None:
        if target in order:
            return
        if target in open_:
            raise _circle(registry, [*open_[open_.index(target) :], target])
        open_.append(target)
        for trigger in triggers[target]:
            inner = (trigger.info, trigger.info.fields[trigger.name])
            if inner in triggers:
                visit(inner)
        order.append(open_.pop())

    for target in triggers:
        visit(target)
    return order


def _check(registry: Registry, info: ModelInfo, item: Field[Any]) -> None:
    if isinstance(item, Link):
        raise _fault(
            registry, item,
            _("Field %(model)s.%(field)s is a link, which cannot be computed.", model=info.name, field=item.name),
            _("Set it in before_create() and before_write()."))  # fmt: skip
    if not callable(getattr(info.cls, item.compute or "", None)):
        methods = [name for name in dir(info.cls) if not name.startswith("__")]
        raise _fault(
            registry, item,
            _("Field %(model)s.%(field)s is computed by %(method)s(), which the model does not have.",
              model=info.name, field=item.name, method=item.compute),
            did_you_mean(item.compute or "", methods, _("Write it as a @classmethod that takes records.")))  # fmt: skip


def _check_late(registry: Registry, info: ModelInfo, item: Field[Any]) -> None:
    if item.required and item.stored_default is None:
        raise _fault(
            registry, item,
            _("Field %(model)s.%(field)s is required, but computed only once its row is there.",
              model=info.name, field=item.name),
            _("Give it a constant default=."))  # fmt: skip


def _unknown(
    registry: Registry, info: ModelInfo, item: Field[Any], dotted: str, here: ModelInfo, name: str
) -> LoadError:
    remedy = _("Correct depends=.")
    return _fault(
        registry, item,
        _("Field %(model)s.%(field)s depends on “%(path)s”, but %(other)s has no such field or link “%(name)s”.",
          model=info.name, field=item.name, path=dotted, other=here.name, name=name),
        remedy if name in here.fields else did_you_mean(name, list(here.fields), remedy))  # fmt: skip


def _moving(registry: Registry, info: ModelInfo, item: Field[Any], dotted: str) -> LoadError:
    return _fault(
        registry, item,
        _("Field %(model)s.%(field)s depends on “%(path)s”, which changes with every write.",
          model=info.name, field=item.name, path=dotted),
        _("Name the fields that it is made of in depends=."))  # fmt: skip


def _circle(registry: Registry, targets: list[Target]) -> LoadError:
    names = " → ".join(f"{info.name}.{item.name}" for info, item in targets)
    return _fault(
        registry, targets[0][1], _("Computed fields depend on each other in a circle: %(names)s.", names=names),
        _("Take one of them out of depends=."))  # fmt: skip


def _fault(registry: Registry, item: Field[Any], fault: TextLike, remedy: TextLike) -> LoadError:
    return LoadError(fault, remedy, addon=registry.addon_of(item), origin=item.origin)
