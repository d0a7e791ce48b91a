"""Lazy texts: when they become text, in whose words, and that a faulty catalogue costs no page."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from markupsafe import Markup, escape

from core import LazyText, UserError, _, ngettext
from core.errors import FieldError
from core.i18n import catalogs
from core.i18n.catalogs import domain_of, register_domain, speaking

HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {rule};\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"""
RULES = {"id": "nplurals=1; plural=0", "en": "nplurals=2; plural=(n != 1)"}


def write_catalogue(folder: Path, domain: str, language: str, *entries: str) -> Path:
    """A catalogue of entries, each `message = translation` or `one | many = form | form`."""
    blocks = [HEADER.format(language=language, rule=RULES[language])]
    for entry in entries:
        message, _equals, translation = entry.partition(" = ")
        one, *many = message.split(" | ")
        lines = [f'msgid "{one}"']
        if many:
            lines.append(f'msgid_plural "{many[0]}"')
            lines += [f'msgstr[{n}] "{form}"' for n, form in enumerate(translation.split(" | "))]
        else:
            lines.append(f'msgstr "{translation}"')
        blocks.append("\n".join(lines) + "\n")
    file = folder / language / "LC_MESSAGES" / f"{domain}.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(blocks), "utf-8")
    return file


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, Path], None]]:
    """`register_domain` whose effect ends with the test."""
    monkeypatch.setattr(catalogs, "_domains", dict(catalogs._domains))
    monkeypatch.setattr(catalogs, "_folders", dict(catalogs._folders))
    yield register_domain
    catalogs.domain_of.cache_clear()
    catalogs.forget()


@pytest.fixture
def farm(tmp_path: Path, register: Callable[[str, str, Path], None]) -> ModuleType:
    """A module of an addon `farm`, with texts and catalogues in both languages."""
    entries = [
        "Cow = Sapi",
        "Cow of %(name)s = Sapi milik %(name)s",
        "%(count)s cow | %(count)s cows = %(count)s ekor sapi",
    ]
    write_catalogue(tmp_path, "farm", "id", *entries)
    write_catalogue(tmp_path, "farm", "en", "%(count)s cow | %(count)s cows = %(count)s cow | %(count)s cows")
    register("farm", "outside.farm", tmp_path)
    return module(
        "outside.farm.cow",
        "cow = _('Cow')\ncow_of = lambda name: _('Cow of %(name)s', name=name)\n"
        "cows = lambda count, /, **args: ngettext('%(count)s cow', '%(count)s cows', count, **args)",
    )


def module(name: str, source: str) -> ModuleType:
    """A module of this name with the functions for texts."""
    made = ModuleType(name)
    vars(made).update(_=_, ngettext=ngettext)
    exec(source, vars(made))
    return made


def in_both(text: Any) -> tuple[str, str]:
    with speaking("id"):
        indonesian = str(text)
    with speaking("en"):
        return indonesian, str(text)


# ----------------------------------------------------------------- laziness and domains
def test_a_text_is_made_when_it_is_shown(farm: ModuleType) -> None:
    assert in_both(farm.cow) == ("Sapi", "Cow")
    assert in_both(farm.cow_of("Budi")) == ("Sapi milik Budi", "Cow of Budi")


def test_values_are_shown_late_too(farm: ModuleType) -> None:
    assert in_both(farm.cow_of(farm.cow)) == ("Sapi milik Sapi", "Cow of Cow")


@pytest.mark.parametrize(("count", "expected"), [(0, "0 cows"), (1, "1 cow"), (2, "2 cows")])
def test_plurals_follow_the_language(farm: ModuleType, count: int, expected: str) -> None:
    assert in_both(farm.cows(count)) == (f"{count} ekor sapi", expected)


def test_a_plural_may_show_its_number_in_another_way(farm: ModuleType) -> None:
    assert in_both(farm.cows(1200, count="1.200"))[0] == "1.200 ekor sapi"


def test_the_domain_is_that_of_the_longest_registered_module(
    tmp_path: Path, register: Callable[[str, str, Path], None]
) -> None:
    write_catalogue(tmp_path / "outer", "outer", "id", "Yes = Ya luar")
    write_catalogue(tmp_path / "inner", "inner", "id", "Yes = Ya dalam")
    register("outer", "wide", tmp_path / "outer")
    register("inner", "wide.inner", tmp_path / "inner")
    said = {name: str(module(name, "text = _('Yes')").text) for name in ("wide", "wide.x.y", "wide.inner.z")}
    assert said == {"wide": "Ya luar", "wide.x.y": "Ya luar", "wide.inner.z": "Ya dalam"}
    assert [domain_of(name) for name in ("wider", "core.base.partner.x", "core.errors", "")] == [
        "core", domain_of("core.base"), "core", "core"]  # fmt: skip


def test_registering_again_takes_the_place_of_what_was_read(
    tmp_path: Path, register: Callable[[str, str, Path], None]
) -> None:
    text = module("late.addon", "text = _('Later')").text
    assert str(text) == "Later"
    write_catalogue(tmp_path, "late", "id", "Later = Nanti")
    register("late", "late", tmp_path)
    assert str(text) == "Nanti"


# ----------------------------------------------------------------- standing in for a text
def test_equality_order_and_hash_go_through_the_text(farm: ModuleType) -> None:
    cow, ape = farm.cow, LazyText("Ape", "outside.farm")
    with speaking("id"):
        assert cow == "Sapi" == cow and cow != "Cow"
        assert hash(cow) == hash("Sapi")
        assert sorted([cow, "Babi", ape]) == [ape, "Babi", cow]
        assert cow > "Babi" and max("Babi", cow) is cow and cow <= "Sapi"
    with speaking("en"):
        assert cow == "Cow" and cow > ape


def test_a_text_is_not_compared_with_what_is_none(farm: ModuleType) -> None:
    assert (farm.cow == 3) is False
    with pytest.raises(TypeError):
        sorted([farm.cow, 3])


def test_a_text_stands_in_formats_json_and_markup(farm: ModuleType) -> None:
    text = farm.cow_of("<Budi>")
    with speaking("id"):
        assert f"{text:>20}" == "   Sapi milik <Budi>"
        assert json.loads(json.dumps({"label": text}, default=str)) == {"label": "Sapi milik <Budi>"}
        assert escape(text) == "Sapi milik &lt;Budi&gt;"
        assert Markup("<b>%s</b>") % text == "<b>Sapi milik &lt;Budi&gt;</b>"
        assert Markup("<b>{}</b>").format(text) == "<b>Sapi milik &lt;Budi&gt;</b>"


def test_copies_stay_lazy(farm: ModuleType) -> None:
    for made in (copy.deepcopy(farm.cow), pickle.loads(pickle.dumps(farm.cow))):
        assert in_both(made) == ("Sapi", "Cow")


def test_errors_speak_the_language_of_the_reader(farm: ModuleType) -> None:
    assert in_both(UserError(farm.cow)) == ("Sapi", "Cow")
    assert FieldError(farm.cow, "animal").field == "animal"


def test_a_percent_sign_without_values_stays() -> None:
    assert str(_("100% sure")) == "100% sure"
    assert str(_("%(share)s%% sure", share=5)) == "5% sure"


# ----------------------------------------------------------------- the language of the moment
def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown language 'fr'; known: id, en"):
        catalogs.set_language("fr")
    assert catalogs.current_language() == "id"


def test_the_other_language_fills_gaps() -> None:
    with speaking("id"):
        assert catalogs.fallback_language() == "en"
    with speaking("en"):
        assert catalogs.fallback_language() == "id"


def test_speaking_ends_with_its_block_also_after_an_error() -> None:
    with pytest.raises(KeyError), speaking("en"):
        raise KeyError
    assert catalogs.current_language() == "id"


def test_threads_do_not_hear_each_other(farm: ModuleType) -> None:
    both = threading.Barrier(2)
    said: dict[str, set[str]] = {}

    def speak(code: str) -> None:
        with speaking(code):
            both.wait(timeout=10)
            said[code] = {str(farm.cow) for _round in range(200)}

    threads = [threading.Thread(target=speak, args=(code,)) for code in ("id", "en")]
    with speaking("en"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert str(farm.cow) == "Cow"
    assert said == {"id": {"Sapi"}, "en": {"Cow"}}


def test_a_new_thread_begins_with_the_default(farm: ModuleType) -> None:
    said: list[str] = []
    with speaking("en"):
        thread = threading.Thread(target=lambda: said.append(str(farm.cow)))
        thread.start()
        thread.join()
    assert said == ["Sapi"]


# ----------------------------------------------------------------- catalogue files
def compile_as(po: Path, translation: str) -> Path:
    """A compiled catalogue beside a source, that says something else."""
    catalog = Catalog()
    catalog.add("Cow", translation)
    with po.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)
    return po.with_suffix(".mo")


def test_the_newer_of_source_and_compiled_is_read(farm: ModuleType, tmp_path: Path) -> None:
    po = tmp_path / "id" / "LC_MESSAGES" / "farm.po"
    mo = compile_as(po, "Lembu")
    os.utime(mo, (po.stat().st_mtime + 5,) * 2)
    assert str(farm.cow) == "Lembu"
    os.utime(mo, (po.stat().st_mtime - 5,) * 2)
    catalogs.forget()
    assert str(farm.cow) == "Sapi"


def test_a_compiled_catalogue_needs_no_source(farm: ModuleType, tmp_path: Path) -> None:
    po = tmp_path / "id" / "LC_MESSAGES" / "farm.po"
    compile_as(po, "Lembu")
    po.unlink()
    assert str(farm.cow) == "Lembu"


@pytest.mark.parametrize("garbage", [b"", b"no catalogue", b"\xde\x12\x04\x95\xff\xff", b"\xff" * 64])
def test_a_broken_compiled_catalogue_gives_way_to_the_source(
    farm: ModuleType, tmp_path: Path, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    mo = tmp_path / "id" / "LC_MESSAGES" / "farm.mo"
    mo.write_bytes(garbage)
    os.utime(mo, (mo.stat().st_mtime + 5,) * 2)
    assert str(farm.cow) == "Sapi"
    assert str(mo) in caplog.text


@pytest.mark.parametrize(
    "garbage",
    [b"msgid Cow\n", b'msgid "Cow"\nmsgstr "\xff\xfe"\n', b"\x00\x01"],
)
def test_a_broken_source_costs_its_texts_only(
    farm: ModuleType, tmp_path: Path, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "id" / "LC_MESSAGES" / "farm.po").write_bytes(garbage)
    with caplog.at_level(logging.ERROR):
        assert str(farm.cow) == "Cow"
    assert "farm.po" in caplog.text


@pytest.mark.parametrize(
    "wrong", ["Sapi milik %(nama)s", "Sapi milik %(name)d", "Sapi 5% milik %(name)s", "%"]
)
def test_a_faulty_translation_gives_way_to_the_message(farm: ModuleType, tmp_path: Path, wrong: str) -> None:
    write_catalogue(
        tmp_path, "farm", "id", f"Cow of %(name)s = {wrong}", "%(count)s cow | %(count)s cows = %(n)s sapi"
    )
    assert str(farm.cow_of("Budi")) == "Cow of Budi"
    assert [str(farm.cows(1)), str(farm.cows(2))] == ["1 cow", "2 cows"]


def test_a_mistake_in_the_message_itself_is_loud() -> None:
    with pytest.raises(KeyError):
        str(_("Hello %(name)s", nmae="Budi"))


def test_an_untranslated_plural_is_english(farm: ModuleType, tmp_path: Path) -> None:
    write_catalogue(tmp_path, "farm", "id", "%(count)s cow | %(count)s cows = ")
    assert [str(farm.cows(1)), str(farm.cows(2))] == ["1 cow", "2 cows"]
