"""What the tests of search share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.orm.toys import World
from tests.core.texts.library import library


@pytest.fixture
def shelves(url: str) -> Iterator[World]:
    """An empty library."""
    with library(url) as made:
        yield made
