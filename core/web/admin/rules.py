"""Record rules and closed fields, as the page of a role tells them: what addons declare, and where it comes from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.access.grants import field_name
from core.access.overrides import MASKED
from core.i18n.lazy import TextLike, _
from core.web.admin.matrix import COLUMNS, FIELD, LEVELS, Matrix, Typed, input_name, levels

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.manifest import Rule
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.plugins import Contribution


@dataclass
class RuleLine:
    """A record rule in words."""

    name: TextLike
    models: str
    operations: str
    whose: str
    addon: str


@dataclass
class FieldLine:
    """A field that is not open to everybody who reads its model, and how far it is to the role itself."""

    name: str
    model: TextLike
    label: TextLike
    options: Sequence[tuple[str, TextLike, bool]]
    inherited: TextLike
    whose: str
    addon: str
    is_changed: bool
    now: TextLike


def rule_lines(assembly: Assembly, roles: Collection[str]) -> list[RuleLine]:
    """The rules that narrow what somebody with these roles reaches."""
    labels = role_labels(assembly)
    return [
        _rule_line(assembly, item, labels)
        for item in assembly.rules
        if not item.value.roles or set(item.value.roles) & set(roles)
    ]


def _rule_line(assembly: Assembly, item: Contribution[Rule], labels: dict[str, str]) -> RuleLine:
    rule = item.value
    models = [str(info.plural) for info in assembly.registry if issubclass(info.cls, rule.model)]
    operations = [str(label) for letter, label in COLUMNS if letter in rule.operations]
    whose = ", ".join(labels.get(name, name) for name in rule.roles) or str(_("Everybody"))
    return RuleLine(
        rule.name or rule.model.__name__, ", ".join(models), ", ".join(operations), whose, item.addon
    )


def role_labels(assembly: Assembly) -> dict[str, str]:
    """The names of shipped roles as one reads them."""
    return {item.value.name: str(item.value.label) for item in assembly.roles}


def field_lines(found: Matrix, assembly: Assembly, typed: Typed, clashes: Typed) -> list[FieldLine]:
    """The fields with access of their own, with what was typed over what the role may do with them."""
    labels = role_labels(assembly)
    return [
        _field_line(found, info, item, labels, typed, clashes)
        for info in assembly.registry
        for item in info.own_fields
        if item.access is not None
    ]


def _field_line(
    found: Matrix, info: ModelInfo, item: Field[Any], labels: dict[str, str], typed: Typed, clashes: Typed
) -> FieldLine:
    target = field_name(info.name, item.name)
    name, held, further = input_name(target, FIELD), found.level(target), found.level(target, found.included)
    chosen = typed.get(name, held)
    roles = {*(item.access or ()), *(role for role, what in found.overrides if what == target)}
    open_to = sorted(filter(None, (_open_to(found, target, role, labels) for role in roles)))
    return FieldLine(
        name=name,
        model=info.label,
        label=item.label,
        options=[(level, LEVELS[level][0], level == chosen) for level in levels(item)],
        inherited=""
        if further == "hidden"
        else _("%(level)s by a role that is included", level=LEVELS[further][0]),
        whose=", ".join(open_to),
        addon=found.env.registry.addon_of(item),
        is_changed=chosen != held,
        now=LEVELS[clashes[name]][0] if name in clashes else "",
    )


def _open_to(found: Matrix, target: str, role: str, labels: dict[str, str]) -> str:
    """The name of a role to which a field is open, if only masked; nothing where it is hidden."""
    level, label = found.level(target, [role]), labels.get(role, role)
    if level == MASKED:
        return str(_("%(role)s (masked)", role=label))
    return "" if level == "hidden" else label
