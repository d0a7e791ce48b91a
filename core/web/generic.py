"""The addresses of the generic pages of every model, and the handler of the list; the others are in `records`."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from flask import Response, redirect, request
from werkzeug.routing import IntegerConverter, Map

from core.errors import FieldError
from core.files.store import LIMIT
from core.i18n import catalogs
from core.orm.files import File
from core.orm.info import ModelInfo
from core.orm.kinds import Text
from core.web import requests, saved
from core.web.board.begin import COLUMN
from core.web.board.cards import FORM
from core.web.board.moving import ON_PAGE, BoardMoves
from core.web.board.page import board_page
from core.web.calendar.page import month_page
from core.web.forms import rows
from core.web.forms.choosing import suggest
from core.web.forms.drawn import BUTTONS, STATE
from core.web.forms.form import is_input
from core.web.forms.links import ADDS
from core.web.listing.parameters import PARAMETERS
from core.web.listing.query import BOARD, MONTH, TYPED
from core.web.listing.selection import QUERY
from core.web.numbers import LETTER, MOST
from core.web.records.pages import COPY, OF, RecordPages
from core.web.routes import Door, Parameters, Route
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.assembly import Assembly
    from core.web.listing import ListView
    from core.web.listing.query import Query
    from core.web.site import Site


class KeyConverter(IntegerConverter):
    """A key in an address: plain digits, no more than a column can hold; anything else is no address."""

    regex = "[0-9]{1,19}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=MOST)


@dataclass
class Pages:
    """The handlers, over one site."""

    site: Site

    def listing(self, model: str) -> ResponseReturnValue:
        """A page of the list, the same list as a file, or the address with a filter that was typed."""
        info, env = self._info(model), requests.env()
        view = self.site.list_view(info.name, env)
        given = list(request.args.items(multi=True))
        query = view.query(env, given)
        form = view.form(env, [request.args.get(name, "") for name in TYPED])
        if form.field:
            try:
                return redirect(view.typed(env, query, form))
            except FieldError as error:
                form.error = str(error)
        elif in_full := saved.expanded(env, view, given):
            return redirect(in_full)
        elif query.format:
            return self._file(info, self._lines(view, query))
        tabs, status = saved.tabs(env, info.name, query), 422 if form.error else 200
        if query.shape == BOARD:
            page, board = board_page(view, env, query, form)
            return render("core/board.html", info.plural, list=page, saved=tabs, board=board), status
        if query.shape == MONTH:
            page, month = month_page(view, env, query, form)
            return render("core/calendar.html", info.plural, list=page, saved=tabs, month=month), status
        page = view.page(env, query, form)
        return render("core/list.html", info.plural, list=page, saved=tabs), status

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
        today = requests.env().today()
        name = re.sub(r"[^\w.]+", "-", f"{info.plural} {today}.csv")
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response

    # ------------------------------------------------------------- parts
    def _info(self, model: str) -> ModelInfo:
        """The model of an address, which the route's door has let in."""
        return self.site.assembly.registry.models[model]


class Inputs:
    """The inputs of a model's form; which of them a user is shown is for the form to say."""

    def takes(self, assembly: Assembly, model: str, name: str) -> bool:
        """Whether the form has such an input for somebody."""
        known = self.names(assembly, model)
        return name.removesuffix(ADDS) in known or rows.takes(assembly, model, name)

    def names(self, assembly: Assembly, model: str) -> list[str]:
        """The fields of the view that are typed into."""
        view = assembly.views[f"{model}.form"]
        return [node.name for node in view.fields if is_input(view.model.fields[node.name])]

    def size(self, assembly: Assembly, model: str) -> int:
        """How many bytes the long texts of a form may have: as they are typed, and as they were shown."""
        view = assembly.views.get(f"{model}.form")
        fields = [view.model.fields[node.name] for node in view.fields] if view is not None else []
        return LETTER * sum(item.limit for item in fields if isinstance(item, Text))

    def upload(self, assembly: Assembly, model: str) -> int:
        """How many bytes of files it may bring."""
        view = assembly.views.get(f"{model}.form")
        fields = [view.model.fields[node.name] for node in view.fields] if view is not None else []
        return LIMIT * sum(isinstance(item, File) and not item.readonly for item in fields)


def register(site: Site) -> None:
    """The addresses of the generic pages."""
    site.app.url_map.converters["key"] = KeyConverter
    pages, records, path = Pages(site), RecordPages(site), "/app/<model>"
    inputs = Inputs()
    form = Parameters((STATE, *BUTTONS), inputs)
    site.routes.add(
        Route("suggest", f"{path}/suggest", suggest, Door(operation="r"), query=Parameters(("q",))),
        Route("move", f"{path}/move", BoardMoves(site).move, Door(operation="w"), ("POST",),
              form=Parameters((FORM, QUERY, ON_PAGE))),
        Route("list", path, pages.listing, Door(operation="r"), query=PARAMETERS),
        Route("new", f"{path}/new", records.new, Door(operation="c"), ("GET", "POST"),
              query=Parameters((COPY, OF, COLUMN)), form=form, size=inputs.size, upload=inputs.upload,
              again=records.again, closed=records.closed),
        Route("record", f"{path}/<key:key>", records.record, Door(operation="r"), query=Parameters(("edit", "note"))),
        Route("edit", f"{path}/<key:key>/edit", records.edit, Door(operation="w"), ("GET", "POST"), form=form,
              size=inputs.size, upload=inputs.upload, again=records.again, closed=records.closed),
    )  # fmt: skip
