"""What makes a run of tests quick: little search for garbage, no wait for the disk, statements compiled once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from core.orm import database
from core.orm.registry import Registry


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


STATEMENTS = 1000
"""How many compiled ones are kept of each kind of engine."""


@contextmanager
def statements_compiled_once() -> Iterator[None]:
    """Databases of a kind share what SQLAlchemy knows of their server and has compiled, as if they were one.

    Each test has a database of its own, and half of its statements were the first of their kind there.
    """
    known: dict[str, sa.Engine] = {}
    create = sa.create_engine

    def created(url: str | sa.URL, **options: Any) -> sa.Engine:
        engine = create(url, query_cache_size=STATEMENTS, **options)
        kind = f"{engine.url._replace(database=None)} {sorted(options.items(), key=str)}"
        if kind in known:
            _as_well(engine, known[kind])
        else:  # what is known of a server is asked for by the first connection
            sa.event.listen(engine, "connect", lambda *_args: known.setdefault(kind, engine), once=True)
        return engine

    dispose = Registry.dispose

    def disposed(registry: Registry) -> None:
        """What is compiled would keep it in memory."""
        dispose(registry)
        for engine in known.values():
            engine.clear_compiled_cache()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sa, "create_engine", created)
        patch.setattr(Registry, "dispose", disposed)
        yield


def _as_well(engine: Any, known: Any) -> None:
    """Lets an engine know what another does."""
    engine.dialect.initialize = lambda _connection: None
    engine.dialect = engine.pool._dialect = known.dialect
    engine._compiled_cache = known._compiled_cache
