"""The i18n commands, on an addon made for it, and the completeness of our own catalogues."""

from __future__ import annotations

import gettext
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.i18n import catalogs, files
from core.i18n.catalogs import speaking
from core.i18n.check import check
from core.i18n.commands import i18n

ROOT = Path(__file__).resolve().parents[2]
OURS = ("core", "base", "crm")
SOURCE = '''"""An addon."""
from core import Addon, _, ngettext

addon = Addon("farm", version="1.0", label=_("Farm"))
texts = [_("Cow of %(name)s", name=1), ngettext("one cow", "%(count)s cows", 2), _("50% off")]
'''
TEMPLATE = """{{ _("By <b>%(who)s</b>", who=name) }} {{ _("Farm") }} {# _("in a comment") #}"""
INDONESIAN = {
    "Farm": "Ladang",
    "Cow of %(name)s": "Sapi milik %(name)s",
    "one cow": "%(count)s ekor sapi",
    "50% off": "Diskon 50%",
    "By <b>%(who)s</b>": "Oleh <b>%(who)s</b>",
}


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    """An addon outside of the tree, with texts in a module and a template, and no catalogues."""
    folder = tmp_path / "farm"
    for name, text in {"__init__.py": SOURCE, "templates/farm/cow.html": TEMPLATE}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text("_('a text of a test')")
    return folder


@pytest.fixture
def complete(farm: Path) -> Path:
    """The same with complete catalogues."""
    assert run("update", farm).exit_code == 0
    for message, translation in INDONESIAN.items():
        translate(farm, message, translation)
    assert run("check", farm).output == ""
    return farm


def run(command: str, folder: Path | str, *options: str) -> Result:
    with speaking("en"):
        return CliRunner().invoke(i18n, [command, str(folder), *options])


def po(farm: Path, language: str = "id") -> Path:
    return farm / "translations" / language / "LC_MESSAGES" / "farm.po"


def translate(farm: Path, message: str, translation: str, language: str = "id") -> None:
    """Writes a translation behind its message, whatever stood there."""
    lines = po(farm, language).read_text("utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if line == f'msgid "{message}"') + 1
    at += lines[at].startswith("msgid_plural")
    key, _space, _old = lines[at].partition(" ")
    lines[at] = f'{key} "{translation}"'
    po(farm, language).write_text("\n".join(lines), "utf-8")


def faults(farm: Path) -> list[str]:
    """What `check` finds, as `language message: fault`."""
    result = run("check", farm, "--json")
    found = json.loads(result.output)
    assert result.exit_code == (1 if found else 0)
    assert all(fault["domain"] == "farm" and fault["file"] for fault in found)
    return [f"{fault['language']} {fault['message']}: {fault['fault']}" for fault in found]


# ----------------------------------------------------------------- our own
@pytest.mark.parametrize("name", OURS)
def test_our_catalogues_are_complete(name: str) -> None:
    found = [str(fault) for fault in check(files.all_domains()[name])]
    assert not found, "run `make i18n` and translate:\n" + "\n".join(found)


def test_one_english_text_is_one_indonesian_text_whichever_addon_says_it() -> None:
    """A person is somebody; as a kind of contact or lead it is no organisation."""
    said: dict[str, dict[str, str]] = {}
    for name, domain in files.all_domains().items():
        if name in OURS:
            for message in files.messages(files.read(domain.file("id"))).values():
                if message.id != "Person":
                    said.setdefault(str(message.id), {})[name] = str(message.string)
    assert {text: found for text, found in said.items() if len(set(found.values())) > 1} == {}


@pytest.mark.parametrize("name", OURS)
def test_our_catalogues_are_as_update_writes_them(name: str) -> None:
    domain = files.all_domains()[name]
    for language in files.PLURALS:
        written = domain.file(language).read_text("utf-8")
        assert files.updated(domain.file(language), language, domain.texts().values()) == written


def test_the_core_s_domain_ends_where_base_begins() -> None:
    domains = files.all_domains()
    inside = {file for text in domains["core"].texts().values() for file in text.files}
    assert "errors.py" not in inside and "web/templates/core/shell.html" in inside
    assert not any(file.startswith("base/") for file in inside)
    assert "partner.py" in {file for text in domains["base"].texts().values() for file in text.files}


# ----------------------------------------------------------------- extract
def test_extract_lists_the_texts(farm: Path) -> None:
    assert run("extract", farm).output == "farm: 5 texts\n"
    listed = json.loads(run("extract", farm, "--json").output)["farm"]
    assert {text["message"]: text["files"] for text in listed} == {
        "Farm": ["__init__.py", "templates/farm/cow.html"],
        "Cow of %(name)s": ["__init__.py"],
        "one cow": ["__init__.py"],
        "50% off": ["__init__.py"],
        "By <b>%(who)s</b>": ["templates/farm/cow.html"],
    }
    assert next(text["plural"] for text in listed if text["plural"]) == "%(count)s cows"


def test_the_manifest_s_file_names_the_addon_too(farm: Path) -> None:
    assert run("extract", farm / "__init__.py").output == "farm: 5 texts\n"


def test_an_addon_that_is_a_module(tmp_path: Path) -> None:
    (tmp_path / "shed.py").write_text("addon = Addon(name='shed', version='1')\n_('Shed')")
    (tmp_path / "other.py").write_text("_('Other')")
    assert run("update", tmp_path / "shed.py").exit_code == 0
    assert (tmp_path / "shed" / "translations" / "en" / "LC_MESSAGES" / "shed.po").exists()
    assert [
        text["message"] for text in json.loads(run("extract", tmp_path / "shed.py", "--json").output)["shed"]
    ] == ["Shed"]


@pytest.mark.parametrize("name", ["nosuch", "no/such", "", "."])
def test_what_is_no_addon_is_a_mistake_of_usage(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("extract", name)
    assert result.exit_code == 2
    assert f"“{name}” is neither the name of an addon that is found nor the folder of one." in result.output


@pytest.mark.parametrize(
    ("file", "text"), [("__init__.py", "("), ("x.py", "\xff"), ("templates/x.html", "{% if %}")]
)
@pytest.mark.parametrize("command", ["extract", "update", "check"])
def test_a_source_that_cannot_be_read_is_named(farm: Path, command: str, file: str, text: str) -> None:
    (farm / file).write_bytes(text.encode("latin-1"))
    result = run(command, farm)
    assert result.exit_code == 1
    assert Path(file).name in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("_(name)", "The message is not written out where it is used."),
        ("_(f'Hello {name}')", "The message is not written out where it is used."),
        ("_('')", "The message is not written out where it is used."),
        ("core._('a' + b)", "The message is not written out where it is used."),
        ("ngettext('a', b, 2)", "The message is not written out where it is used."),
        ("_('Hello %(name)s')", "Placeholders and values do not match: name."),
        ("_('Hello %(name)s', nmae=1)", "Placeholders and values do not match: name, nmae."),
        ("_('Hello', name=1)", "Placeholders and values do not match: name."),
        ("_('Hello %(name)s', **{'name': 1})", ""),
        ("ngettext('one', '%(count)s', 2)", ""),
        ("ngettext('one', '%(n)s', 2)", "Placeholders and values do not match: n."),
    ],
)
def test_calls_that_cannot_work_are_found(complete: Path, call: str, fault: str) -> None:
    sources = {"calls.py": call}
    if not call.startswith(("core.", "_(f")):  # what a template could say too
        sources["templates/calls.html"] = f"{{{{ {call} }}}}"
    for file, source in sources.items():
        (complete / file).write_text(source)
        found = [line for line in faults(complete) if line.startswith(" ")]
        assert [line.partition(": ")[2] for line in found] == ([fault] if fault else [])
        (complete / file).unlink()


# ----------------------------------------------------------------- update
def test_update_fills_english_and_leaves_indonesian_to_a_translator(farm: Path) -> None:
    assert run("update", farm).output == f"{po(farm)} written\n{po(farm, 'en')} written\n"
    assert files.strings(files.messages(files.read(po(farm, "en")))["one cow"]) == (
        "one cow",
        "%(count)s cows",
    )
    assert [line for line in faults(farm) if not line.endswith("It is not translated.")] == []
    assert len(faults(farm)) == 5


def test_update_is_stable_and_free_of_dates_lines_and_people(complete: Path) -> None:
    before = po(complete).read_text("utf-8")
    assert run("update", complete).output == ""
    (complete / "__init__.py").write_text("\n\n\n" + SOURCE)
    assert run("update", complete).output == ""
    assert po(complete).read_text("utf-8") == before
    for word in ("Date", "Translator", "Babel", ":1", ":5", "VERSION"):
        assert word not in before
    messages = [line for line in before.split("\n") if line.startswith("msgid ")]
    assert messages == sorted(messages)


def test_update_keeps_adds_and_removes(complete: Path) -> None:
    source = SOURCE.replace('_("50% off")', '_("60% off")')
    (complete / "__init__.py").write_text(source)
    run("update", complete)
    text = po(complete).read_text("utf-8")
    assert "Sapi milik" in text and "60% off" in text and "50% off" not in text and "#~" not in text
    assert faults(complete) == ["id 60% off: It is not translated."]


def test_a_text_is_counted_once_in_however_many_forms(
    complete: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(catalogs._folders, "farm", complete / "translations")
    catalogs.forget()
    assert [catalogs.size("farm", language) for language in ("id", "en", "xx")] == [5, 5, 0]
    catalogs.forget()


def test_update_keeps_what_translators_wrote_beside(complete: Path) -> None:
    file = po(complete)
    file.write_text(
        file.read_text("utf-8").replace(
            '#, python-format\nmsgid "Cow', '# Sapi, bukan lembu\n#, fuzzy\nmsgid "Cow'
        )
    )
    run("update", complete)
    assert "# Sapi, bukan lembu\n" in file.read_text("utf-8")
    assert faults(complete) == ["id Cow of %(name)s: It is marked as fuzzy."]


def test_update_empties_a_text_that_got_a_plural(complete: Path) -> None:
    (complete / "__init__.py").write_text(SOURCE.replace('_("50% off")', 'ngettext("50% off", "all off", 2)'))
    assert faults(complete) == [
        f"{language} 50% off: It has the wrong number of plural forms. Run “lumbung i18n update”."
        for language in ("id", "en")
    ]
    run("update", complete)
    assert faults(complete) == ["id 50% off: It is not translated."]


def test_a_dry_run_writes_nothing(farm: Path) -> None:
    assert run("update", farm, "--dry-run").output.endswith("farm.po would be written\n")
    assert not (farm / "translations").exists()


def test_an_addon_without_texts_gets_no_catalogues(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("addon = Addon('mute', version='1')")
    assert run("update", tmp_path).output == ""
    assert not (tmp_path / "translations").exists()
    assert run("check", tmp_path).exit_code == 0


def test_a_folder_that_cannot_be_written_is_a_clear_failure(farm: Path) -> None:
    (farm / "translations").write_text("a file stands in the way")
    result = run("update", farm)
    assert result.exit_code == 1 and "translations" in result.output


# ----------------------------------------------------------------- check
@pytest.mark.parametrize(
    ("message", "translation", "fault"),
    [
        ("Farm", "", "It is not translated."),
        ("Farm", "  ", "It is not translated."),
        ("one cow", "", "It is not translated."),
        (
            "Cow of %(name)s",
            "Sapi milik %(nama)s",
            "Its placeholders differ from those of the message: Sapi milik %(nama)s.",
        ),
        ("Cow of %(name)s", "Sapi", "Its placeholders differ from those of the message: Sapi."),
        ("Cow of %(name)s", "%(name)d", "Its placeholders differ from those of the message: %(name)d."),
        (
            "Cow of %(name)s",
            "%(name)s%(name)s",
            "Its placeholders differ from those of the message: %(name)s%(name)s.",
        ),
        ("Cow of %(name)s", "5% %(name)s", "It has a “%” that is no placeholder; write “%%”: 5% %(name)s."),
        ("one cow", "sapi", "Its placeholders differ from those of the message: sapi."),
        (
            "By <b>%(who)s</b>",
            "Oleh %(who)s",
            "Its tags or straight quotes differ from those of the message: Oleh %(who)s.",
        ),
        (
            "By <b>%(who)s</b>",
            "<b>%(who)s</i>",
            "Its tags or straight quotes differ from those of the message: <b>%(who)s</i>.",
        ),
        (
            "Farm",
            r"Ladang \"besar\"",
            'Its tags or straight quotes differ from those of the message: Ladang "besar".',
        ),
        ("50% off", "Diskon 50%%", ""),
    ],
)
def test_check_finds_translations_that_do_not_fit(
    complete: Path, message: str, translation: str, fault: str
) -> None:
    translate(complete, message, translation)
    assert faults(complete) == ([f"id {message}: {fault}"] if fault else [])


def test_check_says_domain_language_message_and_file(complete: Path) -> None:
    translate(complete, "Farm", "", language="id")
    result = run("check", complete)
    assert result.exit_code == 1
    assert result.output == "farm id: “Farm” (__init__.py, templates/farm/cow.html): It is not translated.\n"


def test_check_wants_both_languages(complete: Path) -> None:
    po(complete, "en").unlink()
    found = faults(complete)
    assert len(found) == 5
    assert all(line.startswith("en ") and "not in the catalogue" in line for line in found)


def test_check_finds_what_no_text_asks_for(complete: Path) -> None:
    with po(complete).open("a", encoding="utf-8") as file:
        file.write('\nmsgid "Gone"\nmsgstr "Hilang"\n')
    assert faults(complete) == ["id Gone: No text of the addon has this message."]


def test_check_wants_the_language_s_rule_for_plurals(complete: Path) -> None:
    text = po(complete).read_text("utf-8")
    po(complete).write_text(text.replace("nplurals=1; plural=0", "nplurals=2; plural=(n != 1)"), "utf-8")
    assert "id : Its header has another rule for plurals." in faults(complete)


def test_check_names_a_catalogue_that_cannot_be_read(complete: Path) -> None:
    po(complete).write_bytes(b'msgid "Farm"\nmsgstr "\xff"\n')
    assert [line[:40] for line in faults(complete)] == [f"id : {po(complete)}"[:40]]
    for command in ("update", "compile"):
        result = run(command, complete)
        assert result.exit_code == 1 and "farm.po cannot be read" in result.output


# ----------------------------------------------------------------- compile
def test_compile_writes_what_gettext_reads(complete: Path) -> None:
    mo = po(complete).with_suffix(".mo")
    assert run("compile", complete, "--dry-run").output.startswith(f"{mo} would be written")
    assert not mo.exists()
    assert run("compile", complete).exit_code == 0
    with mo.open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert read.gettext("Farm") == "Ladang"
    assert [read.ngettext("one cow", "%(count)s cows", n) for n in (1, 2)] == ["%(count)s ekor sapi"] * 2


def test_a_compiled_catalogue_is_newer_than_its_source(complete: Path) -> None:
    mo = po(complete).with_suffix(".mo")
    run("compile", complete)
    os.utime(mo, (1, 1))
    run("compile", complete)
    assert mo.stat().st_mtime >= po(complete).stat().st_mtime


# ----------------------------------------------------------------- the command line
@pytest.fixture
def lumbung() -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "core.cli", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    return call


def test_lumbung_has_the_commands(
    lumbung: Callable[..., subprocess.CompletedProcess[str]], complete: Path
) -> None:
    translate(complete, "Farm", "")
    done = lumbung("--lang", "id", "i18n", "check", str(complete))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith(": Belum diterjemahkan.\n")
