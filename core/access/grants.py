"""Grants: what the roles of a user open, as scopes per model and operation. What nobody grants is denied.

Shipped with `access=` of a model's fragments (`"r"` = all, `"r:own w:own c"` = own), overridden per
database by rows of base.access_right. Scopes of several roles are joined by OR: the widest holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

Operation: TypeAlias = Literal["r", "w", "c", "d", "m"]
"""Of a field also m: what is hidden of it otherwise shows its end, as a mask (core.access.masks)."""
Scope: TypeAlias = Literal["none", "own", "team", "all"]
Scopes: TypeAlias = Mapping[str, Scope]
Overrides: TypeAlias = Mapping[tuple[str, str], Scopes]
"""By role and model: what this database says instead of what was shipped."""

OPERATIONS: Final[tuple[Operation, ...]] = ("r", "w", "c", "d")
MASK: Final[Operation] = "m"
WIDTH: Final[Mapping[Scope, int]] = {"none": 0, "own": 1, "team": 2, "all": 3}
_PART = re.compile(r"([rwcdm]+)(?::(own|team|all))?")


def parse(text: str) -> dict[str, Scope]:
    """`"r:team w:own c"` as scopes by operation. Raises ValueError on anything else."""
    scopes: dict[str, Scope] = {}
    for part in text.split():
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is not letters of r, w, c, d, m with an optional :own, :team or :all")
        for letter in match[1]:
            scopes[letter] = wider(scopes.get(letter, "none"), match[2] or "all")  # type: ignore[arg-type]
    return scopes


def field_name(model: str, field: str) -> str:
    """A closed field among what roles are granted: its access is said and overridden like that of a model."""
    return f"{model}.{field}"


def wider(first: Scope, second: Scope) -> Scope:
    """The wider of two scopes."""
    return first if WIDTH[first] >= WIDTH[second] else second


def granted(
    model: str, access: Mapping[str, str], roles: Iterable[str], overrides: Overrides
) -> dict[str, Scope]:
    """What these roles may do with a model: the widest scope for each operation that any of them grants."""
    scopes: dict[str, Scope] = {}
    for role in roles:
        own = overrides.get((role, model))
        if own is None and role in access:
            own = parse(access[role])
        for operation, scope in (own or {}).items():
            scopes[operation] = wider(scopes.get(operation, "none"), scope)
    return scopes
