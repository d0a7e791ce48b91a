"""The pages of crm made by hand: a lead becomes a deal, deals go to another pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import redirect, request
from werkzeug.exceptions import Forbidden, NotFound

from addons.crm import changeover
from addons.crm.convert import CONVERTIBLE, FORM, Conversion, begin, convert
from addons.crm.deal import Deal
from addons.crm.lead import Lead
from addons.crm.pipeline import Pipeline
from addons.crm.words import DEAL, DEALS
from core import Env, Model, Offer, Page, UserError, _, done, hookimpl, render

PATH = "/crm/lead/<int:key>/convert"
MADE = "/crm/lead/<int:key>/deal"
OTHER, ALL = "/crm/deal/<int:key>/pipeline", "/crm/pipeline/<int:key>/deals"
TO, SENT = ("to",), ("to", "from", "into")


@hookimpl
def pages() -> Sequence[Page]:
    """Where a lead becomes a deal, and where a deal, or all of a pipeline, goes to another one."""
    offer = Offer(Lead, _("Make a %(deal)s", deal=DEAL), "deal", when=lambda lead: lead.state in CONVERTIBLE)
    return [
        Page(PATH, ask, roles=("crm.user",), offer=offer),
        Page(PATH, make, methods=("POST",), roles=("crm.user",), form=FORM),
        Page(MADE, show_made, roles=("crm.user",),
             offer=Offer(Lead, _("Open its %(deal)s", deal=DEAL), "deal", when=_has_deal)),
        Page(OTHER, one_goes, roles=("crm.user",), query=TO,
             offer=Offer(Deal, _("To another pipeline"), "swap", when=_is_in_sight)),
        Page(OTHER, one_goes, methods=("POST",), roles=("crm.user",), form=SENT),
        Page(ALL, all_go, roles=("crm.manager",), query=TO,
             offer=Offer(Pipeline, _("Move its %(deals)s", deals=DEALS), "swap", when=_may_go)),
        Page(ALL, all_go, methods=("POST",), roles=("crm.manager",), form=SENT),
    ]  # fmt: skip


def _may_go(record: Any) -> bool:
    return not record.archived


def _is_in_sight(deal: Any) -> bool:
    """Whether the user sees in which pipeline it is, which may be of another company."""
    return _may_go(deal) and deal.pipeline is not None


def ask(env: Env, key: int) -> str:
    """What a lead would become, to be looked at."""
    return _page(begin(env, _to_change(env, Lead, key)))


def make(env: Env, key: int) -> Any:
    """Makes it so; where something is wrong it is told, and nothing is made."""
    shown = begin(env, _to_change(env, Lead, key), request.form)
    try:
        deal = convert(env, shown)
    except UserError as error:
        env.session.rollback()
        again = begin(env, _to_change(env, Lead, key), request.form)
        again.errors = {fault.field or "": str(fault) for fault in error.faults}
        return _page(again), 422
    text = _("“%(name)s” is a %(deal)s now.", name=deal.title, deal=DEAL)
    return done(env, text, f"/app/crm.deal/{deal.id}")


def _has_deal(lead: Any) -> bool:
    """Whether a lead became a deal, which the reader may see."""
    return lead.state == "converted" and _made_of(lead.env, lead.id) is not None


def _made_of(env: Env, lead: int) -> int | None:
    deal: Any = env[Deal]
    if not (env.may(Deal, "r") and env.may_see(Deal, "lead")):
        return None
    made = sa.select(deal.id).where(deal.lead_id == lead).order_by(deal.id.desc()).limit(1)
    found: int | None = env.scalar(made)
    return found


def show_made(env: Env, key: int) -> Any:
    """Leads on to the deal that a lead became."""
    made = _made_of(env, key)
    if made is None:
        raise NotFound
    return redirect(f"/app/crm.deal/{made}", 303)


def _to_change(env: Env, model: type[Model], key: int) -> Any:
    """The record, which a page that writes holds: of two people at once the second finds what the first made of it."""
    record = env.get(model, key) if env.readonly else env.locked(model, key)
    if record is None:
        raise NotFound
    if not env.may_with(record, "w"):
        raise Forbidden
    return record


def _page(shown: Conversion) -> str:
    title = _("Make a %(deal)s", deal=DEAL)
    return render(
        "crm/convert.html", title, conversion=shown, deal_word=DEAL, may=shown.lead.state in CONVERTIBLE
    )


def one_goes(env: Env, key: int) -> Any:
    """One deal goes to another pipeline, on the page that shows what its stage becomes."""
    deal = _to_change(env, Deal, key)
    if deal.pipeline is None:
        raise NotFound
    return _change_over(env, [deal], deal.pipeline, f"/app/crm.deal/{key}")


def all_go(env: Env, key: int) -> Any:
    """All deals of a pipeline go to another one."""
    pipeline = env.get(Pipeline, key)
    if pipeline is None:
        raise NotFound
    deals, back = changeover.deals_of(env, pipeline), f"/app/crm.pipeline/{key}"
    return _change_over(env, deals, pipeline, back, changeover.count_of(env, pipeline) - len(deals))


def _change_over(env: Env, deals: Sequence[Any], pipeline: Any, back: str, left: int = 0) -> Any:
    to = (request.form if request.method == "POST" else request.args).get("to", "")
    shown = changeover.begin(env, deals, pipeline, to)
    shown.left = left
    if request.method != "POST":
        return _map(shown, back)
    chosen = dict(zip(request.form.getlist("from"), request.form.getlist("into"), strict=False))
    try:
        count = changeover.change(env, shown, chosen)
    except UserError as error:
        keys = [deal.id for deal in deals]
        env.session.rollback()
        again = changeover.begin(env, env.read(Deal, keys), env.get(Pipeline, pipeline.id), to)
        again.left = left
        again.error = " ".join(dict.fromkeys(str(fault) for fault in error.faults))
        for step in again.steps:
            step.chosen = next(
                (one.id for one in step.choices if str(one.id) == chosen.get(str(step.stage.id))), 0
            )
        return _map(again, back), 422
    number, name = env.formats.number(count), shown.to.name
    if left:
        text = _("%(number)s moved to “%(pipeline)s”, %(left)s are left.", number=number, pipeline=name,
                 left=env.formats.number(left))  # fmt: skip
        return done(env, text, f"{request.path}?to={shown.to.id}")
    text = _("%(number)s moved to “%(pipeline)s”.", number=number, pipeline=name)
    return done(env, text, f"/app/crm.deal?view=kanban&pipeline__eq={shown.to.id}")


def _map(shown: changeover.Changeover, back: str) -> str:
    title = _("To another pipeline")
    return render("crm/changeover.html", title, change=shown, back=back, path=request.path, deals_word=DEALS)
