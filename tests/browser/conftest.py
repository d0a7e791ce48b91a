"""A real browser for tests: pages that fail the test on any complaint of the browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.copies import Copies
from tests.web import kit
from tests.web.conftest import copies as copies  # the databases with demo data
from tests.web.conftest import serve as serve  # and the sites over them
from tools.chromium import system_chromium

FLAGS = (
    # Chromium refuses its sandbox as root; the rest keeps it from talking to anyone but our own server.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium per worker: the system's, else the one that Playwright installed."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=system_chromium(), args=list(FLAGS))
        except Error as error:
            pytest.fail(f"Chromium does not start; `make chromium` installs it.\n{error}")
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of on `page`: console errors and uncaught exceptions.

    Whatever the Content-Security-Policy blocks is a console error of Chromium, and so is a failed request.
    `page` fails the test if any is left at its end. A test that provokes one asserts it and clears the list.
    """
    return []


@pytest.fixture
def open_page(chromium: Browser, complaints: list[str]) -> Callable[..., AbstractContextManager[Page]]:
    """`with open_page(java_script_enabled=False) as page:` a browser profile with options of its own."""

    @contextmanager
    def opened(**options: Any) -> Iterator[Page]:
        context = chromium.new_context(**{"locale": "id-ID", "timezone_id": "Asia/Jakarta", **options})
        try:
            page = context.new_page()
            page.set_default_timeout(10_000)
            page.on("console", note)
            page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
            yield page
        finally:
            context.close()
        assert not complaints, "the browser complained:\n" + "\n".join(complaints)

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    return opened


@pytest.fixture
def page(open_page: Callable[..., AbstractContextManager[Page]]) -> Iterator[Page]:
    """A page in a browser profile of its own, which must give no cause for complaint."""
    with open_page() as page:
        yield page


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of the accessibility checker, for `page.evaluate`: the CSP refuses it as a script tag."""
    return AXE.read_text(encoding="utf-8")


class Stand:
    """A database with demo data, served to browsers at `address`; `served` is for looking into it."""

    def __init__(self, served: kit.Served, port: int) -> None:
        self.served = served
        self.address = f"http://127.0.0.1:{port}"


class _Watch:
    """A dispatcher of whose refusals, the answers of 4xx, those are noted that wrote something.

    Only while no other request is under way: what that one writes is its own affair.
    """

    def __init__(self, served: kit.Served) -> None:
        self.served = served
        self.wrote: list[str] = []
        self._lock = threading.Lock()
        self._begun = self._open = 0

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        told: list[int] = []

        def begin(status: str, *others: Any) -> Any:
            told.append(int(status[:3]))
            return start_response(status, *others)

        with self._lock:
            is_alone, self._open, self._begun = not self._open, self._open + 1, self._begun + 1
            mine = self._begun
        try:
            with self.served.snapshot() as is_changed:
                body = _whole(self.served.dispatcher(environ, begin))
                if is_alone and 400 <= told[-1] < 500 and self._begun == mine and is_changed():
                    self.wrote.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}: {told[-1]}")
            return body
        finally:
            with self._lock:
                self._open -= 1


def _whole(answer: Any) -> list[bytes]:
    """All of an answer, which is closed then."""
    try:
        return list(answer)
    finally:
        getattr(answer, "close", lambda: None)()


class _Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def provoked(complaints: list[str], what: str) -> None:
    """The one complaint that a test is about, such as the status of an answer; it is crossed out."""
    found = [text for text in complaints if what in text]
    assert len(found) == 1, complaints
    complaints.remove(found[0])


@pytest.fixture(scope="session")
def stand(copies: Copies, serve: Callable[..., Any]) -> Callable[[str], AbstractContextManager[Stand]]:
    """`with stand("sqlite") as it:` serves a copy of its own from threads of this process."""

    @contextmanager
    def open_stand(kind: str) -> Iterator[Stand]:
        with copies.copy(kind) as url, serve({"*": url}) as dispatcher:
            served = kit.Served(url, dispatcher)
            watch = _Watch(served)
            server = make_server("127.0.0.1", 0, watch, threaded=True, request_handler=_Quiet)
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield Stand(served, server.server_port)
            finally:
                server.shutdown()
                thread.join()
                server.server_close()
            assert not watch.wrote, f"refused, but it wrote: {watch.wrote}"

    return open_stand
