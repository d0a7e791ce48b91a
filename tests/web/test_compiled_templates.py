"""What was compiled of templates is kept for the next start, and is never more than a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.web.templating import LayerEnvironment, make_environment


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text("one", "utf-8")
    return folder


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
    assert len({path.parent for path in files(tmp_path / "kept")}) == 2


@pytest.mark.parametrize("keep", [0, 5, 30, 60, -1])
def test_a_broken_file_is_as_none(layer: Path, tmp_path: Path, keep: int) -> None:
    text(layer, tmp_path / "kept")
    for path in files(tmp_path / "kept"):
        path.write_bytes(path.read_bytes()[:keep])
    assert text(layer, tmp_path / "kept") == "one"


def test_a_folder_that_cannot_be_used_stops_nobody(layer: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file", "utf-8")
    assert text(layer, tmp_path / "kept") == "one"
