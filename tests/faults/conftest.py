"""Fixtures of the fault tests: a shop of each kind of database, made once and copied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.copies import POSTGRESQL, SQLITE, Copies
from tests.faults import shop as shops
from tests.web.conftest import copies as copies  # the databases with crm
from tests.web.conftest import kind as kind


@pytest.fixture(scope="session")
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str
) -> Iterator[Copies]:
    """Databases with the toy shop."""
    folder = tmp_path_factory.mktemp("shops")
    made = Copies(folder, f"{worker}_faults", lambda: request.getfixturevalue("postgres"), shops.fill)
    yield made
    made.drop()


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres)])
def shop(request: pytest.FixtureRequest, filled: Copies) -> Iterator[shops.Shop]:
    """A toy shop in a database of the test's own."""
    with filled.copy(request.param) as url:
        yield shops.opened(url)
