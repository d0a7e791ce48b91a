"""What the tests of the ORM share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.orm.toys import World, toys, world


@pytest.fixture
def toy(url: str) -> Iterator[World]:
    """An empty database of toys."""
    with world(url, toys()) as made:
        yield made
