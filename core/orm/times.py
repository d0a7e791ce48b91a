"""The kinds of field that hold a time: Date and DateTime."""

from __future__ import annotations

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, Unpack, overload

import sqlalchemy as sa

from core.errors import FieldError
from core.i18n.lazy import _
from core.i18n.reading import FIRST_YEAR
from core.orm.fields import ORDERED, Field, FieldOptions
from core.orm.kinds import unfit
from core.orm.periods import beginning, period
from core.orm.types import UtcDateTime
from core.sql import month

if TYPE_CHECKING:
    from core.i18n.formats import Formats

T = TypeVar("T")
DAY, MOMENT = sa.Date(), UtcDateTime()
"""Equal types are one object: each costs every engine that uses it a memory of its own."""


class Calendar(Field[T], ABC):
    """What days and moments share: a text names a stretch of time, and months are what they are grouped by."""

    operators: ClassVar[tuple[str, ...]] = ORDERED

    @abstractmethod
    def span(self, text: str, zone: dt.tzinfo) -> tuple[Any, Any]:
        """The first value of what a text names, and the first behind it. Raises FieldError."""

    def _condition(self, attribute: Any, operator: str, text: str, zone: dt.tzinfo) -> sa.ColumnElement[bool]:
        if operator == "isnull":
            return self._null_condition(attribute, text)
        if operator == "in":
            return sa.or_(*(self._condition(attribute, "eq", part, zone) for part in self.parts(text)))
        first, behind = self.span(text, zone)
        match operator:
            case "ne":
                return sa.or_(attribute < first, attribute >= behind, attribute.is_(None))
            case "lt":
                return attribute < first  # type: ignore[no-any-return]
            case "le":
                return attribute < behind  # type: ignore[no-any-return]
            case "gt":
                return attribute >= behind  # type: ignore[no-any-return]
            case "ge":
                return attribute >= first  # type: ignore[no-any-return]
        return sa.and_(attribute >= first, attribute < behind)


class Date(Calendar[T]):
    """A day of the calendar, without a zone. Of today it is `default=lambda env: env.today()`."""

    widget: ClassVar[str] = "date"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Date[dt.date], *, required: Literal[True], **options: Unpack[FieldOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: Date[dt.date | None], *, required: Literal[False] = ..., **options: Unpack[FieldOptions]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return DAY

    def parse(self, text: str, formats: Formats) -> dt.date | None:
        return formats.parse_date(text) if text.strip() else None

    def read(self, text: str) -> dt.date:
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError(text)
            day = dt.date.fromisoformat(text)
            if day.year < FIRST_YEAR:  # a form would show it in fewer digits than it can read
                raise ValueError(text)
            return day
        except ValueError:
            raise FieldError(_("Use a date such as 2026-11-30."), self.name) from None

    def settled(self, value: Any) -> dt.date:
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise unfit(self)
        return value

    def dump(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def load(self, value: Any) -> Any:
        return None if value is None else dt.date.fromisoformat(value)

    def span(self, text: str, zone: dt.tzinfo) -> tuple[dt.date, dt.date]:
        try:
            return period(text, zone) or (day := self.read(text), day + dt.timedelta(days=1))
        except OverflowError:
            raise FieldError(_("Use a date such as 2026-11-30."), self.name) from None

    def group(self, attribute: Any, zone: str = "UTC") -> sa.ColumnElement[Any]:
        return month(attribute)

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        show = formats.date
        return lambda value: "" if value is None else show(value)

    def typed(self, value: Any, formats: Formats) -> str:
        return "" if value is None else f"{value:%d/%m/%Y}"


class DateTime(Calendar[T]):
    """A moment, stored in UTC and shown in the reader's zone."""

    widget: ClassVar[str] = "datetime"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: DateTime[dt.datetime], *, required: Literal[True], **options: Unpack[FieldOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: DateTime[dt.datetime | None],
            *,
            required: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return MOMENT

    def parse(self, text: str, formats: Formats) -> dt.datetime | None:
        if not text.strip():
            return None
        try:
            return _in_every_zone(formats.parse_moment(text))
        except ValueError:
            raise FieldError(_("%(text)s is not in the calendar.", text=text[:40]), self.name) from None

    def read(self, text: str) -> dt.datetime:
        try:
            moment = dt.datetime.fromisoformat(text)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
            return _in_every_zone(aware.astimezone(dt.UTC))
        except (ValueError, OverflowError):
            raise FieldError(_("Use a moment such as 2026-11-30T14:30:00+07:00."), self.name) from None

    def settled(self, value: Any) -> dt.datetime:
        if not isinstance(value, dt.datetime) or value.tzinfo is None:
            raise unfit(self)
        try:
            _in_every_zone(value.astimezone(dt.UTC))
        except (ValueError, OverflowError):
            raise unfit(self) from None
        return value

    def dump(self, value: Any) -> Any:
        return None if value is None else value.astimezone(dt.UTC).isoformat()

    def load(self, value: Any) -> Any:
        return None if value is None else dt.datetime.fromisoformat(value)

    def span(self, text: str, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
        try:
            days = period(text, zone)
            if days is not None:
                return beginning(days[0], zone), beginning(days[1], zone)
            moment = self.read(text).astimezone(dt.UTC)
            return moment, moment + dt.timedelta(microseconds=1)
        except (FieldError, OverflowError):
            raise FieldError(_("Use a date such as 2026-11-30, or a moment such as 2026-11-30T14:30:00+07:00."),
                             self.name) from None  # fmt: skip

    def group(self, attribute: Any, zone: str = "UTC") -> sa.ColumnElement[Any]:
        return month(attribute, zone)

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        show = formats.moment
        return lambda value: "" if value is None else show(value)

    def typed(self, value: Any, formats: Formats) -> str:
        return "" if value is None else f"{value.astimezone(formats.zone):%d/%m/%Y %H:%M}"


def _in_every_zone(moment: dt.datetime) -> dt.datetime:
    """A moment in UTC that can be shown in any zone. Raises ValueError."""
    if not FIRST_YEAR <= moment.year < dt.MAXYEAR:
        raise ValueError(f"year {moment.year}")
    return moment
