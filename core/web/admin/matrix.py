"""The scope matrix of a role: how far it reaches for every model and operation, read and changed on one page.

A cell is what the role itself says: what its addons shipped, or the row of base.access_right that an administrator
wrote over it. What the role includes is shown beside it, as it cannot be taken away here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from werkzeug.exceptions import NotFound

from core.access.grants import MASK, OPERATIONS, WIDTH, Operation, Overrides, Scope, field_name, granted
from core.access.overrides import MASKED, stored
from core.base.access_right import SCOPES
from core.i18n.lazy import TextLike, _
from core.orm.links import Many2one
from core.orm.writing import locked
from core.web import requests
from core.web.admin.tabs import PLACES

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.orm.env import Env
    from core.orm.fields import Field
    from core.orm.info import ModelInfo
    from core.orm.registry import Registry

ROLE, RIGHT = "base.role", "base.access_right"
COLUMNS: tuple[tuple[Operation, TextLike], ...] = (
    ("r", _("Read")), ("w", _("Change")), ("c", _("Create")), ("d", _("Delete")))  # fmt: skip
FIELDS = {"r": "read_scope", "w": "write_scope", "d": "delete_scope"}
MODELS = {path: model for model, path in PLACES.items()}
Typed = Mapping[str, str]
"""Scopes, and levels of fields, by the name of an input."""
FIELD = "f"
"""Begins the name of the input of a closed field."""
LEVELS: Mapping[str, tuple[TextLike, Mapping[str, Scope]]] = {
    "hidden": (_("Hidden"), {}),
    MASKED: (_("Masked"), {MASK: "all"}),
    "read": (_("Read only"), {"r": "all"}),
    "write": (_("Read and change"), {"r": "all", "w": "all"}),
}
"""How far a closed field is open to a role."""


class Stale(Exception):
    """Somebody else changed some of the same cells: what they hold now, by the name of the input."""

    def __init__(self, now: Typed) -> None:
        super().__init__()
        self.now = now


@dataclass
class Cell:
    """One operation on one model, as the template draws it."""

    name: str
    label: TextLike
    column: TextLike
    is_tick: bool
    scope: Scope
    options: Sequence[tuple[str, TextLike]]
    inherited: str = ""
    """How far a role that this one includes reaches, where that is as far or farther."""
    is_changed: bool = False
    now: TextLike = ""
    """What somebody else wrote into it meanwhile."""


@dataclass
class Row:
    """One model."""

    label: TextLike
    cells: list[Cell]
    is_own: bool
    """Whether an administrator wrote over what was shipped."""
    is_changed: bool = False


@dataclass
class Group:
    """Models that stand together in the menu."""

    label: TextLike
    rows: list[Row] = field(default_factory=list)


@dataclass
class Matrix:
    """The rights of one role: shipped, said here, and included; `labels` name roles."""

    env: Env
    role: Any
    overrides: Overrides
    included: dict[str, str]
    """The roles that this one includes, with their names."""

    def info(self, model: str) -> ModelInfo:
        """A model."""
        return self.env.registry.models[model]

    def access(self, target: str) -> Mapping[str, str]:
        """What the addons say of a model, or of one of its closed fields."""
        if target in self.env.registry.models:
            return self.info(target).access
        return self.field(target).access or {}

    def field(self, target: str) -> Field[Any]:
        """A closed field, by what it is called among rights."""
        model, _dot, name = target.rpartition(".")
        return self.info(model).fields[name]

    def shipped(self, target: str) -> dict[Operation, Scope]:
        """What the addons say of the role itself."""
        return _whole(granted(target, self.access(target), (self.role.name,), {}))

    def now(self, target: str) -> dict[Operation, Scope]:
        """What holds for the role itself."""
        return _whole(granted(target, self.access(target), (self.role.name,), self.overrides))

    def level(self, target: str, roles: Iterable[str] | None = None) -> str:
        """How far a closed field is open to the role itself, or to these roles together."""
        chosen = (self.role.name,) if roles is None else tuple(roles)
        scopes = granted(target, self.access(target), chosen, self.overrides)
        held = {letter for letter, scope in scopes.items() if scope != "none"}
        level = "write" if "w" in held else "read" if "r" in held else MASKED if MASK in held else "hidden"
        return level if level in levels(self.field(target)) else "hidden"

    def held(self, name: str) -> str:
        """What the input of that name holds."""
        kind, _dash, target = name.partition("-")
        return self.level(target) if kind == FIELD else self.now(target)[kind]  # type: ignore[index]

    def included_scope(self, model: str, operation: Operation) -> tuple[Scope, str]:
        """The widest scope that comes with an included role, and the names of those roles."""
        found: dict[str, Scope] = {
            name: _whole(granted(model, self.info(model).access, (name,), self.overrides))[operation]
            for name in self.included
        }
        widest: Scope = max(found.values(), key=WIDTH.__getitem__, default="none")
        return widest, ", ".join(self.included[name] for name, scope in found.items() if scope == widest)

    def shown(self) -> dict[str, list[str]]:
        """Every input with what it holds, as it is signed into the form."""
        names = [input_name(model, letter) for model in self.env.registry.models for letter in OPERATIONS]
        names += [input_name(field, FIELD) for field in closed_fields(self.env.registry)]
        return {name: [self.held(name)] for name in names}

    def groups(self, assembly: Assembly, typed: Typed, clashes: Typed) -> list[Group]:
        """The rows in the order of the menu, with what was typed over them."""
        groups: dict[str, Group] = {}
        for label, info in in_order(assembly):
            groups.setdefault(str(label), Group(label)).rows.append(self._row(info, typed, clashes))
        return list(groups.values())

    def _row(self, info: ModelInfo, typed: Typed, clashes: Typed) -> Row:
        now = self.now(info.name)
        cells = [self._cell(info, *column, now, typed, clashes) for column in COLUMNS]
        is_own = (self.role.name, info.name) in self.overrides
        return Row(info.plural, cells, is_own, any(cell.is_changed for cell in cells))

    def _cell(
        self, info: ModelInfo, operation: Operation, column: TextLike, now: Mapping[Operation, Scope],
        typed: Typed, clashes: Typed,
    ) -> Cell:  # fmt: skip
        name = input_name(info.name, operation)
        scope: Any = typed.get(name, now[operation])
        widest, whose = self.included_scope(info.name, operation)
        inherited = ""
        if widest != "none" and WIDTH[widest] >= WIDTH[scope]:
            inherited = str(_("%(scope)s from %(roles)s", scope=_said(operation, widest), roles=whose))
        has_team = isinstance(info.fields.get("team"), Many2one) or "team" in (scope, now[operation])
        options = [(key, text) for key, text in SCOPES.items() if key != "team" or has_team]
        theirs = _said(operation, clashes[name]) if name in clashes else ""
        return Cell(
            name,
            info.plural,
            column,
            operation == "c",
            scope,
            options,
            inherited,
            scope != now[operation],
            theirs,
        )


def _said(operation: Operation, scope: str) -> TextLike:
    """A scope in words; what is only allowed or not has none."""
    if operation == "c":
        return _("No") if scope == "none" else _("Yes")
    return SCOPES[scope]


def input_name(model: str, operation: str) -> str:
    """The name of the input of a cell."""
    return f"{operation}-{model}"


class CellInputs:
    """The inputs of the matrix, for the route map."""

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        """Whether there is such a cell."""
        operation, _dash, target = name.partition("-")
        if operation == FIELD:
            return target in closed_fields(assembly.registry)
        return operation in OPERATIONS and target in assembly.registry.models

    def names(self, assembly: Assembly, model: str) -> list[str]:
        """All of them."""
        models, fields = assembly.registry.models, closed_fields(assembly.registry)
        cells = [input_name(target, operation) for target in models for operation in OPERATIONS]
        return [*cells, *(input_name(field, FIELD) for field in fields)]


def closed_fields(registry: Registry) -> dict[str, Field[Any]]:
    """The fields with access of their own, by what they are called among rights."""
    return {
        field_name(info.name, item.name): item
        for info in registry
        for item in info.own_fields
        if item.access is not None
    }


def levels(item: Field[Any]) -> list[str]:
    """How far a closed field can be open to a role: of a link there is no mask."""
    return [level for level in LEVELS if level != MASKED or item.maskable]


def matrix_of(env: Env, key: int) -> Matrix:
    """The matrix of a role. Raises NotFound where there is none that the user may see."""
    role = env.get(env[ROLE], key)
    if role is None:
        raise NotFound
    return Matrix(env, role, stored(env.registry, env.session.core_connection()), included_in(role))


def included_in(role: Any) -> dict[str, str]:
    """The names and labels of the roles that a role includes, near ones first."""
    found: dict[str, str] = {}
    open_ = list(role.implies)
    while open_:
        other = open_.pop(0)
        if other.name not in found and other.name != role.name:
            found[other.name] = other.display_label()
            open_ += other.implies
    return found


# ----------------------------------------------------------------- saving
@requests.repeated
def save(key: int, shown: Typed, typed: Typed) -> tuple[str, int, int]:
    """Writes the cells that were changed: the role's name, how many, and the number of the transaction.

    Cells that others changed meanwhile to something else raise Stale; the others are kept as they are now.
    """
    with requests.writing() as env:
        if locked(env, env[ROLE], key) is None:
            raise NotFound
        matrix = matrix_of(env, key)
        changed = {name: scope for name, scope in typed.items() if scope != shown[name]}
        now = {name: matrix.held(name) for name in changed}
        clashes = {name: held for name, held in now.items() if held not in (shown[name], changed[name])}
        if clashes:
            raise Stale(clashes)
        todo = {name: chosen for name, chosen in changed.items() if chosen != now[name]}
        for target in sorted({name.partition("-")[2] for name in todo}):
            _write(env, matrix, target, _merged(matrix, target, todo))
        env.flush()
        return matrix.role.display_label(), len(todo), env.session.unit


def _merged(matrix: Matrix, target: str, todo: Typed) -> dict[Operation, Scope]:
    """The scopes of a model or field as they will be."""
    level = todo.get(input_name(target, FIELD))
    if level is not None:
        return _whole(LEVELS[level][1])
    held = matrix.now(target)
    return {letter: todo.get(input_name(target, letter), scope) for letter, scope in held.items()}  # type: ignore[misc]


def _write(env: Env, matrix: Matrix, model: str, scopes: Mapping[Operation, Scope]) -> None:
    """The one row that says it; where it says what was shipped it is archived, so that its history stays."""
    right: Any = env[RIGHT]
    mine = (
        sa.select(right)
        .where(right.role == matrix.role, right.model == model)
        .order_by(right.archived, right.id)
    )
    rows = env.scalars(mine).all()
    for extra in rows[1:]:
        extra.archived = True
    if not rows:  # begun with what holds now, so that the history says what became of it
        before = _values(matrix.now(model))
        rows = env.create(right, [{"model": model, "role": matrix.role, **before}])
        env.flush()
    env.write(rows[:1], {**_values(scopes), "archived": scopes == matrix.shipped(model)})


def _values(scopes: Mapping[Operation, Scope]) -> dict[str, Any]:
    values: dict[str, Any] = {name: scopes[letter] for letter, name in FIELDS.items()}  # type: ignore[index]
    if scopes["r"] == "none" and scopes[MASK] != "none":
        values["read_scope"] = MASKED
    return {**values, "may_create": scopes["c"] != "none"}


def _whole(scopes: Mapping[str, Scope]) -> dict[Operation, Scope]:
    """A scope for each operation, and for the mask of a field; creating is yes or no."""
    whole: dict[Operation, Scope] = {letter: scopes.get(letter, "none") for letter in (*OPERATIONS, MASK)}
    whole["c"] = "none" if whole["c"] == "none" else "all"
    return whole


def in_order(assembly: Assembly) -> Iterator[tuple[TextLike, ModelInfo]]:
    """Every model with the group of the menu that it stands in, those in no menu last."""
    registry = assembly.registry
    menus = sorted((item.value for item in assembly.menus), key=lambda menu: menu.order)
    left = dict.fromkeys(registry.models)
    for menu in menus:
        target = (
            MODELS.get(menu.target, "") if isinstance(menu.target, str) else registry.info(menu.target).name
        )
        if target in left:
            del left[target]
            yield menu.group or _("Main menu"), registry.models[target]
    yield from ((_("Further data"), registry.models[name]) for name in _by_label(registry.models, left))


def _by_label(models: Mapping[str, ModelInfo], names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: str(models[name].plural).lower())
