"""Keeping a file that was sent, before any row names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.files.store import store_of
from core.files.types import UNKNOWN, name_of, type_of
from core.web import requests

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage


def taken(upload: FileStorage) -> dict[str, Any]:
    """Keeps one file; what a field `File` says of it. Raises UserError where it is empty or too large."""
    name, said = name_of(upload.filename or ""), upload.mimetype
    begins = upload.stream.read(16)
    upload.stream.seek(0)
    kind = type_of(name, begins, said if said != UNKNOWN else "")
    digest, size = store_of(requests.database()).put(upload.stream)
    return {"name": name, "type": kind, "size": size, "digest": digest}
