"""What all tests share: databases of both kinds, and which tests run.

`--fast` (or LUMBUNG_TEST_FAST=1) leaves out what needs PostgreSQL, a browser or time. Without it nothing is
ever skipped: where PostgreSQL or the browser is missing, the run fails and says so.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from core import assembly
from core.i18n import catalogs
from core.orm import database
from core.testing import postgres as servers
from core.testing import quick
from core.web.templating import LayerEnvironment, make_environment
from tests import copies
from tests.once import put_together_once, texts_read_once

# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

RUN_FOLDER = pytest.StashKey[Path]()
LEFT_OUT_BY_FAST = ("browser", "postgres", "slow")
NEEDS = {"chromium": "browser", "postgres": "postgres"}
"""Fixture -> the mark of every test that uses it."""

_numbers = count(1)
PUT_TOGETHER, DISPOSE = assembly._put_together, assembly.Assembly.dispose


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="SQLite only, no browser, nothing slow")


def pytest_configure(config: pytest.Config) -> None:
    """One folder per run, handed to the workers: the database server lives in it."""
    shared = getattr(config, "workerinput", {}).get("run_folder")
    if shared:
        config.stash[RUN_FOLDER] = Path(shared)
        return
    folder = Path(tempfile.mkdtemp(prefix="lumbung-tests-"))
    folder.chmod(0o711)  # the server of a root user runs as nobody and must find its own folder in it
    config.stash[RUN_FOLDER] = folder


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by xdist for each worker that it starts."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the server, in the process that owns the run and after all workers are gone."""
    if hasattr(config, "workerinput"):
        return
    folder = config.stash[RUN_FOLDER]
    try:
        servers.stop_shared(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks tests by the fixtures that they use, then deselects what a fast run leaves out.

    What takes long comes first: else one worker would be at it when the others have long been done.
    """
    for item in items:
        used = getattr(item, "fixturenames", ())
        for name, mark in NEEDS.items():
            if name in used:
                item.add_marker(mark)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if not (config.getoption("--fast") or os.environ.get("LUMBUNG_TEST_FAST") == "1"):
        return
    kept, left_out = [], []
    for item in items:
        (left_out if any(map(item.get_closest_marker, LEFT_OUT_BY_FAST)) else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.fixture(scope="session", autouse=True)
def _little_search_for_garbage() -> Iterator[None]:
    """That took half of the run's time."""
    with quick.little_search_for_garbage():
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_wait_for_the_disk() -> Iterator[None]:
    """No database of a test in this process outlives the machine; one of a process that a test kills is durable."""
    assert database.SYNCHRONOUS == "FULL"
    with quick.no_wait_for_the_disk():
        yield


@pytest.fixture(scope="session", autouse=True)
def _statements_compiled_once() -> Iterator[None]:
    with quick.statements_compiled_once():
        yield


@pytest.fixture(scope="session", autouse=True)
def _put_together_once() -> Iterator[None]:
    with put_together_once(), texts_read_once():
        yield


@pytest.fixture
def put_together_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test of what becomes of what was put together."""
    monkeypatch.setattr(assembly, "_put_together", PUT_TOGETHER)
    monkeypatch.setattr(assembly.Assembly, "dispose", DISPOSE)


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(pytestconfig: pytest.Config) -> Iterator[None]:
    """Templates are compiled once in a run and catalogues once by each worker, as by a server that starts again.

    Tests build many sites, and forget the texts that they brought along with all others.
    """
    read = catalogs.compiled

    @cache
    def kept(path: Path, _text: bytes) -> bytes:
        return read(path)

    def environment(layers: Sequence[tuple[str, Path]]) -> LayerEnvironment:
        made = make_environment(layers)
        made.kept = pytestconfig.stash[RUN_FOLDER] / "templates"
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.i18n.catalogs.compiled", lambda path: kept(path, path.read_bytes()))
        patch.setattr("core.web.site.make_environment", environment)
        yield


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[servers.Server]:
    """The PostgreSQL server of this run. A run without one fails here."""
    with copies.at(servers.share(pytestconfig.stash[RUN_FOLDER])) as server:
        yield server


@pytest.fixture(scope="session")
def worker() -> str:
    """A name that no other worker of this run has."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres: servers.Server, worker: str) -> Iterator[str]:
    """The address of a fresh, empty PostgreSQL database.

    Dropping it at the end fails while a connection is open: an engine was not disposed.
    """
    name = f"{worker}_{next(_numbers)}"
    yield postgres.create(name)
    try:
        postgres.drop(name)
    except psycopg.errors.ObjectInUse:
        postgres.drop(name, force=True)
        pytest.fail(f"{request.node.name} left a connection open: dispose every engine")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a fresh, empty SQLite database."""
    return f"sqlite:///{tmp_path / 'lumbung.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, empty database: the test runs once for each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    address: str = request.getfixturevalue(name)
    return address
