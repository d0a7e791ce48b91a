"""Finding the texts of an addon: each `_("...")` and `ngettext("...", "...", n)` in modules and templates.

Both are read as syntax trees, so that beside the texts the calls that cannot work are found too: a message
that is not written out, or placeholders that do not match the values given.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from core.i18n.lazy import TextLike, _

FUNCTIONS: Mapping[str, int] = {"_": 1, "ngettext": 2}
"""What marks a text, and how many of its first arguments are messages."""
TEMPLATES = (".html", ".txt", ".xml", ".svg")
LEFT_OUT = frozenset({"__pycache__", "node_modules", "static", "tests", "translations"})
PLACEHOLDER = re.compile(r"%\((\w+)\)[-#0 +]*[0-9]*(?:\.[0-9]+)?[a-zA-Z]")


@dataclass(frozen=True)
class Call:
    """A call that marks a text.

    A message that is not written out is None; `values` is None where `**` gives them.
    """

    function: str
    messages: tuple[str | None, ...]
    values: frozenset[str] | None
    file: str
    line: int

    def fault(self) -> TextLike:
        """What is wrong with it, or nothing."""
        if len(self.messages) < FUNCTIONS[self.function] or not all(self.messages):
            return _("The message is not written out where it is used.")
        taken = placeholders(*self.messages)
        odd = set[str]() if self.values is None else taken ^ self.values - ({"count"} - taken)
        if odd:
            return _("Placeholders and values do not match: %(names)s.", names=", ".join(sorted(odd)))
        return ""


@dataclass
class Text:
    """A text of an addon; `plural` is empty where it has none. `files` are relative to the addon's folder."""

    message: str
    plural: str = ""
    files: set[str] = field(default_factory=set)


def placeholders(*messages: str | None) -> set[str]:
    """The names of the values that the messages take."""
    return {name for message in messages if message for name in PLACEHOLDER.findall(message)}


def calls(folder: Path, without: Sequence[Path] = ()) -> Iterator[Call]:
    """The calls in the modules and templates below a folder, or in one module. Raises SyntaxError."""
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    root = folder.parent if folder.is_file() else folder
    for file in files:
        inside = file.relative_to(root)
        if LEFT_OUT.intersection(inside.parts) or any(file.is_relative_to(path) for path in without):
            continue
        if file.suffix == ".py":
            yield from _in_module(_source(file), inside.as_posix())
        elif file.suffix in TEMPLATES and "templates" in inside.parts:
            yield from _in_template(_source(file), inside.as_posix())


def _source(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SyntaxError(f"{file.name}: {error}") from error


def texts(found: Sequence[Call]) -> dict[str, Text]:
    """The texts by message. One that is used with and without a plural has it."""
    by_message: dict[str, Text] = {}
    for call in found:
        if call.fault():
            continue
        message, *plural = (text for text in call.messages if text)
        text = by_message.setdefault(message, Text(message))
        text.plural = text.plural or "".join(plural)
        text.files.add(call.file)
    return by_message


def _in_module(source: str, file: str) -> Iterator[Call]:
    for node in ast.walk(ast.parse(source, file)):
        if isinstance(node, ast.Call) and (name := _marker(node.func)):
            messages = tuple(_constant(part) for part in node.args[: FUNCTIONS[name]])
            names = [keyword.arg for keyword in node.keywords]
            values = _values(name, names, open_ended=None in names)
            yield Call(name, messages, values, file, node.lineno)


def _marker(function: ast.expr) -> str:
    """The name of a function that marks texts: `_` (also `core._`) or `ngettext`."""
    if isinstance(function, ast.Name) and function.id in FUNCTIONS:
        return function.id
    return "_" if isinstance(function, ast.Attribute) and function.attr == "_" else ""


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _in_template(source: str, file: str) -> Iterator[Call]:
    try:
        tree = Environment(autoescape=True).parse(source)
    except TemplateSyntaxError as error:
        raise SyntaxError(str(error.message), (file, error.lineno, None, None)) from error
    for node in tree.find_all(nodes.Call):
        if isinstance(node.node, nodes.Name) and node.node.name in FUNCTIONS:
            name = node.node.name
            messages = tuple(
                part.value if isinstance(part, nodes.Const) and isinstance(part.value, str) else None
                for part in node.args[: FUNCTIONS[name]]
            )
            values = _values(name, [part.key for part in node.kwargs], open_ended=node.dyn_kwargs is not None)
            yield Call(name, messages, values, file, node.lineno)


def _values(function: str, names: Sequence[str | None], open_ended: bool) -> frozenset[str] | None:
    counted = {"count"} if function == "ngettext" else set()
    return None if open_ended else frozenset(name for name in names if name) | counted
