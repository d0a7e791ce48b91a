"""One form for texts and for what is searched in them."""

from __future__ import annotations

import pytest

from core.errors import FieldError
from core.texts.text import BODY_LIMIT, LONGEST, MOST_WORDS, body_maker, normal, spellings, words
from tests.core.texts.library import library_registry


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Rumah", "rumah"),
        ("  dua\t kata\n", "dua kata"),
        ("Café ÉTÉ", "cafe ete"),
        ("cafe\u0301", "cafe"),
        ("Straße", "strasse"),
        ("ﬁnal ﬂow", "final flow"),
        ("ＡＢＣ１２３", "abc123"),
        ("İstanbul", "istanbul"),
        ("Ελλάς", "ελλασ"),
        ("Москва", "москва"),
        ("a\u00a0b\u2003c", "a b c"),
        ("a\x1fb", "a b"),
        ("", ""),
    ],
)
def test_a_text_has_one_form(text: str, form: str) -> None:
    assert normal(text) == form
    assert normal(form) == form


@pytest.mark.parametrize("text", ["한국어", "日本語", "ไทย", "हिन्दी", "العربية", "ꦗꦮ", "🏠 rumah"])
def test_a_part_of_a_text_has_the_form_of_a_part(text: str) -> None:
    """Or a word would not be found in the text that it is taken from."""
    for end in range(1, len(text) + 1):
        assert normal(text[:end]) in normal(text)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("rumah taman", ["rumah", "taman"]),
        ('"rumah taman" baru', ["rumah taman", "baru"]),
        ('rumah"taman', ['rumah"taman']),
        ('"rumah', ['"rumah']),
        ('""', ['""']),
        ('" "', []),
        ("\u0301", []),
        ("   ", []),
        ("", []),
        ("a OR b AND NOT c*", ["a", "or", "b", "and", "not", "c*"]),
    ],
)
def test_words_are_told_by_spaces_and_quotes(typed: str, expected: list[str]) -> None:
    assert words(typed) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("0812-2045-7781", ["0812-2045-7781", "081220457781"]),
        ("(021)5551234", ["(021)5551234", "0215551234"]),
        ("+62812-2045", ["+62812-2045", "+628122045"]),
        ("081220457781", ["081220457781"]),
        ("36/72", ["36/72", "3672"]),
        ("(021)", ["(021)", "021"]),
        ("12-a", ["12-a"]),
        ("....", ["...."]),
    ],
)
def test_a_number_is_looked_for_as_it_is_dialled_too(word: str, expected: list[str]) -> None:
    assert spellings(word) == expected


def test_too_much_is_refused_in_words() -> None:
    assert len(words("x" * LONGEST)) == 1
    assert len(words("x " * MOST_WORDS)) == MOST_WORDS
    with pytest.raises(FieldError, match=str(LONGEST)) as long:
        words("x" * (LONGEST + 1))
    with pytest.raises(FieldError, match=str(MOST_WORDS)) as many:
        words("x " * (MOST_WORDS + 1))
    assert long.value.field == many.value.field == "q"


def test_a_novel_is_found_by_its_beginning() -> None:
    class Novel:
        title, note = "Bumi Manusia", "x" * BODY_LIMIT
        blurb_texts = phone = None

    fields = library_registry().info("library.book").searched
    assert body_maker(fields)(Novel).startswith("bumi manusia\x1fxxx")
    assert len(body_maker(fields)(Novel)) == BODY_LIMIT
