"""A small reader of pages: elements with attributes and text, for tests that look at what a page says.

It is strict: a tag that is closed wrongly or never fails the test, where a browser would guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import unescape
from types import MappingProxyType

VOID = {"br", "hr", "img", "input", "link", "meta"}


class Element:
    """A tag with what is in it. What is below it stands together in the list of the page's elements."""

    __slots__ = ("_begin", "_end", "_page", "attrs", "children", "parent", "tag")

    def __init__(self, tag: str, attrs: Mapping[str, str], parent: Element | None) -> None:
        self.tag = tag
        self.attrs = attrs
        self.parent = parent
        self.children: list[Element | str] = []
        self._page: list[Element] = parent._page if parent else []
        self._begin = len(self._page)
        self._end: int | None = None
        self._page.append(self)

    def __getitem__(self, attribute: str) -> str:
        return self.attrs[attribute]

    def __repr__(self) -> str:
        return f"<{self.tag} {dict(self.attrs)}>"

    def get(self, attribute: str) -> str | None:
        """The value of an attribute, "" of one without a value, None where it is not there."""
        return self.attrs.get(attribute)

    def close(self) -> None:
        """Nothing that follows in the page is below this element."""
        self._end = len(self._page)

    def walk(self) -> list[Element]:
        """This element and all below it, in the order of the page."""
        return self._page[self._begin : self._end]

    def all(self, tag: str = "", **attrs: str) -> list[Element]:
        """The elements below of a tag and with these attributes: `class_` is one of several, `_` is -."""
        return [item for item in self.walk()[1:] if (not tag or item.tag == tag) and _matches(item, attrs)]

    def one(self, tag: str = "", **attrs: str) -> Element:
        """The only element like that; the test fails where there is none or more."""
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} × {tag} {attrs} instead of one in: {self.text[:2000]}"
        return found[0]

    @property
    def text(self) -> str:
        """What a reader reads, with single spaces."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag in ("script", "style", "template"):
                continue
            else:
                yield from child._texts()
                yield "" if child.tag in INSIDE_A_WORD else " "


INSIDE_A_WORD = {"a", "abbr", "b", "kbd", "span", "time"}


def _matches(item: Element, attrs: Mapping[str, str]) -> bool:
    for name, value in attrs.items():
        if name == "class_":
            if value not in (item.get("class") or "").split():
                return False
        elif item.get(name.rstrip("_").replace("_", "-")) != value:
            return False
    return True


_VALUE = r"""=(?:"[^"]*"|'[^']*')"""
_PIECES = re.compile(
    r"([^<]+)|<([a-z][a-z0-9]*)"
    rf"""((?:\s+[^\s"'<>/=]+(?:{_VALUE})?)*)\s*(/?)>"""
    r"|</([a-z][a-z0-9]*)>|(?:<!--.*?-->|<!doctype html>)|(<)",
    re.DOTALL,
)
_ATTRIBUTES = re.compile(rf"""\s([^\s"'<>/=]+)({_VALUE})?""")


class _Reader:
    """The reader of the standard library would take three times as long, and forgive what is not quoted."""

    def __init__(self) -> None:
        self.root = self.here = Element("", {}, None)

    def feed(self, html: str) -> None:
        for text, begun, attributes, slash, ended, stray in _PIECES.findall(html):
            if text:
                self.here.children.append(unescape(text))
            elif begun:
                self.begin(begun, _attributes(attributes), is_empty=bool(slash) or begun in VOID)
            elif ended:
                self.end(ended)
            assert not stray, f"a < that begins no tag is in {self.here}"

    def begin(self, tag: str, attrs: Mapping[str, str], *, is_empty: bool) -> None:
        if tag == "option" == self.here.tag:
            self.end(tag)
        element = Element(tag, attrs, self.here)
        self.here.children.append(element)
        if is_empty:
            element.close()
        else:
            self.here = element

    def end(self, tag: str) -> None:
        if self.here.tag == "option" != tag:  # its end may be left out
            self.end("option")
        assert tag == self.here.tag, f"</{tag}> closes {self.here}"
        assert self.here.parent is not None
        self.here.close()
        self.here = self.here.parent


@lru_cache(10_000)
def _attributes(written: str) -> Mapping[str, str]:
    """The attributes of a tag; pages have the same ones all over again."""
    found = _ATTRIBUTES.findall(written)
    attrs = {name.lower(): unescape(value[2:-1]) for name, value in found}
    assert len(attrs) == len(found), f"an attribute twice: {written}"
    return MappingProxyType(attrs)


def read(html: str) -> Element:
    """The page of a text. The test fails where its tags do not match."""
    reader = _Reader()
    reader.feed(html)
    assert reader.here is reader.root, f"{reader.here} is never closed"
    return reader.root


def typed(form: Element) -> dict[str, list[str]]:
    """What a browser would send of a form as it stands, without its buttons."""
    sent: dict[str, list[str]] = {}
    for item in form.walk():
        name = item.get("name")
        if not name or item.get("disabled") is not None or item.tag == "button" or _is_inert(item):
            continue
        sent.setdefault(name, []).extend(_values(item))
    return {name: values for name, values in sent.items() if values}


def _is_inert(item: Element) -> bool:
    """Whether it stands in a template: a browser shows and sends nothing of it."""
    here: Element | None = item
    while here is not None and here.tag != "template":
        here = here.parent
    return here is not None


def _values(item: Element) -> list[str]:
    if item.tag == "select":
        options = item.all("option")
        chosen = [option for option in options if option.get("selected") is not None]
        return [(chosen or options)[0]["value"]] if options else []
    if item.tag == "textarea":
        text = "".join(part for part in item.children if isinstance(part, str)).removeprefix("\n")
        return [text.replace("\r\n", "\n").replace("\n", "\r\n")]  # as browsers send it
    if item.get("type") == "file":
        return []  # a browser names an empty one, which is nothing
    if item.get("type") in ("checkbox", "radio"):
        return [item.get("value") or "on"] if item.get("checked") is not None else []
    return [item.get("value") or ""]
