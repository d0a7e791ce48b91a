"""What an integrator does: a package put in by pip, found, installed, seen, explained, and typed."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.repository import ROOT
from tests.web.markup import Element, read, typed

PACKAGES = Path(__file__).parent / "packages"
SMALLEST_LINES = 20
PASSWORD = "kata sandi penguji"
EMAIL = "dewi@contoh.example"
PATIENCE_SECONDS = 60
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both packages, built from a copy and installed by pip without the network."""
    place = tmp_path_factory.mktemp("integrator")
    shutil.copytree(PACKAGES, place / "sources")
    sources = [str(folder) for folder in sorted((place / "sources").iterdir())]
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    _run([sys.executable, "-m", "pip", "install", *options, "--target", str(place / "site"), *sources], place)
    return place / "site"


class Desk:
    """Where an integrator sits: a shell with their packages on the path, and a database of their own."""

    def __init__(self, site: Path, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(site), str(ROOT))),
            "LUMBUNG_DB": url,
            "LUMBUNG_DATA": str(folder / "data"),
            "LUMBUNG_SECRET": "a secret of tests that is long enough",
            "LANG": "en_GB.UTF-8",
            "LC_ALL": "C.UTF-8",
        }

    def lumbung(self, *arguments: str, typed: str = "") -> str:
        """What a command prints. The test fails where it does not succeed."""
        command = [sys.executable, "-m", "core.cli", "--lang", "en", *arguments]
        return _run(command, self.folder, self.environment, typed)

    @contextmanager
    def serving(self) -> Iterator[Browser]:
        """The site as `lumbung serve` serves it, with somebody in front of it."""
        port = _free_port()
        command = [sys.executable, "-m", "core.cli", "serve", "--port", str(port)]
        with (self.folder / "served.log").open("w+", encoding="utf-8") as log:
            server = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
            try:
                browser = Browser(f"http://127.0.0.1:{port}")
                browser.wait(server)
                yield browser
            finally:
                server.terminate()
                server.wait(PATIENCE_SECONDS)


def _run(
    command: list[str], folder: Path, environment: Mapping[str, str] | None = None, typed: str = ""
) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, input=typed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Browser:
    """Somebody who signs in, follows links and fills forms, over the network."""

    def __init__(self, address: str) -> None:
        self.address = address
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)
        self._opener.addheaders = [("Accept-Language", "en")]

    def wait(self, server: subprocess.Popen[bytes]) -> None:
        """Until the server answers."""
        for _try in range(PATIENCE_SECONDS * 10):
            assert server.poll() is None, "the server ended"
            try:
                self._opener.open(f"{self.address}/healthz", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        pytest.fail("the server does not answer")

    def get(self, path: str) -> Element:
        """The page of an address."""
        return self._open(path, None)

    def fill(self, path: str, changes: Mapping[str, str]) -> Element:
        """The page that comes of a form, filled in and sent."""
        form = self.get(path).one("main").one("form", method="post")
        sent: dict[str, Any] = {**typed(form), **changes}
        return self._open(form["action"], urllib.parse.urlencode(sent, doseq=True).encode())

    def _open(self, path: str, data: bytes | None) -> Element:
        try:
            with self._opener.open(self.address + path, data, timeout=30) as answer:
                return read(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                pytest.fail(f"{path}: {error.code}\n{read(error.read().decode()).text[:2000]}")


@pytest.fixture
def desk(installed: Path, tmp_path: Path, url: str) -> Desk:
    """A desk with a new database in which crm is installed, and a sales manager."""
    made = Desk(installed, tmp_path, url)
    secret = f"{PASSWORD}\n"
    made.lumbung("init", "--addons", "crm", "--company", "Contoh", "--admin-email", "made@contoh.example",
                 "--password-stdin", typed=secret)  # fmt: skip
    made.lumbung("user", "add", EMAIL, "--role", "crm.manager", "--password-stdin", typed=secret)
    return made


def test_the_smallest_addon_is_small() -> None:
    """Two files, twenty lines, and the field named once."""
    files = [
        path
        for path in (PACKAGES / "parking").rglob("*")
        if path.is_file() and path.suffix in (".py", ".toml")
    ]
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(files) == 2
    assert len(lines) <= SMALLEST_LINES
    assert sum(bool(re.search(r"\bspaces\s*=", line)) for line in lines) == 1


def test_from_pip_to_the_page(desk: Desk) -> None:
    """Found, planned, installed; then the fields stand in form, list and record, and can be filled in."""
    states = {row["name"]: row["state"] for row in json.loads(desk.lumbung("addons", "list", "--json"))}
    mine = {"base": "installed", "crm": "installed", "parking": "found", "brokerage": "found"}
    assert mine.items() <= states.items(), "beside the verticals that come along"
    steps = json.loads(desk.lumbung("addons", "plan", "parking", "brokerage", "--json"))["steps"]
    columns = {(step["table"], step["name"]) for step in steps if step["kind"] == "column"}
    assert {("crm_lead", "spaces"), ("crm_lead", "unit_id")} <= columns
    assert "brokerage_unit" in {step["name"] for step in steps if step["kind"] == "table"}
    with desk.serving() as browser:  # while it serves, as people do
        browser.fill("/login", {"email": EMAIL, "password": PASSWORD})
        browser.get("/language/en")
        assert "Parking spaces" not in browser.get("/app/crm.lead/new").text
        desk.lumbung("addons", "install", "parking", "brokerage")
        _wait_for(lambda: "Parking spaces" in browser.get("/app/crm.lead/new").text)
        _fill_in(browser)


def _wait_for(condition: Any) -> None:
    """Until every process of the server has seen that the addons changed."""
    seen = 0
    for _try in range(100):
        seen = seen + 1 if condition() else 0
        if seen == 10:
            return
        time.sleep(0.1)
    pytest.fail("the server goes on without the new addons")


def _fill_in(browser: Browser) -> None:
    unit = browser.fill("/app/brokerage.unit/new", {"code": "A-01", "land_area": "90", "price": "1,250,000"})
    assert unit.one("h1").text == "A-01"
    form = browser.get("/app/crm.lead/new")
    labels = [label.text.removesuffix(" * required") for label in form.one("main").all("label")]
    place = labels.index("Expected revenue")
    assert labels[place + 1 : place + 3] == ["Unit", "Parking spaces"], "after the field that they name"
    options = form.one("select", id="f-unit").all("option")
    [key] = [option["value"] for option in options if option.text == "A-01"]
    lead = browser.fill("/app/crm.lead/new", {"title": "Toko pojok", "spaces": "12", "unit": key})
    assert lead.one("h1").text == "Toko pojok · A-01"
    shown = {item.text: item.parent.one("dd").text for item in lead.one("main").all("dt") if item.parent}
    assert (shown["Parking spaces"], shown["Unit"]) == ("12", "A-01")
    [row] = browser.get("/app/crm.lead?sort=-spaces").one("tbody").all("tr")
    assert row.one("td", data_l="Parking spaces").text == "12"
    assert row.one("td", data_l="Unit").text == "A-01"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # it asks no database
def test_explain_names_file_and_line_of_each_field(desk: Desk, installed: Path) -> None:
    desk.lumbung("addons", "install", "parking", "brokerage")
    found = json.loads(desk.lumbung("explain", "crm.lead", "--json"))
    entries = {entry["name"]: entry for entry in found["entries"]}
    assert {"title", "revenue", "spaces", "unit", "company"} <= entries.keys()
    for name, entry in entries.items():
        line = Path(entry["file"]).read_text(encoding="utf-8").splitlines()[entry["line"] - 1]
        assert re.match(rf"\s+{name}\b.*=", line), f"{name}: {entry['file']}:{entry['line']} is {line!r}"
    assert (entries["spaces"]["addon"], entries["unit"]["addon"]) == ("parking", "brokerage")
    assert Path(entries["spaces"]["file"]) == installed / "lumbung_parking.py"
    assert Path(entries["unit"]["file"]) == installed / "lumbung_brokerage" / "__init__.py"
    assert entries["title"]["addon"] == "crm"
    text = desk.lumbung("explain", "crm.lead")
    for entry in entries.values():
        assert re.search(
            rf"^ +{entry['name']} .*{re.escape(Path(entry['file']).name)}:{entry['line']}$", text, re.M
        )
    fragments = [entry["addon"] for entry in found["fragments"]]
    assert fragments.index("brokerage") < fragments.index("crm")


def test_the_samples_pass_the_type_checker(installed: Path) -> None:
    """Strictly, against the editable installation, as in the integrator's own editor; a slip is found."""
    slip = installed.parent / "slip.py"
    slip.write_text(
        "from addons.crm import Lead\n\n\ndef shout(lead: Lead) -> str:\n    return lead.revenue.upper()\n",
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(ROOT / ".mypy_cache" / "integrator"),
    ]
    sources = [str(installed / "lumbung_brokerage"), str(installed / "lumbung_parking.py")]
    done = subprocess.run(
        [*command, *sources, str(slip)], cwd=installed.parent, capture_output=True, text=True, check=False
    )
    errors = [line for line in COLOUR.sub("", done.stdout).splitlines() if ": error:" in line]
    assert errors and all(line.startswith("slip.py:5") for line in errors), done.stdout + done.stderr
