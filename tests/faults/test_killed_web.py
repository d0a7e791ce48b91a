"""D01: no order that was acknowledged is lost, doubled or half, whenever the web server is killed.

LUMBUNG_TEST_KILLS says how often, LUMBUNG_TEST_SEED when and what: that of a failure kills in the same way again.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tests.faults.harness import plan, run
from tests.faults.shop import Shop

KILLS = int(os.environ.get("LUMBUNG_TEST_KILLS", "20"))
SEED = os.environ.get("LUMBUNG_TEST_SEED") or secrets.token_hex(4)
FOUND = {
    "no lock": "were sold",
    "answer first": "acknowledged orders that are not there",
    "no key": "orders that are there more than once",
    "key of another": "acknowledged orders that are not there",
    "number later": "numbers are not 1 to",
    "job later": "orders without their job",
}
"""Each fault of `toyshop_bugs`, and how the harness reports it."""

pytestmark = pytest.mark.slow


def test_killed_at_any_moment_it_keeps_what_it_acknowledged(shop: Shop, tmp_path: Path) -> None:
    kills = plan(SEED, KILLS)
    report = run(shop, tmp_path, SEED, kills)
    print(report)  # noqa: T201 - the seed, and what the docs say of a run
    assert not report.breaches, str(report)
    assert report.kills == KILLS
    assert len(report.notes.acknowledged) >= sum(not kill.is_early for kill in kills), "nobody could buy"


@pytest.mark.parametrize("bug", FOUND)
def test_each_seeded_fault_is_found(shop: Shop, tmp_path: Path, bug: str) -> None:
    """A harness that was never seen red counts for nothing."""
    report = run(shop, tmp_path, SEED, plan(SEED, 40), bug=bug)
    assert any(FOUND[bug] in breach for breach in report.breaches), f"{bug}: {report}"
