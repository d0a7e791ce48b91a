"""`lumbung addons`: what is listed, planned, installed, upgraded and put away."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.core.cli.shell import ADDON, EMAIL, Shell
from tests.core.workshop import forget

SCRIPT = """
def after(env):
    for bed in env.scalars(__import__("sqlalchemy").select(env["garden.bed"])):
        bed.shade = "deep"
"""


VERTICALS = {"realestate"}
"""What comes along beside crm, where it is installed anew since."""


def listed(shell: Shell) -> list[Any]:
    """The addons that these tests are about."""
    return [row for row in shell.json("addons", "list") if row["name"] not in VERTICALS]


def test_addons_are_listed_with_their_state(shell: Shell, garden: Path) -> None:
    before = {row["name"]: row["state"] for row in listed(shell)}
    assert before == {"base": "found", "crm": "found", "garden": "found"}
    told = "There is no Lumbung database"
    assert told in shell("addons", "list").stderr and told not in shell("addons", "list").stdout
    shell.init("--addons", "crm")
    assert told not in shell("addons", "list").stderr
    garden.write_text("from core import *\naddon = Addon('garden', version='1.0')\noh")
    sys.modules.pop("garden")
    rows = listed(shell)
    assert [row["name"] for row in rows] == ["base", "crm", "garden"]
    assert [row["state"] for row in rows] == ["installed", "installed", "quarantined"]
    assert "NameError" in rows[2]["message"]
    text = shell("addons", "list").stdout
    assert "quarantined" in text
    assert f"{garden}:3" in text


def test_a_fault_that_shows_only_when_put_together_is_listed(embedded: Shell, garden: Path) -> None:
    embedded.init("--addons", "garden")
    garden.write_text(dedent(ADDON).replace('"base.user": "rwcd"', '"garden.nobody": "r"'), encoding="utf-8")
    sys.modules.pop("garden")
    [row] = [row for row in listed(embedded) if row["name"] == "garden"]
    assert (row["state"], row["installed"]) == ("quarantined", True)
    assert "garden.nobody" in row["message"]


def test_a_fault_that_would_show_when_it_is_installed_is_listed(embedded: Shell, garden: Path) -> None:
    """And only that: one that merely cannot go together with another that is not installed is well."""
    other = dedent(ADDON).replace('"garden"', '"rival"').replace("garden.bed", "rival.bed")
    (garden.parent.parent / "rival.py").write_text(other)
    (garden.parent.parent / "typo.py").write_text(
        "from core import *\naddon = Addon('typo', version='1.0')\n@hookimpl\ndef menus():\n    return [Meno()]\n"
    )
    rows = {row["name"]: row for row in listed(embedded)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "base": "found", "crm": "found", "garden": "found", "rival": "found", "typo": "quarantined",
    }  # fmt: skip
    assert "Meno" in rows["typo"]["message"] and "typo.py:5" in rows["typo"]["message"]


def test_addons_that_wait_for_each_other_are_listed_with_the_fault(embedded: Shell, garden: Path) -> None:
    for name, other in (("left", "right"), ("right", "left")):
        file = garden.parent.parent / f"{name}.py"
        file.write_text(f"from core import *\naddon = Addon('{name}', version='1', depends=('{other}',))")
    rows = {row["name"]: row["state"] for row in listed(embedded)}
    assert rows == {
        "base": "found", "crm": "found", "garden": "found", "left": "quarantined", "right": "quarantined",
    }  # fmt: skip


def test_a_plan_names_dependencies_then_tables_and_rows_and_changes_nothing(
    shell: Shell, garden: Path
) -> None:
    shell.make()
    before = shell.look()
    found = shell.json("addons", "plan", "garden")
    assert found["pulled_in"] == ["crm"]
    assert found["addons"] == ["crm", "garden"]
    assert found["refused"] == []
    assert found["rows"]["garden"] == 1
    steps = [(step["kind"], step["table"], step["name"], step["addon"]) for step in found["steps"]]
    assert ("table", "garden_bed", "garden_bed", "garden") in steps
    assert ("column", "base_partner", "bed_id", "garden") in steps
    assert ("index", "base_partner", "ix_base_partner__bed_id", "garden") in steps
    assert ("index", "garden_bed", "ix_garden_bed__name", "garden") in steps
    text = shell("addons", "plan", "garden").stdout
    assert (
        text.index("Needed first: crm") < text.index("garden_bed") < text.index("Rows shipped by garden: 1")
    )
    assert "garden_bed.name" not in text
    assert "What garden adds or wraps:" in text and "base.partner.bed" in text
    touches = {touch["name"]: touch for touch in found["touches"]["garden"]}
    assert touches["base.partner.bed"]["file"] == str(garden) and found["clashes"] == []
    assert shell.look() == before


def test_installing_makes_what_was_planned(shell: Shell, garden: Path) -> None:
    shell.make()
    before = shell.look()
    assert "nothing was changed" in shell("addons", "install", "garden", "--dry-run").stdout
    assert shell.look() == before
    result = shell("addons", "install", "garden")
    assert "Installed: crm, garden" in result.stdout
    assert "Loading the data of garden" in result.stderr
    assert shell.rows("SELECT name FROM garden_bed") == [("Roses",)]
    assert "Everything is there already" in shell("addons", "plan", "garden").stdout
    assert "installed already" in shell("addons", "install", "garden").stdout


def test_what_is_uninstalled_is_kept_till_it_is_purged_by_its_name(embedded: Shell, garden: Path) -> None:
    """Each is asked before, and --json tells the same as the text."""
    garden.write_text(dedent(ADDON).replace('depends=("crm",), ', ""), encoding="utf-8")
    embedded.make()
    embedded("addons", "install", "garden")
    before = embedded.look()
    embedded("addons", "uninstall", "garden", given="n\n", code=1)
    assert embedded.look() == before
    assert "The data is kept" in embedded("addons", "uninstall", "garden", given="y\n").stdout
    away = embedded.look()
    assert "garden_bed" in (text := embedded("addons", "purge", "garden", given="gardn\n", code=1)).stdout
    assert "nothing was deleted" in text.stderr
    found = embedded.json("addons", "purge", "garden", "--dry-run")
    assert found["tables"] == [{"table": "garden_bed", "rows": 1}]
    assert found["columns"] == [{"table": "base_partner", "column": "bed_id", "values": 0}]
    assert embedded.look() == away
    assert "Deleted what was kept of garden" in embedded("addons", "purge", "garden", given="garden\n").stdout
    assert not [name for name in embedded.look() if "garden" in name]
    assert "Nothing is kept of garden" in embedded("addons", "purge", "garden", code=1).stderr


def test_a_new_version_is_planned_tried_and_brought(embedded: Shell, garden: Path, tmp_path: Path) -> None:
    """Its version, its column and its script, each time told; what was uninstalled comes back."""
    plain = dedent(ADDON).replace('depends=("crm",), ', "")
    garden.write_text(plain, encoding="utf-8")
    embedded.make()
    embedded("addons", "install", "garden")
    assert "Everything was up to date already." in embedded("addons", "upgrade").stdout
    forget(tmp_path)
    newer = plain.replace('version="1.0"', 'version="1.1"')
    garden.write_text(newer.replace("index=True)", "index=True)\n    shade = Char()", 1), encoding="utf-8")
    script = garden.parent / "upgrades" / "1.1.py"
    script.parent.mkdir()
    script.write_text(SCRIPT, encoding="utf-8")
    for text in (
        embedded("addons", "plan", "garden").stdout,
        (tried := embedded("addons", "upgrade", "--dry-run").stdout),
    ):
        assert "garden: from version 1.0 to 1.1" in text
    assert "nothing was changed" in tried and "columns: 1" in tried
    assert "Upgrade script of garden: 1.1" in embedded("addons", "plan", "garden").stdout
    embedded("addons", "upgrade", "garden")
    assert embedded.rows("SELECT name, shade FROM garden_bed") == [("Roses", "deep")]
    assert "nothing was changed" in embedded("addons", "uninstall", "garden", "--dry-run").stderr
    embedded("addons", "uninstall", "garden", "--yes")
    assert "nothing was changed" in embedded("addons", "purge", "garden", "--dry-run").stderr
    planned = embedded("addons", "plan", "garden").stdout
    assert re.search(r"comes back +garden_bed +garden", planned)
    assert re.search(r"comes back +base_partner\.bed_id +garden", planned)


def test_what_is_refused_is_planned_as_refused_and_not_installed(shell: Shell, garden: Path) -> None:
    shell.init("--addons", "garden")
    before = shell.look()
    garden.write_text(dedent(ADDON).replace("name = Char(required=True", "name = Char(9, required=True"))
    sys.modules.pop("garden")
    [refusal] = shell.json("addons", "plan", "garden")["refused"]
    assert (refusal["addon"], refusal["table"]) == ("garden", "garden_bed")
    assert "refused" in shell("addons", "plan", "garden").stdout
    assert "upgrade script" in shell("addons", "install", "garden", code=1).stderr
    assert shell.look() == before


@pytest.mark.parametrize(
    "args",
    [("addons", "plan", "crm"), ("addons", "install", "crm"), ("user", "add", EMAIL), ("serve",)],
    ids=lambda args: args[-1],
)
def test_a_command_without_a_database_says_how_to_make_one(embedded: Shell, args: tuple[str, ...]) -> None:
    assert "lumbung init" in embedded(*args, code=1).stderr
    assert not Path(embedded.url.removeprefix("sqlite:///")).exists()
