"""docs/tutorial.md, done as its reader does it: after each step the addon is whole, tested and installed."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.cli import main
from core.testing.postgres import Server
from tests.integrator import tutorial
from tests.integrator.test_outside_addon import EMAIL, PASSWORD, Desk
from tests.repository import ROOT

pytestmark = pytest.mark.slow

PROJECT, PACKAGE = "lumbung-workshop", "lumbung_workshop"
SECRET = "a secret of tests that is long enough"
ALLOWED = ("addons.crm", "core", "core.base", "core.testing")
"""All of Lumbung that a vertical imports."""
ELSEWHERE = {"sudo", "make", ".", "export", "cd", "pip", "mypy", "ruff"}
"""What else is typed: it sets up the terminal and the environment, or a part of the test of its own does it."""
NOT_YET = "not (install or comes_back or demo_data or of_models or records or lists or search_finds)"
"""What takes long of what every addon must hold is asked of the whole at the end, and not of each step."""
NOT_AGAIN = "not (install or comes_back or demo_data or lists or search_finds)"
"""What tests of Lumbung itself hold on both databases."""
ALONE = (["i18n", "update"], ["new-addon", "workshop"])
"""What is about files alone."""
HOST = "contoh.example"
VEHICLES = ("d 1234 abc", "Vario D 77")
"""What is written as the name of a vehicle in step 1, and is its plate afterwards."""
BRAND = "Yamaha NMAX"
"""The brand that the second one gets before version 2.0."""
MARK, TESTED = "answer: ", "tested"
"""What an answer of the terminal begins with, and what it says of tests (tests.integrator.terminal)."""
SOUND = re.compile(r"[a-z, ]*\bworkshop\b[a-z, ]*: .*\n")


class Reader:
    """Somebody who follows the tutorial, in a folder of their own and with a database of each kind."""

    def __init__(self, folder: Path, urls: Sequence[str], for_tests: str) -> None:
        self.folder, self.project, self.urls, self.for_tests = folder, folder / PROJECT, urls, for_tests
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(self.project), str(ROOT))),
            "LUMBUNG_ADDONS_PATH": str(self.project),
            "LUMBUNG_DATA": str(folder / "data"),
            "LUMBUNG_SECRET": SECRET,
            "LANG": "C.UTF-8",
        }

    @property
    def place(self) -> Path:
        """Where commands are typed: in the folder of the addon, once it is there."""
        return self.project if self.project.exists() else self.folder

    def python(self, *command: str, typed: str = "", **variables: str) -> str:
        """What Python prints, in the folder of the addon once it is there. Fails where it does not succeed."""
        done = subprocess.run(
            [sys.executable, *command], cwd=self.place,
            env={**self.environment, **variables}, input=typed, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    @contextmanager
    def at_the_terminal(self) -> Iterator[None]:
        """A block in which commands can be typed."""
        command = (sys.executable, "-m", "tests.integrator.terminal", str(self.folder / "kept"))
        with (
            (self.folder / "terminal.log").open("w", encoding="utf-8") as log,
            subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=log, text=True) as self.terminal,
        ):  # fmt: skip
            yield
            assert self.terminal.stdin is not None
            self.terminal.stdin.close()

    def type(self, *commands: tuple[str, Sequence[str]], reads: str = "") -> list[tuple[int, str]]:
        """The exit code and output of commands, each with its database, typed one after the other."""
        assert self.terminal.stdin is not None and self.terminal.stdout is not None
        sent = [str(self.place), [[url, words, reads] for url, words in commands]]
        self.terminal.stdin.write(f"{json.dumps(sent)}\n")
        self.terminal.stdin.flush()
        printed: list[str] = []
        for line in self.terminal.stdout:
            if line.startswith(MARK):
                return self._read(line, printed)
            printed.append(line)
        return self._read("", printed)

    def _read(self, line: str, printed: Sequence[str]) -> list[tuple[int, str]]:
        """What the terminal answered. Fails where it could not, or where tests were run that did not pass."""
        answers = json.loads(line.removeprefix(MARK) or "null")
        told = "".join(printed)[-5000:]
        assert answers is not None, f"{told}\n{(self.folder / 'terminal.log').read_text('utf-8')[-3000:]}"
        assert all(code == 0 for code, output in answers if output == TESTED), told
        return [(code, output) for code, output in answers]

    def begin(self) -> None:
        """A database of each kind with crm, as an office has it."""
        init = (
            f"lumbung init --addons crm --company Bengkel --admin-email made@{HOST} --password-stdin".split()
        )
        answers = self.type(*[(url, init) for url in self.urls], reads=f"{PASSWORD}\n")
        assert [code for code, _output in answers] == [0, 0], answers

    # ------------------------------------------------------------- a step
    def take(self, step: tutorial.Step, *, is_last: bool) -> None:
        """Does what a step says, in its order. What it shows must be printed."""
        tests = self._tests(step, is_last=is_last)
        for place, block in enumerate(step.blocks):
            if block.kind == tutorial.TYPED:
                shown = [one.text for one in step.blocks[place + 1 : place + 2] if one.kind == tutorial.SHOWN]
                self._do(
                    [shlex.split(line) for line in block.text.splitlines()],
                    "".join(shown).splitlines(),
                    tests,
                )
            elif block.kind != tutorial.SHOWN:
                tutorial.write(block, self.project)

    def _tests(self, step: tutorial.Step, *, is_last: bool) -> list[list[str]]:
        """Those that a step brings, on the one database and the other by turns; at the end all of them on both."""
        here, there = ["pytest"], ["pytest", "--lumbung-db", self.for_tests]
        if is_last:
            return [here, [*there, "-k", NOT_AGAIN]]
        files = {
            "tests/test_workshop.py",
            *(one.path for one in step.blocks if one.path.startswith("tests/")),
        }
        return [[*(here, there)[step.number % 2], *sorted(files), "-k", NOT_YET]]

    def _do(self, lines: list[list[str]], shown: Sequence[str], tests: list[list[str]]) -> None:
        """Types the lines of a block; what changes a database is done to one of each kind."""
        assert {words[0] for words in lines} <= {*ELSEWHERE, "lumbung", "pytest"}, lines
        if any(words[0] == "lumbung" and words[1:3] in ALONE for words in lines):
            self._type_here(lines, shown)
            return
        commands = [(url, words) for line in lines for url, words in self._meant(line, tests)]
        answers = self.type(*commands) if commands else []
        for (_url, words), (code, output) in zip(commands, answers, strict=True):
            assert code == 0, f"{words}: {output}"
            assert words != ["lumbung", "check"] or SOUND.fullmatch(output), output
        told = "".join(output for _code, output in answers)
        assert [line for line in shown if line not in told] == [], told

    def _meant(self, line: list[str], tests: list[list[str]]) -> list[tuple[str, list[str]]]:
        if line == ["pytest"]:
            return [(self.urls[0], words) for words in tests]
        if line[0] != "lumbung" or line[1] == "demo":
            return []
        return [
            (url, line) for url in (self.urls if line[2:3] in (["install"], ["upgrade"]) else self.urls[:1])
        ]

    def _type_here(self, lines: list[list[str]], shown: Sequence[str]) -> None:
        """The same of what is about files alone. Where faults are shown, the last command finds them."""
        os.chdir(self.place)
        told = [
            CliRunner().invoke(main, ["--lang", "en", *line[1:]]) for line in lines if line[0] == "lumbung"
        ]
        assert [one.exit_code for one in told] == [0] * (len(told) - bool(shown)) + [1] * bool(shown), told
        assert [line for line in shown if line not in told[-1].output] == [], told[-1].output

    # ------------------------------------------------------------- what is in the databases
    def rows(self, statement: str, **values: str) -> list[list[tuple[object, ...]]]:
        """What a statement finds, or changes, in each database."""
        return [_run(url, statement, values) for url in self.urls]

    def make_vehicles(self) -> None:
        """Makes some, as step 1 asks for, of the model as it is then."""
        self.python("-c", MAKE, *self.urls, typed=json.dumps([{"name": name} for name in VEHICLES]))


MAKE = """
import json, sys
from core.assembly import assemble
from core.loader import discover
from core.orm.database import Database
from core.orm.env import open_env

assembly, rows = assemble(discover(), ["base", "crm", "workshop"]), json.load(sys.stdin)
for url in sys.argv[1:]:
    with open_env(assembly.registry, Database(url)) as env:
        env.create(env["workshop.vehicle"], rows)
"""


def _run(url: str, statement: str, values: Mapping[str, str]) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        done = connection.execute(sa.text(statement), values)
        found = [tuple(row) for row in done] if done.returns_rows else []
    engine.dispose()
    return found


# ----------------------------------------------------------------- all of it
@pytest.fixture
def empty_url(postgres: Server, worker: str) -> Iterator[str]:
    """A further PostgreSQL database, for the addon's own tests."""
    name = f"{worker}_of_addons"
    yield postgres.create(name)
    postgres.drop(name)


def test_the_tutorial_from_its_first_command_to_the_pages(
    tmp_path: Path, sqlite_url: str, postgres_url: str, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path, (sqlite_url, postgres_url), empty_url)
    with reader.at_the_terminal():
        _follow(reader)
    _look_at_the_pages(Desk(_packaged(reader), tmp_path, postgres_url))


def _follow(reader: Reader) -> None:
    """Takes one step after the other, and looks at what there is then."""
    reader.begin()
    *first, last = tutorial.steps()
    for step in first:
        reader.take(step, is_last=False)
        if step.number == 1:
            reader.make_vehicles()
    reader.rows("UPDATE workshop_vehicle SET brand = :brand WHERE plate LIKE 'VARIO%'", brand=BRAND)
    reader.take(last, is_last=True)
    for found in reader.rows("SELECT plate, kind FROM workshop_vehicle ORDER BY plate"):
        assert found == [("D 1234 ABC", "car"), ("VARIO D 77", "motorcycle")]
    _look_at_the_code(reader)


def _look_at_the_code(reader: Reader) -> None:
    """Strictly typed, in form, wholly translated, and of Lumbung it imports what it may."""
    cache = str(ROOT / ".mypy_cache" / "integrator")
    reader.python("-m", "mypy", "--strict", "--cache-dir", cache, PACKAGE, "tests")
    reader.python("-m", "ruff", "check", "--no-cache", ".")
    reader.python("-m", "ruff", "format", "--no-cache", "--check", ".")
    assert reader.type((reader.urls[0], ("lumbung", "i18n", "check", PACKAGE))) == [(0, "")]
    for file in reader.project.rglob("*.py"):
        assert list(_strange(ast.parse(file.read_text("utf-8")))) == [], file


def _strange(tree: ast.Module) -> Iterator[str]:
    """What is imported of Lumbung and is not for verticals."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (
            name for name in names if name.split(".")[0] in ("core", "addons") and name not in ALLOWED
        )


def _packaged(reader: Reader) -> Path:
    """The folder of the package that others install, with all that is no Python in it."""
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    reader.python("-m", "pip", "wheel", *options, "--wheel-dir", "dist", ".")
    with zipfile.ZipFile(reader.project / "dist" / f"{PACKAGE}-2.0-py3-none-any.whl") as wheel:
        inside = {f"{PACKAGE}/{name}" for name in IN_PACKAGE}
        assert inside <= set(wheel.namelist()), wheel.namelist()
        wheel.extractall(reader.folder / "site")
    return reader.folder / "site"


IN_PACKAGE = (
    "py.typed",
    "templates/workshop/bays.html",
    "translations/id/LC_MESSAGES/workshop.po",
    "upgrades/1.1.py",
    "upgrades/2.0.py",
)
SEEN = {
    "/app/workshop.order?view=kanban": {"en": "No work orders yet", "id": "Belum ada surat perintah kerja"},
    "/app/workshop.order/new": {"en": "Complaint", "id": "Keluhan"},
    "/app/workshop.vehicle": {"en": "Number plate", "id": "Plat nomor"},
    "/app/workshop.booking": {"en": "Bookings", "id": "Pemesanan stal"},
    "/workshop/bays": {"en": "There is no bay yet.", "id": "Belum ada stal."},
    "/": {"en": "My work orders", "id": "Surat perintah kerja saya"},
}


def _look_at_the_pages(desk: Desk) -> None:
    """Who leads the workshop signs in at a server, and reads its pages in both languages."""
    role = ("--role", "workshop.manager", "--password-stdin")
    desk.lumbung("user", "add", EMAIL, *role, typed=f"{PASSWORD}\n")
    with desk.serving() as browser:
        browser.fill("/login", {"email": EMAIL, "password": PASSWORD})
        for lang in ("id", "en"):
            browser.get(f"/language/{lang}")
            for path, words in SEEN.items():
                assert words[lang] in browser.get(path).one("main").text, f"{path} in {lang}"


def test_the_tutorial_is_found_and_begins_where_the_readme_ends() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    before, _heading, after = readme.partition("## Where things are")
    assert (
        "(docs/tutorial.md)" in before.partition("## An addon in five minutes")[2]
        and "(docs/tutorial.md)" in after
    )
    text = tutorial.TUTORIAL.read_text("utf-8")
    titles = [f"{step.number}-{_anchor(step.title)}" for step in tutorial.steps()]
    assert titles == re.findall(r"^\| [0-9]+ \| \[.+\]\(#(.+)\) \|", text, re.M), "the table names the steps"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
