"""Moving a card: what changes is named with the value that was seen, so that two who move it notice each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import flash, redirect, request
from werkzeug.exceptions import BadRequest, NotFound

from core.access.door import AccessDenied
from core.errors import FieldError, UserError
from core.i18n.lazy import _
from core.orm.links import Many2one
from core.orm.writing import locked
from core.web import requests
from core.web.actions.bulk import asked_list
from core.web.actions.saying import say_done, shortened
from core.web.board.cards import FORM, LINK, SPLIT
from core.web.board.lanes import Board
from core.web.forms import RecordForm
from core.web.forms.form import Notice
from core.web.forms.layout import asking
from core.web.forms.page import form_page
from core.web.listing.labels import Labels
from core.web.listing.query import BOARD, SHAPE
from core.web.listing.reading import Reading
from core.web.numbers import number
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.orm.env import Env
    from core.orm.fields import Field
    from core.web.listing.query import Query
    from core.web.site import Site


ON_PAGE = "page"
"""Says that a button stands on the page of the record, to which it leads back."""


class Move(NamedTuple):
    """What a button says: the card, the column in which it was seen, and where it goes; None where that is asked."""

    key: int
    before: str
    after: str | None


class Moved(NamedTuple):
    """The label of a record that was moved, of the column, and the number of the transaction."""

    label: str
    to: str
    unit: int


@dataclass
class MovePage:
    """What the template knows as `move`."""

    action: str
    query: str
    targets: list[tuple[str, str]]
    back: tuple[str, str]


class Elsewhere(Exception):
    """Somebody else has moved it meanwhile; `label` of the record, `now` of the column where it is."""

    def __init__(self, label: str, now: str) -> None:
        super().__init__()
        self.label, self.now = label, now


@dataclass
class BoardMoves:
    """The handler, over one site."""

    site: Site

    def move(self, model: str) -> ResponseReturnValue:
        """Moves one card. What the column needs and is missing is asked for on a form that keeps the move."""
        query, move = asked_list(self.site, model, request.form), _move()
        item, is_page = self._by(model), ON_PAGE in request.form
        here = f"/app/{model}/{move.key}" if is_page else f"{query.here}#{LINK}{move.key}"
        try:
            if move.after is None:
                return self._offered(model, item, move, query)
            done = _write(model, item.name, move)
        except Elsewhere as other:
            text = _("“%(name)s” was moved to “%(now)s” meanwhile. Here it is as it is now.", name=other.label,
                     now=other.now)  # fmt: skip
            flash(str(text), "warn")
            return redirect(here if is_page else f"{self._shown(model, move.key)}#{LINK}{move.key}", 303)
        except UserError as error:
            return self._asked(model, item, move, error, here) or self._refused(error, here)
        if done is not None:
            text = _("“%(name)s” was moved to “%(to)s”.", name=done.label, to=done.to)
            say_done(text, done.unit)
        return redirect(here, 303)

    def _offered(self, model: str, item: Field[Any], move: Move, query: Query) -> ResponseReturnValue:
        """The menu of a card as a page, for who has no script: a button for each other column of the board."""
        env, view = requests.env(), self.site.list_view(model, requests.env())
        record: Any = env.get(env[model], move.key)
        label = _seen(env, record, item, move)
        board = Board(view, Reading(env, view.model, replace(query, page=1, column=""), Labels(env)))
        lanes = [
            lane.choice for lane in board.lanes if lane.choice.label and lane.choice.token != move.before
        ]
        targets = [(SPLIT.join((str(move.key), move.before, one.token)), one.label) for one in lanes]
        back = f"{query.here}#{LINK}{move.key}", str(view.model.plural)
        page = MovePage(f"{view.path}/move", query.href().partition("?")[2], targets, back)
        return render("core/move.html", _("Move %(name)s", name=label), move=page)

    def _refused(self, error: UserError, here: str) -> ResponseReturnValue:
        flash(str(error), "error")
        return redirect(here, 303)

    def _asked(
        self, model: str, item: Field[Any], move: Move, error: UserError, here: str
    ) -> ResponseReturnValue | None:
        """The form for what is missing, from which one comes back `here`; None where it cannot be asked for."""
        names = [fault.field for fault in error.faults if fault.field]
        with requests.detached() as env:
            layout = self.site.form_layout(model, env)
            record = env.get(env[model], move.key)
            section = asking(layout, [item.name, *names])
            if section is None or record is None or item.name in names or len(names) < len(error.faults):
                return None
            form = RecordForm(layout, env, record, section=section)
            if any(name not in form or form[name].readonly for name in [item.name, *names]):
                return None
            form[item.name].typed = [move.after or ""]
            form.refuse(error)
            page = form_page(form)
            page.cancel_href, page.is_changed = here, True
            if not any(getattr(record, name) for name in names):  # a question, and nobody's mistake
                to = _label(env, item, item.read(move.after) if move.after else None)
                text = _("“%(to)s” asks for what is missing here. Nothing is saved yet.", to=to)
                page.errors, page.notice = [], Notice(str(text), str(_("Move")))
            return render("core/form.html", page.title, form=page), 422

    def _shown(self, model: str, key: int) -> str:
        """The board on which a card is now."""
        with requests.detached() as env:
            record = env.get(env[model], key)
            if record is None:
                raise NotFound
            return board_of(self.site.list_view(model, env).board, record)

    def _by(self, model: str) -> Field[Any]:
        view = self.site.list_view(model, requests.env()).board
        if view is None:
            raise NotFound
        return view.model.fields[view.attrs["by"]]


def board_of(view: Any, record: Any) -> str:
    """The address of the board on which a record is, without filters."""
    info = record.__lumbung__
    board = view.attrs.get("within") if view is not None else None
    link = info.fields.get(board or "")
    frame = f"&{link.name}__eq={getattr(record, link.key)}" if isinstance(link, Many2one) else ""
    return f"/app/{info.name}?{SHAPE}={BOARD}{frame}"


def _move() -> Move:
    key, *lanes = request.form.get(FORM, "").split(SPLIT)
    found = number(key)
    if len(lanes) not in (1, 2) or not found:
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    return Move(found, lanes[0], lanes[1] if lanes[1:] else None)


@requests.repeated
def _write(model: str, name: str, move: Move) -> Moved | None:
    """Moves it; None where it is there already. Raises Elsewhere, UserError, and NotFound where it is gone."""
    with requests.writing() as env:
        record: Any = locked(env, env[model], move.key)
        item = env.registry.models[model].fields[name]
        label = _seen(env, record, item, move)
        if _token(getattr(record, item.key)) == move.after:
            return None
        value = item.read(move.after) if move.after else None
        to = _label(env, item, value)
        env.write([record], {item.key: value})
        env.flush()
        return Moved(label, to, env.session.unit)


def _seen(env: Env, record: Any, item: Field[Any], move: Move) -> str:
    """The label of a card that is where it was seen, or where it goes.

    Raises Elsewhere, AccessDenied, and NotFound where it is gone.
    """
    if record is None:
        raise NotFound
    if not env.may_with(record, "w"):
        raise AccessDenied(_("Your roles do not allow a change of this record."))
    label, now = shortened(record.display_label()), getattr(record, item.key)
    if _token(now) not in (move.before, move.after):
        raise Elsewhere(label, _label(env, item, now))
    return label


def _token(value: Any) -> str:
    return "" if value is None else str(value)


def _label(env: Env, item: Field[Any], value: Any) -> str:
    """What a column is called. Raises FieldError where the user sees no such record."""
    if value is None:
        return str(_("%(field)s: empty", field=item.label))
    if not isinstance(item, Many2one):
        return item.formatter(env.formats)(value)
    target = env.get(env[item.target_name], value)
    if target is None:
        raise FieldError(_("%(field)s: no such record.", field=item.label), item.name)
    return shortened(target.display_label())
