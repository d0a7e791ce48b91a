"""Catalogues: one gettext domain per addon, found by the module that wrote the text.

The language of the moment is a ContextVar that the env sets. A domain registers its module and its
`translations` folder once per process; catalogues are read when first needed.
"""

from __future__ import annotations

import gettext as stdlib
import io
import os
from contextvars import ContextVar, Token
from functools import cache
from pathlib import Path

LANGUAGES: dict[str, str] = {"id": "Indonesia", "en": "English"}
"""Code and own name of each language, the first being the default."""
DEFAULT_LANGUAGE = "id"

_language: ContextVar[str] = ContextVar("lumbung_language", default=DEFAULT_LANGUAGE)
_domains: dict[str, str] = {}
_folders: dict[str, Path] = {}


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


def register_domain(domain: str, module: str, folder: Path) -> None:
    """Says that texts written in `module` and below belong to `domain`, whose catalogues are in `folder`."""
    if _domains.get(module) == domain and _folders.get(domain) == folder:
        return
    _domains[module] = domain
    _folders[domain] = folder
    domain_of.cache_clear()
    _catalog.cache_clear()


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
    return _catalog(domain, _language.get()).gettext(message) if message else ""


def ngettext(domain: str, message: str, plural: str, count: int) -> str:
    """The translation in the form that `count` asks for."""
    return _catalog(domain, _language.get()).ngettext(message, plural, count)


@cache
def _catalog(domain: str, language: str) -> stdlib.NullTranslations:
    folder = _folders.get(domain)
    if folder is None:
        return stdlib.NullTranslations()
    base = folder / language / "LC_MESSAGES" / domain
    source, compiled = base.with_name(f"{domain}.po"), base.with_name(f"{domain}.mo")
    if _fresh(source, compiled):
        with compiled.open("rb") as file:
            return stdlib.GNUTranslations(file)
    return _read_source(source) if source.exists() else stdlib.NullTranslations()


def _fresh(source: Path, compiled: Path) -> bool:
    """Whether the compiled file can be used: a source that was edited after it wins."""
    if not compiled.exists():
        return False
    return not source.exists() or os.stat(compiled).st_mtime >= os.stat(source).st_mtime


def _read_source(source: Path) -> stdlib.NullTranslations:
    """A catalogue straight from its source, so that an addon needs no build step."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    buffer = io.BytesIO()
    with source.open("rb") as file:
        write_mo(buffer, read_po(file))
    buffer.seek(0)
    return stdlib.GNUTranslations(buffer)
