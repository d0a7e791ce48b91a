"""The seeded bugs of `tools/seeds.py` still have their places, and their tests are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.seeds import SEEDS, Seed

ROOT = Path(__file__).parent.parent


def test_there_are_at_least_ten() -> None:
    assert len({seed.name for seed in SEEDS}) == len(SEEDS) >= 10


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_a_seed_has_its_place(seed: Seed) -> None:
    assert (ROOT / seed.file).read_text("utf-8").count(seed.old) == 1
    assert seed.old != seed.new
    assert all((ROOT / path).exists() for path in seed.tests.split())
