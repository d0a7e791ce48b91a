"""The generic pages of every model: list, record, new and edit."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Generator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from flask import Response, flash, redirect, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.routing import IntegerConverter, Map

from core.access.door import AccessDenied
from core.errors import FieldError, UserError
from core.i18n import catalogs
from core.i18n.lazy import _
from core.orm.compose import ModelInfo
from core.orm.kinds import Select, Text
from core.orm.links import Link, Many2one, One2many
from core.orm.writing import locked
from core.web import requests
from core.web.forms import FormPage, RecordForm, unknown_names
from core.web.listing import NOT_VISIBLE
from core.web.listing.parameters import PARAMETERS
from core.web.listing.query import TYPED
from core.web.resets import link_action
from core.web.routes import Door, Parameters, Route
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.assembly import Assembly
    from core.orm.env import Env
    from core.views.nodes import Node
    from core.views.resolve import ResolvedView
    from core.web.listing import ListView
    from core.web.listing.query import Query
    from core.web.site import Site


class KeyConverter(IntegerConverter):
    """A key in an address: plain digits, no more than a column can hold; anything else is no address."""

    regex = "[0-9]{1,19}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


@dataclass
class RecordSection:
    """Values under a heading."""

    label: str
    addon: str | None
    items: list[tuple[str, Markup, bool]]


@dataclass
class RecordPage:
    """What the template knows as `record`."""

    title: str
    badge: tuple[str, str] | None
    edit_href: str | None
    sections: list[RecordSection]
    back: tuple[str, str]
    prev_href: str | None = None
    next_href: str | None = None
    link_action: str | None = None
    """Where a link to sign in is made, on the page of a user."""


@dataclass
class Pages:
    """The handlers, over one site."""

    site: Site

    def listing(self, model: str) -> ResponseReturnValue:
        """A page of the list, the same list as a file, or the address with a filter that was typed."""
        info, env = self._info(model), requests.env()
        view = self.site.list_view(info.name, env)
        query = view.query(env, list(request.args.items(multi=True)))
        form = view.form(env, [request.args.get(name, "") for name in TYPED])
        if form.field:
            try:
                return redirect(view.typed(env, query, form))
            except FieldError as error:
                form.error = str(error)
        elif query.format:
            return self._file(info, self._lines(view, query))
        page = render("core/list.html", info.plural, list=view.page(env, query, form))
        return page, 422 if form.error else 200

    def _lines(self, view: ListView, query: Query) -> Generator[str]:
        """The list as a file, from an env that stays open while it is sent, in the reader's language."""
        with requests.detached() as env:
            lines = view.lines(env, query)
            while True:
                with catalogs.speaking(env.lang):
                    part = next(lines, None)
                if part is None:
                    return
                yield part

    def _file(self, info: ModelInfo, lines: Generator[str]) -> ResponseReturnValue:
        """A file that is sent while it is made; what is wrong at its beginning is said on a page."""
        first = next(lines)
        response = Response(chain([first], lines), mimetype="text/csv")
        response.call_on_close(lines.close)
        today = dt.datetime.now(requests.env().formats.zone).date()
        name = re.sub(r"[^\w.]+", "-", f"{info.plural} {today}.csv")
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response

    def record(self, model: str, key: int) -> ResponseReturnValue:
        """One record, to read."""
        info = self._info(model)
        record = self._record(requests.env(), info, key)
        return render("core/record.html", record.display_label(), record=self._read_page(info, record))

    def new(self, model: str) -> ResponseReturnValue:
        """The form of a record that is not there yet."""
        info = self._info(model)
        form = RecordForm(self._view(info), requests.env(), None, self._typed())
        if request.method == "POST":
            answer = self._save(info, form, None)
            if answer is not None:
                return answer
            return self._form_page(info, form, None), 422
        return self._form_page(info, form, None)

    def edit(self, model: str, key: int) -> ResponseReturnValue:
        """The form of a record."""
        info = self._info(model)
        record = self._record(requests.env(), info, key)
        if not requests.env().may_with(record, "w"):
            raise AccessDenied(_("Your roles do not allow a change of this record."))
        form = RecordForm(self._view(info), requests.env(), record, self._typed())
        if request.method == "POST":
            answer = self._save(info, form, key)
            if answer is not None:
                return answer
            return self._form_page(info, form, record), 409 if form.stale else 422
        return self._form_page(info, form, record)

    # ------------------------------------------------------------- parts
    def _info(self, model: str) -> ModelInfo:
        """The model of an address, which the route's door has let in."""
        return self.site.assembly.registry.models[model]

    def _record(self, env: Env, info: ModelInfo, key: int) -> Any:
        record = env.get(info.cls, key)
        if record is None:
            raise NotFound
        return record

    def _view(self, info: ModelInfo) -> ResolvedView:
        return self.site.assembly.views[f"{info.name}.form"]

    def _typed(self) -> Any:
        return request.form if request.method == "POST" else None

    def _save(self, info: ModelInfo, form: RecordForm, key: int | None) -> ResponseReturnValue | None:
        """Writes the form; None where it has to be shown again."""
        if unknown_names(request.form, form.inputs):
            raise BadRequest(str(_("The form has fields that this page did not show.")))
        if not form.validate():
            return None
        try:
            with requests.writing() as env:
                saved = self._create(env, info, form) if key is None else self._update(env, info, form, key)
                env.flush()
                label, number = saved.display_label(), saved.id
        except UserError as error:
            form.refuse(error)
            return None
        flash(str(_("%(name)s was saved.", name=label)), "ok")
        return redirect(f"/app/{info.name}/{number}", 303)

    def _create(self, env: Env, info: ModelInfo, form: RecordForm) -> Any:
        return env.create(info.cls, [_own(env, info, form.values())])[0]

    def _update(self, env: Env, info: ModelInfo, form: RecordForm, key: int) -> Any:
        record: Any = locked(env, info.cls, key)
        if record is None:
            raise NotFound
        if request.form.get("version") != str(record.version):
            form.stale = True
            raise UserError(
                _("%(name)s was changed by someone else while you were editing; nothing of yours is lost. "
                  "Compare with the record as it is now, then save again.", name=record.display_label()))  # fmt: skip
        env.write([record], _own(env, info, form.values()))
        return record

    def _form_page(self, info: ModelInfo, form: RecordForm, record: Any | None) -> str:
        here = f"/app/{info.name}"
        title = str(_("New %(name)s", name=info.label)) if record is None else record.display_label()
        page = FormPage(
            title=title,
            action=f"{here}/new" if record is None else f"{here}/{record.id}/edit",
            csrf=generate_csrf(),
            sections=form.sections(),
            errors=form.errors(),
            cancel_href=here if record is None else f"{here}/{record.id}",
            version=None if record is None else record.version,
            back=(here, str(info.plural)),
        )
        return render("core/form.html", title, form=page)

    # ------------------------------------------------------------- reading
    def _read_page(self, info: ModelInfo, record: Any) -> RecordPage:
        here = f"/app/{info.name}"
        return RecordPage(
            title=record.display_label(),
            badge=_badge(info, record),
            edit_href=f"{here}/{record.id}/edit" if record.env.may_with(record, "w") else None,
            sections=self._sections(self._view(info), self._view(info).nodes, record),
            back=(here, str(info.plural)),
            link_action=link_action(record),
        )

    def _sections(self, view: ResolvedView, nodes: list[Node], record: Any) -> list[RecordSection]:
        loose = RecordSection("", None, [])
        sections = [loose]
        for node in nodes:
            if node.attrs.get("hidden"):
                continue
            if node.kind == "field" and record.env.may_see(view.model.name, node.name):
                loose.items.append(self._item(view, node, record))
            elif node.kind != "field":
                inner = self._sections(view, node.children, record)
                label = str(node.attrs.get("label", ""))
                foreign = node.addon if node.addon != view.addon else None
                sections += [
                    RecordSection(label or part.label, foreign or part.addon, part.items) for part in inner
                ]
        return [section for section in sections if section.items]

    def _item(self, view: ResolvedView, node: Node, record: Any) -> tuple[str, Markup, bool]:
        item = view.model.fields[node.name]
        value = getattr(record, item.name)
        if isinstance(item, Many2one) and value is None and getattr(record, item.key) is not None:
            shown = escape(NOT_VISIBLE)
        elif isinstance(item, Link):
            shown = _links(item, value)
        else:
            shown = escape(item.formatter(record.env.formats)(value))
            shown = Markup("<br>").join(shown.split("\n")) if isinstance(item, Text) else shown
        return str(node.attrs.get("label", item.label)), shown, isinstance(item, Text)


def _links(item: Link[Any], value: Any) -> Markup:
    """Linked records as links to their pages."""
    records = [value] if isinstance(item, Many2one) else value
    template = Markup('<a href="/app/{}/{}">{}</a>')
    parts = [
        template.format(item.target_name, record.id, record.display_label()) for record in records if record
    ]
    return Markup(", ").join(parts)


def _badge(info: ModelInfo, record: Any) -> tuple[str, str] | None:
    """The first choice with colours is the state that stands beside the title."""
    for item in info.own_fields:
        if not isinstance(item, Select) or not item.tones or not record.env.may_see(info.name, item.name):
            continue
        value = getattr(record, item.name)
        if value:
            return str(item.choices.get(value, value)), item.tones.get(value, "")
    return None


def _own(env: Env, info: ModelInfo, values: dict[str, Any]) -> dict[str, Any]:
    """Values with the linked records of the writing env in the place of those that the form read."""
    return {
        name: env.read(env.registry[item.target_name], [record.id for record in value])
        if isinstance(item := info.fields.get(name), Link) and isinstance(value, list)
        else value
        for name, value in values.items()
    }


class Inputs:
    """The inputs of a model's form; which of them a user is shown is for the form to say."""

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        """Whether the form has such an input for somebody."""
        return name in self.names(assembly, model)

    def names(self, assembly: Assembly, model: str) -> list[str]:
        """The fields of the view that are typed into."""
        view = assembly.views[f"{model}.form"]
        return [node.name for node in view.fields if not isinstance(view.model.fields[node.name], One2many)]


def register(site: Site) -> None:
    """The addresses of the generic pages."""
    site.app.url_map.converters["key"] = KeyConverter
    pages, path = Pages(site), "/app/<model>"
    site.routes.add(
        Route("list", path, pages.listing, Door(operation="r"), query=PARAMETERS),
        Route("new", f"{path}/new", pages.new, Door(operation="c"), ("GET", "POST"), form=Parameters((), Inputs())),
        Route("record", f"{path}/<key:key>", pages.record, Door(operation="r")),
        Route("edit", f"{path}/<key:key>/edit", pages.edit, Door(operation="w"), ("GET", "POST"),
              form=Parameters(("version",), Inputs())),
    )  # fmt: skip
