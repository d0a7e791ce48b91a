"""Models: their names, what they build on, and where their links lead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from core.checks.common import fault
from core.errors import LoadError
from core.faults import in_words
from core.i18n.lazy import _
from core.orm.fields import Field
from core.orm.links import Link
from core.orm.model import Fragment, Model
from core.orm.registry import Registry
from core.plugins import Contribution

Models: TypeAlias = Sequence[Contribution[type[Model]]]


def check_models(models: Models, reach: Mapping[str, frozenset[str]]) -> None:
    """Names of models and fields, and that each fragment builds only on what is published and depended on."""
    owners = {item.value: item.addon for item in models}
    for item in models:
        fragment: Fragment = item.value.__lumbung__
        if not fragment.extends and not fragment.abstract:
            _check_name(item, fragment)
        for base in item.value.__mro__[1:]:
            _check_base(item, base, owners, reach[item.addon])
        for name, value in vars(item.value).items():
            if isinstance(value, Field):
                _check_field(item, name, value)


def _check_name(item: Contribution[type[Model]], fragment: Fragment) -> None:
    addon, _dot, own = fragment.model.partition(".")
    if addon != item.addon:
        raise fault(
            item,
            fragment.origin,
            _("The model %(model)s does not bear the name of its addon.", model=fragment.model),
            _("Call it “%(name)s”.", name=f"{item.addon}.{own}"),
        )


def _check_base(
    item: Contribution[type[Model]], base: type, owners: Mapping[type, str], near: Collection[str]
) -> None:
    if base is Model or not _has_fields(base):
        return
    names = {"name": item.value.__name__, "base": base.__qualname__}
    origin = item.value.__lumbung__.origin
    if base not in owners:
        raise fault(
            item,
            origin,
            _("%(name)s builds on %(base)s, which nobody publishes.", **names),
            _("Name %(base)s in models() too.", base=base.__qualname__),
        )
    if owners[base] not in near:
        raise fault(
            item,
            origin,
            _(
                "%(name)s builds on %(base)s, but its addon does not depend on %(owner)s.",
                owner=owners[base],
                **names,
            ),
            _("Name “%(owner)s” in depends, or in extras and do it in that module.", owner=owners[base]),
        )


def _has_fields(cls: type) -> bool:
    inside = vars(cls)
    return isinstance(inside.get("__lumbung__"), Fragment) or any(
        isinstance(value, Field) for value in inside.values()
    )


def _check_field(item: Contribution[type[Model]], name: str, field: Field[Any]) -> None:
    where = f"{item.value.__lumbung__.model}.{name}"
    if field.name != name:
        raise fault(
            item,
            field.origin,
            _("Field %(field)s is the same object as %(other)s.", field=where, other=field.name),
            _("Declare each field by a call of its own."),
        )
    try:
        _target = field.target_name if isinstance(field, Link) else None
    except Exception as error:
        raise fault(
            item,
            field.origin,
            _("Field %(field)s leads to no model: %(error)s.", field=where, error=in_words(error)),
            _("Name a model, its class, or a function that returns its class."),
        ) from error


def check_reach(registry: Registry, reach: Mapping[str, frozenset[str]]) -> None:
    """That links lead only to models of addons that are depended on: others may be missing tomorrow."""
    for info in registry:
        for link in info.fields.values():
            addon = registry.addon_of(link)
            if not isinstance(link, Link) or not addon:
                continue
            target = registry.models[link.target_name]
            if target.addon not in reach[addon]:
                raise LoadError(
                    _(
                        "Field %(field)s leads to %(target)s, which %(addon)s does not depend on.",
                        field=f"{info.name}.{link.name}",
                        target=target.name,
                        addon=addon,
                    ),
                    _(
                        "Name “%(owner)s” in depends, or in extras and do it in that module.",
                        owner=target.addon,
                    ),
                    addon=addon,
                    origin=link.origin,
                )
