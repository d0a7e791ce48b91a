"""The plain kinds of field: texts, choices, truth, dates and data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, Unpack, overload

import sqlalchemy as sa

from core.errors import FieldError
from core.i18n.lazy import LazyText, TextLike, _
from core.orm.fields import ORDERED, TEXTUAL, Field, FieldOptions
from core.orm.types import JsonType

if TYPE_CHECKING:
    from core.i18n.formats import Formats

T = TypeVar("T")

# Equal types are one object: each costs every engine that uses it a memory of its own.
string = cache(sa.String)
TEXT, WHOLE = sa.Text(), sa.BigInteger()
KEY_SIZE = 40
"""Letters of the key of a choice."""


def plain(item: Field[Any], text: Any) -> str:
    """A text that both databases can hold. Raises FieldError."""
    try:
        if isinstance(text, LazyText):
            text = str(text)
        if not isinstance(text, str) or "\0" in text:
            raise ValueError("no text")
        if not text.isascii():
            text.encode()
    except ValueError:
        raise unfit(item) from None
    return text


def unfit(item: Field[Any]) -> FieldError:
    """What is said of a value that a field cannot hold at all."""
    return FieldError(_("%(field)s cannot hold this value.", field=item.label), item.name)


class Char(Field[T]):
    """One line of text of at most `size` characters.

    With `translate=True` the value differs per language: the column holds JSON, the attribute reads and
    writes the language of the moment and falls back to the other one.
    """

    operators: ClassVar[tuple[str, ...]] = TEXTUAL

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Char[str],
            size: int = ...,
            *,
            required: Literal[True],
            translate: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: Char[str | None],
            size: int = ...,
            *,
            required: Literal[False] = ...,
            translate: bool = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, size: int = 200, **options: Any) -> None: ...

    else:

        def __init__(self, size: int = 200, *, translate: bool = False, **options: Any) -> None:
            super().__init__(**options)
            self.size = size
            self.translate = translate

    size: int
    """How many characters it holds at most."""
    translate: bool
    """Whether the value differs per language."""

    @property
    def key(self) -> str:
        return f"{self.name}_texts" if self.translate else self.name

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return JsonType() if self.translate else string(self.size)

    @property
    def stored_default(self) -> Any:
        constant = super().stored_default
        return {"en": constant} if self.translate and constant is not None else constant

    def _constant(self, value: Any) -> Any:
        return Char.read(self, plain(self, value)) if self.translate else self.settled(value)

    def read(self, text: str) -> Any:
        if len(text) > self.size:
            raise FieldError(
                _("%(field)s is too long: %(length)s characters, at most %(size)s.", field=self.label,
                  length=len(text), size=self.size), self.name)  # fmt: skip
        return text

    def settled(self, value: Any) -> Any:
        if not self.translate:
            return Char.read(self, plain(self, value))
        if not isinstance(value, dict):
            raise unfit(self)
        texts = {code: Char.read(self, plain(self, text)) for code, text in value.items()}
        return value if texts == value else texts


class Text(Field[T]):
    """Text of any length, over several lines."""

    widget: ClassVar[str] = "textarea"
    operators: ClassVar[tuple[str, ...]] = TEXTUAL
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False
    limit = 100_000

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Text[str], *, required: Literal[True], **options: Unpack[FieldOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: Text[str | None], *, required: Literal[False] = ..., **options: Unpack[FieldOptions]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return TEXT

    def read(self, text: str) -> Any:
        if len(text) > self.limit:
            raise FieldError(
                _("%(field)s is too long: %(length)s characters, at most %(size)s.", field=self.label,
                  length=len(text), size=self.limit), self.name)  # fmt: skip
        return text

    def settled(self, value: Any) -> Any:
        return self.read(plain(self, value))


class Boolean(Field[bool]):
    """Yes or no, never empty; no unless `default=True`."""

    widget: ClassVar[str] = "checkbox"
    operators: ClassVar[tuple[str, ...]] = ("eq", "ne")

    def __init__(self, **options: Unpack[FieldOptions]) -> None:
        options.setdefault("default", False)
        super().__init__(required=True, **options)

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Boolean()

    def read(self, text: str) -> bool:
        if text not in ("true", "false"):
            raise FieldError(_("Use true or false."), self.name)
        return text == "true"

    def parse(self, text: str, formats: Formats) -> bool:
        return text.strip() not in ("", "false")

    def settled(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise unfit(self)
        return value

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        yes, no = str(_("Yes")), str(_("No"))
        return lambda value: yes if value else no

    def typed(self, value: Any, formats: Formats) -> str:
        return "true" if value else ""


class Integer(Field[T]):
    """A whole number of 64 bits."""

    widget: ClassVar[str] = "number"
    numeric: ClassVar[bool] = True
    operators: ClassVar[tuple[str, ...]] = ORDERED
    limit = 2**63 - 1

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Integer[int], *, required: Literal[True], **options: Unpack[FieldOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: Integer[int | None], *, required: Literal[False] = ..., **options: Unpack[FieldOptions]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return WHOLE

    def parse(self, text: str, formats: Formats) -> int | None:
        if not text.strip():
            return None
        number = formats.parse_number(text)
        if number != number.to_integral_value():
            raise FieldError(_("%(field)s is a whole number, without decimals.", field=self.label), self.name)
        return self._in_range(int(number))

    def read(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,19}", text):
            raise FieldError(_("%(field)s is a whole number, without decimals.", field=self.label), self.name)
        return self._in_range(int(text))

    def _in_range(self, value: int) -> int:
        if abs(value) > self.limit:
            raise FieldError(_("%(field)s is too large.", field=self.label), self.name)
        return value

    def settled(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise unfit(self)
        return self._in_range(value)

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        show = formats.number
        return lambda value: "" if value is None else show(value)


class RecordKey(Integer[int]):
    """The key of a record of the model that the field `of` of the same record names; shown as that record."""

    numeric: ClassVar[bool] = False
    groupable: ClassVar[bool] = False

    def __init__(self, of: str, **options: Any) -> None:
        super().__init__(**options)
        self.of = of

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        return lambda value: "" if value is None else str(value)


class Select(Field[T]):
    """One of a fixed set of choices: a mapping of the stored key to its label.

    An extension of the model adds choices, tones and symbols by `Choices`.
    With `lapses={"held": ("held_until", "available")}`, "held" reads "available" from the moment `held_until` on.
    """

    widget: ClassVar[str] = "select"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Select[str],
            choices: Mapping[str, TextLike],
            *,
            required: Literal[True],
            tones: Mapping[str, str] = ...,
            symbols: Mapping[str, str] = ...,
            lapses: Mapping[str, tuple[str, str]] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: Select[str | None],
            choices: Mapping[str, TextLike],
            *,
            required: Literal[False] = ...,
            tones: Mapping[str, str] = ...,
            symbols: Mapping[str, str] = ...,
            lapses: Mapping[str, tuple[str, str]] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, choices: Mapping[str, TextLike], **options: Any) -> None: ...

    else:

        def __init__(self, choices, *, tones=None, symbols=None, lapses=None, **options):
            super().__init__(**options)
            self.lapses = dict(lapses or {})
            self.choices = dict(choices)
            self.tones = dict(tones or {})
            self.symbols = dict(symbols or {})

    choices: dict[str, TextLike]
    """What is stored, of at most 40 letters, and how it is called; lists sort by this order."""
    tones: dict[str, str]
    """The tone of a choice, where it is shown as a badge (see Tones). A Select with tones is a state: a copy of the
    record begins anew."""
    symbols: dict[str, str]
    """The icon of a choice, where it is drawn with one (see Icons)."""
    lapses: Mapping[str, tuple[str, str]]
    """A choice, the DateTime from which on it is over, and the choice that it reads as then."""

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return string(KEY_SIZE)

    def read(self, text: str) -> str:
        if text not in self.choices:
            raise FieldError(
                _(
                    "Choose one of: %(choices)s.",
                    choices=", ".join(str(label) for label in self.choices.values()),
                ),
                self.name,
            )
        return text

    def settled(self, value: Any) -> str:
        return self.read(plain(self, value))

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        labels = {key: str(label) for key, label in self.choices.items()}
        return lambda value: "" if value is None else labels.get(value, value)

    def typed(self, value: Any, formats: Formats) -> str:
        return value or ""

    def rank(self, attribute: Any) -> Any:
        """In the order in which the choices are written, as a user sees a process."""
        return sa.case({key: place for place, key in enumerate(self.choices)}, value=attribute)


class Json(Field[T]):
    """Data of a program: lists and mappings, shown as text and not filtered."""

    widget: ClassVar[str] = "textarea"
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False
    operators: ClassVar[tuple[str, ...]] = ("isnull",)

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Json[Any], *, required: Literal[True], **options: Unpack[FieldOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: Json[Any | None], *, required: Literal[False] = ..., **options: Unpack[FieldOptions]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return JsonType()

    def read(self, text: str) -> Any:
        try:
            return self.settled(json.loads(text))
        except (ValueError, RecursionError):
            raise FieldError(_("%(field)s is not valid JSON.", field=self.label), self.name) from None

    def settled(self, value: Any) -> Any:
        try:
            if b"\\u0000" in json.dumps(value, ensure_ascii=False, allow_nan=False).encode():
                raise ValueError("PostgreSQL stores no NUL")
        except (TypeError, ValueError, RecursionError):
            raise FieldError(_("%(field)s is not valid JSON.", field=self.label), self.name) from None
        return value

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        return lambda value: "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
