"""Other processes: scripts that print their figures as JSON lines, servers, and how much memory they take."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.sizes import ROOT

Figures = dict[str, Any]
PATIENCE = 120
"""Seconds until a server must have answered."""


def environment(**more: str) -> dict[str, str]:
    """That of a child: this repository can be imported, whatever its working folder.

    What Python compiled is kept, as in every installation; else a start would measure the compiler.
    """
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": path, **more}


def figures(command: Sequence[str], more: Mapping[str, str], folder: Path = ROOT) -> list[Figures]:
    """Runs a script or module and gives the JSON lines that it prints. Raises SystemExit if it fails."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def timed(command: Sequence[str], more: Mapping[str, str]) -> float:
    """Seconds that a script or module takes from its start to its end. Raises SystemExit if it fails."""
    start = time.perf_counter()
    figures(command, more)
    return time.perf_counter() - start


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(command: Sequence[str], url: str, more: Mapping[str, str], folder: Path = ROOT) -> Iterator[int]:
    """A server for a `with` block, from its first answer on; gives its process number. Raises SystemExit."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=environment(**more), stdout=said, stderr=said,
            start_new_session=True)  # fmt: skip
        try:
            if not _answers(url, process):
                said.seek(0)
                raise SystemExit(f"{' '.join(command)} did not answer:\n{said.read().decode()[-4000:]}")
            yield process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether a server that was just started gets as far as an answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=60).close()
            return True
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    return False


def memory(pid: int) -> float:
    """MiB of a process and its children: the sum of their proportional shares."""
    total = 0
    for number in _family(pid):
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii")
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            yield from _family(int(child))
