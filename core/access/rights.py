"""Rights: what one user may do in one database, as conditions that the door puts into every statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm.util import LoaderCriteriaOption

from core import failures
from core.access.grants import MASK, Operation, Overrides, Scope, field_name, granted
from core.access.overrides import overrides_of
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.orm.links import Many2one
from core.orm.once import asked_once
from core.sql import among_few

if TYPE_CHECKING:
    from core.manifest import Rule
    from core.orm.env import CurrentUser, Env
    from core.orm.registry import Registry

OWNER, TEAM = "owner", "team"
"""The fields by which the scopes own and team work; a model without an owner is owned by who made it."""


class _Criteria(LoaderCriteriaOption):
    """`with_loader_criteria`, adapted to the alias that it is asked for.

    SQLAlchemy 2.1 leaves it as it is where an alias is joined by a written condition: it would then narrow
    another FROM of the same model, and not the alias.
    """

    _traverse_internals = LoaderCriteriaOption._traverse_internals

    def _resolve_where_criteria(self, ext_info: Any) -> Any:
        criteria = super()._resolve_where_criteria(ext_info)
        return ext_info._adapter.traverse(criteria) if ext_info.is_aliased_class else criteria


class Policy:
    """The rules of one set of addons, by model; rules of a mixin hold for every model that takes it.

    `owned` names the models whose records belong to a company.
    """

    def __init__(
        self, registry: Registry, rules: Sequence[Rule] = (), owners: Mapping[int, str] | None = None
    ) -> None:
        """`owners` are the addons of the rules, by `id`."""
        from core.base.company_owned import CompanyOwned  # builds on the env, as this does

        self.registry = registry
        self._owners = dict(owners or {})
        self.owned = frozenset(info.name for info in registry if issubclass(info.cls, CompanyOwned))
        self.rules: dict[str, list[Rule]] = defaultdict(list)
        for info in registry:
            for rule in rules:
                if issubclass(info.cls, rule.model):
                    self.rules[info.name].append(rule)

    def condition(self, rule: Rule, info: ModelInfo, env: Env) -> sa.ColumnElement[bool]:
        """What a rule asks of a record. One that fails lets nobody pass, and is noted: the rest goes on."""
        try:
            return sa.and_(rule.where(info.cls, env))
        except Exception as error:
            failures.note(env.database, self._owners.get(id(rule), ""), "rules", rule.where, error)
            return sa.false()


@dataclass
class Rights:
    """What `env.user` may do. Conditions are built when a statement first needs them."""

    env: Env
    policy: Policy
    _scopes: dict[str, dict[str, Scope]] = field(default_factory=dict)
    _conditions: dict[tuple[str, str], sa.ColumnElement[bool] | None] = field(default_factory=dict)
    _ruled: dict[tuple[str, int], sa.ColumnElement[bool]] = field(default_factory=dict)
    _options: dict[tuple[str, str], Any] = field(default_factory=dict)
    _hidden: dict[str, frozenset[str]] = field(default_factory=dict)
    _masked: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def user(self) -> CurrentUser:
        """Whose rights these are."""
        return self.env.user

    @asked_once
    def overrides(self) -> Overrides:
        """What this database says instead of what was shipped, at the version that this transaction sees."""
        return overrides_of(self.env.database, self.policy.registry, self.env.session.core_connection())

    # ------------------------------------------------------------- questions
    def scope(self, info: ModelInfo, operation: Operation) -> Scope:
        """How far an operation on a model reaches for this user."""
        if info.name not in self._scopes:
            self._scopes[info.name] = granted(info.name, info.access, self.user.roles, self.overrides)
        return self._scopes[info.name].get(operation, "none")

    def may(self, info: ModelInfo, operation: Operation) -> bool:
        """Whether the user may do this with any record of the model at all."""
        return self.scope(info, operation) != "none"

    def granting(self, info: ModelInfo, operation: Operation) -> list[str]:
        """The names of the roles that open an operation on a model to those who have one of them."""
        roles = {*info.access, *(role for role, model in self.overrides if model == info.name)}
        scopes = {role: granted(info.name, info.access, (role,), self.overrides) for role in roles}
        return sorted(role for role, opened in scopes.items() if opened.get(operation, "none") != "none")

    def hidden(self, info: ModelInfo) -> frozenset[str]:
        """The fields of a model that this user may not read."""
        if info.name not in self._hidden:
            self._hidden[info.name] = frozenset(
                item.name for item in info.fields.values() if not self.may_field(info, item, "r")
            )
        return self._hidden[info.name]

    def masked(self, info: ModelInfo) -> frozenset[str]:
        """Those of the hidden fields of which this user is shown a mask."""
        if info.name not in self._masked:
            self._masked[info.name] = frozenset(
                name
                for name in self.hidden(info)
                if info.fields[name].maskable and self.may_field(info, info.fields[name], MASK)
            )
        return self._masked[info.name]

    def hidden_keys(self, info: ModelInfo) -> frozenset[str]:
        """The attributes that hold what `hidden` names: a link has a key, a translated text its texts."""
        names = self.hidden(info)
        return names | {info.fields[name].key for name in names} if names else names

    def may_field(self, info: ModelInfo, item: Field[Any], operation: Operation) -> bool:
        """Whether a field may be read (r), set (w) or seen as a mask (m), as far as is said of the field itself."""
        if item.access is None:
            return True
        scopes = granted(field_name(info.name, item.name), item.access, self.user.roles, self.overrides)
        return scopes.get(operation, "none") != "none"

    def readable(self, info: ModelInfo, name: str) -> bool:
        """Whether a field may be read; a link only if its target may be."""
        item = info.fields[name]
        if item.name in self.hidden(info):
            return False
        target = getattr(item, "target_name", None)
        return target is None or self.may(self.policy.registry.models[target], "r")

    # ------------------------------------------------------------- conditions
    def condition(self, info: ModelInfo, operation: Operation) -> sa.ColumnElement[bool] | None:
        """What a row must meet; None where there is no limit. A denied model gives `false()`."""
        key = (info.name, operation)
        if key not in self._conditions:
            self._conditions[key] = self._build(info, operation)
        return self._conditions[key]

    def option(self, info: ModelInfo, operation: Operation) -> Any:
        """The condition as an option of a statement; None where there is no limit."""
        key = (info.name, operation)
        if key not in self._options:
            condition = self.condition(info, operation)
            self._options[key] = (
                None if condition is None else _Criteria(info.cls, condition, include_aliases=True)
            )
        return self._options[key]

    def after_write(self, info: ModelInfo, operation: Operation) -> sa.ColumnElement[bool] | None:
        """What a row must meet once it is written: the rules of the operation, and to be seen by its writer.

        The scope of writing is not asked again, or nobody could hand a record on to a colleague.
        """
        parts = [self._rules(info, operation), self._scope_condition(info, self.scope(info, "r"))]
        return _all(parts)

    def _build(self, info: ModelInfo, operation: Operation) -> sa.ColumnElement[bool] | None:
        scope = self.scope(info, operation)
        if scope == "none":
            return sa.false()
        return _all([self._scope_condition(info, scope), self._rules(info, operation)])

    def _scope_condition(self, info: ModelInfo, scope: Scope) -> sa.ColumnElement[bool] | None:
        if scope == "all":
            return None
        if scope == "none":
            return sa.false()
        cls: Any = info.cls
        own = self.own(info)
        if scope == "own" or not isinstance(info.fields.get(TEAM), Many2one):
            return own
        return sa.or_(own, among_few(self.env, cls.team_id, self.user.teams))

    def own(self, info: ModelInfo) -> sa.ColumnElement[bool]:
        """The condition that a record is the user's own."""
        cls: Any = info.cls
        if isinstance(info.fields.get(OWNER), Many2one):
            return cls.owner_id == self.user.id  # type: ignore[no-any-return]
        return cls.created_by == self.user.id  # type: ignore[no-any-return]

    def _rules(self, info: ModelInfo, operation: Operation) -> sa.ColumnElement[bool] | None:
        """Rules without roles all hold; of those for roles, one of a role that the user has must hold.

        A role that grants the operation and has no rule of its own counts as true.
        """
        general: list[sa.ColumnElement[bool] | None] = []
        by_role: dict[str, list[sa.ColumnElement[bool]]] = defaultdict(list)
        for rule in self.policy.rules.get(info.name, ()):
            if operation not in rule.operations:
                continue
            if not rule.roles:
                general.append(self._asks(rule, info))
            for role in set(rule.roles) & self.user.roles:
                by_role[role].append(self._asks(rule, info))
        return _all([*general, self._role_rules(info, operation, by_role)])

    def asks_only(self, info: ModelInfo, where: Where) -> bool:
        """Whether a record is read by all who meet `where`, and nothing else is asked of them."""
        rules = [rule for rule in self.policy.rules.get(info.name, ()) if "r" in rule.operations]
        return self.scope(info, "r") == "all" and all(
            rule.where is where and not rule.roles for rule in rules
        )

    def _asks(self, rule: Rule, info: ModelInfo) -> sa.ColumnElement[bool]:
        """What a rule asks of the records of a model; the same of each operation."""
        key = (info.name, id(rule))
        if key not in self._ruled:
            self._ruled[key] = self.policy.condition(rule, info, self.env)
        return self._ruled[key]

    def _role_rules(
        self, info: ModelInfo, operation: Operation, by_role: Mapping[str, list[sa.ColumnElement[bool]]]
    ) -> sa.ColumnElement[bool] | None:
        if not by_role or self.granting_roles(info, operation) - by_role.keys():
            return None
        return sa.or_(*(sa.and_(*conditions) for conditions in by_role.values()))

    def granting_roles(self, info: ModelInfo, operation: Operation) -> set[str]:
        """Those of the user's roles that open an operation on a model."""
        return {
            role
            for role in self.user.roles
            if granted(info.name, info.access, (role,), self.overrides).get(operation, "none") != "none"
        }


def _all(parts: Sequence[sa.ColumnElement[bool] | None]) -> sa.ColumnElement[bool] | None:
    conditions = [part for part in parts if part is not None]
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else sa.and_(*conditions)


Where = Callable[[Any, Any], sa.ColumnElement[bool]]
