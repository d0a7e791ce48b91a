"""Record rules and closed fields, as the page of a role tells them: what addons declare, and where it comes from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.i18n.lazy import TextLike, _
from core.web.admin.matrix import COLUMNS

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.manifest import Rule
    from core.orm.fields import Field
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
    """A field that is not open to everybody who reads its model."""

    model: TextLike
    label: TextLike
    access: TextLike
    symbol: str
    whose: str
    addon: str


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


def field_lines(assembly: Assembly, roles: Collection[str]) -> list[FieldLine]:
    """The fields with access of their own, and what these roles may do with them."""
    labels = role_labels(assembly)
    return [
        FieldLine(
            info.label,
            item.label,
            *_access(item, roles),
            ", ".join(labels.get(name, name) for name in item.access or ()),
            assembly.registry.addon_of(item),
        )
        for info in assembly.registry
        for item in info.own_fields
        if item.access is not None
    ]


def _access(item: Field[Any], roles: Collection[str]) -> tuple[TextLike, str]:
    letters = {letter for role in roles for letter in (item.access or {}).get(role, "")}
    if "w" in letters:
        return _("Read and change"), "edit"
    return (_("Read only"), "lock") if "r" in letters else (_("Hidden"), "eyeoff")
