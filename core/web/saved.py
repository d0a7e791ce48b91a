"""Saved views as tabs over a list: which there are, whether the list differs from the one that is open, and forms.

The address of a list holds all of its state: a tab leads to `?filter=<id>`, which is answered by the address in
full, `?filter=<id>&...`. What the filters became since is compared with what was saved; only "save" stores it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from flask import flash, redirect, request
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import BadRequest, NotFound

from core.base.saved_view import mine_or_shared, seen_by
from core.errors import FieldError, UserError
from core.i18n.lazy import _
from core.orm.kinds import Select
from core.orm.once import per_registry
from core.sql import one_of_sent, sent
from core.web import requests
from core.web.listing.labels import Labels
from core.web.listing.query import FLEETING, OPEN
from core.web.routes import Door, Parameters, Route
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.orm.env import Env
    from core.orm.registry import Registry
    from core.web.listing import ListView
    from core.web.listing.query import Query
    from core.web.site import Site

MODEL, MANAGER, USER = "base.saved_view", "base.manager", "base.user"
MOST = 30
"""Tabs over one list; the list of saved views has them all."""
LONGEST = 8_000
Pairs = Sequence[tuple[str, str]]


@dataclass
class Tab:
    """A saved view as the template draws it; `owner` is named where it is somebody else's."""

    label: str
    href: str
    current: bool
    owner: str | None = None


@dataclass
class ViewForm:
    """The form of a new view (`action` without a key), or of the open one, with what was typed and what is wrong."""

    action: str
    csrf: str
    query: str
    name: str = ""
    shares: list[tuple[str, str, bool]] = field(default_factory=list)
    error: str | None = None
    back: str = ""


@dataclass
class Tabs:
    """What the template knows as `saved`."""

    tabs: list[Tab]
    new: ViewForm | None
    open: ViewForm | None = None
    delete: str | None = None
    changed: bool = False
    reset: str | None = None
    all: str = ""


def expanded(env: Env, shown: ListView, pairs: Pairs) -> str | None:
    """The address in full for one that names a saved view and no filters. Raises NotFound for an unknown one.

    What the list cannot take any more, as a field that is gone, is said; the view can then be saved anew or deleted.
    """
    opened = [text for name, text in pairs if name == OPEN]
    if len(opened) != 1 or not opened[0].isdigit() or not FLEETING.issuperset(name for name, _text in pairs):
        return None
    view = env.get(env.registry[MODEL], int(opened[0]))
    if view is None or view.model != shown.model.name or view.archived:
        raise NotFound
    kept = _read(view.query)
    try:
        shown.query(env, kept)
    except FieldError as error:
        flash(str(_("%(name)s does not fit this list any more: %(why)s", name=view.name, why=error)), "error")
        kept = [("q", "")]
    return f"{shown.path}?{urlencode([*pairs, *kept])}" if kept else None


def tabs(env: Env, model: str, query: Query) -> Tabs | None:
    """The views of a list; one statement, and one for who else owns them."""
    if not env.may(MODEL, "r"):
        return None
    rows, path = _views(env, model), f"/app/{model}"
    owners = Labels(env).get(USER, {row.owner_id for row in rows if row.owner_id != env.user.id})
    now = _kept(query.given)
    opened = next((row for row in rows if str(row.id) == query.view), None)
    page = Tabs(
        tabs=[Tab(str(_("All")), path, opened is None and not now)],
        new=_form(env, f"{path}/views", now) if env.may(MODEL, "c") else None,
        all=f"/app/{MODEL}?{urlencode({'model__eq': model})}",
    )
    for row in rows:
        owner = owners[row.owner_id].text if row.owner_id in owners else None
        page.tabs.append(Tab(row.name, f"{path}?{OPEN}={row.id}", row is opened, owner))
    if opened is not None:
        saved = _read(opened.query)
        page.changed, page.reset = sorted(saved) != sorted(now), f"{path}?{OPEN}={opened.id}"
        if opened.owner_id == env.user.id:
            page.open = _form(env, f"{path}/views/{opened.id}", now, opened.name, opened.shared)
            page.delete = f"{path}/views/{opened.id}/delete"
    return page


def _views(env: Env, model: str) -> Sequence[Any]:
    """The views of the list of a model that the user sees."""
    rights, values = env.session.rights, {"of": model}
    if rights is None or not rights.asks_only(env.registry.info(MODEL), mine_or_shared):
        return env.execute(_listed(env.registry[MODEL]), values).all()
    dialect = env.database.url.get_backend_name()
    mine = {"person": env.user.id, "keys": sent(dialect, env.user.teams)}
    return env.session.core_connection().execute(_seen(env.registry, dialect), values | mine).all()


@per_registry
def _seen(registry: Registry, dialect: str) -> sa.Select[Any]:
    """With the rule of saved views written out: to put it together anew takes longer than to read them."""
    view = registry.info(MODEL).table.c
    person: Any = sa.bindparam("person", type_=view.owner_id.type)
    return _listed(view).where(seen_by(view, person, one_of_sent(dialect, view.team_id)))


def _listed(view: Any) -> sa.Select[Any]:
    """The views of the list of the model `of`."""
    return (
        sa.select(view.id, view.name, view.query, view.shared, view.owner_id)
        .where(view.model == sa.bindparam("of"), view.archived.is_(False))
        .order_by(view.position, view.name, view.id)
        .limit(MOST)
    )


def _kept(pairs: Pairs) -> list[tuple[str, str]]:
    """What of an address belongs to a view."""
    return [(name, text) for name, text in pairs if name not in FLEETING]


def _read(query: str | None) -> list[tuple[str, str]]:
    return _kept(parse_qsl(query or "", keep_blank_values=True))


def _form(env: Env, action: str, now: Pairs, name: str = "", shared: str = "private") -> ViewForm:
    return ViewForm(action, generate_csrf(), urlencode(now), name, _shares(env, shared))


def _shares(env: Env, chosen: str) -> list[tuple[str, str, bool]]:
    """Whom the user may share with: a team of theirs, and as a manager everyone. Who is in none has no choice."""
    item = env.registry.info(MODEL).fields["shared"]
    if not isinstance(item, Select) or not env.may_set(MODEL, item.name):
        return []
    may = {"private": True, "team": bool(env.user.teams), "everyone": MANAGER in env.user.roles}
    offered = [key for key in item.choices if may.get(key, True) or key == chosen]
    return [(key, str(item.choices[key]), key == chosen) for key in offered] if len(offered) > 1 else []


# ----------------------------------------------------------------- saving
@dataclass
class SavedViews:
    """The handlers, over one site."""

    site: Site

    def create(self, model: str) -> ResponseReturnValue:
        """Saves the list as it is under a name."""
        return self._write(model, None)

    def change(self, model: str, key: int) -> ResponseReturnValue:
        """Saves what the form brings: the list as it is now, or another name and who sees it."""
        return self._write(model, key)

    def delete(self, model: str, key: int) -> ResponseReturnValue:
        """Deletes a view, never a record."""
        name = _delete(model, key)
        flash(str(_("The view %(name)s was deleted; its records are all there.", name=name)), "ok")
        return redirect(f"/app/{model}", 303)

    def _write(self, model: str, key: int | None) -> ResponseReturnValue:
        try:
            label, number = _save(model, key, self._values(model, key))
        except UserError as error:
            return self._again(model, key, error), 422
        flash(str(_("%(name)s was saved.", name=label)), "ok")
        return redirect(f"/app/{model}?{OPEN}={number}", 303)

    def _values(self, model: str, key: int | None) -> dict[str, Any]:
        """What the form brings, read as its fields read it; a new view needs a name and a query. Raises FieldError."""
        info, sent = requests.env().registry.info(MODEL), request.form
        if key is None and "query" not in sent:
            raise BadRequest
        values: dict[str, Any] = {}
        if key is None or "name" in sent:
            values["name"] = info.fields["name"].parse(
                " ".join(sent.get("name", "").split()), requests.env().formats
            )
            if not values["name"]:
                raise FieldError(_("Give the view a name, so that it is found again."), "name")
        if "shared" in sent:
            values["shared"] = info.fields["shared"].read(sent["shared"])
        if "query" in sent:
            values["query"] = self._query(model, sent["query"])
        return values

    def _query(self, model: str, text: str) -> str:
        """The query string, if the list takes it. Raises FieldError where it does not."""
        if len(text) > LONGEST:
            raise FieldError(_("The address has too many parameters."))
        env, pairs = requests.env(), _read(text)
        self.site.list_view(model, env).query(env, pairs)
        return urlencode(pairs)

    def _again(self, model: str, key: int | None, error: UserError) -> str:
        """The form once more, with what was typed."""
        sent, env = request.form, requests.env()
        action = f"/app/{model}/views" if key is None else f"/app/{model}/views/{key}"
        form = ViewForm(
            action, generate_csrf(), sent.get("query", ""), sent.get("name", ""), error=str(error)
        )
        form.shares = _shares(env, sent.get("shared", "private"))
        form.back = f"/app/{model}" if key is None else f"/app/{model}?{OPEN}={key}"
        return render("core/saved_view.html", _("New view") if key is None else _("Saved view"), form=form)


@requests.repeated
def _save(model: str, key: int | None, values: dict[str, Any]) -> tuple[str, int]:
    """The label and key of the view, made or changed."""
    with requests.writing() as env:
        view = None if key is None else _own(env, model, key)
        if values.get("shared") == "team" and (view is None or view.team_id is None):
            values["team_id"] = _team(env)
        if view is None:
            view = env.create(env.registry[MODEL], [{"model": model, **values}])[0]
        else:
            env.write([view], values)
        env.flush()
        return view.display_label(), view.id


@requests.repeated
def _delete(model: str, key: int) -> str:
    """The label of the deleted view."""
    with requests.writing() as env:
        view = _own(env, model, key)
        name: str = view.display_label()
        env.delete([view])
        return name


def _own(env: Env, model: str, key: int) -> Any:
    """A view of the list that the user owns. Raises NotFound for any other."""
    view = env.get(env.registry[MODEL], key)
    if view is None or view.model != model or view.owner_id != env.user.id:
        raise NotFound
    return view


def _team(env: Env) -> int | None:
    """The first team of the user, which a view is shared with unless another was chosen."""
    user = env.user_record()
    return user.teams[0].id if user is not None and user.teams else None


def register(site: Site) -> None:
    """The addresses of saved views. Who may read the list may save it: the views themselves have rules of their own."""
    views, path, readers = SavedViews(site), "/app/<model>/views", Door(operation="r")
    sent, post = Parameters(("name", "shared", "query")), ("POST",)
    site.routes.add(
        Route("save_view", path, views.create, readers, post, form=sent),
        Route("change_view", f"{path}/<key:key>", views.change, readers, post, form=sent),
        Route("delete_view", f"{path}/<key:key>/delete", views.delete, readers, post),
    )
