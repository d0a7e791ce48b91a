"""The page of a role: its scope matrix, the rules that narrow it, and the fields that it does not open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import flash, redirect, request
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import BadRequest, NotFound

from core.access.users import ADMIN
from core.base.access_right import SCOPES
from core.errors import UserError
from core.i18n.lazy import TextLike, _
from core.orm.history import CHANGE
from core.web import requests, timeline
from core.web.actions.saying import say_done
from core.web.admin import matrix
from core.web.admin.rules import FieldLine, RuleLine, field_lines, rule_lines
from core.web.admin.tabs import Tab, tabs
from core.web.forms import drawn
from core.web.forms.drawn import STATE
from core.web.history import labelled
from core.web.routes import Door, Parameters, Route
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.orm.env import Env
    from core.orm.fields import Field
    from core.web.site import Site

PATH = "/settings/roles"
SALT = "base.role rights"
"""Whose form the signed state is of."""
LATEST = 8
ADMINS = Door(roles=frozenset({ADMIN}))


@dataclass
class RoleLink:
    """A role in the list of all."""

    href: str
    label: str
    people: int
    current: bool


@dataclass
class RolePage:
    """What the template knows as `role`."""

    title: str
    name: str
    action: str
    csrf: str
    state: str
    tabs: Sequence[Tab]
    roles: Sequence[RoleLink]
    people: int
    includes: Sequence[str]
    columns: Sequence[TextLike]
    groups: Sequence[matrix.Group]
    rules: Sequence[RuleLine]
    fields: Sequence[FieldLine]
    record_href: str
    history: Sequence[timeline.Entry] = ()
    errors: list[tuple[str, str]] = field(default_factory=list)
    is_changed: bool = False
    is_stale: bool = False


@dataclass
class RolePages:
    """The handlers, over one site."""

    site: Site

    def first(self) -> ResponseReturnValue:
        """Leads to the first role."""
        found = _roles(requests.env())
        if not found:
            raise NotFound
        return redirect(f"{PATH}/{found[0].id}")

    def role(self, key: int) -> ResponseReturnValue:
        """Shows the rights of a role, or saves them."""
        if request.method != "POST":
            return self._show(requests.env(), key, {})
        shown = {name: texts[0] for name, texts in drawn.posted(SALT, key, request.form).shown.items()}
        typed = _typed(shown)
        try:
            label, number, unit = matrix.save(key, shown, typed)
        except matrix.Stale as stale:
            with requests.detached() as env:
                return self._show(env, key, typed, stale=stale), 409
        except UserError as error:
            return self._show(requests.env(), key, typed, error=error), 422
        if number:
            say_done(
                _("Rights of %(role)s were saved. They hold from the next request on.", role=label), unit
            )
        else:
            flash(str(_("The rights of %(role)s are as they were.", role=label)), "ok")
        return redirect(f"{PATH}/{key}", 303)

    def _show(
        self, env: Env, key: int, typed: matrix.Typed, *,
        stale: matrix.Stale | None = None, error: UserError | None = None,
    ) -> str:  # fmt: skip
        found, assembly = matrix.matrix_of(env, key), self.site.assembly
        clashes = stale.now if stale is not None else {}
        state = drawn.begin(env)
        state.shown.update(found.shown())
        counts = _people(env)
        page = RolePage(
            title=found.role.display_label(),
            name=found.role.name,
            action=f"{PATH}/{key}",
            csrf=generate_csrf(),
            state=state.sealed(SALT, key),
            tabs=tabs(env, PATH),
            roles=_links(env, key, counts),
            people=counts.get(key, 0),
            includes=list(found.included.values()),
            columns=[label for _letter, label in matrix.COLUMNS],
            groups=found.groups(assembly, typed, clashes),
            rules=rule_lines(assembly, {found.role.name, *found.included}),
            fields=field_lines(found, assembly, typed, clashes),
            record_href=f"/app/{matrix.ROLE}/{key}",
            history=_history(env, key),
            errors=[("", str(error))] if error is not None else [],
            is_changed=bool(typed),
            is_stale=stale is not None,
        )
        return render("core/role.html", page.title, role=page)


def _typed(shown: matrix.Typed) -> dict[str, str]:
    """What the form brings for each cell that it showed; a box that is not ticked is not sent."""
    sent = {name: request.form[name] for name in request.form if name not in (STATE, "csrf_token")}
    boxes = {name for name in shown if name.startswith("c-")}
    if sent.keys() - shown.keys() or shown.keys() - sent.keys() - boxes:
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    typed = {name: sent.get(name, "none") for name in shown}
    closed = matrix.closed_fields(requests.env().registry)
    if any(text not in _known(name, closed) for name, text in typed.items()):
        raise BadRequest
    return typed


def _known(name: str, closed: Mapping[str, Field[Any]]) -> Iterable[str]:
    """The values that an input may have."""
    kind, _dash, target = name.partition("-")
    if kind != matrix.FIELD:
        return SCOPES
    return matrix.levels(closed[target]) if target in closed else ()


def _people(env: Env) -> dict[int, int]:
    """How many people who may sign in have each role, directly."""
    users = env.registry.info("base.user")
    held = users.associations["roles"].c
    statement = (
        sa.select(held.target_id, sa.func.count())
        .join(users.table, users.table.c.id == held.source_id)
        .where(users.table.c.active.is_(True), users.table.c.archived.is_(False))
        .group_by(held.target_id)
    )
    return {row[0]: row[1] for row in env.session.core_connection().execute(statement)}


def _links(env: Env, key: int, counts: dict[int, int]) -> list[RoleLink]:
    return [
        RoleLink(f"{PATH}/{one.id}", one.display_label(), counts.get(one.id, 0), one.id == key)
        for one in _roles(env)
    ]


def _roles(env: Env) -> list[Any]:
    """All that are not archived, by the names that are shown."""
    role: Any = env[matrix.ROLE]
    found = env.scalars(sa.select(role).where(role.archived.is_(False)))
    return sorted(found, key=lambda one: (one.display_label().casefold(), one.id))


def _history(env: Env, key: int) -> Sequence[timeline.Entry]:
    """The latest changes of the role and of what was said of its rights."""
    change, right = env.registry.models[CHANGE].table.c, env.registry.models[matrix.RIGHT].table.c
    rights = sa.select(right.id).where(right.role_id == key)
    mine = sa.or_(
        sa.and_(change.model == matrix.ROLE, change.record_id == key),
        sa.and_(change.model == matrix.RIGHT, change.record_id.in_(rights)),
    )
    found = timeline.entries(env, timeline.changes(env, mine, before=None, limit=LATEST))
    return [replace(entry, time=entry.at) for entry in labelled(env, found)]


def register(site: Site) -> None:
    """The addresses of roles."""
    pages = RolePages(site)
    form = Parameters((STATE,), matrix.CellInputs())
    site.routes.add(
        Route("roles", PATH, pages.first, ADMINS),
        Route("role_rights", f"{PATH}/<key:key>", pages.role, ADMINS, ("GET", "POST"), form=form),
    )
