"""What the templates know of a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_wtf.csrf import generate_csrf

from core.i18n.lazy import _
from core.web.forms.conflict import Conflict
from core.web.forms.drawn import STATE
from core.web.forms.form import FormSection, RecordForm


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
        title=str(_("New %(name)s", name=info.label)) if record is None else record.display_label(),
        action=f"{here}/new" if record is None else f"{here}/{record.id}/edit",
        csrf=generate_csrf(),
        sections=form.sections(),
        errors=form.errors(),
        cancel_href=here if record is None else f"{here}/{record.id}",
        back=(here, str(info.plural)),
        is_new=record is None,
        is_changed=any(item.typed is not None for item in form.inputs),
        hidden=[(STATE, form.sealed())],
        like=_like(form),
    )


def _like(form: RecordForm) -> tuple[str, str] | None:
    key = form.drawn.copy
    like = form.env.get(form.layout.model.cls, key) if key else None
    return None if like is None else (like.display_label(), f"/app/{form.model}/{key}")


def conflict_page(form: RecordForm, conflict: Conflict) -> ConflictPage:
    """The page that asks which of two values to keep."""
    page = form_page(form)
    hidden = [(STATE, conflict.state), *conflict.hidden]
    return ConflictPage(page.title, page.action, page.csrf, conflict, page.cancel_href, page.back, hidden)
