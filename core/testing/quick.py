"""What makes a run of tests quick: little search for garbage, no wait for the disk, templates compiled once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from core.orm import database


@contextmanager
def little_search_for_garbage() -> Iterator[None]:
    """Garbage is looked for seldom. A registry that is disposed of would have the whole heap of the run searched.

    Here it leaves its garbage to the next look, like everyone.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    gc.freeze()  # what was imported and collected stays
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "core.orm.registry.gc",
            SimpleNamespace(freeze=lambda: None, unfreeze=lambda: None, collect=lambda: None),
        )
        yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@contextmanager
def no_wait_for_the_disk() -> Iterator[None]:
    """No database that is made in this process outlives the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "SYNCHRONOUS", "OFF")
        yield
