"""What the tests of the ORM share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.orm.registry import Registry
from tests.core.orm.every import Every
from tests.core.orm.toys import TOYS, World, toys, world


@pytest.fixture
def toy(url: str) -> Iterator[World]:
    """An empty database of toys."""
    with world(url, toys()) as made:
        yield made


@pytest.fixture(scope="session")
def kinds() -> Iterator[Registry]:
    """The toys and the model with every kind of field."""
    registry = Registry({"toy": [*TOYS["toy"], Every]})
    yield registry
    registry.dispose()


@pytest.fixture
def shop(url: str, kinds: Registry) -> Iterator[World]:
    """An empty database of them."""
    with world(url, kinds) as made:
        yield made
