"""Catalogues: one gettext domain per addon, found by the module that wrote the text.

The language of the moment is a ContextVar that the env sets. A domain registers its module and its
`translations` folder once per process; catalogues are read when first needed.
"""

from __future__ import annotations

import gettext as stdlib
import hashlib
import io
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

LANGUAGES: dict[str, str] = {"id": "Indonesia", "en": "English"}
"""Code and own name of each language, the first being the default."""
DEFAULT_LANGUAGE = "id"
MOST_KEPT = 16384
"""Texts whose translation is kept at hand: a page asks for a hundred."""

_language: ContextVar[str] = ContextVar("lumbung_language", default=DEFAULT_LANGUAGE)
_words: ContextVar[Mapping[tuple[str, str], str]] = ContextVar("lumbung_words", default={})  # noqa: B039
_domains: dict[str, str] = {"core": "core"}
_folders: dict[str, Path] = {"core": Path(__file__).parents[1] / "translations"}
_log = logging.getLogger(__name__)


def current_language() -> str:
    """The code of the language that texts are shown in now."""
    return _language.get()


def fallback_language() -> str:
    """The language a translated value is read in when the current one is missing."""
    return "en" if current_language() != "en" else DEFAULT_LANGUAGE


def set_language(code: str) -> Token[str]:
    """Switches the language of this context. Raises ValueError on an unknown code."""
    if code not in LANGUAGES:
        raise ValueError(f"unknown language {code!r}; known: {', '.join(LANGUAGES)}")
    return _language.set(code)


def reset_language(token: Token[str]) -> None:
    """Takes a `set_language` back."""
    _language.reset(token)


def chosen_words() -> Mapping[tuple[str, str], str]:
    """The words that the database of the moment chose, by language and code (core.i18n.lazy.Word)."""
    return _words.get()


@contextmanager
def wording(words: Mapping[tuple[str, str], str]) -> Iterator[None]:
    """Texts made inside have these words."""
    token = _words.set(words)
    try:
        yield
    finally:
        _words.reset(token)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Texts made inside are in the language `code`. Raises ValueError on an unknown code."""
    token = set_language(code)
    try:
        yield
    finally:
        reset_language(token)


def register_domain(domain: str, module: str, folder: Path) -> None:
    """Says that texts written in `module` and below belong to `domain`, whose catalogues are in `folder`."""
    if _domains.get(module) == domain and _folders.get(domain) == folder:
        return
    _domains[module] = domain
    _folders[domain] = folder
    domain_of.cache_clear()
    forget()


def forget() -> None:
    """Reads the catalogues again when they are next asked."""
    _catalog.cache_clear()
    _translated.cache_clear()
    _marked.cache_clear()


def domains() -> dict[str, Path]:
    """The folder of catalogues of each registered domain."""
    return dict(_folders)


@cache
def domain_of(module: str) -> str:
    """The domain of a module: that of the longest registered prefix, else `core`."""
    while module:
        if module in _domains:
            return _domains[module]
        module = module.rpartition(".")[0]
    return "core"


def gettext(domain: str, message: str) -> str:
    """The translation of `message` in the language of the moment; the message itself where none is."""
    return _translated(domain, _language.get(), message)


def marked(domain: str, message: str, language: str = "") -> Markup:
    """The translation for a template: its authors are trusted, so markup in it holds."""
    return _marked(domain, language or _language.get(), message)


def digest(domains: Iterable[str], language: str) -> str:
    """What differs where any text of the domains does, as they were read: the files may have changed since."""
    read = [getattr(_catalog(domain, language), "_catalog", {}) for domain in domains]
    return hashlib.sha256(repr(read).encode()).hexdigest()


def size(domain: str, language: str) -> int:
    """How many texts of a domain there are in a language, each once in however many forms."""
    keys = getattr(_catalog(domain, language), "_catalog", {})
    return len({key[0] if isinstance(key, tuple) else key for key in keys} - {""})


def ngettext(domain: str, message: str, plural: str, count: int) -> str:
    """The translation in the form that `count` asks for."""
    return _catalog(domain, _language.get()).ngettext(message, plural, count)


def fill(text: str, message: str, args: Mapping[str, Any]) -> str:
    """`text` with its placeholders filled; a faulty translation gives way to the `message` it is of.

    A catalogue may come from anyone: a misspelt placeholder in it must not cost a page.
    """
    try:
        return text % args
    except (KeyError, TypeError, ValueError):
        return message % args


@lru_cache(MOST_KEPT)
def _translated(domain: str, language: str, message: str) -> str:
    return _catalog(domain, language).gettext(message) if message else ""


@lru_cache(MOST_KEPT)
def _marked(domain: str, language: str, message: str) -> Markup:
    return Markup(_translated(domain, language, message))


@cache
def _catalog(domain: str, language: str) -> stdlib.NullTranslations:
    folder = _folders.get(domain)
    if folder is None:
        return stdlib.NullTranslations()
    base = folder / language / "LC_MESSAGES" / domain
    source, compiled = base.with_name(f"{domain}.po"), base.with_name(f"{domain}.mo")
    for path, read in ((compiled, _read_compiled), (source, _read_source)):
        if not path.exists() or (path is compiled and _outdated(compiled, source)):
            continue
        try:
            return read(path)
        except Exception as error:  # anyone's file: a broken one costs its texts, never the page
            _log.error("The catalogue %s cannot be read: %s", path, error)
    return stdlib.NullTranslations()


def _outdated(compiled: Path, source: Path) -> bool:
    """Whether the source was edited after it was compiled."""
    return source.exists() and compiled.stat().st_mtime < source.stat().st_mtime


def _read_compiled(path: Path) -> stdlib.NullTranslations:
    with path.open("rb") as file:
        return stdlib.GNUTranslations(file)


def _read_source(path: Path) -> stdlib.NullTranslations:
    """A catalogue straight from its source, so that an addon needs no build step."""
    return stdlib.GNUTranslations(io.BytesIO(compiled(path)))


def compiled(path: Path) -> bytes:
    """What gettext reads, made of a catalogue's source.

    Raises PoFileError, ValueError or LookupError on a faulty one.
    """
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    catalog = read_po(io.BytesIO(path.read_bytes()), abort_invalid=True)
    for message in list(catalog):
        # Babel would show an untranslated plural in its singular.
        if message.pluralizable and not any(message.string or ()):
            catalog.delete(message.id)
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()
