"""Archive, restore and delete one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request
from werkzeug.exceptions import BadRequest, NotFound

from core.access.door import AccessDenied
from core.errors import UserError
from core.i18n.lazy import _
from core.orm.writing import locked
from core.web import requests
from core.web.actions.impact import DeletePage, delete_page
from core.web.actions.saying import say_done, shortened
from core.web.numbers import number
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from core.access.grants import Operation
    from core.orm.env import Env

VERSION = "version"
"""What the page of a delete sends: the version of the record that it showed."""


def archive(model: str, key: int) -> ResponseReturnValue:
    """Takes a record out of lists and choices."""
    return _set_archived(model, key, archived=True)


def restore(model: str, key: int) -> ResponseReturnValue:
    """Puts it back into them."""
    return _set_archived(model, key, archived=False)


def _set_archived(model: str, key: int, *, archived: bool) -> ResponseReturnValue:
    """Archives or restores a record and says so; done already, it says that."""
    label, unit, is_done = _write_archived(model, key, archived=archived)
    if is_done and archived:
        flash(str(_("%(name)s is archived already.", name=label)), "ok")
    elif is_done:
        flash(str(_("%(name)s is not archived.", name=label)), "ok")
    elif archived:
        say_done(_("%(name)s was archived.", name=label), unit)
    else:
        say_done(_("%(name)s was restored.", name=label), unit)
    return redirect(f"/app/{model}/{key}", 303)


@requests.repeated
def _write_archived(model: str, key: int, *, archived: bool) -> tuple[str, int, bool]:
    """Changes nothing but this, so that what others changed meanwhile does not matter.

    The record's label, the number of the transaction, and whether it was done already.
    """
    with requests.writing() as env:
        record = _held(env, model, key, "w")
        is_done = record.archived is archived
        if not is_done:
            env.write([record], {"archived": archived})
        return shortened(record.display_label()), env.session.unit, is_done


# ----------------------------------------------------------------- delete
def delete(model: str, key: int) -> ResponseReturnValue:
    """Asks first, saying what goes along and what is in the way; then deletes the record as it was shown."""
    if request.method != "POST":
        env = requests.env()
        return _show(delete_page(env, _checked(env, env.get(env[model], key), "d")))
    seen = _version()
    try:
        label, unit = _delete(model, key, seen)
    except _Stale:
        return _again(model, key, str(_("It was changed since you opened this page. Look at it again.")), 409)
    except UserError as error:
        if isinstance(error, AccessDenied):
            raise
        return _again(model, key, str(error), 422)
    say_done(_("%(name)s was deleted.", name=label), unit)
    return redirect(f"/app/{model}", 303)


class _Stale(Exception):
    """The record is not what the page showed."""


@requests.repeated
def _delete(model: str, key: int, seen: int) -> tuple[str, int]:
    """The label of the deleted record and the number of the transaction. Raises _Stale."""
    with requests.writing() as env:
        record = _held(env, model, key, "d")
        if record.version != seen:
            raise _Stale
        label = shortened(record.display_label())
        env.delete([record])
        return label, env.session.unit


def _version() -> int:
    version = number(request.form.get(VERSION, ""))
    if version is None:
        raise BadRequest(str(_("The form has other fields than this page showed.")))
    return version


def _again(model: str, key: int, error: str, status: int) -> ResponseReturnValue:
    """The page as things are now, in a transaction of its own: the request's began before."""
    with requests.detached() as env:
        page = delete_page(env, _checked(env, env.get(env[model], key), "d"))
        page.error = error
        return _show(page), status


def _show(page: DeletePage) -> str:
    return render("core/delete.html", _("Delete %(name)s", name=page.name), delete=page)


# ----------------------------------------------------------------- parts
def _held(env: Env, model: str, key: int, operation: Operation) -> Any:
    return _checked(env, locked(env, env[model], key), operation)


def _checked(env: Env, record: Any, operation: Operation) -> Any:
    """Raises NotFound where there is no record for the user, AccessDenied where they may not do this with it."""
    if record is None:
        raise NotFound
    if not env.may_with(record, operation):
        raise AccessDenied(_("Your roles do not allow a change of this record."))
    return record
