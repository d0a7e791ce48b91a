"""What is searched and for what: texts of records and of users, brought to one form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from core.errors import FieldError
from core.i18n.lazy import _
from core.orm.contacts import Phone
from core.orm.fields import Field
from core.orm.kinds import Char

MOST_WORDS = 10
LONGEST = 200
BODY_LIMIT = 20_000
"""Letters of a record that are searched; a novel in a note is found by its beginning."""
DIALLED_MIN = 3
"""Digits of a word that are looked for in phone numbers; fewer are in every one."""
SEPARATOR = "\x1f"
"""Stands between fields, so that no word is found across two of them."""
_PHRASE = re.compile(r'"([^"]+)"|(\S+)')
_DIALLED = re.compile(r"\+?[0-9(][0-9().\-/]{3,}")


def normal(text: str) -> str:
    """One form of a text: compatible letters, small, without accents, spaces folded."""
    if not text.isascii():
        split = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in split if not unicodedata.combining(letter))
    return " ".join(text.casefold().split())


def words(text: str) -> list[str]:
    """The words that a user typed, each to be found; what stands in quotes is one. Raises FieldError."""
    if len(text) > LONGEST:
        raise FieldError(_("Search for at most %(count)s letters.", count=LONGEST), "q")
    found = [normal(phrase or word) for phrase, word in _PHRASE.findall(text)]
    found = [word for word in found if word]
    if len(found) > MOST_WORDS:
        raise FieldError(_("Search for at most %(count)s words.", count=MOST_WORDS), "q")
    return found


def spellings(word: str) -> list[str]:
    """How a word may stand in a text: as typed, and as a number that is dialled, which is kept in digits only."""
    digits = re.sub(r"[().\-/]", "", word) if _DIALLED.fullmatch(word) else word
    return [word] if len(digits) < DIALLED_MIN or digits == word else [word, digits]


def body_maker(items: Sequence[Field[Any]]) -> Callable[[Any], str]:
    """A function that gives the text of a record."""
    parts = [(item.key, _part(item)) for item in items]

    def body(record: Any) -> str:
        values = [(show, getattr(record, key)) for key, show in parts]
        return SEPARATOR.join([show(value) for show, value in values if value])[:BODY_LIMIT]

    return body


def _part(item: Field[Any]) -> Callable[[Any], str]:
    if isinstance(item, Phone):
        return _phone
    if isinstance(item, Char) and item.translate:
        return lambda texts: SEPARATOR.join(normal(text) for text in texts.values())
    return normal


def _phone(number: str) -> str:
    """As it is stored, and as it is dialled here."""
    return f"{number}{SEPARATOR}0{number[3:]}" if number.startswith("+62") else number
