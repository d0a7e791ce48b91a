"""What a search finds: every word as plain characters, anywhere in the text, on both databases alike."""

from __future__ import annotations

import pytest

from tests.core.orm.toys import World
from tests.core.texts.library import Author, Book, Vault, add, found, reader

TITLES = (
    "Rumah tipe 36/72 dekat taman",
    "50% off_now c:\\temp",
    "Café Été Straße",
    "Москва слезам не верит",
    "日本語の本",
    "한국어 사전",
    "a*b OR (c) NEAR ^d {e} -f \"g\" 'h' ; -- i",
    "Order AND chaos",
    "x",
)
SEARCHES: list[tuple[str, list[int]]] = [
    ("rumah", [0]),
    ("RUMAH Taman", [0]),
    ("taman rumah", [0]),
    ("mah ipe", [0]),
    ("rumah kantor", []),
    ("36/72", [0]),
    ("3672", []),
    # wildcards and operators
    ("%", [1]),
    ("50%", [1]),
    ("5%f", []),
    ("_", [1]),
    ("off_now", [1]),
    ("off%now", []),
    ("r_mah", []),
    ("rum*", []),
    ("\\", [1]),
    ("c:\\temp", [1]),
    ("c:temp", []),
    ("a*b", [6]),
    ("OR (c) NEAR", [6]),
    ("^d", [6]),
    ("{e}", [6]),
    ("-f", [6]),
    ('"', [6]),
    ('"g"', [6]),
    ("'h'", [6]),
    ("'", [6]),
    ("--", [6]),
    ('zzz"OR"rumah', []),
    ('pe"36', []),
    ("body:rumah", []),
    ("rumah OR chaos", []),
    ("NOT rumah", []),
    ("rumah*", []),
    ("order AND chaos", [7]),
    # one or two letters
    ("x", [8]),
    ("nt", []),
    ("и", [3]),
    ("ta ru 36", [0]),
    ("本", [4]),
    ("어", [5]),
    # accents and other scripts
    ("cafe", [2]),
    ("CAFÉ", [2]),
    ("été", [2]),
    ("ete strasse", [2]),
    ("straße", [2]),
    ("МОСКВА", [3]),
    ("語の本", [4]),
    ("국어", [5]),
    ("한국어 사전", [5]),
    # quotes make one word of several
    ('"tipe 36/72"', [0]),
    ('"rumah taman"', []),
    ('"dekat taman" rumah', [0]),
    # nothing to search for
    ("", list(range(len(TITLES)))),
    ("  ", list(range(len(TITLES)))),
    ('" "', list(range(len(TITLES)))),
]


def wrongly_found(shelves: World) -> dict[str, list[str]]:
    """What is found of TITLES for those of SEARCHES that find something else than they should."""
    with shelves.env() as env:
        add(env, *TITLES)
    return {
        text: got
        for text, expected in SEARCHES
        if (got := found(shelves, text)) != [TITLES[number] for number in expected]
    }


def test_words_are_found_as_they_are(shelves: World) -> None:
    assert wrongly_found(shelves) == {}


def test_a_phone_is_found_however_it_is_written(shelves: World) -> None:
    with shelves.env() as env:
        add(env, "budi", phone="+6281220457781")
        add(env, "line", phone="+622155512345")
        add(env, "abroad", phone="+4930123456")
    for text in ("0812-2045-7781", "081220457781", "+6281220457781", "+62812-2045", "2045-7781", "0812 2045"):
        assert found(shelves, text) == ["budi"], text
    assert found(shelves, "(021)55512345") == found(shelves, "(021) 5551-2345") == ["line"]
    assert found(shelves, "+4930123456") == ["abroad"]
    assert found(shelves, "030123456") == []


def test_no_word_is_found_across_two_fields(shelves: World) -> None:
    with shelves.env() as env:
        add(env, "bumi", note="manusia")
    assert found(shelves, "bumi manusia") == ["bumi"]
    for text in ('"bumi manusia"', "bumimanusia", "bumi\x1fmanusia-x", '"bumi\x1fmanusia"'):
        assert found(shelves, text) == [], text


def test_every_language_of_a_text_is_searched(shelves: World) -> None:
    with shelves.env() as env:
        add(env, "dua", blurb={"id": "merah", "en": "red"})
    assert found(shelves, "merah") == found(shelves, "RED") == ["dua"]
    assert found(shelves, "merah red") == ["dua"]
    assert found(shelves, '"merah red"') == []


def test_models_do_not_find_each_other_s_texts(shelves: World) -> None:
    with shelves.env() as env:
        add(env, "satu")
        env.create(env[Author], [{"name": "dua"}])
    assert found(shelves, "satu", model=Author) == []
    assert found(shelves, "dua", model=Author) == ["dua"]
    assert found(shelves, "dua") == []


# ----------------------------------------------------------------- who may find
def test_only_what_may_be_seen_is_found(shelves: World) -> None:
    with shelves.env() as env:
        add(env, "rumah ayu", owner="ayu")
        add(env, "rumah bima", owner="bima")
    assert found(shelves, "rumah") == ["rumah ayu", "rumah bima"]
    assert found(shelves, "rumah", reader("ayu")) == ["rumah ayu"]
    assert found(shelves, "bima", reader("ayu")) == []


def test_a_field_that_not_all_may_read_is_searched_by_nobody(shelves: World) -> None:
    """Or one could guess it, letter by letter, from what is found."""
    with shelves.env() as env:
        patron = env.create(env[Author], [{"name": "maesenas"}])[0]
        add(env, "mahal", price="rahasia", patron=patron, owner="ayu")
    for text in ("rahasia", "ra", "maesenas"):
        assert found(shelves, text) == found(shelves, text, reader()) == [], text


def test_a_link_is_found_by_its_target_where_that_may_be_seen(shelves: World) -> None:
    with shelves.env() as env:
        toer, ghost = env.create(
            env[Author], [{"name": "Pramoedya Toer"}, {"name": "Ghost Writer", "hidden": "yes"}]
        )
        vault = env.create(env[Vault], [{"name": "Brankas"}])[0]
        add(env, "bumi", author=toer, owner="ayu")
        add(env, "bayang", author=ghost, vault=vault, owner="ayu")
        add(env, "angsa", author=toer, owner="bima")
    assert found(shelves, "toer") == ["bumi", "angsa"]
    assert found(shelves, "toer", reader()) == ["bumi"]
    assert found(shelves, "TOER bumi", reader()) == found(shelves, "bu to", reader()) == ["bumi"]
    assert found(shelves, "ghost") == found(shelves, "brankas") == ["bayang"]
    assert found(shelves, "ghost", reader()) == found(shelves, "gh", reader()) == []
    assert found(shelves, "brankas", reader()) == [], "a model that one may not read at all"
    assert found(shelves, "bayang ghost", reader()) == []


@pytest.mark.parametrize("name", ["Toer", "Mangunwijaya"])
def test_a_target_is_found_by_its_text_of_now(shelves: World, name: str) -> None:
    with shelves.env() as env:
        author = env.create(env[Author], [{"name": "Toer"}])[0]
        add(env, "bumi", author=author)
        env.flush()
        author.name = name
    assert found(shelves, name) == ["bumi"]
    assert found(shelves, "Toer" if name != "Toer" else "Mangunwijaya") == []


def test_a_book_has_the_fields_that_are_searched() -> None:
    from tests.core.texts.library import library_registry

    info = library_registry().info(Book.__lumbung__.model)
    assert [item.name for item in info.searched] == ["title", "blurb", "note", "phone"]
    assert [item.name for item in info.searched_links] == ["author", "vault"]
