"""Roles: their names, what they imply, and who is granted what by models, fields and rules."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from core.checks.common import check_roles_known, fault, given_twice
from core.checks.models import Models
from core.errors import Origin
from core.i18n.lazy import LazyText, _
from core.manifest import Role, Rule
from core.orm.fields import Field
from core.orm.model import Fragment
from core.plugins import Contribution

MODEL_ACCESS = re.compile(r"[rwcd]+(:(own|team|all))?( [rwcd]+(:(own|team|all))?)*")
FIELD_ACCESS = re.compile(r"[rw]+|m")
LINK_ACCESS = re.compile(r"[rw]+")
OPERATIONS = re.compile(r"[rwcd]+")


def check_roles(roles: Sequence[Contribution[Role]]) -> None:
    """Names of roles, and that what they imply exists and does not go round."""
    implied: dict[str, tuple[str, ...]] = {}
    for item in roles:
        name = item.value.name
        if name in implied:
            raise given_twice(item, _("The role %(name)s is defined twice.", name=name))
        if not re.fullmatch(rf"{item.addon}\.[a-z][a-z0-9_]*", name):
            raise fault(
                item,
                item.value.origin,
                _("The role %(name)s does not bear the name of its addon.", name=name),
                _("Call it “%(addon)s.” and a word in small letters.", addon=item.addon),
            )
        implied[name] = item.value.implies
    for item in roles:
        check_roles_known(item, item.value.implies, implied, item.value.origin)
    for item in roles:
        if item.value.name in _implied_by(item.value.name, implied):
            raise fault(
                item,
                item.value.origin,
                _("The role %(name)s implies itself.", name=item.value.name),
                _("Take one role out of implies: %(names)s.", names=", ".join(item.value.implies)),
            )


def _implied_by(name: str, implied: Mapping[str, tuple[str, ...]]) -> set[str]:
    reached: set[str] = set()
    open_ = list(implied[name])
    while open_:
        other = open_.pop()
        if other not in reached:
            reached.add(other)
            open_ += implied[other]
    return reached


def check_access(models: Models, roles: Collection[str]) -> None:
    """That each `access=` of a model or field grants known operations to roles that exist."""
    for item in models:
        fragment: Fragment = item.value.__lumbung__
        remedy = _('Write access={"%(role)s": "rwcd"}, or "r w:own".', role="base.user")
        _check_grants(item, fragment.access, roles, fragment.origin, MODEL_ACCESS, remedy)
        for field in vars(item.value).values():
            if isinstance(field, Field):
                _check_field(item, field, roles)


def _check_field(item: Contribution[Any], field: Field[Any], roles: Collection[str]) -> None:
    """Of a field also “m” alone: a mask says less than to read, and is no reason to set. A link has none."""
    if field.maskable:
        remedy = _('Write access={"%(role)s": "r"}, "rw", or "m" for a mask.', role="base.user")
        _check_grants(item, field.access, roles, field.origin, FIELD_ACCESS, remedy)
    else:
        remedy = _('Write access={"%(role)s": "r"}, or "rw".', role="base.user")
        _check_grants(item, field.access, roles, field.origin, LINK_ACCESS, remedy)


def _check_grants(
    item: Contribution[Any],
    access: object,
    roles: Collection[str],
    origin: Origin,
    pattern: re.Pattern[str],
    remedy: LazyText,
) -> None:
    if access is None:
        return
    if not isinstance(access, Mapping):
        raise fault(item, origin, _("“%(access)s” does not say who may do what.", access=access), remedy)
    check_roles_known(item, access, roles, origin)
    for role, letters in access.items():
        if not pattern.fullmatch(str(letters)):
            what = _("“%(letters)s”, given to %(role)s, is no access.", letters=letters, role=role)
            raise fault(item, origin, what, remedy)


def check_rules(rules: Sequence[Contribution[Rule]], models: Models, roles: Collection[str]) -> None:
    """That each record rule is about a published model, known operations and roles that exist."""
    published = {item.value for item in models}
    for item in rules:
        rule = item.value
        check_roles_known(item, rule.roles, roles, rule.origin)
        if rule.model not in published:
            raise fault(
                item,
                rule.origin,
                _("A rule is about %(model)s, which nobody publishes.", model=rule.model),
                _("Publish the model, or name its addon in depends."),
            )
        if not OPERATIONS.fullmatch(str(rule.operations)) or not callable(rule.where):
            raise fault(
                item,
                rule.origin,
                _(
                    "A rule about %(model)s says no condition for r, w, c or d.",
                    model=rule.model.__lumbung__.model,
                ),
                _('Write Rule(Model, "rw", where=lambda M, env: …).'),
            )
