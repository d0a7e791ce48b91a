"""Writes the files of a new addon: all of them, in a folder that was not there, or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.errors import UserError
from core.i18n.catalogs import LANGUAGES
from core.i18n.files import Domain, domain_at, updated
from core.i18n.lazy import _
from core.scaffold.plan import Plan

TEMPLATES = Path(__file__).parent / "templates"
SUFFIX = ".jinja"
INDONESIAN: Mapping[str, str] = {"Name": "Nama", "Note": "Catatan", "Reference": "Referensi"}
"""What the templates say in Indonesian; names that the author gave stand as they are until translated."""


def write(plan: Plan, into: Path, *, dry_run: bool = False) -> list[str]:
    """Writes the project of a new addon below a folder, and gives the paths of its files.

    Raises UserError where its folder is there already, or cannot be made.
    """
    target = into / plan.folder
    if target.exists():
        raise UserError(
            _(
                "%(folder)s is there already, and nothing is overwritten. Choose another name or folder.",
                folder=target,
            )
        )
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / plan.folder
        _fill(plan, made)
        names = sorted(path.relative_to(place).as_posix() for path in made.rglob("*") if path.is_file())
        if not dry_run:
            try:
                shutil.copytree(made, target)
            except OSError as error:
                said = _("%(folder)s cannot be made: %(error)s.", folder=target, error=error.strerror)
                raise UserError(said) from error
    return names


def _fill(plan: Plan, folder: Path) -> None:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Python and TOML, and nobody's input but the author's own names
    )
    for template, name in _files(plan):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(environment.get_template(f"{template}{SUFFIX}").render(plan=plan), "utf-8")
    (folder / plan.package / "py.typed").touch()
    _translate(plan, domain_at(folder / plan.package, plan.addon))


def _files(plan: Plan) -> Iterator[tuple[str, str]]:
    """Template and path of each file."""
    package = plan.package
    yield "pyproject.toml", "pyproject.toml"
    yield "README.md", "README.md"
    yield "gitignore", ".gitignore"
    yield "manifest.py", f"{package}/__init__.py"
    yield "hooks.py", f"{package}/hooks.py"
    if plan.own:
        yield "model.py", f"{package}/{plan.own.module}.py"
    if plan.extended:
        yield "extension.py", f"{package}/{plan.extended.module}.py"
    yield "test.py", f"tests/test_{plan.addon}.py"


def _translate(plan: Plan, domain: Domain) -> None:
    """Complete catalogues; in English every text is as it stands in the code."""
    texts = domain.texts()
    known = {**INDONESIAN, **({plan.own.plural: plan.own.label} if plan.own else {})}
    for language in LANGUAGES:
        file = domain.file(language)
        file.parent.mkdir(parents=True)
        catalog = Catalog(locale=language)
        for message in texts:
            catalog.add(message, known.get(message, message) if language == "id" else message)
        with file.open("wb") as opened:
            write_po(opened, catalog)
        file.write_text(updated(file, language, texts.values()), "utf-8")
