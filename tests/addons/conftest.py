"""Fixtures of the tests of addons: base and crm installed, empty or with the demo data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from importlib.metadata import EntryPoint

import pytest
import sqlalchemy as sa
import time_machine

from core import CurrentUser, Env, Scale, UserError
from core.access.sessions import current_user
from core.assembly import Assembly, assemble
from core.base.demo import DOMAIN
from core.loader import GROUP, Catalogue, discover
from core.orm.database import Database
from core.orm.env import SYSTEM, open_env
from core.schema.install import install
from tests.copies import POSTGRESQL, SQLITE, Copies

TODAY = "2026-11-24T09:00:00+07:00"
"""When the demo data of tests is made."""
Open = Callable[..., AbstractContextManager[Env]]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The addons of the repository, as they are found where it is installed."""
    return discover([], entry_points=[EntryPoint("crm", "addons.crm", GROUP)])


@pytest.fixture(scope="session")
def assembly(catalogue: Catalogue) -> Iterator[Assembly]:
    """Base and crm put together."""
    made = assemble(catalogue, ["crm"])
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def installed(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker: str,
    catalogue: Catalogue,
) -> Iterator[Copies]:
    """Databases with base and crm and nobody in them, installed once and copied."""

    def fill(url: str, _content: str) -> None:
        with closing(Database(url)) as database:
            install(database, catalogue, ["crm"])

    folder = tmp_path_factory.mktemp("installed")
    made = Copies(folder, f"{worker}_addons", lambda: request.getfixturevalue("postgres"), fill)
    yield made
    made.drop()


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres)])
def opened(request: pytest.FixtureRequest, installed: Copies, assembly: Assembly) -> Iterator[Open]:
    """Opens an env on a fresh database with base and crm; `user` and `readonly` as `open_env` takes them."""
    with installed.copy(request.param) as url, closing(Database(url)) as database:
        yield _opener(database, assembly)


@pytest.fixture
def env(opened: Open) -> Iterator[Env]:
    """An env of the system on a fresh database with base and crm."""
    with opened() as made:
        yield made


MADE = {(400, 400), (250, 250), (130, 130), (290, 290)}
"""How much each piece of the demo data says that it made."""


@pytest.fixture(scope="session")
def fill(catalogue: Catalogue, assembly: Assembly) -> Callable[[Database], None]:
    """Installs base and crm into an empty database and writes the demo data, on TODAY."""

    def fill(database: Database) -> None:
        install(database, catalogue, ["crm"])
        with time_machine.travel(TODAY):
            for item in assembly.demo:
                with open_env(assembly.registry, database) as env:
                    assert list(item.value.make(env, Scale()))[-1] in MADE

    return fill


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def _demo(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker: str,
    fill: Callable[[Database], None],
) -> Iterator[Database]:
    if request.param == "sqlite":
        with closing(Database(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}")) as database:
            fill(database)
            yield database
        return
    server, name = request.getfixturevalue("postgres"), f"{worker}_addons_demo"
    with closing(Database(server.create(name))) as database:
        fill(database)
        yield database
    server.drop(name)


@pytest.fixture
def signed_in(_demo: Database, assembly: Assembly) -> Callable[[str], AbstractContextManager[Env]]:
    """Opens an env of a demo user, by the part of the address before the @; what it writes is undone."""

    @contextmanager
    def signed_in(mail: str) -> Iterator[Env]:
        users = assembly.registry.info("base.user").table
        with _demo.reading.connect() as connection:
            row = connection.execute(sa.select(users).where(users.c.email == f"{mail}@{DOMAIN}")).one()
            user = current_user(connection, assembly.registry, row._mapping)
        with suppress(Undo), _opener(_demo, assembly)(user) as env:
            yield env
            raise Undo

    return signed_in


@contextmanager
def refused(env: Env) -> Iterator[pytest.ExceptionInfo[UserError]]:
    """A block whose changes are refused, at its end at the latest; nothing of the transaction is left."""
    with pytest.raises(UserError) as caught:
        yield caught
        env.flush()
    env.session.rollback()


class Undo(Exception):
    """Ends a transaction that is not to be kept."""


@pytest.fixture
def demo(_demo: Database, assembly: Assembly) -> Iterator[Env]:
    """An env that reads a database with the demo data, of each kind."""
    with _opener(_demo, assembly)(readonly=True) as made:
        yield made


def _opener(database: Database, assembly: Assembly) -> Open:
    @contextmanager
    def opened(user: CurrentUser = SYSTEM, *, readonly: bool = False) -> Iterator[Env]:
        with open_env(assembly.registry, database, user, readonly=readonly) as env:
            yield env

    return opened
