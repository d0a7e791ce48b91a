"""What the tests of real estate share: databases with crm and real estate, two who sell, and three units."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from decimal import Decimal
from importlib.metadata import EntryPoint

import pytest
import sqlalchemy as sa

from addons.realestate import Project, Unit
from core import Env
from core.base import Partner
from core.base.demo import DOMAIN
from core.loader import GROUP
from core.web.dispatcher import Sites
from tests.addons.conftest import Undo
from tests.addons.realestate.estate import MILLION
from tests.copies import POSTGRESQL, SQLITE, Copies
from tests.web import kit

KINDS = [SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def sites() -> Sites:
    return Sites(kit.found(EntryPoint("realestate", "addons.realestate", GROUP)), kit.SECRET)


@pytest.fixture(scope="session")
def copies(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str, sites: Sites
) -> Iterator[Copies]:
    def fill(url: str, _content: str) -> None:
        kit.fill(url, sites.catalogue, ("crm", "realestate"), demo=False)
        with (
            closing(kit.dispatcher({"*": url}, sites)) as dispatcher,
            kit.Served(url, dispatcher).env() as env,
        ):
            _people(env)
            _project(env)

    folder = tmp_path_factory.mktemp("estate")
    made = Copies(folder, f"{worker}_estate", lambda: request.getfixturevalue("postgres"), fill)
    yield made
    made.drop()


def _people(env: Env) -> None:
    """Ayu and Bima sell."""
    role = env.scalar(sa.select(env["base.role"]).where(env["base.role"].name == "crm.user"))
    for name in ("Ayu Lestari", "Bima Putra"):
        mail = f"{name.split()[0].lower()}@{DOMAIN}"
        env.create(env["base.user"], [{"name": name, "email": mail, "roles": [role]}])


def _project(env: Env) -> None:
    """Cluster Melati, with three units in two blocks."""
    melati = env.create(Project, [{"name": "Cluster Melati", "street": "Jl. Melati 1"}])[0]
    rows = [("B-10", 90), ("B-07", 105), ("C-01", 120)]
    env.create(
        Unit,
        [
            {"project": melati, "code": code, "land_area": land, "building_area": 90, "bedrooms": 3,
             "bathrooms": 2, "certificate": "shm", "price": Decimal(1_675 * MILLION)}
            for code, land in rows
        ],
    )  # fmt: skip
    env.create(Partner, [{"name": "Budi Santoso", "kind": "person"}, {"name": "Sari Dewi", "kind": "person"}])


@pytest.fixture(params=KINDS)
def served(request: pytest.FixtureRequest, copies: Copies, sites: Sites) -> Iterator[kit.Served]:
    """A served database of the test's own."""
    with copies.copy(request.param) as url, closing(kit.dispatcher({"*": url}, sites)) as dispatcher:
        made = kit.Served(url, dispatcher)
        yield made


@pytest.fixture(scope="session", params=KINDS)
def shared(request: pytest.FixtureRequest, copies: Copies, sites: Sites) -> Iterator[kit.Served]:
    """One that keeps nothing of what a test writes."""
    with copies.copy(request.param) as url, closing(kit.dispatcher({"*": url}, sites)) as dispatcher:
        yield kit.Served(url, dispatcher)


@pytest.fixture
def env(shared: kit.Served) -> Iterator[Env]:
    """An env whose writes are undone."""
    with suppress(Undo), shared.env() as made:
        yield made
        raise Undo
