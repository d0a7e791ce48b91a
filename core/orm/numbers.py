"""Exact numbers: Decimal, Money and Percent. Never a float on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal as Number
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, Unpack, overload

import sqlalchemy as sa

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm import exactness as _refusals  # noqa: F401 - registers them with SQLAlchemy
from core.orm.fields import ORDERED, Field, FieldOptions
from core.orm.kinds import unfit
from core.orm.types import Exact, exact

if TYPE_CHECKING:
    from core.i18n.formats import Formats

T = TypeVar("T")

_of_scale = cache(Exact)  # equal types are one object, as in `kinds`


class Decimal(Field[T]):
    """A number with `scale` places after the point and at most 18 digits in all."""

    widget: ClassVar[str] = "number"
    numeric: ClassVar[bool] = True
    groupable: ClassVar[bool] = False
    operators: ClassVar[tuple[str, ...]] = ORDERED

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Decimal[Number],
            *,
            required: Literal[True],
            scale: int = ...,
            least: int | None = ...,
            most: int | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: Decimal[Number | None],
            *,
            required: Literal[False] = ...,
            scale: int = ...,
            least: int | None = ...,
            most: int | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(
            self, *, scale: int = 2, least: int | None = None, most: int | None = None, **options: Any
        ) -> None: ...

    else:

        def __init__(
            self, *, scale: int = 2, least: int | None = None, most: int | None = None, **options: Any
        ) -> None:
            super().__init__(**options)
            self.scale = scale
            self.least = least
            self.most = most

    scale: int
    """How many places it has after the point."""
    least: int | None
    """What a value may not go below."""
    most: int | None
    """What a value may not go above."""

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return _of_scale(self.scale)

    def settled(self, value: Any) -> Number:
        number = self._within(self._in_range(value))
        return value if number.as_tuple() == getattr(value, "as_tuple", tuple)() else number

    def dump(self, value: Any) -> Any:
        return None if value is None else str(value)

    def load(self, value: Any) -> Any:
        return None if value is None else exact(value, self.scale)

    def _in_range(self, value: Any) -> Number:
        """The value in its places, half up. Raises FieldError, on a float TypeError: its digits are a guess."""
        if isinstance(value, float):
            raise TypeError(f"{self.name}: a float is not an exact number; use Decimal")
        if not isinstance(value, Number | int | str) or isinstance(value, bool):
            raise unfit(self)
        try:
            return exact(value, self.scale)
        except ValueError:
            if isinstance(value, str):
                raise unfit(self) from None
            raise FieldError(_("%(field)s is too large.", field=self.label), self.name) from None

    def parse(self, text: str, formats: Formats) -> Number | None:
        if not text.strip():
            return None
        number = formats.parse_number(text)
        if -int(number.as_tuple().exponent) > self.scale:  # 1,500 of money: thousands, or one and a half?
            raise self._too_fine()
        return self._within(self._checked(number))

    def _within(self, value: Number) -> Number:
        """The value, if it is neither too small nor too large for what is stored; a filter may ask for any."""
        if self.least is not None and value < self.least:
            raise FieldError(
                _("%(field)s is at least %(least)s.", field=self.label, least=self.least), self.name
            )
        if self.most is not None and value > self.most:
            raise FieldError(_("%(field)s is at most %(most)s.", field=self.label, most=self.most), self.name)
        return value

    def read(self, text: str) -> Number:
        if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text):
            raise FieldError(_("%(field)s is a number such as 1250.50.", field=self.label), self.name)
        return self._checked(Number(text))

    def _checked(self, value: Number) -> Number:
        """Refuses what would be rounded away: a third decimal of money is a typing error, not a wish."""
        number = self._in_range(value)
        if number != value:
            raise self._too_fine()
        return number

    def _too_fine(self) -> FieldError:
        return FieldError(
            _("%(field)s has at most %(places)s decimals.", field=self.label, places=self.scale), self.name
        )

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        show = formats.decimal
        return lambda value: "" if value is None else show(value)

    def typed(self, value: Any, formats: Formats) -> str:
        return "" if value is None else formats.decimal(value).replace("\u2212", "-")


class Money(Decimal[T]):
    """An amount; `currency` names a Many2one of the same model, else the company's currency holds."""

    widget: ClassVar[str] = "money"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Money[Number],
            *,
            required: Literal[True],
            scale: int = ...,
            least: int | None = ...,
            most: int | None = ...,
            currency: str = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: Money[Number | None],
            *,
            required: Literal[False] = ...,
            scale: int = ...,
            least: int | None = ...,
            most: int | None = ...,
            currency: str = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(
            self,
            *,
            scale: int = 2,
            least: int | None = None,
            most: int | None = None,
            currency: str | None = None,
            **options: Any,
        ) -> None: ...

    else:

        def __init__(self, *, scale: int = 2, currency: str | None = None, **options: Any) -> None:
            super().__init__(scale=scale, **options)
            self.currency = currency

    currency: str | None
    """The Many2one of the same model that leads to its currency; without one it is that of the record's company."""

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        """In the currency that most have; `env.currencies` knows that of a record."""
        show = formats.money_formatter()
        return lambda value: "" if value is None else show(value)


class Percent(Decimal[T]):
    """A share in percent: 12.5 is shown as 12,5%."""

    widget: ClassVar[str] = "percent"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Percent[Number],
            *,
            required: Literal[True],
            scale: int = ...,
            least: int | None = ...,
            most: int | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: Percent[Number | None],
            *,
            required: Literal[False] = ...,
            scale: int = ...,
            least: int | None = ...,
            most: int | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(
            self, *, scale: int = 2, least: int | None = None, most: int | None = None, **options: Any
        ) -> None: ...

    def parse(self, text: str, formats: Formats) -> Number | None:
        return super().parse(text.strip().removesuffix("%"), formats)

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        show = formats.percent
        return lambda value: "" if value is None else show(value)
