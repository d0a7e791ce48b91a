"""The kit as addons have it, over the addons of the repository and one that listens; on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.loader import GROUP, discover
from core.orm.database import Database
from core.testing import Kit
from core.testing.checks import importing
from core.testing.stock import Stock
from tests.conftest import RUN_FOLDER

ADDONS = {"crm": "addons.crm", "listens": "tests.testing_kit.listens"}


@pytest.fixture(scope="session")
def lumbung_stock(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    """What a plugin of the same name gives, whether it is loaded or not."""
    made = stock(tmp_path_factory.mktemp("stock"), compiled=pytestconfig.stash[RUN_FOLDER] / "templates")
    yield made
    made.dispose()


def stock(folder: Path, url: str = "", compiled: Path | None = None) -> Stock:
    announced = [EntryPoint(name, module, GROUP) for name, module in ADDONS.items()]
    return Stock(folder, url, discover([], entry_points=announced), compiled)


@pytest.fixture(scope="session", autouse=True)
def _traced_hook() -> None:
    """Python measures nothing inside of a hook that listens to it, unless the hook allows it."""
    importing._hear.__cantrace__ = True  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def on_postgresql(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str
) -> Iterator[Stock]:
    """The same in a PostgreSQL database, of which nothing is left but the database itself."""
    server = request.getfixturevalue("postgres")
    name = f"{worker}_kit"
    url = server.create(name)
    made = stock(tmp_path_factory.mktemp("kit"), url)
    yield made
    made.dispose()
    assert schemas(url) == ["public"]
    server.drop(name)


def schemas(url: str) -> Sequence[str]:
    """The schemas of a database that somebody made."""
    asked = sa.text("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'")
    with closing(Database(url)) as database, database.reading.connect() as connection:
        return sorted(connection.scalars(asked))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def kit(request: pytest.FixtureRequest) -> Iterator[Kit]:
    """A test's transaction with both addons installed, on each kind of database."""
    name = "lumbung_stock" if request.param == "sqlite" else "on_postgresql"
    with request.getfixturevalue(name).of(*ADDONS).kit() as made:
        yield made
