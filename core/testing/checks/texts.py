"""Texts and templates of an addon: translated, used, and without code in pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateSyntaxError

from core.checks.markup import as_page
from core.errors import LoadError, Origin
from core.i18n.check import Kind, check
from core.i18n.files import domain_at
from core.testing.subject import Subject

# Each of these is refused by our own Content-Security-Policy, in the browser only and late.
INLINE = {
    "inline style": re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE),
    "inline handler": re.compile(r"\s(?:on[a-z]+|hx-on[\w:-]*)\s*=", re.IGNORECASE),
    "inline script": re.compile(
        r"<script\b(?![^>]*\bsrc\s*=)(?![^>]*\btype\s*=\s*[\"']?application/(?:ld\+)?json)", re.IGNORECASE
    ),
    "address with code": re.compile(r"[\"'=]\s*javascript:", re.IGNORECASE),
}
UNESCAPED = re.compile(r"\|\s*safe\b|\{%-?\s*autoescape\s+false")
NAMED = re.compile(r"[\"']!?([\w./-]+)[\"']")
REMEDIES: dict[Kind, str] = {
    "code": "Write the text out where it is marked, with %(name)s for each value.",
    "file": "Repair the catalogue, or take it away and run “lumbung i18n update”.",
    "missing": "Run “lumbung i18n update”, then translate it.",
    "different": "Use the same placeholders and tags as the message.",
    "unused": "Run “lumbung i18n update”: it takes away what is not used.",
}


def inline_code(template: str) -> list[str]:
    """What in a template's text the browser would refuse under our policy; nothing of one that cannot be read."""
    try:
        markup = as_page(template)
    except TemplateSyntaxError:
        return []
    return [what for what, pattern in INLINE.items() if pattern.search(markup)]


def catalogues(subject: Subject, *kinds: Kind) -> Iterator[LoadError]:
    """The faults of the catalogues in every language, of some kinds."""
    domain = domain_at(subject.found.folder, subject.name)
    for fault in check(domain):
        if fault.kind in kinds:
            yield subject.fault(_origin(fault.file, subject), str(fault), REMEDIES[fault.kind])


def _origin(place: str, subject: Subject) -> Origin:
    """File and line of a text, which is named as it lies in the addon."""
    file, _colon, line = place.partition(", ")[0].partition(":")
    folder = subject.found.folder
    known = [path for path in (folder / file, folder.parent / file) if path.is_file()]
    return Origin(str(known[0] if known else file), int(line or 1))


# ----------------------------------------------------------------- templates
def faulty_templates(subject: Subject) -> Iterator[LoadError]:
    """Templates that cannot be read."""
    yield from subject.installation.site.templates.faults(subject.name)


def code_in_templates(subject: Subject) -> Iterator[LoadError]:
    """The browser refuses code inside of a page, and what is not escaped is a door for it."""
    for file in subject.templates:
        text = file.read_text("utf-8")
        for what in inline_code(text):
            line = next(
                (number for number, row in enumerate(text.splitlines(), 1) if INLINE[what].search(f" {row}")),
                1,
            )
            yield subject.fault(
                Origin(str(file), line),
                f"The template has {what}.",
                "Use classes of the stylesheet, links and forms: pages work without code of their own.",
            )
        for match in UNESCAPED.finditer(text):
            yield subject.fault(
                Origin(str(file), text.count("\n", 0, match.start()) + 1),
                f"The template does not escape what it shows: {match[0]}.",
                "Take it away; markup that is meant comes from {% ... %} blocks or macros.",
            )


def unused_templates(subject: Subject) -> Iterator[LoadError]:
    """Templates that nobody names, and that stand in for none of another addon."""
    names = subject.constants()
    for file in subject.templates:
        names |= {
            found for found in NAMED.findall(file.read_text("utf-8")) if not _is_own(file, found, subject)
        }
    layers = subject.installation.site.templates.layer_loader
    overriding = {name for addon, name in layers.overriding() if addon == subject.name}
    for file in subject.templates:
        name = _name(file, subject)
        if name not in names and name not in overriding:
            yield subject.fault(
                Origin(str(file), 1),
                f"Nothing uses the template {name}.",
                "Take it away, or render it by its name.",
            )


def _name(file: Path, subject: Subject) -> str:
    return file.relative_to(subject.found.folder / "templates").as_posix()


def _is_own(file: Path, name: str, subject: Subject) -> bool:
    """A template that names itself is not used by that."""
    return name == _name(file, subject)
