"""Names inside sentences, in both languages."""

from __future__ import annotations

import pytest

from core.i18n.catalogs import speaking
from core.i18n.words import inside, new_one


@pytest.mark.parametrize(
    ("name", "there"), [("Lead", "lead"), ("NPWP", "NPWP"), ("Tax number", "tax number"), ("", "")]
)
def test_a_name_inside_a_sentence(name: str, there: str) -> None:
    assert inside(name) == there


@pytest.mark.parametrize(("lang", "text"), [("en", "New record"), ("id", "Data baru")])
def test_a_new_one(lang: str, text: str) -> None:
    with speaking(lang):
        assert new_one({"en": "Record", "id": "Data"}[lang]) == text
