"""Reading a template for what it says: its markup, with the code in it, as one page of HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from jinja2 import Environment, TemplateSyntaxError, nodes

from core.i18n.extract import FUNCTIONS

VALUE = "…"
"""Stands for what the code puts in."""
READ = frozenset({"alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "hx-confirm",
                  "label", "placeholder", "title"})  # fmt: skip
"""Attributes that people read."""
QUOTED = frozenset({"code", "kbd", "samp", "script", "style"})
"""Elements whose words are the same in every language; those of others say so by translate="no"."""
EMPTY = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
                   "wbr"})  # fmt: skip
"""Elements that nothing ends."""
ENDING = frozenset({"dd", "dt", "li", "option", "p", "td", "th", "tr"})
"""Elements that the next one of their kind may end."""
SENTENCE = re.compile(r"[A-Z][a-z]+(?:[ ,!?…:].*|\.(?:\s.*)?)?", re.DOTALL)
"""What looks like a text among the values in code; names of fields, classes and icons do not."""
ATTRIBUTES = re.compile(r"\s*(?:[\w:-]+(?:=(?:\"[^\"<]*\"|'[^'<]*'|…))?(?:\s+|$|(?=…))|…\s*)+")
OPENING, BODIES = frozenset({"for", "if"}), frozenset({"block", "call", "filter", "macro", "set"})


def in_markup(source: str) -> list[tuple[str, int]]:
    """Texts and their lines, with and without words; nothing of a template that cannot be read."""
    try:
        page, tree = as_page(source), Environment(autoescape=True).parse(source)
    except TemplateSyntaxError:
        return []
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return sorted([*reader.found, *_in_code(tree)], key=lambda found: found[1])


# ----------------------------------------------------------------- code
def _in_code(node: nodes.Node) -> Iterator[tuple[str, int]]:
    """Values that look like texts: what is compared, filtered by, or named to reach something else is none."""
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str) and SENTENCE.fullmatch(node.value):
            yield node.value, node.lineno
        return
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in FUNCTIONS:
        return
    if isinstance(node, nodes.Filter):
        if node.node is not None:
            yield from _in_code(node.node)
    elif not isinstance(node, nodes.Compare | nodes.Getitem | nodes.Test):
        for part in node.iter_child_nodes():
            yield from _in_code(part)


# ----------------------------------------------------------------- markup
def as_page(source: str) -> str:
    """The template without its code: lines stay, values are …, and where it forks is told by comments.

    What is nothing but attributes, as a macro may hold them, becomes a tag. Raises TemplateSyntaxError.
    """
    page: list[str] = []
    bodies: list[int] = []
    for line, kind, value in _pieces(source):
        page.append("\n" * (line - 1 - sum(part.count("\n") for part in page)))
        words = value.split()
        name = words[0] if kind == "block" and words else ""
        if kind == "data":
            page.append(value)
        elif kind == "variable":
            page.append("x" if _last(page).endswith(("<", "</")) else VALUE)
        elif name in ("elif", "else") or name.removeprefix("end") in OPENING:
            if not _is_in_tag(page):
                page.append(f"<!--{name}-->")
        elif name in BODIES and not (name == "set" and "=" in words):
            bodies.append(len(page))
        elif name.startswith("end") and name.removeprefix("end") in BODIES and bodies:
            _settle(page, bodies.pop())
    return "".join(page)


def _pieces(source: str) -> Iterator[tuple[int, str, str]]:
    """The template bit by bit: the line where it begins, whether it is data, a variable or a block, and its words."""
    said: list[str] = []
    begun, inside = 1, ""
    for line, token, value in Environment().lex(source):
        place, _underline, end = token.rpartition("_")
        if token == "data":
            yield line, token, value
        elif end == "begin":
            begun, inside, said = line, place, []
        elif end == "end" and place == inside:
            yield begun, place, " ".join(said)
        else:
            said.append(value)


def _last(page: Sequence[str]) -> str:
    return next((part for part in reversed(page) if part), "")


def _is_in_tag(page: Sequence[str]) -> bool:
    text = "".join(page)
    return text.rfind("<") > text.rfind(">")


def _settle(page: list[str], begin: int) -> None:
    body = re.sub(r"<!--\w+-->", "", "".join(page[begin:]))
    if body.strip() and ATTRIBUTES.fullmatch(body):
        page[begin:] = ["<x ", body, ">"]


class _Reader(HTMLParser):
    """Collects what a page says."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, int]] = []
        self._quoted: list[str] = []
        """The outermost element whose words are no text, and those of its name inside of it."""
        self._forks: list[list[str]] = []
        """What it was where each open condition began."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._quoted == [tag] and tag in ENDING:
            self._quoted = []
        if self._quoted:
            self._quoted += [tag] if tag == self._quoted[0] else []
        elif tag in QUOTED or given.get("translate", "").lower() == "no":
            self._quoted += [tag] if tag not in EMPTY else []
        else:
            self._read(tag, given)

    def _read(self, tag: str, given: dict[str, str]) -> None:
        is_button = tag == "input" and given.get("type", "").lower() in ("button", "reset", "submit")
        is_summary = tag == "meta" and given.get("name", "").lower() == "description"
        read = READ | ({"value"} if is_button else set()) | ({"content"} if is_summary else set())
        self.found += [(text, self.getpos()[0]) for name, text in given.items() if name in read]

    def handle_endtag(self, tag: str) -> None:
        if self._quoted and tag == self._quoted[-1]:
            self._quoted.pop()

    def handle_comment(self, data: str) -> None:
        if data in OPENING:
            self._forks.append(list(self._quoted))
        elif data in ("elif", "else") and self._forks:
            self._quoted = list(self._forks[-1])
        elif data.removeprefix("end") in OPENING and self._forks:
            self._forks.pop()

    def handle_data(self, data: str) -> None:
        if not self._quoted:
            before = len(data) - len(data.lstrip())
            self.found.append((data, self.getpos()[0] + data[:before].count("\n")))
