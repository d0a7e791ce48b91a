"""Attaching files to a record, and sending what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import flash, jsonify, redirect, request, send_file
from werkzeug.exceptions import Forbidden, NotFound

from core.base.attachment import Attachment
from core.base.thread import Thread
from core.errors import UserError
from core.files.store import store_of
from core.files.types import SHOWN, name_of, served_as
from core.i18n.lazy import _
from core.orm.files import File
from core.orm.writing import locked
from core.web import requests
from core.web.actions.saying import named, say_done
from core.web.files.panel import ROOM, panel
from core.web.files.taking import taken
from core.web.numbers import asked_before
from core.web.routes import Door, Parameters, Route
from core.web.security import HEADERS
from core.web.shell import render

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import FileStorage

    from core.assembly import Assembly
    from core.orm.env import Env
    from core.web.site import Site

INPUT, VIEW = "file", "view"
AT_ONCE = 20
"""Files in one go."""
SIZE = 60
"""Files on a page: with a hundred it is larger than 100 kB."""
BY_SCRIPT = "X-Upload"
"""The header of a form that a script sends, which shows how far it is."""
SANDBOX = f"{HEADERS['Content-Security-Policy']}; sandbox"
Kept = tuple[str, dict[str, Any]]
"""The name of a file and what the row says of it."""


def register(site: Site) -> None:
    """Who may read a record reads its files; who may write it attaches some."""
    site.app.teardown_request(_close)
    here, readers = "/app/<model>/<key:key>", Door(operation="r")
    site.routes.add(
        Route("files", f"{here}/files", listed, readers, query=Parameters(("before",))),
        Route("attach", f"{here}/files", attach, Door(operation="w"), ("POST",), upload=_room),
        Route("file", f"{here}/file/<name>", send, readers, query=Parameters((VIEW,))),
    )


def _room(_assembly: Assembly, _model: str) -> int:
    return ROOM


def _close(_error: BaseException | None) -> None:
    """Gives back what was laid aside of files that were sent, whatever was made of them."""
    request.close()


# ----------------------------------------------------------------- reading
def listed(model: str, key: int) -> ResponseReturnValue:
    """All files of a record, page by page."""
    env = requests.env()
    return _page(env, _record(env, model, key))


def send(model: str, key: int, name: str) -> ResponseReturnValue:
    """The content of a field of a record, as far as the user may read both."""
    env = requests.env()
    info = env.registry.models[model]
    item, record = info.fields.get(name), env.get(info.cls, key)
    if record is None or not isinstance(item, File) or not env.may_see(model, name):
        raise NotFound
    value = getattr(record, name)
    try:
        path = store_of(requests.database()).path(value["digest"] if value else "")
    except LookupError:
        raise NotFound from None
    kind = served_as(value["type"])
    is_shown = kind in SHOWN and VIEW in request.args
    answer = send_file(
        path, kind, as_attachment=not is_shown, download_name=value["name"], etag=False, max_age=None
    )
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _record(env: Env, model: str, key: int) -> Any:
    """A record that people work on together. Raises NotFound for any other, and for one that the user may not see."""
    info = env.registry.models[model]
    record = env.get(info.cls, key) if issubclass(info.cls, Thread) else None
    if record is None:
        raise NotFound
    return record


def _page(env: Env, record: Any, errors: Sequence[str] = ()) -> str:
    shown = panel(env, record, may_attach=env.may_with(record, "w"), most=SIZE, before=asked_before())
    if shown is None:
        raise Forbidden
    shown.errors = errors
    label, model = record.display_label(), record.__lumbung__.name
    title = _("Files of %(name)s", name=label)
    return render("core/files.html", title, files=shown, back=(f"/app/{model}/{record.id}", label))


# ----------------------------------------------------------------- attaching
def attach(model: str, key: int) -> ResponseReturnValue:
    """Keeps what was sent, then names it in rows. What cannot be taken is said by name, and the rest is taken."""
    env = requests.env()
    record = _record(env, model, key)
    if not env.may_with(record, "w"):
        raise Forbidden
    kept, faults = _kept(request.files.getlist(INPUT))
    if not kept:
        return _refused(env, record, faults)
    names, unit = _write(model, key, kept)
    if names:
        say_done(_("Attached: %(names)s.", names=named(names)), unit)
    if same := [name for name, _file in kept if name not in names]:
        text = _("Attached already with the same content: %(names)s.", names=named(same))
        flash(str(text), "warn" if names else "ok")  # a page has room for one message that goes by itself
    for fault in faults:
        flash(fault, "warn")
    place = f"/app/{model}/{key}#files"
    return jsonify(href=place) if BY_SCRIPT in request.headers else redirect(place, 303)


def _refused(env: Env, record: Any, faults: Sequence[str]) -> ResponseReturnValue:
    if BY_SCRIPT in request.headers:
        return jsonify(errors=faults), 422
    return _page(env, record, faults), 422


def _kept(sent: Sequence[FileStorage]) -> tuple[list[Kept], list[str]]:
    """What was taken of the files that were sent, and what is wrong with others."""
    chosen, kept, faults = [upload for upload in sent if upload.filename], [], []
    for upload in chosen[:AT_ONCE]:
        name = name_of(upload.filename or "")
        try:
            kept.append((name, taken(upload)))
        except UserError as error:
            faults.append(str(_("%(name)s was not attached: %(reason)s", name=name, reason=error)))
    if not chosen:
        faults.append(str(_("Choose a file first.")))
    if len(chosen) > AT_ONCE:
        faults.append(str(_("At most %(number)s files at once.", number=AT_ONCE)))
    return kept, faults


@requests.repeated
def _write(model: str, key: int, kept: Sequence[Kept]) -> tuple[list[str], int]:
    """Rows for what is kept; one of a name that is there already is its next edition, unless it is the same.

    The names that were attached, and the number of the transaction.
    """
    with requests.writing() as env:
        record = locked(env, env.registry[model], key)
        if record is None or not env.may_with(record, "w"):
            raise NotFound
        with env.sudo("whoever may write a record attaches files to it") as su:
            cls: Any = su[Attachment]
            mine = cls.model == model, cls.record_id == key, cls.archived.is_(False)
            names = [name for name, _file in kept]
            there = {one.name: one for one in su.scalars(sa.select(cls).where(*mine, cls.name.in_(names)))}
            fresh = []
            for name, file in kept:
                before = there.get(name)
                if before is None or before.file["digest"] != file["digest"]:  # else the form was sent twice
                    there[name] = _next(su, model, key, before, name, file)
                    fresh.append(name)
        return fresh, env.session.unit


def _next(su: Env, model: str, key: int, before: Any | None, name: str, file: dict[str, Any]) -> Attachment:
    row = {"model": model, "record_id": key, "name": name, "file": file, "owner_id": su.user.id}
    if before is None:
        return su.create(Attachment, [row])[0]
    su.flush()
    before.archived = True
    tags = {"tags": list(before.tags), "edition": before.edition + 1, "previous": before}
    return su.create(Attachment, [{**row, **tags}])[0]
