"""What is wrong with the catalogues of a domain."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from babel.messages.catalog import Catalog, Message

from core.i18n.catalogs import LANGUAGES
from core.i18n.extract import PLACEHOLDER, Text, texts
from core.i18n.files import PLURALS, CatalogueError, Domain, messages, read, strings
from core.i18n.lazy import TextLike, _

_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|\"")
"""Tags, and the straight quote: inside of an attribute it would end it."""


Kind: TypeAlias = Literal["code", "file", "missing", "different", "unused"]


@dataclass(frozen=True)
class Fault:
    """One fault; without a language it is one of the code that marks the text."""

    domain: str
    language: str
    message: str
    file: str
    fault: TextLike
    kind: Kind = "code"

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.domain, self.language)))
        return f"{where}: “{self.message}” ({self.file}): {self.fault}"


def check(domain: Domain) -> Iterator[Fault]:
    """All faults of a domain, in every language."""
    try:
        calls = domain.calls()
    except CatalogueError as error:
        yield Fault(domain.name, "", "", str(domain.sources[0]), str(error))
        return
    for call in calls:
        if fault := call.fault():
            yield Fault(domain.name, "", call.messages[0] or "", f"{call.file}:{call.line}", fault)
    wanted = texts(calls)
    for language in LANGUAGES:
        yield from _check_language(domain, language, wanted)


def _check_language(domain: Domain, language: str, wanted: Mapping[str, Text]) -> Iterator[Fault]:
    file = domain.file(language)
    try:
        catalog = read(file)
    except CatalogueError as error:
        yield Fault(domain.name, language, "", str(file), str(error), "file")
        return
    entries = messages(catalog)
    if entries and not _has_rule(catalog, language):
        yield Fault(
            domain.name, language, "", str(file), _("Its header has another rule for plurals."), "file"
        )
    for text in wanted.values():
        places = ", ".join(sorted(text.files))
        for kind, fault in _faults(text, entries.get(text.message), language):
            yield Fault(domain.name, language, text.message, places, fault, kind)
    for message in sorted(entries.keys() - wanted.keys()):
        unused = _("No text of the addon has this message.")
        yield Fault(domain.name, language, message, str(file), unused, "unused")


def _has_rule(catalog: Catalog, language: str) -> bool:
    forms, rule = PLURALS[language]
    return catalog.num_plurals == forms and catalog.plural_expr.strip("( )") == rule.strip("( )")


def _faults(text: Text, entry: Message | None, language: str) -> Iterator[tuple[Kind, TextLike]]:
    if entry is None:
        yield "missing", _("It is not in the catalogue. Run “lumbung i18n update”.")
        return
    found = strings(entry)
    forms = PLURALS[language][0] if text.plural else 1
    if bool(text.plural) != entry.pluralizable or len(found) != forms:
        yield "missing", _("It has the wrong number of plural forms. Run “lumbung i18n update”.")
        return
    if not all(string.strip() for string in found):
        yield "missing", _("It is not translated.")
        return
    if entry.fuzzy:
        yield "missing", _("It is marked as fuzzy.")
    for string, model in zip(found, _models(text, forms), strict=True):
        yield from (("different", fault) for fault in _differences(string, model))


def _models(text: Text, forms: int) -> list[str]:
    """What each form of a translation is measured by: a single form serves every number."""
    if not text.plural:
        return [text.message]
    return [text.plural] if forms == 1 else [text.message, *[text.plural] * (forms - 1)]


def _differences(string: str, model: str) -> Iterator[TextLike]:
    if sorted(_whole(string)) != sorted(_whole(model)):
        yield _("Its placeholders differ from those of the message: %(translation)s.", translation=string)
    elif _whole(model) and not _can_be_filled(string):
        yield _("It has a “%%” that is no placeholder; write “%%%%”: %(translation)s.", translation=string)
    if sorted(_MARKUP.findall(string)) != sorted(_MARKUP.findall(model)):
        yield _("Its tags or straight quotes differ from those of the message: %(translation)s.",
                translation=string)  # fmt: skip


def _whole(text: str) -> list[str]:
    return [match[0] for match in PLACEHOLDER.finditer(text)]


def _can_be_filled(string: str) -> bool:
    try:
        return bool(string % defaultdict(int))
    except (TypeError, ValueError):
        return False
