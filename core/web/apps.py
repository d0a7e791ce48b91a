"""The Apps page: which addons there are, what installing, upgrading, uninstalling or purging means, and doing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import flash, redirect, request
from werkzeug.exceptions import NotFound

from core import failures
from core.apps import App, Outlook, listed, outlook
from core.catalogue import BASE
from core.errors import DatabaseError, LoadError, UserError
from core.failures import Failure
from core.footprint import KINDS, Footprint, footprint
from core.i18n.lazy import TextLike, _
from core.orm.database import in_words
from core.schema import install as installing
from core.schema import ledger, preparing
from core.schema import uninstall as uninstalling
from core.schema.purge import Leftovers, leftovers, purge
from core.schema.uninstall import Removal
from core.web import requests
from core.web.routes import Door, Parameters, Route
from core.web.shell import render, tone

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy import Connection

    from core.web.dispatcher import Tenant
    from core.web.site import Site

APPS = "/apps"
TENANT = "lumbung.tenant"
"""Where the dispatcher leaves the database with all that serves it."""
SEEN = "seen"
"""The input with the addons of the plan that was shown."""
TYPED = "name"
"""The input in which the name of an addon is typed to purge it."""
INSTALL, UPGRADE, UNINSTALL, PURGE = "install", "upgrade", "uninstall", "purge"
ADMINS = Door(roles=frozenset({"base.admin"}))

Told: TypeAlias = tuple[str, str]
"""What is told of what was done, and how: ok or warn."""


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
    """One addon: what it would bring if it is not installed (`plan`), else what it brought (`brought`).

    `step` is what its page is about: nothing, or to install, upgrade, uninstall or purge. For these there is a plan,
    the `removal` or what is `kept`.
    """

    app: App
    label: str
    step: str = ""
    plan: Outlook | None = None
    removal: Removal | None = None
    kept: Leftovers | None = None
    brought: Counter[str] | None = None
    footprint: Footprint = field(default_factory=Footprint)
    """What it adds and wraps, if it is installed, and what the others do to that."""
    needed_by: Sequence[str] = ()
    roles: Sequence[str] = ()
    """Of which somebody needs one to work with it, if it is installed."""
    fault: LoadError | None = None
    failures: Sequence[tuple[Failure, str]] = ()
    """What it did wrong while it ran, and when last."""
    error: TextLike | None = None
    wrong: bool = False
    """Whether the error is about what was typed."""


def register(site: Site) -> None:
    """The pages, for administrators."""
    form = Parameters((SEEN,))
    site.routes.add(
        Route("apps", APPS, _list, ADMINS),
        Route("app", f"{APPS}/<addon>", _one, ADMINS, ("GET", "POST"), form=form),
        Route("app_upgrade", f"{APPS}/<addon>/{UPGRADE}", _upgrade, ADMINS, ("GET", "POST"), form=form),
        Route("app_uninstall", f"{APPS}/<addon>/{UNINSTALL}", _uninstall, ADMINS, ("GET", "POST"), form=form),
        Route(
            "app_purge", f"{APPS}/<addon>/{PURGE}", _purge, ADMINS, ("GET", "POST"), form=Parameters((TYPED,))
        ),
    )


def tenant() -> Tenant:
    """The database of this request with all that serves it."""
    return request.environ[TENANT]  # type: ignore[no-any-return]


def _list() -> str:
    return _show(_apps(), None)


def _one(addon: str) -> ResponseReturnValue:
    app = find(addon)
    if request.method == "POST":
        return _do(app, INSTALL, lambda: _install(app))
    apps = _apps()
    step = "" if app.is_installed or app.fault else INSTALL
    return _show(apps, _detail(app, apps, step))


def _upgrade(addon: str) -> ResponseReturnValue:
    app = find(addon)
    if not app.is_installed:
        raise NotFound

    def work() -> Told:
        report = installing.upgrade(requests.database(), catalogue(), _seen())
        names = ", ".join(f"{name} {now}" for name, (_before, now) in report.raised.items())
        if not names:
            return str(_("It was up to date already.")), "warn"
        return str(_("Upgraded: %(names)s.", names=names)), "ok"

    return _page(app, UPGRADE, work)


def _uninstall(addon: str) -> ResponseReturnValue:
    app = find(addon)
    if not app.is_installed and request.method != "POST":
        raise NotFound

    def work() -> Told:
        names = _seen() or [app.name]
        if app.name not in preparing.installed(requests.env().session.core_connection()):
            return str(
                _("It was uninstalled already: somebody else was quicker, or the button was pressed twice.")
            ), "warn"
        requests.env().session.rollback()
        found = uninstalling.uninstall(requests.database(), catalogue(), names)
        return str(_("Uninstalled: %(names)s. The data is kept.", names=", ".join(found.names))), "ok"

    return _page(app, UNINSTALL, work)


def _purge(addon: str) -> ResponseReturnValue:
    app = find(addon)
    if not app.is_parked:
        raise NotFound

    def work() -> Told:
        if request.form.get(TYPED, "").strip() != app.name:
            raise UserError(_("Type the name of the addon, %(name)s.", name=app.name), TYPED)
        purge(requests.database(), catalogue(), app.name)
        return str(_("Deleted what was kept of %(name)s.", name=app.name)), "ok"

    return _page(app, PURGE, work)


def find(addon: str) -> App:
    """The app of that name. Raises NotFound."""
    app = next((app for app in _apps() if app.name == addon), None)
    if app is None:
        raise NotFound
    return app


def _seen() -> list[str]:
    return request.form.get(SEEN, "").split()


def _page(app: App, step: str, work: Callable[[], Told]) -> ResponseReturnValue:
    if request.method == "POST":
        return _do(app, step, work)
    apps = _apps()
    return _show(apps, _detail(app, apps, step))


def _do(app: App, step: str, work: Callable[[], Told]) -> ResponseReturnValue:
    """Does what was seen, and tells it; what keeps it from being done is said on its page, and nothing is changed."""
    requests.env().session.rollback()  # what this request has read would keep its tables in use
    try:
        with in_words(requests.database()):
            told = work()
    except installing.PlanChanged as error:
        return _refuse(app, step, error), 409
    except LoadError as error:
        return _refuse(app, step, fault=error), 422
    except UserError as error:
        return _refuse(app, step, error), 422
    except DatabaseError as error:
        return _refuse(app, step, error), 409
    flash(*told)
    return redirect(APPS if step == PURGE else f"{APPS}/{app.name}", 303)


def _install(app: App) -> Told:
    report = installing.install(requests.database(), catalogue(), [app.name], seen=_seen())
    if not report.installed:
        return str(_("%(app)s was installed already: somebody else was quicker, or the button was pressed twice.",
                     app=_label(app))), "warn"  # fmt: skip
    kinds = Counter(step.kind for step in report.plan.steps())
    told = str(
        _(
            "Installed: %(names)s. Tables: %(tables)s, columns: %(columns)s, rows: %(rows)s.",
            names=", ".join(report.installed), tables=kinds["table"], columns=kinds["column"], rows=report.rows.created,
        )
    )  # fmt: skip
    lost = ", ".join(f"{item.table}.{item.column} ({len(item.keys)})" for item in report.lost)
    if lost:
        return f"{told} {_('Emptied, as what it led to is gone: %(links)s.', links=lost)}", "warn"
    return told, "ok"


def _refuse(
    app: App, step: str, error: UserError | DatabaseError | None = None, fault: LoadError | None = None
) -> str:
    requests.env().session.rollback()
    apps = _apps()
    app = next((found for found in apps if found.name == app.name), app)
    detail = _detail(app, apps, step)
    detail.error = error.message if error else None
    detail.wrong = isinstance(error, UserError) and error.field == TYPED
    detail.fault = fault or detail.fault
    return _show(apps, detail)


# ----------------------------------------------------------------- what is shown
def catalogue() -> Any:
    """The addons that are found now."""
    return tenant().catalogue()


def _apps() -> list[App]:
    connection = requests.env().session.core_connection()
    here = preparing.versions(connection)
    faults = {**tenant().faults(list(here)), **requests.site().assembly.quarantined}
    return listed(catalogue(), here, faults, preparing.versions(connection, preparing.PARKED))


def _detail(app: App, apps: Sequence[App], step: str) -> Detail:
    detail = Detail(app, _label(app), step, fault=app.fault)
    detail.needed_by = [_label(other) for other in apps if other.is_installed and app.name in other.depends]
    env = requests.env()
    connection = env.session.core_connection()
    failed = [failure for failure in failures.recent(connection) if failure.addon == app.name]
    detail.failures = [(failure, env.formats.moment(failure.at)) for failure in failed]
    if app.is_installed:
        if app.name != BASE:
            roles = requests.site().assembly.roles
            detail.roles = [str(role.value.label) for role in roles if role.addon == app.name]
        detail.footprint = footprint(requests.site().assembly, [app.name])
        detail.brought = Counter(step.kind for step in ledger.owned(connection, app.name))
    try:
        _look_ahead(detail, connection)
    except LoadError as error:
        detail.fault = error
    except UserError as error:
        detail.error = error.message
    return detail


def _look_ahead(detail: Detail, connection: Connection) -> None:
    """What the step of a page would do."""
    app, found = detail.app, catalogue()
    if detail.step == UNINSTALL and app.is_installed:
        here = preparing.installed(connection)
        names = [app.name, *sorted(uninstalling.needing(found, here, [app.name]))]
        detail.removal = uninstalling.outlook(connection, found, names)
    elif detail.step == PURGE or app.is_parked:
        detail.kept = leftovers(connection, app.name)
    is_sound = app.fault is None and detail.step in (INSTALL, UPGRADE)
    if is_sound and app.is_installed == (detail.step == UPGRADE):
        names = [app.name] if detail.step == INSTALL else []
        with preparing.prepared(connection, found, names) as ready:
            detail.plan = outlook(ready, found, names)


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
        (_("Uninstalled, data kept"), [row for row in rows if row.app.state == "parked"]),
        (_("Can be installed"), [row for row in rows if row.app.state == "found"]),
    ]
    title = _("Apps") if detail is None else detail.label
    page = {"groups": [group for group in groups if group[1]], "detail": detail, "href": APPS, "kinds": KINDS}
    return render("core/apps.html", title, apps=page)


def _label(app: App) -> str:
    return str(app.label) or app.name
