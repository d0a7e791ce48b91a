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

from core.access.grants import OPERATIONS, WIDTH, Operation, Overrides, Scope, granted
from core.access.overrides import stored
from core.base.access_right import SCOPES
from core.i18n.lazy import TextLike, _
from core.orm.links import Many2one
from core.orm.writing import locked
from core.web import requests
from core.web.admin.tabs import PLACES

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.orm.env import Env
    from core.orm.info import ModelInfo

ROLE, RIGHT = "base.role", "base.access_right"
COLUMNS: tuple[tuple[Operation, TextLike], ...] = (
    ("r", _("Read")), ("w", _("Change")), ("c", _("Create")), ("d", _("Delete")))  # fmt: skip
FIELDS = {"r": "read_scope", "w": "write_scope", "d": "delete_scope"}
MODELS = {path: model for model, path in PLACES.items()}
Typed = Mapping[str, Scope]
"""Scopes by the name of an input."""


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

    def shipped(self, model: str) -> dict[Operation, Scope]:
        """What the addons say."""
        return _whole(granted(model, self.info(model).access, (self.role.name,), {}))

    def now(self, model: str) -> dict[Operation, Scope]:
        """What holds for the role itself."""
        return _whole(granted(model, self.info(model).access, (self.role.name,), self.overrides))

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
        return {
            input_name(model, operation): [scope]
            for model in self.env.registry.models
            for operation, scope in self.now(model).items()
        }

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
        scope = typed.get(name, now[operation])
        widest, whose = self.included_scope(info.name, operation)
        inherited = ""
        if widest != "none" and WIDTH[widest] >= WIDTH[scope]:
            inherited = str(_("%(scope)s from %(roles)s", scope=SCOPES[widest], roles=whose))
        has_team = isinstance(info.fields.get("team"), Many2one) or "team" in (scope, now[operation])
        options = [(key, text) for key, text in SCOPES.items() if key != "team" or has_team]
        theirs = SCOPES[clashes[name]] if name in clashes else ""
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


def input_name(model: str, operation: str) -> str:
    """The name of the input of a cell."""
    return f"{operation}-{model}"


class CellInputs:
    """The inputs of the matrix, for the route map."""

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        """Whether there is such a cell."""
        operation, _dash, target = name.partition("-")
        return operation in OPERATIONS and target in assembly.registry.models

    def names(self, assembly: Assembly, model: str) -> list[str]:
        """All of them."""
        return [
            input_name(target, operation) for target in assembly.registry.models for operation in OPERATIONS
        ]


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
        now = {name: _scope(matrix, name) for name in changed}
        clashes = {name: scope for name, scope in now.items() if scope not in (shown[name], changed[name])}
        if clashes:
            raise Stale(clashes)
        todo = {name: scope for name, scope in changed.items() if scope != now[name]}
        for model in sorted({name.partition("-")[2] for name in todo}):
            merged = {
                letter: todo.get(input_name(model, letter), held)
                for letter, held in matrix.now(model).items()
            }
            _write(env, matrix, model, merged)
        env.flush()
        return matrix.role.display_label(), len(todo), env.session.unit


def _scope(matrix: Matrix, name: str) -> Scope:
    operation, _dash, model = name.partition("-")
    return matrix.now(model)[operation]  # type: ignore[index]


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
    return {**values, "may_create": scopes["c"] != "none"}


def _whole(scopes: Mapping[str, Scope]) -> dict[Operation, Scope]:
    """A scope for each operation; creating is yes or no."""
    whole: dict[Operation, Scope] = {letter: scopes.get(letter, "none") for letter in OPERATIONS}
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
