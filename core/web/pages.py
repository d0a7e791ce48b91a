"""Pages made by hand, the probes, and the home page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import request
from werkzeug.exceptions import HTTPException

from core import failures
from core.web import requests
from core.web.routes import GUESTS, Door, Parameters, Route
from core.web.security import SAFE

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.manifest import Page
    from core.web.site import Site


def register(site: Site) -> None:
    """The pages of the addons, and `/healthz`."""
    site.routes.add(Route("healthz", "/healthz", _health, GUESTS))
    for item in site.assembly.pages:
        page = item.value
        site.routes.add(
            Route(
                name=f"page:{item.addon}:{page.path}:{','.join(page.methods)}",
                path=page.path,
                view=_handler(page, item.addon),
                door=Door(roles=frozenset(page.roles)),
                methods=page.methods,
                query=Parameters(page.query),
                form=Parameters(page.form),
                offer=page.offer,
            )
        )


def _handler(page: Page, addon: str) -> Callable[..., ResponseReturnValue]:
    def handle(**arguments: Any) -> ResponseReturnValue:
        try:
            if request.method in SAFE:
                return page.view(requests.env(), **arguments)  # type: ignore[no-any-return]
            return _written(page, arguments)
        except HTTPException:
            raise
        except Exception as error:
            failures.note(requests.database(), addon, "pages", page.view, error)
            raise

    return handle


@requests.repeated
def _written(page: Page, arguments: Mapping[str, Any]) -> ResponseReturnValue:
    """What a page answers that may write: nobody is told of it before it is committed."""
    with requests.writing() as env:
        return page.view(env, **arguments)  # type: ignore[no-any-return]


def _health() -> ResponseReturnValue:
    """Answers ok where the process runs and its database answers."""
    requests.env().session.core_connection().scalar(sa.select(1))
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}
