"""Doing what was planned: the result is asked for and the next activity suggested; or it is called off."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request
from werkzeug.exceptions import BadRequest, NotFound

from core.access.door import AccessDenied
from core.base.activity import CANCELLED, DONE, NEXT_DAYS, PLANNED, Activity
from core.errors import FieldError, UserError
from core.i18n.lazy import TextLike, _
from core.manifest import Offer
from core.orm.writing import locked
from core.web import requests
from core.web.actions.saying import say_done, shortened
from core.web.forms.drawn import STATE
from core.web.kept import SESSION_ENDED
from core.web.records import home
from core.web.routes import STAFF, Parameters, Route
from core.web.shell import render
from core.web.threads.pages import lost
from core.web.threads.panel import is_sealed, seal, size
from core.web.threads.plans import ACTIVITY

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import MultiDict

    from core.orm.env import Env
    from core.web.site import Site

INPUTS = ("result", "next_kind", "next_title", "next_due")
OFFERED = {"next_title": "was_title", "next_due": "was_due"}
"""By which input the page sends along what it offered."""
NEXT = {"kind": "next_kind", "title": "next_title", "due": "next_due"}
"""By which input a field of the next one is typed."""
OVER = _("This was done or called off meanwhile.")


@dataclass
class DonePage:
    """What the template knows as `done`."""

    title: str
    action: str
    cancel_action: str
    back: tuple[str, str]
    kinds: dict[str, Any]
    state: str
    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)


def register(site: Site) -> None:
    """A page that asks, and a button."""
    one = "/activities/<key:key>"
    site.routes.add(
        Route(
            "activity_done",
            f"{one}/done",
            done,
            STAFF,
            ("GET", "POST"),
            form=Parameters((STATE, *INPUTS, *OFFERED.values())),
            again=_again,
            closed=_closed,
            size=size,
            offer=Offer(Activity, _("Done"), "check", when=lambda plan: plan.state == PLANNED),
        ),
        Route("activity_cancel", f"{one}/cancel", cancel, STAFF, ("POST",)),
    )


def done(key: int) -> ResponseReturnValue:
    """Asks what came of it and what is next; sent, it writes both."""
    if request.method != "POST":
        env = requests.env()
        plan = _open(env, env.get(Activity, key))
        if plan.state == PLANNED:
            return _show(env, plan, None)
        flash(str(OVER), "warn")  # one came back to it
        return redirect(home.places(plan)[0], 303)
    typed = _kept(request.form)
    try:
        title, place, unit = _do(key, typed)
    except UserError as error:
        return _again_with(key, typed, error)
    except NotFound:
        return _lost(typed), 404
    say_done(_("%(name)s is done.", name=title), unit)
    return redirect(place, 303)


def _again_with(key: int, typed: dict[str, str], error: UserError) -> ResponseReturnValue:
    try:
        with requests.detached() as env:
            return _show(env, _open(env, env.get(Activity, key)), typed, _beside(error.faults)), 422
    except NotFound:
        return _lost(typed), 404


def _again(typed: MultiDict[str, str], key: int) -> str:
    """The page with what was typed before a session ended; nothing is saved."""
    env = requests.env()
    if not is_sealed(env, ACTIVITY, key, typed.get(STATE, "")):
        raise BadRequest
    plan = _open(env, env.get(Activity, key))
    said = [SESSION_ENDED] if plan.state == PLANNED else [SESSION_ENDED, OVER]
    return _show(env, plan, _kept(typed), {"": " ".join(map(str, said))})


def _closed(typed: MultiDict[str, str], why: TextLike, key: int) -> str:
    """What was typed, to be copied, where it may not be sent any more."""
    if not is_sealed(requests.env(), ACTIVITY, key, typed.get(STATE, "")):
        raise BadRequest
    return _lost(_kept(typed), str(why))


def _lost(typed: dict[str, str], why: str = "") -> str:
    words = (typed[name] for name in INPUTS if name != NEXT["kind"])
    return lost("\n".join(text for text in words if text), why)


def _kept(form: MultiDict[str, str]) -> dict[str, str]:
    """What was typed, with the line ends of a form as those of a text."""
    return {name: form.get(name, "").replace("\r\n", "\n") for name in (*INPUTS, *OFFERED.values())}


def _beside(faults: Iterable[UserError]) -> dict[str, str]:
    """What is wrong by the input that it is said beside; above all what is of none of them."""
    told: dict[str, list[str]] = defaultdict(list)
    for fault in faults:
        name = NEXT.get(fault.field or "", fault.field or "")
        told[name if name in INPUTS else ""].append(str(fault))
    return {name: " ".join(texts) for name, texts in told.items()}


@requests.repeated
def _do(key: int, typed: dict[str, str]) -> tuple[str, str, int]:
    with requests.writing() as env:
        plan = _planned(env, locked(env, env[Activity], key))
        env.write([plan], {"state": DONE, "result": typed["result"].strip() or None, "done_at": env.now()})
        if _is_next(typed):
            env.create(Activity, [_next(env, plan, typed)])
        env.flush()
        return shortened(plan.title), home.places(plan)[0], env.session.unit


def _is_next(typed: dict[str, str]) -> bool:
    """Whether there is to be another: a kind was chosen, or something else typed than what the page offered."""
    changed = (typed[name].strip() not in ("", typed[was].strip()) for name, was in OFFERED.items())
    return bool(typed["next_kind"]) or any(changed)


def _kinds(env: Env) -> dict[str, TextLike]:
    """The kinds of activities, those of addons too."""
    return env.registry.info(Activity).fields["kind"].choices  # type: ignore[attr-defined, no-any-return]


def _next(env: Env, plan: Any, typed: dict[str, str]) -> dict[str, Any]:
    """The activity that follows. Raises FieldError."""
    if typed["next_kind"] not in _kinds(env):
        raise FieldError(_("Choose of what kind the next one is, so that it is planned."), "kind")
    if not typed["next_title"].strip():
        raise FieldError(_("Say what is to be done."), "title")
    try:
        due = env.formats.parse_moment(typed["next_due"])
    except FieldError as error:
        raise FieldError(str(error), "due") from None
    return {
        "model": plan.model, "record_id": plan.record_id, "kind": typed["next_kind"], "owner_id": plan.owner_id,
        "title": typed["next_title"].strip(), "due": due,
    }  # fmt: skip


def cancel(key: int) -> ResponseReturnValue:
    """Calls one off; it can be taken back."""
    title, place, unit = _cancel(key)
    say_done(_("%(name)s was called off.", name=title), unit)
    return redirect(place, 303)


@requests.repeated
def _cancel(key: int) -> tuple[str, str, int]:
    with requests.writing() as env:
        plan = _planned(env, locked(env, env[Activity], key))
        env.write([plan], {"state": CANCELLED, "done_at": env.now()})
        return shortened(plan.title), home.places(plan)[0], env.session.unit


# ----------------------------------------------------------------- parts
def _planned(env: Env, plan: Any) -> Any:
    """One that is to be done. Raises what `_open` does, and UserError where it is not planned any more."""
    if _open(env, plan).state != PLANNED:
        raise UserError(OVER)
    return plan


def _open(env: Env, plan: Any) -> Any:
    """Raises NotFound where the user sees none, AccessDenied where it is not for this user to do."""
    if plan is None:
        raise NotFound
    if not env.may_with(plan, "w"):
        raise AccessDenied(_("Your roles do not allow a change of this record."))
    return plan


def _show(env: Env, plan: Any, typed: dict[str, str] | None, errors: dict[str, str] | None = None) -> str:
    here = f"/activities/{plan.id}"
    page = DonePage(
        plan.title, f"{here}/done", f"{here}/cancel", home.of_record(env, plan) or ("/", ""),
        _kinds(plan.env), seal(env, ACTIVITY, plan.id),
        typed or _suggested(env, plan), errors or {},
    )  # fmt: skip
    return render("core/activity_done.html", _("Done: %(name)s", name=plan.title), done=page)


def _suggested(env: Env, plan: Any) -> dict[str, str]:
    """The same again some days later at the same time, if somebody chooses a kind."""
    later = env.today() + dt.timedelta(days=NEXT_DAYS)
    local = plan.due.astimezone(env.formats.zone)
    due = f"{later:%d/%m/%Y} {local:%H:%M}"
    return {
        "result": "",
        "next_kind": "",
        "next_title": plan.title,
        "next_due": due,
        "was_title": plan.title,
        "was_due": due,
    }
