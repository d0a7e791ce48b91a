"""The field: one object that holds column, parse, show, filter, sort and group of its kind.

Here are the base and what every kind shares; the kinds are in `kinds`, `numbers` and `links`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypedDict, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from core.errors import FieldError, declared_at
from core.i18n.lazy import LazyText, TextLike, _
from core.orm.types import JsonType

if TYPE_CHECKING:
    from core.i18n.formats import Formats
    from core.orm.registry import Registry

T = TypeVar("T")

RESERVED_PREFIX = "x_"
"""Names of fields that an admin makes begin so; code may not use it."""


class FragmentAccess(AttributeError):
    """A fragment was used as if it were a mapped class."""


class FieldOptions(TypedDict, total=False):
    """What every field may be told, besides `required` and what its kind adds."""

    label: TextLike
    """What people read as its name; without one, the attribute's name in words."""
    help: TextLike
    """What stands below its input."""
    default: Any
    """A value, a text to be translated, or a callable that takes the env and may give the key of a link."""
    index: bool | str
    """Whether the database finds by it quickly; the name of another field lets the index go on with that one, for the
    records of one value in its order. Links always have an index."""
    unique: bool
    """Whether no two records have the same value, archived ones included; empty ones may be many."""
    compute: str
    """The class method that sets it, for a batch of records; it is stored, and nobody types into it."""
    depends: tuple[str, ...]
    """All that `compute` reads, over links too: `lines.price`."""
    override: bool
    """Whether it takes the place of a field that the extended model has under this name."""
    readonly: bool
    """Whether forms show it only; code may set it."""
    after: str
    """The node of the form behind which an extension's field stands, and in the list where that is a column."""
    before: str
    """The node in front of which it stands."""
    into: str
    """The group or slot at whose end it stands."""
    list: bool
    """Whether it is a column of the list; where its own addon wrote the list, that names its columns."""
    search: bool
    """Whether the box of the list and the search of the site look through it: a text, or a link by the text of its
    target. Not with `access`."""
    access: Mapping[str, str]
    """A role, and what it may: `r`, `w`, `rw`, or `m` for a mask; all other roles do not see the field, at any door."""


class Field(Generic[T]):
    """A typed attribute of a model: declared once, shown everywhere.

    On a fragment it is a description and refuses to be read; on a composed class SQLAlchemy's attribute
    stands in its place. `index="created_at"` lets the index go on with that field, for the records of one value in its
    order. `default` is a value, a text to be translated, or a callable that takes the env and may
    give the key of a link. `access` maps a role to
    `r`, `w` or `rw`: a field that says it is closed to all other roles, at every door. `m` shows a role a mask of it
    (the last four letters of a text, the domain of an email, else that it is there), and is closed to it like that.
    """

    required: bool
    """Whether it may not be empty. Not of Boolean, which never is, One2many and Many2many."""
    widget: ClassVar[str] = "text"
    numeric: ClassVar[bool] = False
    sortable: ClassVar[bool] = True
    groupable: ClassVar[bool] = True
    maskable: ClassVar[bool] = True
    operators: ClassVar[tuple[str, ...]] = ("eq", "ne", "in", "isnull")
    system: bool = False
    lapses: Mapping[str, tuple[str, str]] = {}
    """Of a Select the choices that are over at a moment (core.orm.lapsing)."""

    def __init__(
        self,
        *,
        required: bool = False,
        label: TextLike | None = None,
        help: TextLike | None = None,
        default: Any = None,
        index: bool | str = False,
        unique: bool = False,
        compute: str | None = None,
        depends: tuple[str, ...] = (),
        override: bool = False,
        readonly: bool = False,
        after: str | None = None,
        before: str | None = None,
        into: str | None = None,
        list: bool = False,
        search: bool = False,
        access: Mapping[str, str] | None = None,
    ) -> None:
        self.name = "?"
        self.owner: type[Any] = object
        self.required = required
        self._label = label
        self.help = help
        self.default = default
        self.index = index
        self.unique = unique
        self.compute = compute
        self.depends = depends
        self.override = override
        self.readonly = readonly or compute is not None
        self.after, self.before, self.into = after, before, into
        self.list = list
        self.search = search
        self.access = access
        self.origin = declared_at()

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner, self.name = owner, name

    @overload
    def __get__(self, obj: None, owner: Any) -> InstrumentedAttribute[T]: ...
    @overload
    def __get__(self, obj: object, owner: Any) -> T: ...
    def __get__(self, obj: Any, owner: Any = None) -> Any:
        return _refuse(self, type(obj) if obj is not None else owner)

    def __set__(self, obj: object, value: T) -> None:
        _refuse(self, type(obj))

    @property
    def label(self) -> TextLike:
        """The name a user reads; without one, the attribute's name in words."""
        return self._label if self._label is not None else self.name.replace("_", " ").capitalize()

    @property
    def key(self) -> str:
        """The attribute that holds the stored value on a composed class."""
        return self.name

    # ------------------------------------------------------------- schema
    def sql_type(self) -> sa.types.TypeEngine[Any]:
        """The SQL type of the column."""
        raise TypeError(f"{type(self).__name__} has no column")

    def columns(self, registry: Registry) -> Sequence[sa.Column[Any]]:
        """The columns that this field adds to its model's table."""
        return (self.column(self.name, self.sql_type()),)

    def column(self, name: str, type_: sa.types.TypeEngine[Any], *args: Any) -> sa.Column[Any]:
        """One column as the options say: nullable unless required, with the constant default on both sides."""
        constant, server = self.stored_default, None
        if constant is not None:
            is_data = isinstance(type_, JsonType)  # which has no literals
            server = sa.literal(json.dumps(constant), sa.String()) if is_data else sa.literal(constant, type_)
            type_ = type_.evaluates_none()  # an explicit None is written, and not the default in its place
        return sa.Column(
            name,
            type_,
            *args,
            nullable=not self.required,
            default=constant,
            server_default=server,
            key=self.key,
        )

    @property
    def stored_default(self) -> Any:
        """The constant default as the column holds it; None where there is none."""
        return None if callable(self.default) else self.default

    def settle_default(self) -> None:
        """Brings a constant default to the form in which it is stored. Raises FieldError where it does not fit."""
        default = self.default
        if isinstance(default, LazyText):
            self._constant(str(default))
            self.default = lambda env: str(default)
        elif default is not None and not callable(default):
            self.default = self._constant(default)

    def _constant(self, value: Any) -> Any:
        return self.settled(value)

    # ------------------------------------------------------------- values
    def parse(self, text: str, formats: Formats) -> Any:
        """The value of what a user typed, None for nothing. Raises FieldError saying how to type it."""
        text = text.strip()
        return self.read(text) if text else None

    def read(self, text: str) -> Any:
        """The value of a text in machine form (addresses, API). Raises FieldError."""
        raise TypeError(f"{type(self).__name__} cannot be read from text")

    def settled(self, value: Any) -> Any:
        """`value`, which code gave to a record, in the form in which it is stored. Raises FieldError."""
        return value

    def dump(self, value: Any) -> Any:
        """A stored value as JSON holds it: what `load` takes."""
        return value

    def load(self, value: Any) -> Any:
        """A stored value of what `dump` gave."""
        return value

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        """How the kind shows a value: called once per column, then once per value."""
        return lambda value: "" if value is None else str(value)

    def typed(self, value: Any, formats: Formats) -> str:
        """`value` as a user would type it."""
        return self.formatter(formats)(value)

    # ------------------------------------------------------------- queries
    def filter(
        self, attribute: Any, operator: str, text: str, zone: dt.tzinfo = dt.UTC
    ) -> sa.ColumnElement[bool]:
        """The condition `attribute operator text`; days begin as they do in `zone`.

        Raises FieldError on an operator or text it cannot take.
        """
        if operator not in self.operators:
            raise FieldError(
                _("%(field)s cannot be filtered by “%(operator)s”.", field=self.label, operator=operator),
                self.name,
            )
        return self._condition(attribute, operator, text, zone)

    def _condition(self, attribute: Any, operator: str, text: str, zone: dt.tzinfo) -> sa.ColumnElement[bool]:
        if operator == "isnull":
            return self._null_condition(attribute, text)
        if operator == "in":
            return attribute.in_([self.read(part) for part in self.parts(text)])  # type: ignore[no-any-return]
        if operator == "contains":
            return attribute.icontains(self._sought(text), autoescape=True)  # type: ignore[no-any-return]
        if operator == "ne":  # what is empty is not equal either, as a user reads it
            return sa.or_(attribute != self.read(text), attribute.is_(None))
        return COMPARISONS[operator](attribute, self.read(text))  # type: ignore[no-any-return]

    def parts(self, text: str) -> list[str]:
        """The values that `in` names, separated by commas. Raises FieldError on more than MOST_CHOICES."""
        parts = text.split(",")
        if len(parts) > MOST_CHOICES:
            raise FieldError(_("At most %(number)s values at once.", number=MOST_CHOICES), self.name)
        return parts

    def _sought(self, text: str) -> str:
        if not text.strip():
            raise FieldError(_("Say what to look for."), self.name)
        if len(text) > LONGEST_SOUGHT:
            raise FieldError(_("Look for at most %(number)s characters.", number=LONGEST_SOUGHT), self.name)
        return text

    def _null_condition(self, attribute: Any, text: str) -> sa.ColumnElement[bool]:
        if text not in ("true", "false"):
            raise FieldError(_("Use true or false."), self.name)
        return attribute.is_(None) if text == "true" else attribute.is_not(None)  # type: ignore[no-any-return]

    def sort(self, attribute: Any, descending: bool = False) -> sa.ColumnElement[Any]:
        """What a list is ordered by; empty values come last in both directions, on both databases."""
        rank = self.rank(attribute)
        return (rank.desc() if descending else rank.asc()).nulls_last()  # type: ignore[no-any-return]

    def rank(self, attribute: Any) -> Any:
        """What tells which of two values comes first."""
        return attribute

    def group(self, attribute: Any, zone: str = "UTC") -> sa.ColumnElement[Any]:
        """What a list is grouped by; months begin as they do in `zone`."""
        return attribute  # type: ignore[no-any-return]


MOST_CHOICES = 100
LONGEST_SOUGHT = 200

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda attribute, value: attribute == value,
    "lt": lambda attribute, value: attribute < value,
    "le": lambda attribute, value: attribute <= value,
    "gt": lambda attribute, value: attribute > value,
    "ge": lambda attribute, value: attribute >= value,
}

ORDERED = ("eq", "ne", "lt", "le", "gt", "ge", "in", "isnull")
TEXTUAL = ("eq", "ne", "in", "contains", "isnull")


def _refuse(field: Field[Any], owner: type[Any]) -> Any:
    raise FragmentAccess(
        f"{owner.__module__}.{owner.__qualname__}.{field.name}: this is a fragment, not a mapped class; "
        f"use env[{owner.__name__}].{field.name}"
    )
