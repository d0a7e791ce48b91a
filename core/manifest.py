"""What an addon says of itself, and the values that its hooks return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from core.errors import Origin, declared_at
from core.i18n.lazy import TextLike

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.model import Model


@dataclass(frozen=True)
class Addon:
    """The manifest: a module-level `addon = Addon(...)` makes a package or module an addon.

    `depends` names addons that must be installed too (base always is). Besides the package itself, each
    submodule in `modules` is registered for hooks; `extras` maps another addon to the submodule that is
    imported and registered only where that addon is active in the same database.
    """

    name: str
    version: str
    depends: tuple[str, ...] = ()
    label: TextLike = ""
    summary: TextLike = ""
    modules: tuple[str, ...] = ()
    extras: Mapping[str, str] = field(default_factory=dict)
    origin: Origin = field(default_factory=declared_at, compare=False, repr=False)


@dataclass(frozen=True)
class Role:
    """A role that an addon ships; whoever has it has the roles that it implies too."""

    name: str
    label: TextLike
    implies: tuple[str, ...] = ()
    help: TextLike = ""
    origin: Origin = field(default_factory=declared_at, compare=False, repr=False)


@dataclass(frozen=True)
class Menu:
    """A link in the sidebar to a model's list or to an address, in a group, by `order` and then label.

    A group stands where its first link would: 10 to 29 for sales, 30 for customers, 50 for shop and service, 90 for
    what is managed.
    """

    name: str
    label: TextLike
    target: type[Model] | str
    group: TextLike = ""
    icon: str = "list"
    order: int = 50
    tabbar: bool = False
    board: bool = False
    """Whether the list opens as the board of the model, for whom there is one."""
    origin: Origin = field(default_factory=declared_at, compare=False, repr=False)


@dataclass(frozen=True)
class Page:
    """A page made by hand. `view(env, **arguments)` answers; no roles is a load error.

    `roles=("base.user",)` lets in everyone who is signed in. `query` and `form` name what its address and its
    form may bring: a request with anything else is refused.

    The env of a GET only reads. That of a POST writes: it is committed when the view returns, before the answer is
    sent, and undone where it raises. What the database breaks off is done again, so a view does all it does in env.
    """

    path: str
    view: Callable[..., Any]
    methods: tuple[str, ...] = ("GET",)
    roles: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    offer: Offer | None = None
    origin: Origin = field(default_factory=declared_at, compare=False, repr=False)


@dataclass(frozen=True)
class Offer:
    """A button on the page of each record of `model` that leads to a page, whose path has `<int:key>` for the record.

    It stands there for those who may open the page and change the record, as far as `when(record)` says so.
    """

    model: type[Model]
    label: TextLike
    icon: str = "cr"
    when: Callable[[Any], bool] = bool


@dataclass(frozen=True)
class Rule:
    """A record rule: `where(M, env)` is the condition that records of `model` must meet.

    `operations` are letters of r, w, c, d. Rules without roles hold for everyone, together; of rules for
    roles, one of a role that the user has must hold. A rule of a mixin holds for every model that takes it.
    """

    model: type[Model]
    operations: str
    where: Callable[[Any, Env], Any]
    roles: tuple[str, ...] = ()
    name: TextLike = ""
    origin: Origin = field(default_factory=declared_at, compare=False, repr=False)


@dataclass(frozen=True)
class Key:
    """In shipped data: the record that `addon` shipped under `name`."""

    name: str
    addon: str = ""


Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Rows:
    """Records that an addon ships. Each row has a `key` by which it is known for ever, and field values.

    `rows` may be a callable, so that files are read at install only. A row that a user changed is kept.
    """

    model: type[Model]
    rows: Iterable[Row] | Callable[[], Iterable[Row]]

    def read(self) -> Sequence[Row]:
        """The rows themselves."""
        return list(self.rows() if callable(self.rows) else self.rows)


@dataclass(frozen=True)
class Demo:
    """Demo data: `make(env, scale)` writes it and yields (done, total) now and then.

    `scale` is 1 for a small company and larger for a crowd; the same scale always gives the same records.
    """

    name: TextLike
    make: Callable[[Env, Scale], Iterable[tuple[int, int]]]


@dataclass(frozen=True)
class Scale:
    """How much demo data is wanted: `large` asks for what a performance test needs."""

    large: bool = False
