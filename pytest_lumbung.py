"""The pytest plugin of Lumbung: fixtures for tests of addons. PYTEST_DONT_REWRITE

It lies outside of `core`, and imports it only where a fixture is used: a run that tests no addon pays nothing, and
coverage is measured from the first line. What the fixtures give is in `core.testing`; docs/testing.md tells how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from core import Env
    from core.testing.client import Visitor
    from core.testing.kit import Kit
    from core.testing.stock import Installation, Stock

MARK = "lumbung_addons"
OPTION = "lumbung_db"
EMBEDDED = "embedded"
STOPPED = "an addon is at fault: what is said above has to be mended before its tests can tell more"
REMEDY = (
    "No addon is named to be tested. Put the test into the addon's project, or say "
    '@pytest.mark.lumbung_addons("name"), lumbung_addons = name in the configuration, or override the fixture.'
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lumbung", "addons of Lumbung")
    group.addoption(
        "--lumbung-db",
        dest=OPTION,
        metavar="URL",
        help="a PostgreSQL database to test in, in schemas that go afterwards; embedded starts a server for the run "
        "(else LUMBUNG_TEST_DB, else SQLite)",
    )
    parser.addini(MARK, "addons that tests have installed, besides what these depend on", type="args")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(*names): the addons that this test has installed")


@pytest.fixture(scope="session")
def lumbung_stock(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stock]:
    """What all tests of the run share: addons, put together and installed once for each set of them."""
    import os

    from core.testing.quick import little_search_for_garbage
    from core.testing.stock import Stock

    folder, cache = tmp_path_factory.mktemp("lumbung"), getattr(request.config, "cache", None)
    with pytest.MonkeyPatch.context() as patch, little_search_for_garbage():
        patch.setenv("LUMBUNG_DATA", str(folder))  # where files would be kept
        asked = request.config.getoption(OPTION) or os.environ.get("LUMBUNG_TEST_DB", "")
        with _address(asked) as url:
            stock = Stock(folder, url, compiled=cache.mkdir("lumbung") if cache else None)
            stock.at_fault = lambda: setattr(request.session, "shouldfail", STOPPED)
            yield stock
            stock.close()


@contextmanager
def _address(asked: str) -> Iterator[str]:
    """The database that is asked for: that of a server of its own where none is named."""
    if asked != EMBEDDED:
        yield asked
        return
    from core.testing.postgres import PostgresMissing, embedded

    try:
        with embedded() as url:
            yield url
    except PostgresMissing as error:
        pytest.exit(str(error), pytest.ExitCode.USAGE_ERROR)


@pytest.fixture
def lumbung_addons(request: pytest.FixtureRequest, lumbung_stock: Stock) -> Sequence[str]:
    """The addons of this test: those of its marker, of the ini option, else the one in whose project it lies."""
    mark = request.node.get_closest_marker(MARK)
    if mark is not None:
        return [str(name) for name in mark.args]
    named: list[str] = request.config.getini(MARK)
    if named:
        return named
    found = lumbung_stock.around(request.path)
    if found is None:
        pytest.fail(REMEDY, pytrace=False)
    return [found.addon.name]


@pytest.fixture
def lumbung(lumbung_addons: Sequence[str], lumbung_stock: Stock) -> Installation:
    """The addons of this test, put together and installed."""
    return lumbung_stock.of(*lumbung_addons)


@pytest.fixture
def kit(lumbung: Installation, request: pytest.FixtureRequest) -> Iterator[Kit]:
    """One test's transaction, of which nothing is kept, and what is done in it."""
    with lumbung.kit() as made:
        if "lang" in request.fixturenames:
            made.speak(request.getfixturevalue("lang"))
        yield made


@pytest.fixture(params=["id", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    """A language: the test runs once in each, and `env` and whoever visits speak it."""
    return str(request.param)


@pytest.fixture
def env(kit: Kit) -> Env:
    """An env of the system with the addons of this test installed."""
    return kit.env


@pytest.fixture
def env_as(kit: Kit) -> Callable[..., AbstractContextManager[Env]]:
    """`with env_as("crm.user") as mine:` acts as a user with these roles."""
    return kit.env_as


@pytest.fixture
def can(kit: Kit) -> Callable[[str, Any], bool]:
    """`can("write", record)`: whether the user of the innermost `env_as` may."""
    return kit.can


@pytest.fixture
def make(kit: Kit) -> Callable[..., Any]:
    """`make(Unit, code="A1")`: a record whose other fields are filled by their kinds."""
    return kit.make


@pytest.fixture
def commit(kit: Kit) -> Callable[[], None]:
    """Does what the end of a request does, `after_commit` included; it is undone with the rest."""
    return kit.commit


@pytest.fixture
def upgraded(
    lumbung: Installation, lumbung_stock: Stock, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[str], AbstractContextManager[Env]]:
    """`with upgraded("workshop-1.6.db") as env:` what a version before left, in a copy that was upgraded."""
    from core.testing.upgrades import upgraded

    return lambda name: upgraded(lumbung_stock, request.path.parent / name, tmp_path)


@pytest.fixture
def visit(kit: Kit) -> Callable[..., Visitor]:
    """`visit("crm.user").get("/app/crm.lead")`: somebody at the site, signed in with these roles."""
    return kit.visit
