"""The handlers of the pages of one record, over one site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request
from werkzeug.exceptions import BadRequest, NotFound

from core.access.door import AccessDenied
from core.errors import FieldError, UserError
from core.i18n.lazy import TextLike, _
from core.orm.events import ask
from core.orm.writing import operations
from core.web import parts, requests
from core.web.actions.menu import offers, record_actions
from core.web.board.begin import COLUMN, begun_in
from core.web.board.steps import steps
from core.web.files.panel import panel as files_panel
from core.web.finding import recent
from core.web.forms import RecordForm
from core.web.forms.anew import anew
from core.web.forms.choosing import CREATE, DRAFT, PICK, RETURN, opened, picked, seal
from core.web.forms.closed import ClosedForm
from core.web.forms.drawn import BUTTONS
from core.web.forms.form import Notice
from core.web.forms.layout import ASKED
from core.web.forms.links import Linked
from core.web.forms.page import conflict_page, form_page
from core.web.forms.rows import ADD
from core.web.kept import SESSION_ENDED
from core.web.numbers import number
from core.web.records import home, reading
from core.web.records.reading import RecordPage
from core.web.records.saving import MadeAlready, Saved, Stale, save
from core.web.resets import link_action
from core.web.shell import render
from core.web.threads.pages import opened as opened_note
from core.web.threads.panel import is_thread, panel

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import MultiDict

    from core.orm.env import Env
    from core.web.forms import Layout
    from core.web.site import Site
    from core.web.threads.panel import Composer

LATEST = 5
"""Changes that stand on the page of a record."""
NEXT, BACK, CHECK = BUTTONS[:3]
"""Save and begin another one; from a conflict back to the form; say what is wrong with one input."""

CLOSED = _("Your roles do not allow a change of this record.")
OF = "of"
"""Names in the address of a new record the one that it goes with: `crm.lead/5`."""
COPY = "copy"
"""Names in the address of a new record the one that it is a copy of."""


@dataclass
class RecordPages:
    """Record, new and edit of every model."""

    site: Site

    def record(self, model: str, key: int) -> ResponseReturnValue:
        """One record, to read; `?edit=` opens one of its sections in its place."""
        layout, record = self._layout(model), self._record(model, key)
        name = request.args.get("edit")
        recent.opened(model, key)
        if name is None:
            return self._read(layout, record)
        self._check_writable(record)
        part = layout.section(name)
        if part is None or not reading.may_edit(layout, part, requests.env()):
            raise BadRequest(str(_("This page has no such section.")))
        return self._read(layout, record, RecordForm(layout, requests.env(), record, section=name))

    def new(self, model: str) -> ResponseReturnValue:
        """The form of a record that is not there yet; `?copy=` fills it with the values of another one.

        It may begin with the record that it goes with, or in a column of the board.
        """
        typed = self._typed()
        like = self._copied(model) if typed is None else None
        draft = request.form.get(DRAFT)
        if draft is not None:
            opened(draft)  # before anything is saved
        if draft is not None and RETURN in request.form:
            return self._restored(draft)
        given = self._given(model) if typed is None else None
        form = RecordForm(self._layout(model), requests.env(), None, typed, like=like, given=given)
        form.draft = draft
        return self._answer(form)

    def edit(self, model: str, key: int) -> ResponseReturnValue:
        """The form of a whole record, and where the forms of its sections are sent to."""
        typed, record = self._typed(), requests.env().get(requests.env()[model], key)
        if record is None:
            return self._form(self._gone(model, key, typed)), 404
        self._check_writable(record)
        return self._answer(RecordForm(self._layout(model), requests.env(), record, typed))

    def again(self, typed: MultiDict[str, str], model: str, key: int | None = None) -> str:
        """The form that was sent when it could not be taken, with what was typed; nothing is saved.

        Raises BadRequest where it is no form of this user.
        """
        typed, record = picked(typed), None if key is None else requests.env().get(requests.env()[model], key)
        if key is not None and record is None:
            return self._form(self._gone(model, key, typed))
        if record is not None:
            self._check_writable(record)
        form = RecordForm(self._layout(model), requests.env(), record, typed)
        form.draft = typed.get(DRAFT)
        form.notice = Notice(str(SESSION_ENDED), str(_("Save")))
        return self._form(form)

    def closed(self, typed: MultiDict[str, str], why: TextLike, model: str, key: int | None = None) -> str:
        """What was typed into a form that the user may no longer save, to be copied; `why` says what is refused.

        Raises BadRequest where it is no form of this user, and NotFound where there is no such model.
        """
        if model not in requests.env().registry.models:
            raise NotFound
        text = _(
            "You can no longer save this form, and nothing of it is stored. All that you typed is here: copy "
            "what you still need of it."
        )
        page = ClosedForm(self.site, requests.env(), model, key, typed).page(f"{why} {text}")
        return render("core/form.html", page.title, form=page)

    def _gone(self, model: str, key: int, typed: MultiDict[str, str] | None) -> RecordForm:
        """What was typed for a record that is not there any more, as a new one; else NotFound, whatever it was."""
        if typed is None:
            raise NotFound
        try:
            form = anew(self._layout(model), requests.env(), key, typed)
        except BadRequest:
            raise NotFound from None
        if requests.env().may(model, "c"):
            text = _(
                "This record is not there any more, so nothing was saved. Save what you typed as a new one."
            )
            form.notice = Notice(str(text), str(_("Save as a new one")))
        else:
            text = _(
                "This record is not there any more, so nothing was saved. Copy what you still need of this."
            )
            form.notice = Notice(str(text))
        return form

    # ------------------------------------------------------------- parts
    def _layout(self, model: str) -> Layout:
        return self.site.form_layout(model, requests.env())

    def _record(self, model: str, key: int) -> Any:
        record = requests.env().get(requests.env()[model], key)
        if record is None:
            raise NotFound
        return record

    def _copied(self, model: str) -> Any:
        text = request.args.get(COPY)
        if text is None:
            return None
        key = number(text)
        if key is None:
            raise NotFound
        return self._record(model, key)

    def _given(self, model: str) -> dict[str, Any] | None:
        """What the address of a new record says of it. Raises NotFound where that names nothing the user sees."""
        env, given, text = requests.env(), dict[str, Any](), request.args.get(OF)
        if text is not None:
            place = home.named(env, model, text)
            if place is None:
                raise NotFound
            given |= zip(home.NAMES, place, strict=True)
        if COLUMN in request.args:
            begun = begun_in(self.site.list_view(model, env).board, env, request.args[COLUMN])
            if begun is None:
                raise NotFound
            given |= begun
        return given or None

    def _check_writable(self, record: Any) -> None:
        if not requests.env().may_with(record, "w"):
            raise AccessDenied(CLOSED)

    def _typed(self) -> Any:
        return picked(request.form) if request.method == "POST" else None

    def _answer(self, form: RecordForm) -> ResponseReturnValue:
        if request.method != "POST" or {BACK, ADD, PICK} & request.form.keys():
            return self._form(form)
        if CREATE in request.form:
            return self._on_the_way(form, request.form[CREATE])
        if CHECK in request.form:
            return self._check(form, request.form[CHECK])
        return self._save(form)

    def _check(self, form: RecordForm, name: str) -> ResponseReturnValue:
        """What is wrong with an input that was left, as a text; nothing is saved."""
        if name not in form.drawn.shown:
            raise BadRequest(str(_("The form has other fields than this page showed.")))
        form.validate()
        text = next((str(error) for error in form[name].errors), "")
        return text, 200, {"Content-Type": "text/plain; charset=utf-8"}

    def _save(self, form: RecordForm) -> ResponseReturnValue:
        """Saves and leads on; what cannot be saved is shown again with what was typed."""
        if not form.validate():
            return self._form(form), 422
        try:
            saved = save(form)
        except Stale as stale:
            page = conflict_page(form, stale.conflict)
            return render("core/conflict.html", page.title, form=page), 409
        except NotFound:
            return self._form(self._gone(form.model, form.key or 0, self._typed())), 404
        except MadeAlready as made:
            form.renew()
            form.notice = _made_already(form.model, made.known)
            return self._form(form), 409
        except UserError as error:
            form.refuse(error)
            return self._form(form), 422
        except AccessDenied as error:  # of a value or a row: the record itself was open just now
            form.general.append(str(error))
            return self._form(form), 403
        if form.draft is not None:
            return self._restored(form.draft, saved.key)
        flash(str(_("%(name)s was saved.", name=saved.label)), "ok")
        here = f"/app/{form.model}"
        if form.key is None and NEXT in request.form:
            return redirect(f"{here}/new{saved.again}", 303)
        if saved.home:
            return redirect(saved.home, 303)
        is_part = form.section and not form.section.startswith(ASKED)
        place = f"#section-{form.section}" if is_part else ""
        return redirect(f"{here}/{saved.key}{place}", 303)

    def _form(self, form: RecordForm) -> str:
        """The page of a form; one of a section stands among the others, which are read."""
        if form.section and not form.section.startswith(ASKED):
            return self._read(form.layout, form.record, form)
        page = form_page(form)
        return render("core/form.html", page.title, form=page)

    # ------------------------------------------------------------- on the way
    def _on_the_way(self, form: RecordForm, name: str) -> ResponseReturnValue:
        """The form of a new target of the link `name`, which keeps what was typed in `form`."""
        item = form[name] if name in form.drawn.shown and name in form else None
        if not isinstance(item, Linked) or item.readonly or form.draft is not None:
            raise BadRequest(str(_("The form has other fields than this page showed.")))
        info, env = item.targets.info, requests.env()
        if not env.may(info.name, "c"):
            form.general.append(str(_("Your roles do not allow this with %(model)s.", model=info.plural)))
            return self._form(form), 403
        try:
            draft = seal(form.model, form.key, name, request.form)
        except FieldError as error:
            form.refuse(error)
            return self._form(form), 422
        target = RecordForm(self._layout(info.name), env, None)
        target.draft = draft
        if item.wanted and info.label_field in target:
            target[info.label_field or ""].typed = [item.wanted]
        return self._form(target)

    def _restored(self, draft: str, key: int | None = None) -> ResponseReturnValue:
        """The form that was left to make a record, with it chosen; read anew, as the record is new."""
        model, owner, name, typed = opened(draft)
        with requests.detached() as env:
            may = env.may(model, "c" if owner is None else "w")
            record = env.get(env[model], owner) if may and owner is not None else None
            if not may or (record is not None and not env.may_with(record, "w")):
                return self.closed(typed, CLOSED, model, owner), 403 if key is None else 200
            if owner is not None and record is None:
                raise NotFound
            form = RecordForm(self.site.form_layout(model, env), env, record, typed)
            item = form[name]
            if key is not None and isinstance(item, Linked):
                form = RecordForm(form.layout, env, record, item.taken(typed, key))
            form.place = name
            return self._form(form)

    def with_composer(self, env: Env, record: Any, composer: Composer) -> str:
        """A record with a note that is being written."""
        return self._read(self.site.form_layout(record.__lumbung__.name, env), record, composer=composer)

    def _read(
        self, layout: Layout, record: Any, form: RecordForm | None = None, composer: Composer | None = None
    ) -> str:
        env: Env = record.env
        here, may = f"/app/{layout.model.name}", operations(env, record)
        page = RecordPage(
            title=record.display_label(),
            badge=reading.badge(layout.model, record),
            sections=reading.sections(layout, record, may_write="w" in may),
            back=home.of_record(env, record) or (here, str(layout.model.plural)),
            actions=record_actions(record, may),
            offers=offers(self.site.routes, record) if "w" in may else [],
            head=reading.head(layout, record),
            archived=record.archived,
            history=parts.of_record(env, record, parts.lists(layout, env), limit=LATEST),
            history_href=f"{here}/{record.id}/history",
            steps=steps(self.site.list_view(layout.model.name, env), record, may_write="w" in may),
            tiles=sorted(ask(env, "tiles", record=record), key=lambda tile: tile.order),
            link_action=link_action(record),
        )
        if is_thread(record):
            page.files = files_panel(env, record, may_attach="w" in may)
            page.thread = panel(env, record, page.history, composer or opened_note(env, record))
        for part in page.sections if form is not None else ():
            if form is not None and part.name == form.section:
                part.form = form_page(form)
                page.errors = list(part.form.errors)
        return render("core/record.html", page.title, record=page)


def _made_already(model: str, known: Saved | None) -> Notice:
    """What a form says that has made a record before, and was changed and sent again."""
    again = str(_("Save as another one"))
    if known is None:
        return Notice(str(_("This form was saved before. Save it again to make another record.")), again)
    text = _("This form was saved before, with other content. Save it again to make another record, or go to")
    return Notice(str(text), again, (known.label, f"/app/{model}/{known.key}"))
