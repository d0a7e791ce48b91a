"""More choices for a Select of another addon's model."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from core.errors import declared_at

if TYPE_CHECKING:
    from core.i18n.lazy import TextLike
    from core.orm.kinds import Select


class MoreChoices:
    """What an extension of a model adds to a Select of it."""

    def __init__(
        self, choices: Mapping[str, TextLike], tones: Mapping[str, str], symbols: Mapping[str, str]
    ) -> None:
        self.choices, self.tones, self.symbols = choices, tones, symbols
        self.origin = declared_at()

    def added_to(self, item: Select[Any]) -> Select[Any]:
        """The field with these choices behind its own: another one, as other databases have it without them."""
        made = copy(item)
        made.choices = {**item.choices, **self.choices}
        made.tones = {**item.tones, **self.tones}
        made.symbols = {**item.symbols, **self.symbols}
        return made


def Choices(
    choices: Mapping[str, TextLike],
    *,
    tones: Mapping[str, str] | None = None,
    symbols: Mapping[str, str] | None = None,
) -> Any:
    """In an extension of a model, under the name of its Select: more choices, behind those that it has.

    Any number of addons may add some. Nothing else of the field changes; it stays that of its addon.
    """
    return MoreChoices(choices, tones or {}, symbols or {})
