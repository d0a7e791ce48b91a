"""The catalogue files of a domain: which there are, what is in them, and how they follow the texts."""

from __future__ import annotations

import ast
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, generate_po, read_po

from core.errors import LumbungError
from core.i18n.extract import Call, Text, calls, texts
from core.i18n.lazy import _
from core.loader import CORE, discover

SOURCE_LANGUAGE = "en"
"""The language that the messages in the code are written in."""
PLURALS: Mapping[str, tuple[int, str]] = {"id": (1, "0"), "en": (2, "(n != 1)")}
"""Number of forms and the rule of each language."""
# Dates, tools and people would change the file without a change of its texts.
_CHANGING = re.compile(
    r'"(?:Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator'
    r'|Language-Team|Generated-By):.*"\n'
)


class CatalogueError(LumbungError):
    """A catalogue, or the source of its texts, cannot be read."""


@dataclass(frozen=True)
class Domain:
    """The texts of one addon: where they are written, and the folder of their catalogues."""

    name: str
    sources: tuple[Path, ...]
    translations: Path
    without: tuple[Path, ...] = ()

    def calls(self) -> list[Call]:
        """All that marks a text. Raises CatalogueError on a source that Python or Jinja cannot read."""
        try:
            return [call for source in self.sources for call in calls(source, self.without)]
        except SyntaxError as error:
            raise CatalogueError(
                _("A source of “%(domain)s” cannot be read: %(error)s.", domain=self.name, error=error)
            ) from error

    def texts(self) -> dict[str, Text]:
        """Its texts by message."""
        return texts(self.calls())

    def file(self, language: str) -> Path:
        """Its catalogue in a language, which need not exist."""
        return self.translations / language / "LC_MESSAGES" / f"{self.name}.po"


def domain_at(folder: Path, name: str) -> Domain:
    """The domain of an addon in this folder, or in the module `folder.py` beside it."""
    module = folder.with_suffix(".py")
    sources = (folder,) if (folder / "__init__.py").is_file() else (module, folder)
    without = (CORE / "base",) if folder == CORE else ()
    return Domain(name, tuple(path for path in sources if path.exists()), folder / "translations", without)


def all_domains() -> dict[str, Domain]:
    """The domains of the core and of every addon that is found."""
    folders = {"core": CORE, **{name: found.folder for name, found in discover().addons.items()}}
    return {name: domain_at(folder, name) for name, folder in folders.items()}


def domain_in(path: Path) -> Domain | None:
    """The domain of the addon whose package or module this is; nothing of it is imported."""
    path = path.resolve()
    if path.name == "__init__.py":
        path = path.parent
    file = path / "__init__.py" if path.is_dir() else path
    name = _name_in_manifest(file) if file.is_file() and file.suffix == ".py" else None
    return domain_at(path if path.is_dir() else path.with_suffix(""), name) if name else None


def _name_in_manifest(file: Path) -> str | None:
    for node in ast.walk(ast.parse(file.read_bytes(), file.name)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Addon":
            for argument in [*node.args[:1], *(key.value for key in node.keywords if key.arg == "name")]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    return argument.value
    return None


# ----------------------------------------------------------------- read and write
def read(file: Path) -> Catalog:
    """The catalogue in a file; an empty one where there is none. Raises CatalogueError."""
    if not file.exists():
        return Catalog()
    with reading(file):
        return read_po(io.BytesIO(file.read_bytes()), ignore_obsolete=True, abort_invalid=True)


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turns what Babel raises on a faulty catalogue into CatalogueError."""
    try:
        yield
    except (PoFileError, ValueError, LookupError) as error:
        raise CatalogueError(_("%(file)s cannot be read: %(error)s.", file=file, error=error)) from error


def strings(entry: Message | None) -> tuple[str, ...]:
    """The forms of a translation, just one where it has no plural; empty texts where there is none."""
    string = entry.string if entry else ""
    return (string,) if isinstance(string, str) else tuple(string or ())


def messages(catalog: Catalog) -> dict[str, Message]:
    """The entries by message, without the header."""
    entries = ((message.id if isinstance(message.id, str) else message.id[0], message) for message in catalog)
    return {key: message for key, message in entries if key}


def updated(file: Path, language: str, wanted: Iterable[Text]) -> str:
    """What the file should hold: translations that stand, and new texts empty (in English, themselves)."""
    old = messages(read(file))
    catalog = Catalog(fuzzy=False, header_comment="")
    forms, rule = PLURALS[language]
    catalog.locale = language
    catalog.mime_headers = [("Plural-Forms", f"nplurals={forms}; plural={rule};")]
    for text in wanted:
        entry = old.get(text.message)
        catalog.add(
            (text.message, text.plural) if text.plural else text.message,
            _string(entry, text, language),
            locations=[(name, 0) for name in text.files],
            flags={"fuzzy"} if entry and entry.fuzzy else set(),
            user_comments=entry.user_comments if entry else (),
        )
    lines = "".join(generate_po(catalog, include_lineno=False, sort_by="message", width=0))
    return _CHANGING.sub("", lines).strip() + "\n"


def _string(entry: Message | None, text: Text, language: str) -> str | tuple[str, ...]:
    forms = PLURALS[language][0] if text.plural else 1
    fits = entry is not None and bool(text.plural) == entry.pluralizable and len(strings(entry)) == forms
    found = strings(entry) if fits else ("",) * forms
    if language == SOURCE_LANGUAGE and not all(found):
        found = (text.message, text.plural) if text.plural else (text.message,)
    return found if text.plural else found[0]


def write(file: Path, content: bytes) -> None:
    """Puts the content in place as a whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    part.write_bytes(content)
    os.replace(part, file)
