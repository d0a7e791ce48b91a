"""The stage of each kind of database, made once per worker; tests leave it as it is, or say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.stage import Stage, stage


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("access")
    with stage(f"sqlite:///{folder / 'access.db'}", folder) as made:
        yield made


@pytest.fixture(scope="session")
def on_postgresql(postgres: Any, worker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    name = f"{worker}_access"
    with stage(postgres.create(name), tmp_path_factory.mktemp("access")) as made:
        yield made
    postgres.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def staged(request: pytest.FixtureRequest) -> Stage:
    """The stage: each test runs once for each kind of database."""
    made: Stage = request.getfixturevalue(f"on_{request.param}")
    return made
