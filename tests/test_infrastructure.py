"""The ground the other tests stand on, and what the repository must never hold."""

from __future__ import annotations

import csv
import json
import re
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from benchmarks import door
from core.orm.database import Database
from core.testing.postgres import Server
from tests.repository import ROOT, committed
from tools.fetch import REGIONS

BUNDLE_BYTES = 60_000

# Written in pieces, so that this file does not name what it forbids.
FORBIDDEN = {
    "a package registry": re.compile(
        r"npm(?:js)\.(?:org|com)|py(?:pi)\.org|python(?:hosted)|deb\.(?:debian)\.org|yarn(?:pkg)\.com",
        re.IGNORECASE,
    ),
    "a network of bundles": re.compile(
        r"un(?:pkg)\.com|js(?:delivr)|cdn(?:js)|goo(?:gleapis)\.com", re.IGNORECASE
    ),
    "a folder of one machine": re.compile(r"(?<![\w/.*-])/(?:root|work)/\w"),
}


def test_a_fresh_database_is_empty_and_answers(url: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
            assert inspect(connection).get_table_names() == []
            connection.execute(text("CREATE TABLE trace (id INTEGER)"))
    finally:
        engine.dispose()


def test_another_test_sees_nothing_of_it(url: str) -> None:
    engine = create_engine(url)
    try:
        assert inspect(engine).get_table_names() == []
    finally:
        engine.dispose()


def test_postgresql_keeps_texts_in_utf_8(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    try:
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW server_encoding")) == "UTF8"
            assert connection.scalar(text("SELECT 'm² · Ä'")) == "m² · Ä"
    finally:
        engine.dispose()


def test_a_database_can_be_a_copy_of_another(postgres: Server, worker: str) -> None:
    original, copy = f"{worker}_original", f"{worker}_copy"
    engine = create_engine(postgres.create(original))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE trace (id INTEGER)"))
    engine.dispose()
    engine = create_engine(postgres.create(copy, template=original))
    try:
        assert inspect(engine).get_table_names() == ["trace"]
    finally:
        engine.dispose()
        postgres.drop(copy)
        postgres.drop(original)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in committed()
        if (match := FORBIDDEN[what].search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert not found, f"{what} is named in:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a package registry", "https://registry." + "npm" + "js.org/htmx.org"),
        ("a package registry", "https://files.python" + "hosted.org/packages"),
        ("a network of bundles", "https://un" + "pkg.com/htmx.org"),
        ("a folder of one machine", "open('/" + "root/lumbung.db')"),
    ],
)
def test_the_forbidden_names_are_found(what: str, line: str) -> None:
    assert FORBIDDEN[what].search(line)


def test_no_third_party_bundle_is_committed() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes"
        for path in committed()
        if path.suffix in {".js", ".css", ".map"}
        and (path.stat().st_size > BUNDLE_BYTES or ".min." in path.name or "vendor" in path.parts)
    ]
    assert not found, "fetch these at set-up (tools/fetch.py):\n" + "\n".join(found)


def test_the_lock_file_holds_hashes_and_no_addresses() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())


def test_the_regions_keep_their_official_codes() -> None:
    assert REGIONS.is_dir(), "`make libraries` fetches the regions"
    provinces = _rows(REGIONS / "provinces.csv")
    regencies = _rows(REGIONS / "regencies.csv")
    assert provinces["33"]["name"] == "Jawa Tengah"
    assert regencies["33.73"] == {"code": "33.73", "province": "33", "name": "Kota Salatiga"}
    assert {row["province"] for row in regencies.values()} == set(provinces)
    assert "Open Database License" in (REGIONS / "LICENSE.md").read_text(encoding="utf-8")
    assert "idn-area-data" in (REGIONS / "SOURCE.txt").read_text(encoding="utf-8")


def _rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def test_what_the_door_is_measured_with_can_be_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the models of addons itself, and they get more."""
    monkeypatch.setattr(door, "ROWS", 3)
    with closing(Database(f"sqlite:///{tmp_path / 'door.db'}")) as database:
        door.filled(database).dispose()
