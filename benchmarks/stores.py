"""Databases for a run: SQLite files in a folder of the run, and a throw-away PostgreSQL server."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from core.testing import postgres

KINDS = ("sqlite", "postgresql")


@dataclass
class Stores:
    """Makes empty databases; what was made before under the same name is gone."""

    folder: Path
    server: postgres.Server

    def fresh(self, kind: str, name: str) -> str:
        """The address of an empty database of a kind."""
        if kind == "postgresql":
            self.server.drop(name, force=True)
            return self.server.create(name)
        for path in self.folder.glob(f"{name}.db*"):
            path.unlink()
        return f"sqlite:///{self.folder / name}.db"


@contextlib.contextmanager
def stores() -> Iterator[Stores]:
    """Stores for a `with` block; everything in them is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lumbung-bench-"))
    folder.chmod(0o711)  # the server of a root user runs as nobody and must find its own folder in it
    try:
        yield Stores(folder, postgres.share(folder, of_many=False))
    finally:
        postgres.stop_shared(folder)
        shutil.rmtree(folder, ignore_errors=True)


def version(url: str) -> str:
    """What a database calls itself, such as `PostgreSQL 18.1`."""
    engine = sa.create_engine(url)
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[engine.dialect.name]
    with engine.connect() as connection:
        numbers = connection.dialect.server_version_info or ()
    engine.dispose()
    return f"{name} {'.'.join(map(str, numbers))}"
