"""Pages made by hand, the probes, and the home page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from werkzeug.exceptions import Forbidden

from core.web import requests

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.manifest import Page
    from core.web.site import Site


def register(site: Site) -> None:
    """The pages of the addons, and `/healthz`."""
    site.app.add_url_rule("/healthz", "healthz", _health)
    for item in site.assembly.pages:
        page = item.value
        endpoint = f"page:{item.addon}:{page.path}:{','.join(page.methods)}"
        site.app.add_url_rule(page.path, endpoint, _handler(page), methods=list(page.methods))


def _handler(page: Page) -> Callable[..., ResponseReturnValue]:
    def handle(**arguments: Any) -> ResponseReturnValue:
        env = requests.env()
        if not env.user.roles & set(page.roles):
            raise Forbidden
        return page.view(env, **arguments)  # type: ignore[no-any-return]

    return handle


def _health() -> ResponseReturnValue:
    """Answers ok where the process runs and its database answers."""
    requests.env().session.core_connection().scalar(sa.select(1))
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}
