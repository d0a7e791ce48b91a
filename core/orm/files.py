"""The kind of field that holds a file: what is known of it stands in the row, its content in the store (core.files)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack, overload

from core.orm.fields import FieldOptions
from core.orm.kinds import Json, T, unfit

if TYPE_CHECKING:
    from core.i18n.formats import Formats

DIGEST = re.compile(r"[0-9a-f]{64}")
PARTS = {"name": str, "type": str, "size": int, "digest": str}


class File(Json[T]):
    """A file: its name, type, size and the SHA-256 of its content. In a form one chooses it."""

    widget: ClassVar[str] = "text"
    maskable: ClassVar[bool] = False

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: File[Any], *, required: Literal[True], **options: Unpack[FieldOptions]
        ) -> None: ...
        @overload
        def __init__(
            self: File[Any | None], *, required: Literal[False] = ..., **options: Unpack[FieldOptions]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...

    def settled(self, value: Any) -> Any:
        is_whole = isinstance(value, dict) and value.keys() == PARTS.keys()
        if not is_whole or not all(isinstance(value[name], kind) for name, kind in PARTS.items()):
            raise unfit(self)
        if not DIGEST.fullmatch(value["digest"]):
            raise unfit(self)
        return super().settled(value)

    def formatter(self, formats: Formats) -> Callable[[Any], str]:
        return lambda value: "" if value is None else str(value.get("name", ""))
