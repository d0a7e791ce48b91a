"""Why somebody may do something with a record, or not: the role, the scope or the rule that decides it, by name.

It asks the same conditions that the door puts into statements, each by itself, of the row as it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.access.grants import Operation, Scope, granted
from core.access.rights import OWNER, TEAM
from core.i18n.lazy import TextLike, _
from core.orm.links import Many2one

if TYPE_CHECKING:
    from core.access.rights import Rights
    from core.manifest import Rule
    from core.orm.env import Env
    from core.orm.info import ModelInfo

ASKED: tuple[Operation, ...] = ("r", "w", "d")
OWN, IN_TEAM, ARCHIVED = "own", "team", "archived"
Met = Mapping[Any, bool]
"""Whether a row meets each condition that was asked."""


@dataclass(frozen=True)
class Verdict:
    """Whether an operation is allowed, and all that decides it in words."""

    operation: Operation
    allowed: bool
    reasons: Sequence[TextLike]


@dataclass(frozen=True)
class Names:
    """What is named in the words: roles by their technical names, rules with their addons, people and teams."""

    roles: Mapping[str, str]
    rule: Callable[[Rule], TextLike]
    owner: TextLike
    team: TextLike


def verdicts(env: Env, info: ModelInfo, key: int, names: Names) -> list[Verdict] | None:
    """What the user of `env` may do with a record, asked past all rights; None where there is none."""
    rights = env.session.rights
    assert rights is not None  # nobody asks why the system may do something
    met = _met(env, rights, info, key)
    if met is None:
        return None
    read = _verdict(rights, info, "r", met, names)
    found = [replace(read, reasons=[*read.reasons, *_aside(met)])]
    for operation in ASKED[1:]:
        verdict = _verdict(rights, info, operation, met, names)
        if verdict.allowed and not read.allowed:
            verdict = Verdict(operation, False, [_("What cannot be read cannot be changed.")])
        found.append(verdict)
    return found


def _met(env: Env, rights: Rights, info: ModelInfo, key: int) -> Met | None:
    """One statement that asks each condition of the row by itself."""
    cls: Any = info.cls
    asked: dict[Any, Any] = {OWN: rights.own(info), ARCHIVED: info.table.c.archived}
    if isinstance(info.fields.get(TEAM), Many2one):
        asked[IN_TEAM] = cls.team_id.in_(env.user.teams)
    for number, rule in enumerate(rights.policy.rules.get(info.name, ())):
        asked[number] = rule.where(cls, env)
    columns = [sa.case((condition, 1), else_=0) for condition in asked.values()]
    row = env.session.core_connection().execute(sa.select(*columns).where(info.table.c.id == key)).first()
    return None if row is None else {name: bool(value) for name, value in zip(asked, row, strict=True)}


def _verdict(rights: Rights, info: ModelInfo, operation: Operation, met: Met, names: Names) -> Verdict:
    scope = rights.scope(info, operation)
    allowed, reason = _by_scope(info, scope, _granting(rights, info, operation, scope, names), met, names)
    kept, broken = _by_rules(rights, info, operation, met, names)
    if allowed and not broken:
        return Verdict(operation, True, [reason, *kept])
    return Verdict(operation, False, [*([] if allowed else [reason]), *broken])


def _aside(met: Met) -> list[TextLike]:
    """Why a record that one may see is not where one looks for it."""
    return [_("It is archived: lists leave it out.")] if met[ARCHIVED] else []


def _granting(rights: Rights, info: ModelInfo, operation: Operation, scope: Scope, names: Names) -> str:
    """The roles of the user that open an operation so far."""
    roles = [
        names.roles.get(role, role)
        for role in rights.user.roles
        if granted(info.name, info.access, (role,), rights.overrides).get(operation, "none") == scope
    ]
    return ", ".join(sorted(roles, key=str.casefold))


def _by_scope(info: ModelInfo, scope: Scope, roles: str, met: Met, names: Names) -> tuple[bool, TextLike]:
    if scope == "none":
        return False, _("None of their roles allows it.")
    if scope == "all":
        return True, _("All records, by the role %(roles)s.", roles=roles)
    if met[OWN]:
        return True, _("It is their own, by the role %(roles)s.", roles=roles)
    if scope == "team" and met.get(IN_TEAM):
        return True, _(
            "It belongs to their team %(team)s, by the role %(roles)s.", team=names.team, roles=roles
        )
    if scope == "team" and IN_TEAM in met:
        return False, _("Only what belongs to their teams; this belongs to %(team)s.", team=names.team)
    if isinstance(info.fields.get(OWNER), Many2one):
        return False, _("Only their own; the owner is %(owner)s.", owner=names.owner)
    return False, _("Only what they made themselves; this was made by %(owner)s.", owner=names.owner)


def _by_rules(
    rights: Rights, info: ModelInfo, operation: Operation, met: Met, names: Names
) -> tuple[list[TextLike], list[TextLike]]:
    """The rules that the record keeps, and those that it breaks."""
    kept: list[TextLike] = []
    broken: list[TextLike] = []
    by_role: dict[str, bool] = {}
    of_roles: dict[str, list[TextLike]] = {}
    for number, rule in enumerate(rights.policy.rules.get(info.name, ())):
        if operation not in rule.operations:
            continue
        if not rule.roles:
            (kept if met[number] else broken).append(_said(names.rule(rule), is_kept=met[number]))
        for role in set(rule.roles) & rights.user.roles:
            by_role[role] = by_role.get(role, True) and met[number]
            of_roles.setdefault(role, []).append(_said(names.rule(rule), is_kept=met[number]))
    granting = rights.granting_roles(info, operation)
    if by_role and granting and not granting - by_role.keys():
        admitting = [role for role, is_met in by_role.items() if is_met]
        for role in admitting or by_role:
            (kept if admitting else broken).extend(of_roles[role])
    return kept, broken


def _said(rule: TextLike, *, is_kept: bool) -> TextLike:
    return (
        _("It keeps the rule %(rule)s.", rule=rule)
        if is_kept
        else _("The rule %(rule)s refuses it.", rule=rule)
    )
