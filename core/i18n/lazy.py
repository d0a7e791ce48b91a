"""Texts that are translated when they are shown, not when they are written."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import total_ordering
from typing import Any, TypeAlias

from core.i18n import catalogs


@total_ordering
class LazyText:
    """A message in English that becomes text in the language of the moment by `str()`.

    Its domain is the addon whose module wrote it. Equality, order and hash go through `str()`, so a lazy
    text can stand wherever a text stands; JSON encoders get `str()` from the site.
    """

    __slots__ = ("args", "count", "message", "module", "plural")

    def __init__(
        self,
        message: str,
        module: str,
        args: Mapping[str, Any] | None = None,
        plural: str | None = None,
        count: int = 1,
    ) -> None:
        self.message = message
        self.module = module
        self.args = args
        self.plural = plural
        self.count = count

    def __str__(self) -> str:
        domain = catalogs.domain_of(self.module)
        if self.plural is None:
            text = catalogs.gettext(domain, self.message)
        else:
            text = catalogs.ngettext(domain, self.message, self.plural, self.count)
        if not self.args:
            return text
        single = self.plural is None or self.count == 1
        return catalogs.fill(text, self.message if single else str(self.plural), self.args)

    def __repr__(self) -> str:
        return f"_({self.message!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, str | LazyText) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other) if isinstance(other, str | LazyText) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))


class Word(LazyText):
    """A word that each database may choose for itself: `DEAL = Word(_("Deal"))`, as a label or within other texts.

    An addon that has one ships a row of `base.word` for it in each language, with `code` as `crm:Deal`.
    """

    __slots__ = ()

    def __init__(self, text: LazyText) -> None:
        super().__init__(text.message, text.module)

    def __str__(self) -> str:
        chosen = catalogs.chosen_words()
        if chosen:
            code = f"{catalogs.domain_of(self.module)}:{self.message}"
            return chosen.get((catalogs.current_language(), code)) or super().__str__()
        return super().__str__()


TextLike: TypeAlias = str | LazyText


def _(message: str, /, **args: Any) -> LazyText:
    """The lazy text of `message`; `%(name)s` takes the keyword `name`."""
    return LazyText(message, sys._getframe(1).f_globals.get("__name__", ""), args or None)


def ngettext(message: str, plural: str, count: int, /, **args: Any) -> LazyText:
    """The lazy text of `message` or `plural`, by `count`, which `%(count)s` takes unless given."""
    module = sys._getframe(1).f_globals.get("__name__", "")
    return LazyText(message, module, {"count": count, **args}, plural, count)
