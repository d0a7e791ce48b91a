"""The files of the repository, for tests of what it may and must hold."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MADE = {"node_modules", "vendor", "regions", "__pycache__", "build", "dist", "var", "htmlcov", "test-results"}
MADE_SUFFIXES = {".mo", ".pyc", ".db", ".egg-info"}


def committed() -> list[Path]:
    """Tracked files and those about to be; in a download without git, what set-up and runs did not make."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        return sorted(set(_from_git()))
    return sorted(_from_disk())


def _from_git() -> Iterator[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file():
            yield ROOT / name


def _from_disk() -> Iterator[Path]:
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if not _is_made(name) and (name == ".ci" or name[0] != ".")]
        yield from (Path(folder, name) for name in names if not _is_made(name))


def _is_made(name: str) -> bool:
    return name in MADE or Path(name).suffix in MADE_SUFFIXES
