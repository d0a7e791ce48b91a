"""Texts that people read and that nobody marked: no catalogue has them, so they are in one language for everybody.

What is written out is found: words between tags, in attributes and in the code of templates, and what a module gives to
what the facade has for texts. What a program puts together from elsewhere is not.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import NamedTuple

import core
from core.catalogue import Found
from core.checks.labels import TRANSLATE
from core.checks.markup import in_markup
from core.checks.sources import sources
from core.errors import Origin
from core.i18n.lazy import LazyText, _
from core.orm.compose import Finding

PAGES = "*.html"
WORD = re.compile(r"[^\W\d_]{2}")
ADDRESS = re.compile(r"\w+://\S*|\S+@\S+")
LABELS = frozenset({"label", "plural", "help", "group"})
"""What `core.checks.labels` asks of all that an addon adds."""


class Bare(NamedTuple):
    """A text that is not marked, and its line."""

    text: str
    line: int


def bare(found: Found) -> Iterator[Finding]:
    """A finding for each text of an addon that is not marked. Sources that cannot be read are told elsewhere."""
    folder = found.folder / "templates"
    for file in sorted(path for path in folder.rglob(PAGES) if path.is_file()):
        with suppress(UnicodeDecodeError):
            for text, line in in_template(file.read_text("utf-8")):
                remedy = _('Write {{ _("…") }}, or translate="no" where it is the same in every language.')
                yield _finding(found, text, Origin(str(file), line), remedy)
    with suppress(SyntaxError):
        for module in sources(found):
            for text, line in in_module(module.tree):
                yield _finding(found, text, Origin(str(module.file), line), TRANSLATE)


def _finding(found: Found, text: str, origin: Origin, remedy: LazyText) -> Finding:
    told = _("“%(text)s” is not marked as a text, so nobody can translate it. %(remedy)s",
             text=text, remedy=remedy)  # fmt: skip
    return Finding(found.addon.name, told, origin)


def in_template(source: str) -> list[Bare]:
    """What a template says beside its marked texts, by lines; nothing of one that cannot be read."""
    found = ((" ".join(text.split()), line) for text, line in in_markup(source))
    return [Bare(text, line) for text, line in found if _is_text(text)]


def _is_text(text: str) -> bool:
    return bool(WORD.search(text)) and not ADDRESS.fullmatch(text)


# ----------------------------------------------------------------- modules
def in_module(tree: ast.Module) -> Iterator[Bare]:
    """The texts that a module gives to what the facade has for texts, as they are."""
    names = _names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _given(node, _called(node.func, names))


def _names(tree: ast.Module) -> dict[str, str]:
    """What stands for the facade ("" as its name) and for what it has; a class built on one of these is one too."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "core" and not node.level:
            for alias in node.names:
                given = core.__all__ if alias.name == "*" else [alias.name]
                names |= {alias.asname or name: name for name in given}
        elif isinstance(node, ast.Import):
            names |= {alias.asname or "core": "" for alias in node.names if alias.name == "core"}
        elif isinstance(node, ast.ClassDef) and not any(_is_making(part) for part in node.body):
            bases = [base for base in (_called(base, names) for base in node.bases) if base]
            names |= dict.fromkeys([node.name], bases[0]) if bases else {}
    return names


def _is_making(part: ast.stmt) -> bool:
    return isinstance(part, ast.FunctionDef) and part.name == "__init__"


def _called(function: ast.expr, names: Mapping[str, str]) -> str:
    """What a function is called in the facade, "" where it is of somewhere else."""
    match function:
        case ast.Name(id=name):
            return names.get(name, "")
        case ast.Attribute(value=ast.Name(id=module), attr=name) if names.get(module) == "":
            return name
    return ""


def _given(call: ast.Call, name: str) -> Iterator[Bare]:
    parameters = text_parameters().get(name, {})
    given = dict(zip(parameters, call.args, strict=False)) | {
        word.arg: word.value for word in call.keywords if word.arg
    }
    for parameter, value in given.items():
        if count := parameters.get(parameter, 0):
            yield from _texts(value, count)


def _texts(value: ast.expr, count: int) -> Iterator[Bare]:
    """What is written out of a value, or of the first parts of one that has several; of a choice, of each."""
    match value:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            chosen = parts[:count]
        case ast.IfExp(body=first, orelse=second):
            chosen = [first, second]
        case ast.BoolOp(values=parts):
            chosen = parts
        case _:
            text = " ".join(_written(value).split())
            if _is_text(text):
                yield Bare(text, value.lineno)
            return
    for part in chosen:
        yield from _texts(part, count)


def _written(value: ast.expr) -> str:
    """The text of a value, with … for what is put in."""
    match value:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_written, parts))
        case ast.BinOp(left=left, op=ast.Mod()):
            return _written(left)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _written(left) + _written(right)
        case ast.Call(func=ast.Attribute(value=text, attr="format")):
            return _written(text)
    return "…"


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
