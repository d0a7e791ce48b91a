"""`render`, for pages made by hand; the web is imported when a page is drawn, not with the facade."""

from __future__ import annotations

from typing import Any

from core.i18n.lazy import TextLike


def render(template: str, title: TextLike, **context: Any) -> str:
    """The HTML of a template that extends `core/shell.html`, in the frame and language of the request."""
    from core.web import shell

    return shell.render(template, title, **context)
