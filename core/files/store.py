"""The content of files, on disk under the digest of it: what two people attach lies there once.

A file is whole before any row names it: it is written beside, brought to the disk and renamed. A process that is
killed in between leaves a file that nobody names: it costs its room and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path
from typing import IO, TYPE_CHECKING
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from core.errors import UserError
from core.i18n.lazy import _
from core.orm.files import DIGEST
from core.schema.tables import file_store
from core.settings import data_folder

if TYPE_CHECKING:
    from core.orm.database import Database

LIMIT = 20 * 1024 * 1024
"""Bytes of one file."""
CHUNK = 256 * 1024


class FileStore:
    """The files of one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, source: IO[bytes], limit: int = LIMIT) -> tuple[str, int]:
        """Keeps what a stream holds; its digest and size. Raises UserError where it is empty or too large."""
        beside = self._made("new") / secrets.token_hex(16)
        try:
            digest, size = _written(source, beside, limit)
            place = self._made(digest[:2]) / digest
            os.replace(beside, place)
            _sync(place.parent)
        finally:
            beside.unlink(missing_ok=True)
        return digest, size

    def path(self, digest: str) -> Path:
        """Where content lies. Raises LookupError where there is none."""
        place = self.folder / digest[:2] / digest
        if not DIGEST.fullmatch(digest) or not place.is_file():
            raise LookupError(digest)
        return place

    def _made(self, name: str) -> Path:
        folder = self.folder / name
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self.folder)
        return folder


_stores: WeakKeyDictionary[Database, FileStore] = WeakKeyDictionary()


def store_of(database: Database) -> FileStore:
    """The store of a database: a folder below the data folder, whose name the database itself knows."""
    store = _stores.get(database)
    if store is None:
        with database.reading.connect() as connection:
            name = connection.scalar(sa.select(file_store.c.name))
        folder = data_folder().absolute()  # what sends files takes others as below its own
        store = _stores[database] = FileStore(folder / "files" / str(name))
    return store


def _written(source: IO[bytes], place: Path, limit: int) -> tuple[str, int]:
    """Writes a stream into a file and brings it to the disk; digest and size."""
    digest, size = hashlib.sha256(), 0
    with open(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise UserError(_("It is larger than %(size)s MB.", size=limit // (1024 * 1024)))
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise UserError(_("It is empty."))
    return digest.hexdigest(), size


def _sync(folder: Path) -> None:
    """Brings the name of a new file to the disk."""
    with contextlib.suppress(OSError):  # not every system lets a folder be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
