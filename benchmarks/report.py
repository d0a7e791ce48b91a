"""The table: one line per figure, floor and ours side by side, with its goal; and the file RESULTS.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
HEAD = ("row", "measure", "floor", "ours", "ratio", "goal", "met")
Pair: TypeAlias = tuple[Sequence[float], Sequence[float]]
"""What each round gave, of the floor and of ours."""


@dataclass(frozen=True)
class Line:
    """One figure. `ratio` is ours against the floor as the goal reads it; `is_met` is None without a goal."""

    row: str
    measure: str
    floor: str
    ours: str
    ratio: float | None
    goal: str
    is_met: bool | None

    @property
    def cells(self) -> tuple[str, ...]:
        """As it is printed."""
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        met = {True: "yes", False: "NO", None: "–"}[self.is_met]
        return (self.row, self.measure, self.floor, self.ours, ratio, self.goal, met)

    @property
    def told(self) -> str:
        """For somebody who waits."""
        _row, measure, floor, ours, ratio, goal, met = self.cells
        return f"{measure}: {ours} (floor {floor}, ratio {ratio}, goal {goal}: {met})"


def alone(row: str, measure: str, ours: float, unit: str, most: float | None) -> Line:
    """A figure with an upper limit of its own, beside no floor."""
    goal = "–" if most is None else f"<= {most:g} {unit}"
    return Line(row, measure, "–", f"{ours:,.4g} {unit}", None, goal, None if most is None else ours <= most)


def pace(row: str, measure: str, ours: float, least: float) -> Line:
    """Things per second with a lower limit of their own, beside no floor."""
    return Line(row, measure, "–", f"{ours:,.0f} /s", None, f">= {least:g} /s", ours >= least)


def speed(row: str, measure: str, pair: Pair, least: float | None) -> Line:
    """Things per second: more is better. The ratio is the median of those of each round."""
    floor, ours = pair
    return _compared(row, measure, pair, "{:,.0f} /s", _ratio(ours, floor), least=least)


def time(row: str, measure: str, pair: Pair, least: float | None) -> Line:
    """Milliseconds: fewer are better. The ratio is that of the speeds."""
    floor, ours = pair
    return _compared(row, measure, pair, "{:,.2f} ms", _ratio(floor, ours), least=least)


def cost(row: str, measure: str, pair: Pair, unit: str, most: float | None) -> Line:
    """What is taken: less is better, and the ratio is not to pass `most`."""
    floor, ours = pair
    return _compared(row, measure, pair, f"{{:,.2f}} {unit}", _ratio(ours, floor), most=most)


def _compared(
    row: str,
    measure: str,
    pair: Pair,
    form: str,
    ratio: float,
    *,
    least: float | None = None,
    most: float | None = None,
) -> Line:
    floor, ours = (form.format(statistics.median(values)) for values in pair)
    if least is not None:
        return Line(row, measure, floor, ours, ratio, f">= {least:g} x", ratio >= least)
    if most is not None:
        return Line(row, measure, floor, ours, ratio, f"<= {most:g} x", ratio <= most)
    return Line(row, measure, floor, ours, ratio, "–", None)


def _ratio(over: Sequence[float], under: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def plain(lines: Iterable[Line]) -> str:
    """The table for a terminal."""
    rows = [HEAD, *(line.cells for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def write(lines: Sequence[Line], notes: Sequence[str]) -> None:
    """RESULTS.md: the notes of the run, then the table."""
    text = [
        "# Figures of the last full run",
        "",
        "Written by `make bench`; README.md beside it says how.",
        "",
    ]
    text += [*(f"- {note}" for note in notes), ""]
    text += [f"| {' | '.join(cells)} |" for cells in (HEAD, ["---"] * len(HEAD), *(x.cells for x in lines))]
    RESULTS.write_text("\n".join([*text, ""]), encoding="utf-8")
