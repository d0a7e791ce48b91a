"""Upgrade scripts, tried on what an older version left behind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from core.i18n import catalogs
from core.orm.database import Database
from core.orm.env import Env, open_env
from core.schema.install import upgrade
from core.schema.preparing import installed
from core.testing.quick import no_wait_for_the_disk
from core.testing.stock import Stock


@contextmanager
def upgraded(stock: Stock, file: Path, folder: Path) -> Iterator[Env]:
    """A copy in `folder` of an SQLite database that older addons left, brought up to those of `stock`: as the system.

    Raises what `lumbung addons upgrade` would say.
    """
    copy = shutil.copy(file, folder)
    with no_wait_for_the_disk(), closing(Database(f"sqlite:///{copy}")) as database, catalogs.speaking("en"):
        upgrade(database, stock.catalogue)
        with database.reading.connect() as connection:
            names = installed(connection)
        with open_env(stock.of(*names).assembly.registry, database) as env:
            yield env
