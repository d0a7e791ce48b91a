"""Where each part of a model, view or hook comes from: what `lumbung explain` tells, beside the Apps page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.exceptions import NotFound

from core.errors import LoadError, UserError
from core.explain import explain
from core.schema import preparing
from core.web import apps, requests
from core.web.routes import Route
from core.web.shell import render

if TYPE_CHECKING:
    from core.apps import App
    from core.assembly import Assembly
    from core.web.site import Site


def register(site: Site) -> None:
    """The page, for administrators."""
    site.routes.add(Route("app_explain", f"{apps.APPS}/<addon>/explain/<name>", _explain, apps.ADMINS))


def _explain(addon: str, name: str) -> str:
    app = apps.find(addon)
    try:
        with _assembly(app) as assembly:
            found = explain(assembly, name)
    except (LoadError, UserError) as error:
        raise NotFound from error
    label = str(app.label) or app.name
    href = f"{apps.APPS}/{app.name}"
    return render("core/explain.html", found.name, explained=found, apps=apps.APPS, href=href, label=label)


@contextmanager
def _assembly(app: App) -> Iterator[Assembly]:
    """That of the site; of an app that is not installed yet, what there would be with it."""
    if app.is_installed:
        yield requests.site().assembly
        return
    connection = requests.env().session.core_connection()
    with preparing.prepared(connection, apps.catalogue(), [app.name]) as ready:
        yield ready.assembly
