"""Finds a Chromium for the tests in a browser, and installs one where there is none.

`python -m tools.chromium` uses the system's browser if there is one. As root on Debian it installs
Debian's; elsewhere it asks Playwright for its own. It fails, with what to do, where neither is to be had:
a test in a browser that is silently left out proves nothing.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same browser without windows: the tests in a browser take three quarters of the time."""
APT_HINT = "sudo apt-get install -y libatomic1 chromium-headless-shell  # or chromium, where that is unknown"


def system_chromium() -> str | None:
    """The path of the browser that this machine has, if it has one."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def main() -> int:
    """Makes sure that Playwright can drive a Chromium; the answer is the exit status."""
    missing = _missing_packages()
    if missing and _can_use_apt():
        _apt_install(missing)
    if not _node_can_run():
        print(f"Playwright needs libatomic1. On Debian or Ubuntu:\n  {APT_HINT}", file=sys.stderr)
        return 1
    if system_chromium() or _playwright_install():
        return 0
    print(f"There is no Chromium for the tests. On Debian or Ubuntu:\n  {APT_HINT}", file=sys.stderr)
    return 1


def _missing_packages() -> list[str]:
    packages = [] if system_chromium() else ["chromium-headless-shell"]
    return packages if _node_can_run() else [*packages, "libatomic1"]


def _node_can_run() -> bool:
    """Whether the library is there that Playwright's own Node needs and a bare Debian lacks."""
    if sys.platform != "linux":
        return True
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def _can_use_apt() -> bool:
    return os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(packages: list[str]) -> None:
    """Installs Debian packages, each by itself; a failure shows in what is still missing afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends"]
    commands = [["apt-get", "update"], *([*install, package] for package in packages)]
    for command in commands:
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)


def _playwright_install() -> bool:
    """Playwright's own browser, for systems without a package; quick where it is there already."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command, cwd=Path(__file__).parent, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
