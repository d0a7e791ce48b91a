"""`lumbung demo`, and the command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.commands import demo as demo_command
from core.orm.database import Database
from core.schema import tables
from tests.core.cli.shell import EMAIL, Shell
from tests.repository import ROOT


@pytest.mark.slow
def test_demo_makes_a_database_uses_it_again_and_makes_it_anew(shell: Shell) -> None:
    result = shell("demo", "--db", shell.url, "--no-serve")
    from core.base.demo import PASSWORD, SIGN_INS

    assert PASSWORD in result.stdout
    shown = [email for email, _role in SIGN_INS if email in result.stdout]
    assert len(shown) == 3
    for email in shown:
        assert shell.opens(email, PASSWORD)
    [(partners,)] = shell.rows("SELECT count(*) FROM base_partner")
    assert partners == 400
    with closing(Database(shell.url)) as database, database.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE base_company SET name = 'Mine'")
    shell("demo", "--db", shell.url, "--no-serve")
    assert shell.rows("SELECT name FROM base_company") == [("Mine",)]
    shell("demo", "--db", shell.url, "--no-serve", "--fresh")
    assert shell.rows("SELECT count(*) FROM base_company WHERE name = 'Mine'") == [(0,)]


@pytest.mark.slow
def test_demo_never_touches_other_data(shell: Shell) -> None:
    shell.make()
    before = shell.look()
    for more in ((), ("--fresh",)):
        result = shell("demo", "--db", shell.url, "--no-serve", *more, code=1)
        assert "no demo" in result.stderr
    assert shell.look() == before
    assert shell.opens(EMAIL, "correct horse")


@pytest.mark.slow
def test_a_demo_that_broke_off_is_made_anew(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo_command, "_let_in", break_off)
        shell("demo", "--db", shell.url, "--no-serve", code=1)
    shell("demo", "--db", shell.url, "--no-serve")
    assert shell.rows("SELECT count(*) FROM base_partner") == [(400,)]
    assert shell.scalars(sa.select(tables.registry_version.c.demo)) == ["complete"]


def test_demo_lies_in_the_data_folder_whatever_lumbung_db_says(embedded: Shell, tmp_path: Path) -> None:
    embedded("demo", "--no-serve")
    assert (tmp_path / "files" / "demo.db").exists()
    assert not Path(embedded.url.removeprefix("sqlite:///")).exists()


@pytest.mark.slow
def test_demo_leaves_a_faulty_addon_out_and_names_it(embedded: Shell, garden: Path) -> None:
    garden.write_text("from core import *\naddon = Addon('garden', version='1.0')\noh")
    result = embedded("demo", "--no-serve")
    assert "NameError" in result.stderr
    assert "Sign in" in result.stdout


def test_the_command_in_a_process_of_its_own(shell: Shell) -> None:
    environment = {**os.environ, "LUMBUNG_DB": shell.url, "PYTHONPATH": str(ROOT)}

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "core.cli", *args], env=environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=120)  # fmt: skip

    made = run("init", "--addons", "crm", "--admin-email", EMAIL)
    assert made.returncode == 0, made.stderr
    assert run("addons", "list", "--json").stdout.count('"installed": true') == 2
    again = run("init", "--admin-email", EMAIL)
    assert (again.returncode, again.stdout) == (1, "")
    assert "Traceback" not in again.stderr
    assert run("init", "--no-such").returncode == 2
