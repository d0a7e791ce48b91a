"""What the templates know of a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_wtf.csrf import generate_csrf

from core.i18n.words import new_one
from core.web.forms.choosing import DRAFT
from core.web.forms.conflict import Conflict
from core.web.forms.drawn import STATE
from core.web.forms.form import FormSection, Notice, RecordForm
from core.web.forms.links import Linked
from core.web.records import home


@dataclass
class FormPage:
    """What the template knows as `form`."""

    title: str
    action: str
    csrf: str
    sections: list[FormSection]
    errors: Sequence[tuple[str, str]]
    cancel_href: str
    back: tuple[str, str]
    is_new: bool = False
    is_changed: bool = False
    """Whether it holds what is not saved, from the beginning."""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    like: tuple[str, str] | None = None
    """Label and address of the record that a new one is a copy of."""
    lists: list[tuple[str, list[str]]] = field(default_factory=list)
    """Suggestions by the id of their list."""
    notice: Notice | None = None
    draft_back: bool = False
    """Whether it leads back to another form."""

    @property
    def has_files(self) -> bool:
        """Whether files may be sent with it."""
        return any(item.widget == "file" for part in self.sections for item in part.fields)


@dataclass
class ConflictPage:
    """What the template knows as `form` where two people changed one record."""

    title: str
    action: str
    csrf: str
    conflict: Conflict
    cancel_href: str
    back: tuple[str, str]
    hidden: list[tuple[str, str]]


def form_page(form: RecordForm) -> FormPage:
    """The page of a form as it stands."""
    info, record, here = form.layout.model, form.record, f"/app/{form.model}"
    return FormPage(
        title=new_one(info.label) if record is None else record.display_label(),
        action=f"{here}/new" if record is None else f"{here}/{record.id}/edit",
        csrf=generate_csrf(),
        sections=_sections(form),
        errors=form.errors(),
        cancel_href=_home(form)[0] if record is None else f"{here}/{record.id}",
        back=_home(form),
        is_new=record is None,
        is_changed=form.is_sent,
        hidden=[(STATE, form.sealed()), *([] if form.draft is None else [(DRAFT, form.draft)])],
        like=_like(form),
        lists=_lists(form),
        notice=form.notice,
        draft_back=form.draft is not None,
    )


def _home(form: RecordForm) -> tuple[str, str]:
    """Where it is from: the list, or the record that the new one goes with."""
    values = [next(iter(form[name].texts), "") for name in home.NAMES if name in form]
    found = home.of_key(form.env, *values) if len(values) == 2 and home.goes_with(form.layout.model) else None
    return found or (f"/app/{form.model}", str(form.layout.model.plural))


def _sections(form: RecordForm) -> list[FormSection]:
    """The sections; on the way to another form no further one is opened."""
    found = form.sections()
    for part in found if form.draft is not None else ():
        rows = [row for table in part.tables for row in (*table.rows, table.template) if row is not None]
        for item in (*part.fields, *(cell for row in rows for cell in row.cells)):
            item.creates = None
    return found


def _lists(form: RecordForm) -> list[tuple[str, list[str]]]:
    """The first suggestions for links that are typed, once for all links to one model."""
    found = {item.targets.id: item.targets for item in form.drawable
             if isinstance(item, Linked) and not (item.readonly or item.is_listed)}  # fmt: skip
    return [
        (key, [f"{label} #{number}" for number, label in targets.listed.items()])
        for key, targets in found.items()
    ]


def _like(form: RecordForm) -> tuple[str, str] | None:
    key = form.drawn.copy
    like = form.env.get(form.layout.model.cls, key) if key else None
    return None if like is None else (like.display_label(), f"/app/{form.model}/{key}")


def conflict_page(form: RecordForm, conflict: Conflict) -> ConflictPage:
    """The page that asks which of two values to keep."""
    page = form_page(form)
    hidden = [(STATE, conflict.state), *conflict.hidden]
    return ConflictPage(page.title, page.action, page.csrf, conflict, page.cancel_href, page.back, hidden)
