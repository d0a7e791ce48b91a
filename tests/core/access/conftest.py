"""What the tests of access share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.access.vault import vault
from tests.core.orm.toys import World


@pytest.fixture
def safe(url: str) -> Iterator[World]:
    """A database with rules."""
    with vault(url) as made:
        yield made
