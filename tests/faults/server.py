"""`lumbung serve` as a process that may be killed at any moment, and what then starts it again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.repository import ROOT

ADDONS = Path(__file__).parent / "addon"
HOST = "127.0.0.1"
PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.01


class Server:
    """The web server of one database, in a process group of its own: a master and its workers."""

    def __init__(self, url: str, folder: Path, **more: str) -> None:
        self.port = _free_port()
        self.slowest = 0.0
        """Seconds from the start of the group until it answers, at most."""
        self._folder = folder
        self._group: subprocess.Popen[bytes] | None = None
        self._environment: Mapping[str, str] = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "",  # else each start would compile all modules anew
            "LUMBUNG_DB": url,
            "LUMBUNG_DATA": str(folder / "data"),
            "LUMBUNG_SECRET": "a secret of tests that is long enough",
            "LUMBUNG_ADDONS_PATH": str(ADDONS),
            **more,
        }

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """The end of what the processes said."""
        return (self._folder / "served.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def start(self) -> None:
        """Starts the group and waits until it answers."""
        began = time.monotonic()
        command = [sys.executable, "-m", "core.cli", "--lang", "en", "serve", "--port", str(self.port)]
        with (self._folder / "served.log").open("ab") as log:
            self._group = subprocess.Popen(
                command, cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
        for _moment in _patiently("the server does not answer"):
            assert self._group.poll() is None, f"the server ended:\n{self.log}"
            if self._workers() and self._is_listening():
                break
        self.slowest = max(self.slowest, time.monotonic() - began)

    def kill(self) -> None:
        """Kills master and workers at once, as a machine that loses its power would."""
        if self._group is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._group.pid, signal.SIGKILL)
        self._group.wait(PATIENCE_SECONDS)
        for _moment in _patiently("a killed worker goes on listening"):
            if not self._is_listening():
                break
        self._group = None

    def interrupt(self) -> float:
        """Stops master and workers as Ctrl+C in their terminal does; the seconds until they ended."""
        assert self._group is not None
        began = time.monotonic()
        os.killpg(self._group.pid, signal.SIGINT)
        self._group.wait(PATIENCE_SECONDS)
        self._group = None
        return time.monotonic() - began

    def kill_worker(self, choice: float) -> None:
        """Kills one of the workers, the one at `choice` of 0 to 1; the master starts another."""
        for _moment in _patiently(f"the master starts no worker:\n{self.log}"):
            workers = self._workers()
            if workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(workers[int(choice * len(workers))], signal.SIGKILL)
                return

    def _workers(self) -> list[int]:
        assert self._group is not None
        command = ["pgrep", "-P", str(self._group.pid)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return sorted(map(int, done.stdout.split()))

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0


def _patiently(complaint: str) -> Iterator[Any]:
    """Moments to look again in; AssertionError when they have been too many."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        yield None
        time.sleep(PAUSE_SECONDS)
    raise AssertionError(complaint)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])
