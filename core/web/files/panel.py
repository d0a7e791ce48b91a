"""The files of a record as its page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import sqlalchemy as sa

from core.base.attachment import Attachment
from core.files.pictures import is_small
from core.files.store import LIMIT, store_of
from core.files.types import SHOWN
from core.web.files.sizes import size_of
from core.web.listing.labels import Labels

if TYPE_CHECKING:
    from core.orm.env import Env

MODEL, FILE = "base.attachment", "file"
ROOM = 5 * LIMIT
"""Bytes of all files in one go."""
LATEST = 12
"""So many stand on the page of the record."""


@dataclass(frozen=True)
class Shown:
    """A file as the template draws it."""

    name: str
    href: str
    view_href: str
    page_href: str
    size: str
    about: str
    edition: int
    editions_href: str
    tags: Sequence[str]
    is_small: bool = False
    """Whether it is a picture that stands there small, as it is."""
    home: tuple[str, str, str] | None = None
    """Of a file that lies on what became this record: the kind of that, its name and its address."""


@dataclass
class FilesPanel:
    """What the template knows as `files`. Without an action one may not attach."""

    files: list[Shown]
    href: str
    action: str
    limit: str
    room_text: str
    room: int = ROOM
    more: bool = False
    older: str = ""
    """Where they go on, if there are more."""
    errors: Sequence[str] = ()


def panel(
    env: Env, record: Any, *, may_attach: bool, most: int = LATEST, before: int | None = None
) -> FilesPanel | None:
    """The latest files of a record and of what became it, without older editions; None for those who may read none.

    Where the key `before` is given, those that are older than that one.
    """
    if not env.may(MODEL, "r"):
        return None
    here = f"/app/{record.__lumbung__.name}/{record.id}/files"
    cls: Any = env[Attachment]
    wanted = [cls.archived.is_(False), *([] if before is None else [cls.id < before])]
    homes = {(one.__lumbung__.name, one.id): one for one in record.predecessors()}
    places = [(record.__lumbung__.name, record.id), *homes]
    found = env.scalars(of_records(cls, places).where(*wanted).limit(most + 1)).all()
    people = (
        Labels(env).get("base.user", {one.owner_id for one in found}) if env.may("base.user", "r") else {}
    )
    names = {key: label.text for key, label in people.items()}
    shown = [
        _shown(env, one, names.get(one.owner_id or 0, ""), homes.get((one.model, one.record_id)))
        for one in found[:most]
    ]
    limit, room = size_of(env.formats, LIMIT), size_of(env.formats, ROOM)
    page = FilesPanel(shown, here, here if may_attach else "", limit, room, more=len(found) > most)
    page.older = f"{here}?before={found[most - 1].id}" if page.more else ""
    return page


def of_records(cls: Any, places: Iterable[tuple[str, int]]) -> sa.Select[Any]:
    """The attachments of records, each named by model and key, the latest first."""
    of_them = [sa.and_(cls.model == model, cls.record_id == key) for model, key in places]
    return sa.select(cls).where(sa.or_(*of_them)).order_by(cls.id.desc())


def _is_small(env: Env, file: Mapping[str, Any]) -> bool:
    try:
        return is_small(store_of(env.database).path(file["digest"]), file["type"], file["size"])
    except LookupError:
        return False


def _shown(env: Env, one: Any, owner: str, home: Any) -> Shown:
    page = f"/app/{MODEL}/{one.id}"
    href, kind = f"{page}/file/{FILE}", one.file["type"]
    when = env.formats.moment(one.created_at)
    others = {"model__eq": one.model, "record_id__eq": one.record_id, "name__eq": one.name}
    earlier = f"/app/{MODEL}?{urlencode({**others, 'archived__eq': 'true'})}" if one.edition > 1 else ""
    return Shown(
        name=one.name,
        href=href,
        view_href=f"{href}?view=1" if kind in SHOWN else "",
        page_href=page,
        size=size_of(env.formats, one.file["size"]),
        about=" · ".join(filter(None, (owner, when))),
        edition=one.edition,
        editions_href=earlier,
        tags=[tag.display_label() for tag in one.tags],
        is_small=_is_small(env, one.file),
        home=home
        and (str(home.__lumbung__.label), home.display_label(), f"/app/{one.model}/{one.record_id}#files"),
    )
