"""How much is measured: the full sizes of PERFORMANCE, or small ones for a quick look (FAST=1)."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADDONS = Path(__file__).resolve().parent / "addons"
"""The folder of the addon that has the floor's partner as a model."""


@dataclass(frozen=True)
class Sizes:
    """`rounds` alternate floor and ours; in each, a measure runs `repeats` times, a load `seconds`."""

    base: int = 100_000
    bulk: int = 10_000
    ones: int = 1_000
    rounds: int = 3
    repeats: int = 3
    seconds: int = 3
    is_fast: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which the scripts of the floor are told."""
        return {
            "BENCH_BASE": str(self.base),
            "BENCH_BULK": str(self.bulk),
            "BENCH_ONES": str(self.ones),
            "BENCH_REPS": str(self.repeats),
            "LOAD_SECONDS": str(self.seconds),
            "BENCH_TRACE": "1",
        }


def from_environment() -> Sizes:
    """The sizes that FAST and the floor's own variables ask for."""
    sizes = Sizes()
    if os.environ.get("FAST") not in (None, "", "0"):
        sizes = Sizes(base=20_000, bulk=5_000, ones=300, rounds=1, repeats=2, seconds=1, is_fast=True)
    return replace(
        sizes,
        base=int(os.environ.get("BENCH_BASE", sizes.base)),
        bulk=int(os.environ.get("BENCH_BULK", sizes.bulk)),
        ones=int(os.environ.get("BENCH_ONES", sizes.ones)),
        repeats=int(os.environ.get("BENCH_REPS", sizes.repeats)),
        rounds=int(os.environ.get("BENCH_ROUNDS", sizes.rounds)),
    )


def floor_folder() -> Path:
    """The folder with the floor's scripts. Raises SystemExit saying where it was looked for."""
    folder = Path(os.environ.get("LUMBUNG_BENCH") or ROOT.parent / "shared" / "bench")
    if not (folder / "floor.py").is_file():
        raise SystemExit(f"The floor is not in {folder}: name the folder with floor.py in LUMBUNG_BENCH.")
    return folder
