"""What the tests must run: every line and branch of the rooms where a mistake costs most, nearly all elsewhere.

`make coverage` measures it over the whole suite; `python -m tools.coverage REPORT` reads the report in JSON that it
leaves behind, names each file that falls short, with its lines, and fails where there is one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

FLUSH = (
    "before bulk changes computes deleting events flush history integrity keys numbering session undo validation"
    " writing"
)
MONEY = "numbers currencies exactness types"
ROOMS = (
    "core/access/*",
    "core/schema/*",
    "core/sql.py",
    *(f"core/orm/{name}.py" for name in f"{FLUSH} {MONEY}".split()),
)
"""Access, the flush, money and the schema: here all is run."""
WHOLE, REST = 100, 95
"""Percent of lines and branches, of each file."""


def shortfalls(files: Mapping[str, Any]) -> Iterator[str]:
    """One line for each file that the tests run too little of."""
    for name, found in sorted(files.items()):
        needed = WHOLE if any(fnmatch(name, room) for room in ROOMS) else REST
        share = found["summary"]["percent_covered"]
        if share < needed:
            lines = ", ".join(map(str, found["missing_lines"]))
            arcs = ", ".join(f"{start}->{end}" for start, end in found["missing_branches"])
            yield f"{name}: {share:.1f} % of {needed} %; lines {lines or '–'}; branches {arcs or '–'}"


def unknown(files: Mapping[str, Any]) -> list[str]:
    """The rooms that no file is in: a module that was renamed would be measured by the lower bar in silence."""
    return [room for room in ROOMS if not any(fnmatch(name, room) for name in files)]


def main(report: str) -> int:
    """Says what falls short. 1 where anything does."""
    files = json.loads(Path(report).read_text(encoding="utf-8"))["files"]
    found = [*shortfalls(files), *(f"{room}: no such file" for room in unknown(files))]
    print("\n".join(found) or f"{len(files)} files, none falls short.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
