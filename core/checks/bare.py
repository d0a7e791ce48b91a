"""Texts that people read and that nobody marked: no catalogue has them, so they are in one language for everybody."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from html.parser import HTMLParser
from typing import NamedTuple

import core
from core.catalogue import Found
from core.checks.labels import TRANSLATE
from core.checks.sources import sources
from core.errors import Origin
from core.i18n.extract import TEMPLATES
from core.i18n.lazy import LazyText, _
from core.orm.compose import Finding

CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
"""What is no markup in a template."""
WORD = re.compile(r"[^\W\d_]{2}")
ATTRIBUTE = re.compile(r"[\w-]=\"")
"""Tells what is put into a tag elsewhere (`{% set %}`) from a text."""
READ = ("alt", "aria-description", "aria-label", "placeholder", "title")
"""Attributes that people read."""
QUOTED = frozenset({"code", "kbd", "samp", "script", "style"})
"""Elements whose words are the same in every language; those of others say so by translate="no"."""
EMPTY = frozenset({"br", "hr", "img", "input", "link", "meta"})
"""Elements that nothing ends."""
LABELS = frozenset({"label", "plural", "help", "group"})
"""What `core.checks.labels` asks of all that an addon adds."""


class Bare(NamedTuple):
    """A text that is not marked, and its line."""

    text: str
    line: int


def bare(found: Found) -> Iterator[Finding]:
    """A finding for each text of an addon that is not marked. Sources that cannot be read are told elsewhere."""
    folder = found.folder / "templates"
    for file in sorted(path for path in folder.rglob("*") if path.suffix in TEMPLATES[:1]):
        for text, line in in_template(file.read_text("utf-8")):
            remedy = _('Write {{ _("…") }}, or put what is the same in every language into translate="no".')
            yield _finding(found, text, Origin(str(file), line), remedy)
    with suppress(SyntaxError):
        for module in sources(found):
            for text, line in in_module(module.tree):
                yield _finding(found, text, Origin(str(module.file), line), TRANSLATE)


def _finding(found: Found, text: str, origin: Origin, remedy: LazyText) -> Finding:
    told = _("“%(text)s” is not marked as a text, so nobody can translate it. %(remedy)s",
             text=text, remedy=remedy)  # fmt: skip
    return Finding(found.addon.name, told, origin)


# ----------------------------------------------------------------- templates
def in_template(source: str) -> list[Bare]:
    """What a template says beside its marked texts."""
    reader = _Reader()
    reader.feed(CODE.sub(_left_out, source))
    reader.close()
    return reader.found


def _left_out(match: re.Match[str]) -> str:
    """A comment is nothing, a value no word; lines stay where they are."""
    return ("" if match[0].startswith("{#") else "0") + "\n" * match[0].count("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Bare] = []
        self._quoted: list[str] = []
        """The outermost element whose words are no text, and those of its name inside of it."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_button = tag == "input" and given.get("type") in ("button", "reset", "submit")
        if self._quoted:
            self._quoted += [tag] if tag == self._quoted[0] else []
            return
        for name in (*READ, *(["value"] if is_button else [])):
            self._read(given.get(name) or "", self.getpos()[0])
        if tag in QUOTED or (given.get("translate") == "no" and tag not in EMPTY):
            self._quoted.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._quoted and tag == self._quoted[-1]:
            self._quoted.pop()

    def handle_data(self, data: str) -> None:
        if not self._quoted and not ATTRIBUTE.search(data):
            before = len(data) - len(data.lstrip())
            self._read(data, self.getpos()[0] + data[:before].count("\n"))

    def _read(self, text: str, line: int) -> None:
        if WORD.search(text):
            self.found.append(Bare(" ".join(text.split()), line))


# ----------------------------------------------------------------- modules
def in_module(tree: ast.Module) -> Iterator[Bare]:
    """The texts that a module gives to what the facade has for texts, as they are."""
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "core" and not node.level
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _given(node, _called(node.func, names))


def _called(function: ast.expr, names: Mapping[str, str]) -> str:
    """What a function is called in the facade, "" where it is of somewhere else."""
    match function:
        case ast.Name(id=name):
            return names.get(name, name if "*" in names else "")
        case ast.Attribute(value=ast.Name(id="core"), attr=name):
            return name
    return ""


def _given(call: ast.Call, name: str) -> Iterator[Bare]:
    parameters = text_parameters().get(name, {})
    given = dict(zip(parameters, call.args, strict=False)) | {
        word.arg: word.value for word in call.keywords if word.arg
    }
    for parameter, value in given.items():
        parts = value.elts if isinstance(value, ast.Tuple) else [value]
        for part in parts[: parameters.get(parameter, 0)]:
            yield from _written(part)


@cache
def text_parameters() -> Mapping[str, Mapping[str, int]]:
    """By name of the facade its parameters in their order, each with how many texts that people read begin it."""
    found: dict[str, Mapping[str, int]] = {}
    for name in core.__all__:
        try:
            parameters = inspect.signature(getattr(core, name)).parameters.values()
        except (TypeError, ValueError):  # no function
            continue
        found[name] = {item.name: _begins_with_texts(item) for item in parameters}
    return found


def _begins_with_texts(parameter: inspect.Parameter) -> int:
    kind = str(getattr(parameter.annotation, "__forward_arg__", parameter.annotation))
    is_text = kind.startswith(("TextLike", "tuple[TextLike")) and parameter.name not in LABELS
    return kind.count("TextLike") if is_text else 0


def _written(value: ast.expr) -> Iterator[Bare]:
    """What is written out of a value, with … for what is put in."""
    parts = value.values if isinstance(value, ast.JoinedStr) else [value]
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
    if WORD.search(text):
        yield Bare(text, value.lineno)
