"""The kinds of field that lead to other records: Many2one, One2many, Many2many."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, Unpack, overload

import sqlalchemy as sa

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.fields import Field, FieldOptions
from core.orm.kinds import unfit
from core.orm.names import index_name, short, table_name
from core.orm.types import BigId

if TYPE_CHECKING:
    from core.i18n.formats import Formats
    from core.orm.model import Model
    from core.orm.registry import Registry

T = TypeVar("T")
M = TypeVar("M", bound="Model")

OnDelete = Literal["restrict", "set_null", "cascade"]


class Link(Field[T]):
    """What the links share: a target that may be a fragment, a callable that gives one, or a model's name."""

    target: Any
    """The model that it leads to: its class, or a `lambda` that gives one that is defined further below."""
    groupable: ClassVar[bool] = True
    maskable: ClassVar[bool] = False

    @property
    def target_name(self) -> str:
        """The name of the model that this link leads to."""
        target = self.target
        if isinstance(target, str):
            return target
        fragment: Any = target if isinstance(target, type) else target()
        return fragment.__lumbung__.model  # type: ignore[no-any-return]

    def _constant(self, value: Any) -> Any:
        raise unfit(self)  # what it leads to is known once there is an env

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        return lambda record: "" if record is None else record.display_label()

    def read(self, text: str) -> int:
        """The key that a text names; whether such a record exists is for the query to say."""
        if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > 2**63 - 1:
            raise FieldError(_("%(field)s: no such record.", field=self.label), self.name)
        return int(text)


class Many2one(Link[T]):
    """A link to one record: `unit` is the record, `unit_id` its column.

    In statements compare `unit == record`, `unit == None` or `unit_id.in_(keys)`, and join by `.join(M.unit)`.
    """

    widget: ClassVar[str] = "relation"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Many2one[M],
            target: type[M] | Callable[[], type[M]],
            *,
            required: Literal[True],
            ondelete: OnDelete = ...,
            tree: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: Many2one[M | None],
            target: type[M] | Callable[[], type[M]],
            *,
            required: Literal[False] = ...,
            ondelete: OnDelete = ...,
            tree: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, target: Any, **options: Any) -> None: ...

    else:

        def __init__(
            self, target: Any, *, ondelete: OnDelete = "restrict", tree: bool = False, **options: Any
        ) -> None:
            super().__init__(**options)
            self.target = target
            self.ondelete = ondelete
            self.tree = tree

    ondelete: OnDelete
    """What deleting the target does here: `restrict` refuses, `set_null` empties the link, `cascade` deletes this
    record too, as a user would."""
    tree: bool
    """Of a link to the own model: whether it leads neither to the record itself nor round to it, however far."""

    @property
    def key(self) -> str:
        return f"{self.name}_id"

    def columns(self, registry: Registry) -> Sequence[sa.Column[Any]]:
        table = registry.table_name(self.target_name)
        reference = sa.ForeignKey(f"{table}.id", name=None)
        return (sa.Column(self.key, BigId, reference, nullable=not self.required),)

    def settled(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
            raise FieldError(_("%(field)s: no such record.", field=self.label), self.name)
        return value


class One2many(Link[list[M]]):
    """The records of `target` whose Many2one `inverse` leads here, by id. It has no column, and is never None."""

    inverse: str
    """The name of that Many2one."""
    widget: ClassVar[str] = "lines"
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False

    def __init__(
        self, target: type[M] | Callable[[], type[M]], inverse: str, **options: Unpack[FieldOptions]
    ) -> None:
        super().__init__(**options)
        self.target: Any = target
        self.inverse = inverse

    def columns(self, registry: Registry) -> Sequence[sa.Column[Any]]:
        return ()

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        return _join


class Many2many(Link[list[M]]):
    """Any number of records of `target`, kept in a table of their own; never None."""

    widget: ClassVar[str] = "multiselect"
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False

    def __init__(self, target: type[M] | Callable[[], type[M]], **options: Unpack[FieldOptions]) -> None:
        super().__init__(**options)
        self.target: Any = target

    def columns(self, registry: Registry) -> Sequence[sa.Column[Any]]:
        return ()

    def table_name(self, model: str) -> str:
        """The name of the table between `model` and the target."""
        return short(f"{table_name(model)}__{self.name}_rel")

    def association(self, registry: Registry, metadata: sa.MetaData, model: str) -> sa.Table:
        """The table between: a row per pair, gone with either record."""
        here, there = registry.table_name(model), registry.table_name(self.target_name)
        name = self.table_name(model)
        table = sa.Table(
            name,
            metadata,
            sa.Column("source_id", BigId, sa.ForeignKey(f"{here}.id", ondelete="CASCADE"), primary_key=True),
            sa.Column("target_id", BigId, sa.ForeignKey(f"{there}.id", ondelete="CASCADE"), primary_key=True),
        )
        sa.Index(index_name(name, "target_id"), table.c.target_id)
        return table

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        return _join


def _join(records: Sequence[Any]) -> str:
    return ", ".join(record.display_label() for record in records)
