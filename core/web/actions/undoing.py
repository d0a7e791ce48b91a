"""The button of a message that takes back what was done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import flash, redirect, request
from werkzeug.exceptions import NotFound

from core.errors import UserError
from core.i18n.lazy import _
from core.orm.undo import NothingToUndo, Undone, undo
from core.web import requests
from core.web.actions.saying import say_left
from core.web.signin import own_path

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.orm.env import Env

_RECORD = re.compile(r"(/app/([a-z0-9_]+\.[a-z0-9_]+))/([0-9]{1,18})(?:[/?#].*)?")


def undo_unit(unit: int) -> ResponseReturnValue:
    """Takes back one transaction of the user, and leads back to where they were."""
    place = own_path(request.form.get("next"))
    try:
        done, place = _undo(unit, place)
    except NothingToUndo:
        raise NotFound from None
    except UserError as error:
        flash(str(_("It could not be undone: %(reason)s", reason=error)), "error")
    else:
        if done.restored == 1:
            flash(str(_("Undone: 1 record is as it was.")), "ok")
        elif done.restored:
            number = requests.env().formats.number(done.restored)
            flash(str(_("Undone: %(number)s records are as they were.", number=number)), "ok")
        elif done.already:
            flash(str(_("This was undone already.")), "ok")
        say_left(done.left)
    return redirect(place, 303)


def _still_there(env: Env, place: str) -> str:
    """Where they were; of the page of a record that was made by what is undone, the list of its model."""
    if found := _RECORD.fullmatch(place):
        home, model, key = found.groups()
        if model in env.registry.models and env.may(model, "r"):
            return place if env.get(env.registry[model], int(key)) else home
    return place


@requests.repeated
def _undo(unit: int, place: str) -> tuple[Undone, str]:
    with requests.writing() as env:
        return undo(env, unit), _still_there(env, place)
