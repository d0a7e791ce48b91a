"""Plain text that people wrote, as a page shows it: nothing in it is markup but addresses of the web."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]{1,2000}", re.IGNORECASE)
_TRAILING = ".,;:!?)]}"
_LINK = Markup('<a href="{0}" rel="nofollow noopener noreferrer" target="_blank">{0}</a>')


def linked(text: str) -> Markup:
    """The text escaped, its lines kept; what begins with http:// or https:// is a link, and nothing else."""
    parts, last = list[Markup](), 0
    for found in _ADDRESS.finditer(text):
        address = found.group().rstrip(_TRAILING)
        parts += [_plain(text[last : found.start()]), _LINK.format(address)]
        last = found.start() + len(address)
    return Markup("").join([*parts, _plain(text[last:])])


def beginning(text: str, most: int) -> Markup:
    """The same of the first `most` letters, where there are more; the word at their end, maybe cut, is no link."""
    if len(text) <= most:
        return linked(text)
    head = text[:most]
    start = most if head[-1].isspace() else most - len(head.split()[-1])
    return linked(head[:start]) + escape(f"{head[start:]}…")


def _plain(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
