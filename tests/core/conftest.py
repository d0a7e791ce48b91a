"""What tests of several rooms of the core use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.i18n import catalogs


@pytest.fixture
def english() -> Iterator[None]:
    """Messages are looked for in the language in which they are written."""
    with catalogs.speaking("en"):
        yield
