"""The base of all models: what a fragment is, and what every record has."""

from __future__ import annotations

import datetime as dt
import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import sqlalchemy as sa
from sqlalchemy import orm

from core.errors import LoadError, Origin
from core.faults import did_you_mean
from core.i18n.lazy import TextLike, _
from core.orm.fields import Field, FragmentAccess
from core.orm.kinds import Boolean, Integer
from core.orm.names import MODEL_NAME
from core.orm.times import DateTime
from core.orm.types import BigId

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.orm.registry import Registry


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a class statement said about a piece of a model; `addon` is known once it is published."""

    model: str
    origin: Origin
    label: TextLike | None = None
    plural: TextLike | None = None
    access: Mapping[str, str] | None = None
    abstract: bool = False
    extends: bool = False
    order: str | None = None
    history: bool | None = None


class _Id(Field[int]):
    """The key: 64 bits, drawn by the database, never used twice."""

    system = True
    numeric: ClassVar[bool] = True

    def columns(self, registry: Registry) -> Sequence[sa.Column[Any]]:
        return (sa.Column("id", BigId, primary_key=True),)

    def read(self, text: str) -> int:
        return Integer.read(self, text)  # type: ignore[arg-type]

    _in_range = Integer._in_range
    limit = Integer.limit


class _SystemInteger(Integer[int]):
    system = True


class _SystemMoment(DateTime[dt.datetime]):
    system = True


class _SystemBoolean(Boolean):
    system = True


class Model:
    """A fragment of a model. `name=` begins a model, a subclass without it extends that model.

    `abstract=True` makes a mixin. `access` maps a role to what it may do: letters of r, w, c, d, each
    with an optional scope (`"r"` = all, `"r:own w:team"`); a model that no fragment grants anything of is
    a load error. `history=False` keeps no changes of its records.
    """

    __lumbung__: ClassVar[Any] = None
    goes_along: ClassVar[bool] = False
    """Whether its records are deleted with what they cascade from, whoever sees them: they are nobody's work."""

    if TYPE_CHECKING:
        id: Field[int] = Field()
        version: Field[int] = Field()
        archived: Field[bool] = Field()
        created_at: Field[dt.datetime] = Field()
        created_by: Field[int | None] = Field()
        updated_at: Field[dt.datetime] = Field()
        updated_by: Field[int | None] = Field()
    else:
        id = _Id(label=_("Number"), required=True)
        version = _SystemInteger(label=_("Version"), required=True, default=1)
        archived = _SystemBoolean(label=_("Archived"))
        created_at = _SystemMoment(label=_("Created"), required=True)
        created_by = _SystemInteger(label=_("Created by"))
        updated_at = _SystemMoment(label=_("Changed"), required=True)
        updated_by = _SystemInteger(label=_("Changed by"))

    def __init_subclass__(
        cls,
        *,
        name: str | None = None,
        label: TextLike | None = None,
        plural: TextLike | None = None,
        access: Mapping[str, str] | None = None,
        abstract: bool = False,
        order: str | None = None,
        history: bool | None = None,
        **kwargs: Any,
    ) -> None:
        try:
            super().__init_subclass__(**kwargs)
        except TypeError as error:
            raise (_unknown_word(cls, min(kwargs)) if kwargs else error) from None
        if "__composed__" in cls.__dict__:
            return
        origin = _origin(cls)
        model, extends = _model_of(cls, name, abstract, origin)
        cls.__lumbung__ = Fragment(model, origin, label, plural, access, abstract, extends, order, history)

    def __init__(self, **values: Any) -> None:
        if "__composed__" not in type(self).__dict__:
            raise FragmentAccess(f"{type(self).__name__} is a fragment; make records with env.create()")
        info = type(self).__lumbung__
        vars(self).update(info.empties)
        for name, value in {**info.initial(values), **values}.items():
            setattr(self, name, value)

    @property
    def env(self) -> Env:
        """The env that this record belongs to. Raises RuntimeError once it is closed."""
        session = orm.object_session(self)
        if session is None:
            raise RuntimeError(f"{type(self).__name__} {self.id} is used after its env was closed")
        return session.env  # type: ignore[attr-defined, no-any-return]

    def display_label(self) -> str:
        """How the record is called wherever it is named: by default its name, title or code."""
        field = type(self).__lumbung__.label_field
        value = getattr(self, field) if field else None
        return str(value) if value else f"#{self.id}"

    def choice_label(self) -> str:
        """How it is called where one is chosen among all: its label, unless that means something in its place only."""
        return self.display_label()

    @classmethod
    def before_create(cls, records: Sequence[Self]) -> None:
        """Runs before new records are validated and written; may set fields, may refuse by UserError."""

    @classmethod
    def before_write(cls, records: Sequence[Self], changed: Mapping[int, frozenset[str]]) -> None:
        """Runs before changes are written; `changed` names the changed fields by id."""

    @classmethod
    def before_delete(cls, records: Sequence[Self]) -> None:
        """Runs before records are deleted; may refuse by UserError."""


def _model_of(cls: type[Model], name: str | None, abstract: bool, origin: Origin) -> tuple[str, bool]:
    """The model that a class belongs to, and whether it extends one that began elsewhere."""
    bases: list[Fragment] = [base.__dict__["__lumbung__"] for base in cls.__mro__[1:] if _is_fragment(base)]
    concrete = {fragment.model for fragment in bases if not fragment.abstract}
    nearest = {base.__dict__["__lumbung__"].model for base in cls.__bases__ if _is_fragment(base)}
    if abstract:
        if concrete:
            raise LoadError(
                _("%(name)s is abstract but builds on a model.", name=cls.__name__),
                _("Let a mixin build on Model or on another mixin only."), origin=origin)  # fmt: skip
        if name is None and len(nearest) == 1:
            return nearest.pop(), True
        return name or f"{cls.__module__}.{cls.__qualname__}", False
    if name is None and len(concrete) == 1:
        return concrete.pop(), True
    if name is None or concrete:
        raise _naming_error(cls, name, concrete, origin)
    if not MODEL_NAME.fullmatch(name):
        raise LoadError(
            _("“%(name)s” is not the name of a model.", name=name),
            _("Write it as addon.model, in small letters."), origin=origin)  # fmt: skip
    return name, False


def _unknown_word(cls: type[Model], word: str) -> LoadError:
    known = [
        name
        for name, parameter in inspect.signature(Model.__init_subclass__).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    return LoadError(
        _("%(name)s says “%(word)s=”, which no model knows.", name=cls.__name__, word=word),
        _("%(hint)s There are: %(names)s.", hint=did_you_mean(word, known, _("Take it away.")),
          names=", ".join(f"{name}=" for name in known)), origin=_origin(cls))  # fmt: skip


def _naming_error(cls: type[Model], name: str | None, concrete: set[str], origin: Origin) -> LoadError:
    if len(concrete) > 1:
        return LoadError(
            _("%(name)s extends two models at once: %(models)s.", name=cls.__name__,
              models=", ".join(sorted(concrete))),
            _("Extend each in a class of its own."), origin=origin)  # fmt: skip
    if concrete:
        return LoadError(
            _("%(name)s gives a name to an extension of %(model)s.", name=cls.__name__, model=concrete.pop()),
            _("Leave out name= to extend the model, or build a new one on Model."), origin=origin)  # fmt: skip
    return LoadError(
        _("%(name)s has no name.", name=cls.__name__),
        _("Add name=\"addon.model\", or abstract=True for a mixin."), origin=origin)  # fmt: skip


def _is_fragment(cls: type) -> bool:
    return isinstance(cls.__dict__.get("__lumbung__"), Fragment)


def _origin(cls: type[Model]) -> Origin:
    """Where the class statement stands that is being executed."""
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        frame.f_globals is globals() or frame.f_code.co_name == "__init_subclass__"
    ):
        frame = frame.f_back
    return Origin(sys.modules[cls.__module__].__file__ or cls.__module__, frame.f_lineno)


RESERVED = frozenset(name for name in vars(Model) if not name.startswith("_")) | {"metadata", "registry"}
"""Names that no field may take: what every record has, and what SQLAlchemy keeps for itself."""
