"""The browser fixtures: they show pages, and they fail a test that they should fail."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

PAGE = "data:text/html,<!doctype html><html lang=en><title>Lumbung</title><main><h1>Hai</h1></main>"
POLICY = "<meta http-equiv=Content-Security-Policy content=\"style-src 'self'\">"


def test_chromium_shows_a_page(page: Page) -> None:
    page.goto(PAGE)
    assert page.title() == "Lumbung"
    assert page.locator("h1").inner_text() == "Hai"


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        (PAGE + "<script>console.error('broken')</script>", "broken"),
        (PAGE + "<script>nobody.home</script>", "uncaught: nobody is not defined"),
        (PAGE.replace("<main>", POLICY + "<main style=color:red>"), "violates the following"),
    ],
    ids=["console", "exception", "policy"],
)
def test_a_complaint_of_the_browser_is_kept(
    page: Page, complaints: list[str], address: str, complaint: str
) -> None:
    page.goto(address)
    assert any(complaint in text for text in complaints), complaints
    complaints.clear()


def test_the_accessibility_checker_runs_in_the_page(page: Page, axe: str) -> None:
    page.goto(PAGE)
    page.evaluate(axe)
    assert page.evaluate("axe.run().then(found => found.violations.map(rule => rule.id))") == []
