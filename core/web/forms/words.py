"""What differs between two texts, word by word, as a reader sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from markupsafe import Markup

MOST_WORDS = 2_000
"""Longer texts are shown without marks: comparing them would take seconds."""
_WORD = re.compile(r"(?:\w+|[^\w\s]|^)\s*")
"""A word or a mark with the space behind it: spaces of their own would be alike in any two texts."""
_MARK = Markup("<mark>{}</mark>")


def marked(text: str, before: str) -> Markup:
    """`text` with what it has and `before` has not inside <mark>."""
    new, old = _WORD.findall(text), _WORD.findall(before)
    if not before.strip() or max(len(new), len(old)) > MOST_WORDS:
        return Markup.escape(text)
    return Markup("").join(_parts(old, new))


def _parts(old: list[str], new: list[str]) -> Iterator[str | Markup]:
    for kind, _from, _to, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        part = "".join(new[start:end])
        yield part if kind == "equal" or not part.strip() else _MARK.format(part)
