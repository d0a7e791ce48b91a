"""A real browser for tests: pages that fail the test on any complaint of the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

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
def page(chromium: Browser, complaints: list[str]) -> Iterator[Page]:
    """A page in a browser profile of its own, which must give no cause for complaint."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    context = chromium.new_context(locale="id-ID", timezone_id="Asia/Jakarta")
    try:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        yield page
    finally:
        context.close()
    assert not complaints, "the browser complained:\n" + "\n".join(complaints)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of the accessibility checker, for `page.evaluate`: the CSP refuses it as a script tag."""
    return AXE.read_text(encoding="utf-8")
