"""The kinds of field by which someone is reached: Email, Phone, Url."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, Unpack, overload
from urllib.parse import urlsplit

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.fields import FieldOptions
from core.orm.kinds import Char, plain

if TYPE_CHECKING:
    from core.i18n.formats import Formats

T = TypeVar("T")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Email(Char[T]):
    """An e-mail address, stored in lower case."""

    widget: ClassVar[str] = "email"
    _pattern = re.compile(r"[^\s@<>\"(),;:\\]+@[^\s@<>\"(),;:\\]+\.[^\s@<>\"(),;:\\.]{2,}")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Email[str], size: int = ..., *, required: Literal[True], **options: Unpack[FieldOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: Email[str | None],
            size: int = ...,
            *,
            required: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, size: int = 200, **options: Any) -> None: ...

    def read(self, text: str) -> Any:
        text = super().read(text).lower()
        if "@" not in text:
            raise FieldError(_("“%(text)s” lacks the “@” of an e-mail address.", text=text[:60]), self.name)
        if not self._pattern.fullmatch(text):
            raise FieldError(_("“%(text)s” is not an e-mail address.", text=text[:60]), self.name)
        return text

    def settled(self, value: Any) -> Any:
        text = self.read(plain(self, value))
        return value if text == value else text


class Phone(Char[T]):
    """A phone number, stored as E.164 (`+6281220457781`), shown as one dials it here (`0812-2045-7781`)."""

    widget: ClassVar[str] = "tel"
    region = "ID"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Phone[str], size: int = ..., *, required: Literal[True], **options: Unpack[FieldOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: Phone[str | None],
            size: int = ...,
            *,
            required: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, size: int = 200, **options: Any) -> None: ...

    def read(self, text: str) -> Any:
        import phonenumbers

        try:
            number = phonenumbers.parse(super().read(text), self.region)
        except phonenumbers.NumberParseException:
            number = None
        # Letters would be dialled as digits and an extension be lost: what is kept is what was typed, or nothing.
        lossy = any(letter.isalpha() for letter in text)
        if number is None or lossy or number.extension or not phonenumbers.is_possible_number(number):
            raise FieldError(
                _("“%(text)s” is not a phone number. Write it like 0812-3456-7890.", text=text[:40]),
                self.name,
            )
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def settled(self, value: Any) -> Any:
        text = plain(self, value)
        return text if E164.fullmatch(text) else self.read(text)

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        return lambda value: "" if value is None else show_phone(value)


def show_phone(value: str) -> str:
    """A stored number as it is dialled here: local numbers in groups, others in international form."""
    if not value.startswith("+62"):
        return value
    digits = "0" + value[3:]
    if digits.startswith("08"):
        return "-".join(filter(None, (digits[:4], digits[4:8], digits[8:])))
    return f"{digits[:3]}-{digits[3:]}"


class Url(Char[T]):
    """A web address of scheme http or https; one typed without gets https."""

    widget: ClassVar[str] = "url"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Url[str], size: int = ..., *, required: Literal[True], **options: Unpack[FieldOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: Url[str | None],
            size: int = ...,
            *,
            required: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, size: int = 200, **options: Any) -> None: ...

    def read(self, text: str) -> Any:
        address = super().read(text if "://" in text else f"https://{text}")
        try:
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("")
        if (
            parts.scheme not in ("http", "https")
            or "." not in (parts.hostname or "")
            or re.search(r"\s", address)
        ):
            raise FieldError(_("“%(text)s” is not a web address.", text=text[:60]), self.name)
        return address

    def settled(self, value: Any) -> Any:
        text = self.read(plain(self, value))
        return value if text == value else text
