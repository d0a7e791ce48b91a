"""`render` and `done`, for pages made by hand; the web is imported when a page is drawn, not with the facade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.i18n.lazy import TextLike

if TYPE_CHECKING:
    from core.orm.env import Env


def render(template: str, title: TextLike, **context: Any) -> str:
    """The HTML of a template that extends `core/shell.html`, in the frame and language of the request."""
    from core.web import shell

    return shell.render(template, title, **context)


def done(env: Env, text: TextLike, path: str) -> Any:
    """Leads on to `path`, where `text` says what was done, with a button that takes back all that `env` wrote."""
    from flask import redirect

    from core.web.actions.saying import say_done

    env.flush()
    say_done(text, env.session.unit)
    return redirect(path, 303)
