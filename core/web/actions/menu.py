"""The entries of the menu of a record, as far as the user may."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from core.access.grants import Operation
from core.access.users import ADMIN
from core.i18n.lazy import _
from core.web.admin.tabs import SEE_AS
from core.web.records.home import goes_with
from core.web.records.reading import Action

if TYPE_CHECKING:
    from core.web.routes import Route

_KEY = re.compile("<(int|key):key>")


def record_actions(record: Any, may: Collection[Operation]) -> list[Action]:
    """What can be done with a record as a whole, by somebody who `may` do this with it."""
    env, model = record.env, record.__lumbung__.name
    here = f"/app/{model}/{record.id}"
    actions = [Action(_("Edit all"), f"{here}/edit", "edit")] if "w" in may else []
    if env.may(model, "c") and not goes_with(record.__lumbung__):
        actions.append(Action(_("Duplicate"), f"/app/{model}/new?copy={record.id}", "copy"))
    if "w" in may and record.archived:
        actions.append(Action(_("Restore"), f"{here}/restore", "undo", post=True))
    elif "w" in may:
        actions.append(Action(_("Archive"), f"{here}/archive", "box", post=True))
    if ADMIN in env.user.roles:
        actions += _of_administrators(model, record.id)
    if "d" in may:
        actions.append(Action(_("Delete"), f"{here}/delete", "trash", tone="bad"))
    return actions


def offers(routes: Iterable[Route], record: Any) -> list[Action]:
    """The pages that go on from a record, for somebody who may change it."""
    env, name = record.env, record.__lumbung__.name
    found = []
    for route in routes:
        offer = route.offer
        is_his = offer is not None and offer.model.__lumbung__.model == name
        if offer is not None and is_his and route.door.is_open(env) and offer.when(record):
            path = _KEY.sub(str(record.id), route.path)
            found.append(Action(offer.label, path, offer.icon))
    return found


def _of_administrators(model: str, key: int) -> list[Action]:
    """Where an administrator goes on from a record."""
    places = {"base.role": (_("Rights"), "lock"), "base.user": (_("Sign-in and sessions"), "key")}
    actions = [Action(_("Who may do what with this"), f"{SEE_AS}?record={model}/{key}", "eye")]
    if model in places:
        label, symbol = places[model]
        actions.append(Action(label, f"/settings/{model.rpartition('.')[2]}s/{key}", symbol))
    return actions
