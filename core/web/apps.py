"""The Apps page: which addons there are, what installing one would bring, and installing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request
from werkzeug.exceptions import NotFound

from core import failures
from core.apps import App, Outlook, listed, outlook
from core.catalogue import BASE
from core.errors import DatabaseError, LoadError, UserError
from core.failures import Failure
from core.i18n.lazy import TextLike, _
from core.orm.database import in_words
from core.schema import install as installing
from core.schema import ledger
from core.web import requests
from core.web.routes import Door, Parameters, Route
from core.web.shell import render, tone

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.schema.install import Report
    from core.web.dispatcher import Tenant
    from core.web.site import Site

APPS = "/apps"
TENANT = "lumbung.tenant"
"""Where the dispatcher leaves the database with all that serves it."""
SEEN = "seen"
"""The input with the addons of the plan that was shown."""
ADMINS = Door(roles=frozenset({"base.admin"}))


@dataclass
class Row:
    """An addon in the list."""

    app: App
    label: str
    href: str
    tone: str
    is_current: bool
    fails: bool


@dataclass
class Detail:
    """One addon: what it would bring if it is not installed (`plan`), else what it brought (`brought`)."""

    app: App
    label: str
    plan: Outlook | None = None
    brought: Counter[str] | None = None
    needed_by: Sequence[str] = ()
    roles: Sequence[str] = ()
    """Of which somebody needs one to work with it, if it is installed."""
    fault: LoadError | None = None
    failures: Sequence[tuple[Failure, str]] = ()
    """What it did wrong while it ran, and when last."""
    error: TextLike | None = None


def register(site: Site) -> None:
    """The pages, for administrators."""
    form = Parameters((SEEN,))
    site.routes.add(
        Route("apps", APPS, _list, ADMINS),
        Route("app", f"{APPS}/<addon>", _one, ADMINS, ("GET", "POST"), form=form),
    )


def tenant() -> Tenant:
    """The database of this request with all that serves it."""
    return request.environ[TENANT]  # type: ignore[no-any-return]


def _list() -> str:
    return _show(_apps(), None)


def _one(addon: str) -> ResponseReturnValue:
    apps = _apps()
    app = next((app for app in apps if app.name == addon), None)
    if app is None:
        raise NotFound
    if request.method == "POST":
        return _install(app)
    return _show(apps, _detail(app, apps))


def _install(app: App) -> ResponseReturnValue:
    """Installs what was seen; what keeps it from being installed is said on its page, and nothing is changed."""
    requests.env().session.rollback()  # what this request has read would keep its tables in use
    try:
        with in_words(requests.database()):
            seen = request.form.get(SEEN, "").split()
            report = installing.install(requests.database(), _catalogue(), [app.name], seen=seen)
    except installing.PlanChanged as error:
        return _refuse(app, error.message), 409
    except LoadError as error:
        return _refuse(app, None, error), 422
    except UserError as error:
        return _refuse(app, error.message), 422
    except DatabaseError as error:
        return _refuse(app, error.message), 409
    flash(_told(app, report), "ok" if report.installed else "warn")
    return redirect(f"{APPS}/{app.name}", 303)


def _told(app: App, report: Report) -> str:
    if not report.installed:
        return str(_("%(app)s was installed already: somebody else was quicker, or the button was pressed twice.",
                     app=_label(app)))  # fmt: skip
    kinds = Counter(step.kind for step in report.plan.steps())
    return str(
        _(
            "Installed: %(names)s. Tables: %(tables)s, columns: %(columns)s, rows: %(rows)s.",
            names=", ".join(report.installed), tables=kinds["table"], columns=kinds["column"], rows=report.rows.created,
        )
    )  # fmt: skip


def _refuse(app: App, error: TextLike | None, fault: LoadError | None = None) -> str:
    apps = _apps()
    app = next((found for found in apps if found.name == app.name), app)
    detail = _detail(app, apps)
    detail.error, detail.fault = error, fault or detail.fault
    return _show(apps, detail)


# ----------------------------------------------------------------- what is shown
def _catalogue() -> Any:
    return tenant().catalogue()


def _apps() -> list[App]:
    connection = requests.env().session.core_connection()
    left_out = requests.site().assembly.quarantined
    return listed(_catalogue(), installing.installed(connection), left_out)


def _detail(app: App, apps: Sequence[App]) -> Detail:
    detail = Detail(app, _label(app), fault=app.fault)
    detail.needed_by = [_label(other) for other in apps if other.is_installed and app.name in other.depends]
    env = requests.env()
    connection = env.session.core_connection()
    failed = [failure for failure in failures.recent(connection) if failure.addon == app.name]
    detail.failures = [(failure, env.formats.moment(failure.at)) for failure in failed]
    if app.is_installed:
        if app.name != BASE:
            roles = requests.site().assembly.roles
            detail.roles = [str(role.value.label) for role in roles if role.addon == app.name]
        detail.brought = Counter(step.kind for step in ledger.owned(connection, app.name))
    elif app.fault is None:
        try:
            with installing.prepared(connection, _catalogue(), [app.name]) as ready:
                detail.plan = outlook(ready, _catalogue(), [app.name])
        except LoadError as error:
            detail.fault = error
    return detail


def _show(apps: Sequence[App], detail: Detail | None) -> str:
    connection = requests.env().session.core_connection()
    failing = {failure.addon for failure in failures.recent(connection)}
    rows = [
        Row(app, _label(app), f"{APPS}/{app.name}", tone(sum(app.name.encode())),
            detail is not None and detail.app.name == app.name, app.name in failing)
        for app in apps
    ]  # fmt: skip
    groups = [
        (_("At fault"), [row for row in rows if row.app.state == "quarantined"]),
        (_("Installed"), [row for row in rows if row.app.state == "installed"]),
        (_("Can be installed"), [row for row in rows if row.app.state == "found"]),
    ]
    title = _("Apps") if detail is None else detail.label
    page = {"groups": [group for group in groups if group[1]], "detail": detail, "href": APPS}
    return render("core/apps.html", title, apps=page)


def _label(app: App) -> str:
    return str(app.label) or app.name
