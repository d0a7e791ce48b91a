"""What every page of the route map says: all of it in one language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from core.i18n.files import all_domains, messages, read, strings
from tests.web import kit
from tests.web.conftest import on_sqlite
from tests.web.markup import Element
from tests.web.pages import ADMIN, Place, every_page

SAID = (
    "aria-label",
    "title",
    "placeholder",
    "alt",
    "data-busy",
    "data-one",
    "data-many",
    "data-l",
    "data-new",
)
"""Attributes that people read or hear."""
ENGLISH = re.compile(
    r"\b(the|of|and|is|are|not|with|for|this|you|your|was|who|what|by|from|to|in)\b", re.IGNORECASE
)
"""Small words that no Indonesian sentence has."""
DATA = {"Penjualan", "Direktur", "Rumah", "Survei lokasi"}
"""What the demo data calls a team, a role of somebody, a pipeline and a meeting: some label is that in Indonesian."""


@on_sqlite
@pytest.mark.slow
def test_no_page_is_in_two_languages(served: kit.Served) -> None:
    texts = dict(_texts_of_all())
    translated = {text for text, theirs in texts.items() if text != theirs}
    back = set(texts.values()) - texts.keys() - DATA
    wrong: dict[str, str] = {}
    for place, said in _said(served, "id"):
        wrong |= {text: place.path for text in said if text in translated or ENGLISH.search(text)}
    for place, said in _said(served, "en"):
        wrong |= dict.fromkeys(said & back, place.path)
    assert not wrong


def _texts_of_all() -> Iterator[tuple[str, str]]:
    """Every text of the core and of the addons with what it is in Indonesian."""
    for domain in all_domains().values():
        for text, entry in messages(read(domain.file("id"))).items():
            yield text, strings(entry)[0]


def _said(served: kit.Served, lang: str) -> Iterator[tuple[Place, set[str]]]:
    """What each page says to an administrator, or to a guest, in a language."""
    guest, person = served.visitor(lang), served.sign_in(ADMIN, lang)
    for place in every_page(served):
        page = (guest if place.is_for_guests else person).get(place.path).page
        yield place, {" ".join(text.split()) for text in _texts(page)}


def _texts(page: Element) -> Iterator[str]:
    for element in page.walk():
        if element.tag in ("kbd", "code"):
            continue  # what stands on a key or in a program is the same everywhere
        yield from (child for child in element.children if isinstance(child, str))
        yield from (element[name] for name in SAID if element.get(name))
