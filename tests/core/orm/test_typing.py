"""What mypy --strict sees of an addon: each type revealed, each mistake found, and nothing else to say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import ROOT

SAMPLE = Path(__file__).with_name("typing_sample.txt")
SAID = re.compile(r"[^:]+:(\d+): (?:note: Revealed type is \"(.*)\"|error: .*\[([a-z-]+)\])")
WANTED = re.compile(r".*  #(: .+|! .+)")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """What mypy says of each line of the sample, under the settings of the repository."""
    sample = shutil.copy(SAMPLE, tmp_path_factory.mktemp("typing") / "realestate.py")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--no-pretty", str(sample)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    matches = [match for line in done.stdout.splitlines() if (match := SAID.fullmatch(line))]
    return {int(match[1]): f": {match[2]}" if match[2] else f"! {match[3]}" for match in matches}


def test_every_line_is_as_it_says(said: dict[int, str]) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    wanted = {number: match[1] for number, line in enumerate(lines, 1) if (match := WANTED.fullmatch(line))}
    plain = {number: text.replace("realestate.", "") for number, text in said.items()}
    assert len(wanted) > 70
    wrong = {lines[number - 1].strip(): plain.get(number, "nothing") for number in wanted | plain
             if wanted.get(number) != plain.get(number)}  # fmt: skip
    assert wrong == {}
