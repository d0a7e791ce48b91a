"""What was compiled of templates is kept for the next start, and is never more than a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.i18n import catalogs
from core.i18n.catalogs import LANGUAGES, speaking
from core.web.site import symbol
from core.web.templating import LayerEnvironment, make_environment


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text("one", "utf-8")
    return folder


@pytest.fixture(autouse=True)
def _texts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test says about its texts is forgotten with it."""
    for name in ("_domains", "_folders"):
        monkeypatch.setattr(catalogs, name, dict(getattr(catalogs, name)))
    yield
    catalogs.forget()


def start(layer: Path, compiled: Path) -> LayerEnvironment:
    """An environment as a server that starts makes it."""
    environment = make_environment([("farm", layer)])
    environment.compile_all(compiled)
    return environment


def text(layer: Path, compiled: Path) -> str:
    return start(layer, compiled).get_template("page.html").render()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_second_start_compiles_nothing(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert text(layer, tmp_path / "kept") == "one"
    monkeypatch.setattr(LayerEnvironment, "compile", lambda *_args, **_more: pytest.fail("it was compiled"))
    assert text(layer, tmp_path / "kept") == "one"


def test_a_template_that_changed_is_compiled_anew(layer: Path, tmp_path: Path) -> None:
    text(layer, tmp_path / "kept")
    (layer / "page.html").write_text("two", "utf-8")
    assert text(layer, tmp_path / "kept") == "two"


def test_what_compiles_them_is_known_as_well(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update of Jinja or of Lumbung makes other code of the same text."""
    text(layer, tmp_path / "kept")
    monkeypatch.setattr("jinja2.__version__", "99")
    text(layer, tmp_path / "kept")
    assert len({path.parent for path in files(tmp_path / "kept")}) == 2 * len(LANGUAGES)


def test_each_language_has_its_own_of_a_template(layer: Path, tmp_path: Path) -> None:
    """A text is written into it, and is read by nobody in another language."""
    write_text(tmp_path, "Simpan")
    (layer / "page.html").write_text("{{ _('Save') }}", "utf-8")
    environment = start(layer, tmp_path / "kept")
    for language, expected in (("id", "Simpan"), ("en", "Save"), ("id", "Simpan")):
        with speaking(language):
            assert environment.get_template("page.html").render() == expected


def test_a_text_that_changed_is_known_at_the_next_start(layer: Path, tmp_path: Path) -> None:
    (layer / "page.html").write_text("{{ _('Save') }}", "utf-8")
    for words in ("Simpan", "Simpanlah"):
        write_text(tmp_path, words)
        assert text(layer, tmp_path / "kept") == words


def test_texts_that_were_read_before_a_file_changed_are_not_kept_as_those_of_the_file(
    layer: Path, tmp_path: Path
) -> None:
    """A server that still runs while an upgrade puts new texts there."""
    (layer / "page.html").write_text("{{ _('Save') }}", "utf-8")
    catalogue = write_text(tmp_path, "Simpan")
    assert text(layer, tmp_path / "kept") == "Simpan"
    catalogue.write_text(catalogue.read_text("utf-8").replace("Simpan", "Simpanlah"), "utf-8")
    (layer / "other.html").write_text("{{ _('Save') }}!", "utf-8")
    assert start(layer, tmp_path / "kept").get_template("other.html").render() == "Simpan!"
    catalogs.forget()
    assert start(layer, tmp_path / "kept").get_template("other.html").render() == "Simpanlah!"


def test_what_was_asked_before_is_kept_for_the_next_start_as_well(layer: Path, tmp_path: Path) -> None:
    environment = make_environment([("farm", layer)])
    assert environment.get_template("page.html").render() == "one"
    environment.compile_all(tmp_path / "kept")
    assert len(files(tmp_path / "kept")) == len(LANGUAGES)


FAULTY = ("{{ icon() }}", "{{ icon('a', true, 3) }}", "{{ _('Hello', 'x') }}", "{{ url('a', 'b') }}")


@pytest.mark.parametrize("faulty", FAULTY)
def test_a_call_that_fails_does_so_where_it_is_drawn(layer: Path, tmp_path: Path, faulty: str) -> None:
    (layer / "page.html").write_text(f"{{% if wanted %}}{faulty}{{% endif %}}ok", "utf-8")
    environment = make_environment([("farm", layer)])
    environment.globals.update(icon=symbol, url=lambda path: path)
    environment.compile_all(tmp_path / "kept")
    assert environment.get_template("page.html").render(wanted=False) == "ok"
    with pytest.raises(TypeError):
        environment.get_template("page.html").render(wanted=True)


JOINED = (
    "{{ icon('plus') ~ _('Save') }}",
    "{{ '<i>' ~ icon('plus') ~ '<b>' }}",
    "{{ icon('plus') + '<b>' + _('Save') }}",
    "{{ [icon('plus'), '<b>', _('Save')]|join('<') }}",
    "{{ icon('plus')|replace('svg', '<b>') }}",
    "{{ url('/a?b=<c>') }}<a href=\"{{ url('/a?b=1&c=2') }}\">",
    "{{ _('Save')|upper }}{{ icon('plus')|length }}{{ icon('plus')|e }}",
)


@pytest.mark.parametrize("source", JOINED)
def test_what_is_written_in_is_what_would_be_called(layer: Path, tmp_path: Path, source: str) -> None:
    write_text(tmp_path, "Simpan <em>& tutup</em>")
    (layer / "page.html").write_text(source, "utf-8")
    environment = make_environment([("farm", layer)])
    environment.globals.update(icon=symbol, url=lambda path: path)
    called = LayerEnvironment.from_string(environment, source.replace("_('Save')", "words"))
    with speaking("id"):
        expected = called.render(words=catalogs.marked("farm", "Save"))
        assert environment.get_template("page.html").render() == expected


def write_text(folder: Path, words: str) -> Path:
    """A catalogue of the addon with one text."""
    catalogue = folder / "translations" / "id" / "LC_MESSAGES" / "farm.po"
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    catalogue.write_text(f'{head}msgid "Save"\nmsgstr "{words}"\n', "utf-8")
    catalogs.register_domain("farm", "farm", folder / "translations")
    catalogs.forget()
    return catalogue


@pytest.mark.parametrize(
    "own",
    [
        "{% macro url(x) %}mine{% endmacro %}",
        "{% set url = 'mine'.format %}",
        "{% from 'own.html' import url %}",
        "{% from 'own.html' import other as url %}",
    ],
)
def test_what_a_template_calls_by_the_same_name_is_its_own(layer: Path, tmp_path: Path, own: str) -> None:
    (layer / "own.html").write_text(
        "{% macro url(x) %}mine{% endmacro %}{% macro other(x) %}mine{% endmacro %}", "utf-8"
    )
    (layer / "page.html").write_text(f"{own}{{{{ url('/a') }}}}", "utf-8")
    (layer / "plain.html").write_text("{{ url('/a') }}", "utf-8")
    environment = make_environment([("farm", layer)])
    environment.globals["url"] = lambda path: f"theirs {path}"
    assert environment.get_template("page.html").render() == "mine"
    assert environment.get_template("plain.html").render() == "theirs /a"


@pytest.mark.parametrize("keep", [0, 5, 30, 60, -1])
def test_a_broken_file_is_as_none(layer: Path, tmp_path: Path, keep: int) -> None:
    text(layer, tmp_path / "kept")
    for path in files(tmp_path / "kept"):
        path.write_bytes(path.read_bytes()[:keep])
    assert text(layer, tmp_path / "kept") == "one"


def test_a_folder_that_cannot_be_used_stops_nobody(layer: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file", "utf-8")
    assert text(layer, tmp_path / "kept") == "one"
