"""The errors of Lumbung: what a user reads (`UserError`) and what an addon author reads (`LoadError`)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from core.i18n.lazy import LazyText, TextLike


class Origin(NamedTuple):
    """Where in the source something was declared."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def near(self) -> str:
        """The same from the last folder on, for who knows where the addon lies."""
        return "/".join(str(self).replace("\\", "/").split("/")[-2:])


_DECLARING = ("core.orm.", "core.views.nodes", "core.manifest", "core.errors")
"""Where the classes are that serve to declare; the model's own fields are declared in core.orm.model."""


def declared_at() -> Origin:
    """File and line of the statement that declares something, outside of the classes that serve to declare."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_declaring(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return Origin(frame.f_code.co_filename, frame.f_lineno)


def _is_declaring(module: str) -> bool:
    return module.startswith(_DECLARING) and module != "core.orm.model"


class LumbungError(Exception):
    """Base of every error raised on purpose."""


class UserError(LumbungError):
    """Refuses what the user asked for; everything of the transaction is rolled back.

    `message` is shown as it is; `field` names the field that it stands beside, `record` whose field it is.
    """

    def __init__(self, message: TextLike, field: str | None = None, record: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.record = record

    @property
    def faults(self) -> Sequence[UserError]:
        """What is wrong, one by one."""
        return (self,)

    def __str__(self) -> str:
        return str(self.message)


class FieldError(UserError):
    """A value that a field cannot take (bad text, out of range, unknown operator)."""


class Refusals(UserError):
    """Several faults at once, each beside its field."""

    def __init__(self, faults: Sequence[UserError]) -> None:
        super().__init__(faults[0].message, faults[0].field)
        self._faults = tuple(faults)

    @property
    def faults(self) -> Sequence[UserError]:
        return self._faults

    def __str__(self) -> str:
        return " ".join(map(str, self._faults))


class LoadError(LumbungError):
    """A fault in an addon, with who, where, what and the next step."""

    def __init__(
        self,
        fault: TextLike,
        remedy: TextLike,
        *,
        addon: str = "",
        origin: Origin | None = None,
    ) -> None:
        super().__init__(fault)
        self.fault = fault
        self.remedy = remedy
        self.addon = addon
        self.origin = origin

    def __str__(self) -> str:
        who = f"addon {self.addon!r}" if self.addon else "addon"
        where = f" ({self.origin})" if self.origin else ""
        return f"{who}{where}: {self.fault} {self.remedy}"


class DatabaseError(LumbungError):
    """The database cannot be used: locked, broken, full, unreachable. `message` says what to do."""

    def __init__(self, message: TextLike) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class DatabaseBusy(DatabaseError):
    """Others write to the embedded database all the time; nothing was begun, so it can be tried again."""


class SchemaBehind(DatabaseError):
    """The tables of a database lack what the installed addons need now: nothing can be read before they have it."""


__all__ = [
    "DatabaseBusy",
    "DatabaseError",
    "FieldError",
    "LazyText",
    "LoadError",
    "LumbungError",
    "Origin",
    "Refusals",
    "SchemaBehind",
    "UserError",
    "declared_at",
]
