"""`make bench`: everything in one run; FAST=1 for small sizes, in minutes, without touching RESULTS.md."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version

from benchmarks import report, rows, stores
from benchmarks.report import Line
from benchmarks.sizes import Sizes, floor_folder, from_environment

PACKAGES = ("sqlalchemy", "psycopg", "flask", "jinja2", "gunicorn")


def main() -> None:
    """Measures, prints, and after a full run writes RESULTS.md."""
    sizes = from_environment()
    floor_folder()
    if shutil.which("wrk") is None:
        raise SystemExit("The pages are loaded by wrk. On Debian: apt-get install wrk")
    load_before = os.getloadavg()[0]
    with stores.stores() as databases:
        notes = [*_machine(databases), f"{sizes.rounds} rounds of {sizes.repeats} repeats"]
        lines: list[Line] = []
        for line in _lines(databases, sizes):
            lines.append(line)
            print(line.told, file=sys.stderr, flush=True)
    notes.append(f"load average before {load_before:.1f}, after {os.getloadavg()[0]:.1f}")
    print("\n".join(["", *notes, "", report.plain(lines)]))
    if not sizes.is_fast:
        report.write(lines, notes)


def _lines(databases: stores.Stores, sizes: Sizes) -> Iterator[Line]:
    addresses: rows.Addresses = {}
    yield from rows.house()
    yield from rows.door(databases)
    yield from rows.everywhere(databases, sizes)
    yield from rows.timelines(databases, sizes)
    yield from rows.extending(databases, sizes)
    yield from rows.commands(databases, sizes, addresses)
    yield from rows.records(databases, sizes, addresses)
    yield from rows.boards(databases, sizes, addresses)
    yield from rows.web(databases, sizes, addresses)


def _machine(databases: stores.Stores) -> Iterator[str]:
    yield f"{os.cpu_count()} cores, Python {platform.python_version()}"
    yield ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield ", ".join(stores.version(databases.fresh(kind, "version")) for kind in stores.KINDS)
    yield "PostgreSQL without fsync, on a socket, for both sides alike; SQLite as each side opens it"


if __name__ == "__main__":
    main()
