"""Fixtures of the tests of the web: a served database of each kind, a test's own or shared."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from tests.copies import POSTGRESQL, SQLITE, Copies
from tests.web import kit

KINDS = [SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres)]
CONTENTS: dict[str, tuple[tuple[str, ...], bool]] = {
    "full": (("crm",), True),
    "bare": (("crm",), False),
    "sample": (("crm", "sample"), False),
}
"""What a copy holds: the addons installed, and whether their demo data is there."""
on_sqlite = pytest.mark.parametrize("kind", [SQLITE], indirect=True)
"""For what does not depend on the database: it is tested once."""
Statements = list[tuple[str, Any]]


@pytest.fixture(scope="session")
def copies(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker: str
) -> Iterator[Copies]:
    """Databases with CONTENTS, filled once and copied; without demo data there is nobody but two managers."""
    catalogue = kit.found()

    def fill(url: str, content: str) -> None:
        names, demo = CONTENTS[content]
        kit.fill(url, catalogue, names, demo=demo)

    folder = tmp_path_factory.mktemp("copies")
    made = Copies(folder, f"{worker}_web", lambda: request.getfixturevalue("postgres"), fill)
    yield made
    made.drop()


@pytest.fixture(scope="session")
def serve() -> Callable[..., Any]:
    """Serves databases by host name, on sites that all tests share."""
    sites = kit.sites()
    return lambda urls: closing(kit.dispatcher(urls, sites))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database: a test that uses it, even through `served` or `shared`, runs once for each."""
    return str(request.param)


@pytest.fixture
def served(kind: str, copies: Copies, serve: Callable[..., Any]) -> Iterator[kit.Served]:
    """A served database of the test's own, with demo data."""
    with copies.copy(kind) as url, serve({"*": url}) as dispatcher:
        yield kit.Served(url, dispatcher)


def forget_together(served: kit.Served) -> None:
    """Takes away all notes, activities and notices."""
    with served.env() as env:
        for model in ("base.notification", "base.message", "base.activity", "base.follower"):
            env.execute(sa.delete(env[model]))


@pytest.fixture
def nothing_yet(served: kit.Served) -> None:
    """Takes those of the demo data out of `served`."""
    forget_together(served)


@pytest.fixture
def bare(kind: str, copies: Copies, serve: Callable[..., Any]) -> Iterator[kit.Served]:
    """A served database without any record but what addons ship, and two managers."""
    with copies.copy(kind, "bare") as url, serve({"*": url}) as dispatcher:
        yield kit.Served(url, dispatcher)


@pytest.fixture
def sample(kind: str, copies: Copies, serve: Callable[..., Any]) -> Iterator[kit.Served]:
    """A bare one with the addon that has a field of every kind."""
    with copies.copy(kind, "sample") as url, serve({"*": url}) as dispatcher:
        yield kit.Served(url, dispatcher)


@pytest.fixture(scope="session")
def _shared(copies: Copies, serve: Callable[..., Any]) -> Iterator[Callable[[str], kit.Served]]:
    with ExitStack() as stack:
        made: dict[str, kit.Served] = {}

        def get(kind: str) -> kit.Served:
            if kind not in made:
                url = stack.enter_context(copies.copy(kind))
                made[kind] = kit.Served(url, stack.enter_context(serve({"*": url})))
            return made[kind]

        yield get


@pytest.fixture
def shared(kind: str, _shared: Callable[[str], kit.Served]) -> kit.Served:
    """A served database with demo data that other tests use too: nothing may be written but sessions."""
    served = _shared(kind)
    served.forgive()
    return served


@pytest.fixture
def dewi(shared: kit.Served) -> kit.Visitor:
    """The sales manager, signed in to the shared database, in Indonesian."""
    return shared.sign_in("dewi")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[Statements]:
    """Every statement that is sent to a database, with its values, while the test runs.

    Without the look for installed addons: that one comes by the clock, with whatever request is there.
    """
    monkeypatch.setattr("core.web.dispatcher.POLL_SECONDS", math.inf)
    heard: Statements = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if not kit.is_looking():
            heard.append((statement, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    yield heard
    sa.event.remove(sa.Engine, "before_cursor_execute", hear)


@pytest.fixture
def unchanged() -> Callable[..., Any]:
    """`with unchanged(served):` fails where something in its tables differs at the end."""

    @contextmanager
    def check(served: kit.Served) -> Iterator[None]:
        served.forget()
        before = served.state()
        yield
        served.forget()
        assert served.state() == before, "something was written"

    return check
