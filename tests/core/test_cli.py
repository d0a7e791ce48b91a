"""The command line, from making a database to explaining a field, on both databases where data counts."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from click.testing import CliRunner, Result

from core.access.passwords import hash_password, make_password, verify_password
from core.cli import COMMANDS, main
from core.commands import demo as demo_command
from core.commands import serve as serve_command
from core.i18n import catalogs
from core.orm.database import Database
from core.schema import tables
from tests.core.test_schema import look
from tests.core.workshop import forget, workshop
from tests.repository import ROOT

EMAIL = "admin@example.com"
ADDON = """
    from core import *
    from core.base import Partner as BasePartner

    addon = Addon("garden", version="1.0", depends=("crm",), label=_("Garden"))

    class Bed(Model, name="garden.bed", label="Bed", access={"base.user": "rwcd"}):
        name = Char(required=True, index=True)

    class Partner(BasePartner):
        bed = Many2one(Bed)

    @hookimpl
    def models():
        return [Bed, Partner]

    @hookimpl
    def data():
        return [Rows(Bed, [{"key": "roses", "name": "Roses"}])]
"""

SCRIPT = """
def after(env):
    for bed in env.scalars(__import__("sqlalchemy").select(env["garden.bed"])):
        bed.shade = "deep"
"""


class Shell:
    """Runs commands as a person with these settings would."""

    def __init__(self, url: str, copy_of: Path | None = None) -> None:
        self.url = url
        self.copy_of = copy_of

    def __call__(self, *args: str, given: str = "", code: int = 0) -> Result:
        result = CliRunner().invoke(main, args, input=given, env={"LUMBUNG_DB": self.url})
        assert result.exit_code == code, (result.exit_code, result.output, result.exception)
        assert "Traceback" not in result.output
        return result

    def json(self, *args: str, code: int = 0) -> Any:
        return json.loads(self(*args, "--json", code=code).stdout)

    def init(self, *args: str, given: str = "correct horse\n") -> Result:
        return self("init", "--admin-email", EMAIL, "--password-stdin", *args, given=given)

    def make(self) -> None:
        """A database with base and the administrator, made once and then copied."""
        path = Path(self.url.removeprefix("sqlite:///"))
        if self.copy_of is not None and self.copy_of.exists():
            shutil.copyfile(self.copy_of, path)
            return
        self.init()
        if self.copy_of is not None:
            shutil.copyfile(path, self.copy_of)

    def look(self) -> dict[str, Any]:
        with closing(Database(self.url)) as database:
            return look(database)

    def scalars(self, statement: sa.Select[Any]) -> list[Any]:
        with closing(Database(self.url)) as database, database.reading.connect() as connection:
            return list(connection.scalars(statement))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(Database(self.url)) as database, database.reading.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def opens(self, email: str, password: str) -> bool:
        """Whether the password is the one that is kept for the user."""
        found = self.rows(
            f"SELECT password_hash FROM credential JOIN base_user ON id = user_id WHERE email = '{email}'"
        )
        return len(found) == 1 and verify_password(found[0][0], password)


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the machine's settings, and nothing left in this process."""
    for name in ("LUMBUNG_DB", "LUMBUNG_SECRET", "LUMBUNG_ADDONS_PATH", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LUMBUNG_DATA", str(tmp_path / "files"))
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    with workshop(tmp_path):
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded database lies from which others are copied."""
    return tmp_path_factory.mktemp("template") / "base.db"


@pytest.fixture
def shell(url: str, template: Path) -> Shell:
    return Shell(url, template if url.startswith("sqlite") else None)


@pytest.fixture
def embedded(sqlite_url: str, template: Path) -> Shell:
    """For what has nothing to do with the kind of database."""
    return Shell(sqlite_url, template)


@pytest.fixture
def garden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An addon in LUMBUNG_ADDONS_PATH."""
    file = tmp_path / "more" / "garden" / "__init__.py"
    file.parent.mkdir(parents=True)
    file.write_text(dedent(ADDON), encoding="utf-8")
    monkeypatch.setenv("LUMBUNG_ADDONS_PATH", str(tmp_path / "more"))
    return file


# ----------------------------------------------------------------- init
def test_init_makes_a_database_in_which_the_administrator_can_sign_in(shell: Shell) -> None:
    result = shell.init("--addons", "crm", "--company", "Griya Sentosa", "--admin-name", "Made")
    assert "is ready with base, crm" in result.stdout
    assert EMAIL in result.stdout
    assert "correct horse" not in result.output
    assert shell.opens(EMAIL, "correct horse")
    assert not shell.opens(EMAIL, "correct house")
    users = shell.rows(
        "SELECT u.name, c.name, m.code, r.name FROM base_user u JOIN base_company c ON c.id = u.company_id "
        "JOIN base_currency m ON m.id = c.currency_id "
        "JOIN base_user__roles_rel x ON x.source_id = u.id JOIN base_role r ON r.id = x.target_id"
    )
    assert users == [("Made", "Griya Sentosa", "IDR", "base.admin")]
    assert shell.rows("SELECT count(*) FROM base_user__companies_rel") == [(1,)]


def test_init_makes_a_password_up_and_shows_it_once(embedded: Shell) -> None:
    result = embedded("init", "--admin-email", EMAIL)
    [line] = [line for line in result.stdout.splitlines() if "this once" in line]
    assert embedded.opens(EMAIL, line.rpartition(" ")[2])


@pytest.mark.parametrize(("spoken", "reads"), [("id_ID.UTF-8", "id"), ("en_GB.UTF-8", "en")])
def test_the_first_administrator_reads_the_language_that_was_spoken(
    embedded: Shell, monkeypatch: pytest.MonkeyPatch, spoken: str, reads: str
) -> None:
    monkeypatch.setenv("LANG", spoken)
    embedded("init", "--admin-email", EMAIL)
    assert embedded.rows("SELECT lang FROM base_user") == [(reads,)]


def test_init_asks_at_a_terminal(embedded: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)
    result = embedded("init", given=f"{EMAIL}\nToko\nlong enough\nlong enough\n")
    assert "long enough" not in result.output
    assert embedded.opens(EMAIL, "long enough")
    assert embedded.rows("SELECT name FROM base_company") == [("Toko",)]


def test_init_without_a_terminal_needs_the_address(embedded: Shell) -> None:
    assert "--admin-email" in embedded("init", code=2).stderr


def test_init_refuses_a_database_that_is_not_empty(shell: Shell) -> None:
    with closing(Database(shell.url)) as database, database.writing.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id INTEGER)")
    before = shell.look()
    assert "holds tables already" in shell("init", "--admin-email", EMAIL, code=1).stderr
    assert shell.look() == before


@pytest.mark.parametrize(
    ("args", "given", "message"),
    [
        (("--addons", "crn"), "correct horse\n", "Did you mean “crm”"),
        ((), "short\n", "too short"),
        (("--admin-email", "nobody"), "correct horse\n", "“@”"),
    ],
    ids=["addon", "password", "address"],
)
def test_init_that_fails_leaves_nothing(
    shell: Shell, args: tuple[str, ...], given: str, message: str
) -> None:
    result = shell("init", "--admin-email", EMAIL, "--password-stdin", *args, given=given, code=1)
    assert message in result.stderr
    if shell.url.startswith("sqlite"):
        assert list(Path(shell.url.removeprefix("sqlite:///")).parent.glob("lumbung.db*")) == []
    assert shell.look() == {}


def test_init_on_trial_leaves_nothing(shell: Shell) -> None:
    assert "dry run" in shell.init("--dry-run").stdout
    if shell.url.startswith("sqlite"):
        assert not Path(shell.url.removeprefix("sqlite:///")).exists()
    assert shell.look() == {}


def test_init_finds_its_place_in_the_data_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["init", "--admin-email", EMAIL])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "files" / "lumbung.db").exists()


# ----------------------------------------------------------------- addons
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


# ----------------------------------------------------------------- explain, check
def test_explain_names_file_and_line_of_each_field(embedded: Shell, garden: Path) -> None:
    found = embedded.json("explain", "base.partner")
    by_name = {entry["name"]: entry for entry in found["entries"]}
    line = garden.read_text().splitlines().index("    bed = Many2one(Bed)") + 1
    assert (by_name["bed"]["addon"], by_name["bed"]["file"], by_name["bed"]["line"]) == (
        "garden",
        str(garden),
        line,
    )
    assert by_name["name"]["addon"] == "base"
    text = embedded("explain", "base.partner").stdout
    assert f"{garden}:{line}" in text
    assert "core/base/partner.py:" in text


def test_explain_knows_only_what_is_installed_and_says_what_was_meant(embedded: Shell, garden: Path) -> None:
    embedded.make()
    assert "bed" not in embedded("explain", "base.partner").stdout
    assert "Did you mean “base.partner”" in embedded("explain", "base.partnr", code=1).stderr


def test_explain_shows_views_and_hooks_too(embedded: Shell, garden: Path) -> None:
    view = embedded("explain", "crm.lead.form").stdout
    assert "crm.lead.form (view, crm)" in view and "addons/crm/" in view and "Fragments" not in view
    hook = embedded("explain", "models").stdout
    assert "garden" in hook and "base" in hook and str(garden) in hook
    assert "core/base/" in embedded("explain", "record_created").stdout, "those of its run too"


def test_check_is_content_with_what_is_in_the_tree(embedded: Shell) -> None:
    found = embedded.json("check")
    assert found["quarantined"] == {}
    assert {"base", "crm"} <= set(found["addons"])
    assert found["models"] > 5


@pytest.mark.slow
def test_check_fails_on_a_quarantined_addon_and_shows_findings(embedded: Shell, garden: Path) -> None:
    garden.write_text(
        dedent(ADDON) + '\n@hookimpl\ndef views():\n    return [extend("crm.lead.form", hide("gone"))]\n'
    )
    assert embedded.json("check")["findings"] != []
    assert "Finding: garden" in embedded("check").stdout
    garden.write_text(dedent(ADDON).replace('{"base.user": "rwcd"}', "{}"))
    sys.modules.pop("garden")
    result = embedded("check", code=1)
    assert "Quarantined: addon 'garden'" in result.stdout
    assert "1 addon is quarantined" in result.stdout


def test_check_names_a_class_that_nobody_publishes_also_where_a_view_misses_its_field(
    embedded: Shell, garden: Path
) -> None:
    garden.write_text(dedent(ADDON).replace("return [Bed, Partner]", "return [Bed]"))
    text = "“garden.Partner” extends base.partner, but models() does not return it. Add it to the list."
    assert text in [item["text"] for item in embedded.json("check")["findings"]]
    view = 'return [extend("base.partner.form", after("name", "bed"))]'
    garden.write_text(f"{garden.read_text()}\n@hookimpl\ndef views():\n    {view}\n")
    sys.modules.pop("garden")
    found = embedded.json("check", code=1)
    assert "Declare it on a class that models() returns" in found["quarantined"]["garden"]
    assert [item["text"] for item in found["findings"]] == [text]


def test_check_names_labels_that_nobody_can_translate(embedded: Shell, garden: Path) -> None:
    source = dedent(ADDON).replace('label="Bed"', 'label=_("Bed"), plural=_("Beds")')
    field = 'name = Char(required=True, index=True, label="Name")'
    garden.write_text(
        source.replace("name = Char(required=True, index=True)", field).replace('_("Garden")', '"G"')
    )
    found = embedded.json("check")["findings"]
    lines = garden.read_text().splitlines()
    told = {lines[int(item["origin"].rpartition(":")[2]) - 1].strip(): item["text"] for item in found}
    remedy = 'Write it as _("…"), and translate it in every catalogue.'
    assert told == {
        'addon = Addon("garden", version="1.0", depends=("crm",), label="G")': (
            f"The manifest has no label that is translated. Add label=. {remedy}"
        ),
        field: f"The field garden.bed.name has a label that is not translated, “Name”. {remedy}",
        "bed = Many2one(Bed)": f"The field base.partner.bed has no label. {remedy}",
    }


def test_check_says_of_two_that_keep_each_other_out_that_they_do(embedded: Shell, garden: Path) -> None:
    """Each is sound: neither is quarantined, least of all the one that is installed."""
    embedded.make()
    embedded("addons", "install", "garden")
    for name in ("aviary", "zoo"):  # before and behind it in the alphabet
        file = garden.parents[1] / name / "__init__.py"
        file.parent.mkdir()
        file.write_text(
            dedent(ADDON)
            .replace("garden", name)
            .replace("class Bed(", "class Lost(BasePartner): pass\nclass Bed(")
        )
    found = embedded.json("check")
    assert found["quarantined"] == {} and {"base", "crm", "garden"} <= set(found["addons"])
    for name in ("aviary", "zoo"):
        texts = [item["text"] for item in found["findings"] if item["addon"] == name]
        assert texts[0].startswith(
            "It cannot be installed together with the others: Field base.partner.bed is"
        )
        assert any(f"“{name}.Lost” extends base.partner" in text for text in texts), (
            "it is checked all the same"
        )
    assert found["addons"] == ["base", "crm", "garden", "realestate"]


TYPO = """
def later():
    global found
    found = [len(name) for name in __name__]
    return found, (lambda: MISPELT)(){build}

class Rose(Model, name="garden.rose", label="Rose", access={"base.user": "rwcd"}):
    name = Char(required=True)

    def display_label(self):
        return self.name + SUFFIX

@hookimpl
def rules():
    return [Rule(Rose, "r", where=lambda rose, env: rose.id == NOBODY)]

@hookimpl
def record_created(env, records):
    for record in reconds:
        print(record)
"""


def test_check_names_what_would_fail_only_when_its_line_runs(embedded: Shell, garden: Path) -> None:
    """In hooks that run later, in rules, methods and whatever they call; what is there is no fault."""
    source = dedent(ADDON).replace("return [Bed, Partner]", "return [Bed, Partner, Rose]")
    garden.write_text(source + TYPO.replace("{build}", ""))
    found = embedded.json("check", code=1)
    lines = garden.read_text().splitlines()
    told = {
        line
        for item in found["faults"]
        for line in [lines[int(item["origin"].rpartition(":")[2]) - 1].strip()]
    }
    assert told == {
        "return found, (lambda: MISPELT)()",
        "return self.name + SUFFIX",
        'return [Rule(Rose, "r", where=lambda rose, env: rose.id == NOBODY)]',
        "for record in reconds:",
    }
    assert {item["addon"] for item in found["faults"]} == {"garden"} and found["quarantined"] == {}
    text = embedded("check", code=1).stdout
    assert f"Fault: garden ({garden}:" in text and "record_created() uses “reconds”" in text


@pytest.mark.parametrize(
    ("source", "fault", "line"),
    [("@hookimpl\ndef menus():\n    return [Menu('garden.x', 'X', BED)]", "NameError: name 'BED'", 4),
     ("@hookimpl\ndef pages():\n    return [Page('/garden/x', view, roles=('x',))]", "NameError: name 'view'", 4),
     ("@hookimpl\ndef data():\n    return [Rows(Bed, lambda: [NOTHING])]", "NameError: name 'NOTHING'", 4)],
)  # fmt: skip
def test_check_calls_each_hook_that_adds_to_the_site(
    embedded: Shell, garden: Path, source: str, fault: str, line: int
) -> None:
    text = (
        dedent(ADDON)
        .replace("def data():", "def demo():")
        .replace('Rows(Bed, [{"key": "roses", "name": "Roses"}])', "")
    )
    garden.write_text(f"{text}\n{source}")
    found = embedded.json("check", code=1)
    assert fault in found["quarantined"]["garden"]
    assert f"{garden}:{len(text.splitlines()) + line}" in found["quarantined"]["garden"]


def test_check_builds_the_site_without_what_it_cannot_be_built_with(embedded: Shell, garden: Path) -> None:
    """A template in the place of another's keeps the addon out; one of its own is a fault by itself."""
    for name, line in (("garden/bed.html", "{% if %}"), ("core/home.html", "")):
        file = garden.parent / "templates" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"\n{line}")
    found = embedded.json("check", code=1)
    [fault] = found["faults"]
    assert (fault["addon"], fault["origin"]) == ("garden", f"{garden.parent}/templates/garden/bed.html:2")
    assert "garden" in found["addons"]
    file.write_text("\n{% if %}")
    found = embedded.json("check", code=1)
    assert f"{file}:2" in found["quarantined"]["garden"] and "garden" not in found["addons"]


# ----------------------------------------------------------------- users
def test_users_are_added_and_get_other_passwords(shell: Shell) -> None:
    shell.init("--addons", "crm")
    add = ("user", "add", "Ayu@Example.com", "--name", "Ayu", "--role", "crm.user", "--password-stdin")
    assert "would" not in shell(*add, "--dry-run", given="first word\n").stdout
    assert shell.rows("SELECT count(*) FROM base_user") == [(1,)]
    shell(*add, given="first word\n")
    assert shell.opens("ayu@example.com", "first word")
    assert "already" in shell(*add, given="first word\n", code=1).stderr
    assert shell.rows("SELECT name, active FROM base_user WHERE email = 'ayu@example.com'") == [("Ayu", True)]
    shell("user", "passwd", "ayu@example.com", "--password-stdin", given="second word\n")
    assert not shell.opens("ayu@example.com", "first word")
    assert shell.opens("ayu@example.com", "second word")
    assert shell.opens(EMAIL, "correct horse")


def test_another_password_ends_the_sessions_of_that_user_only(shell: Shell) -> None:
    shell.make()
    with closing(Database(shell.url)) as database, database.writing.begin() as connection:
        moments = dict.fromkeys(("made_at", "seen_at", "expires_at"), sa.func.current_timestamp())
        for user in (1, 2):
            connection.execute(
                tables.session.insert().values(token_hash=str(user), user_id=user, user_agent="", **moments)
            )
    shell("user", "passwd", EMAIL, "--password-stdin", "--dry-run", given="second word\n")
    assert len(shell.scalars(sa.select(tables.session.c.user_id))) == 2
    assert shell.opens(EMAIL, "correct horse")
    shell("user", "passwd", EMAIL, "--password-stdin", given="second word\n")
    assert shell.scalars(sa.select(tables.session.c.user_id)) == [2]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("add", "x@example.com", "--role", "base.usr"), "Did you mean “base.user”"),
        (("add", "x"), "“@”"),
        (("passwd", "nobody@example.com"), "Nobody signs in as nobody@example.com"),
    ],
    ids=["role", "address", "nobody"],
)
def test_a_user_that_cannot_be_is_refused(embedded: Shell, args: tuple[str, ...], message: str) -> None:
    embedded.make()
    assert message in embedded("user", *args, code=1).stderr
    assert embedded.rows("SELECT count(*) FROM base_user") == [(1,)]


def test_nobody_learns_from_the_time_it_takes_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def verify(hasher: object, kept: str, password: str) -> bool:
        checked.append(kept)
        raise VerifyMismatchError

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    assert not verify_password(None, "correct horse")
    assert [kept.rpartition("$")[0].rpartition("$")[0] for kept in checked] == [
        "$argon2id$v=19$m=19456,t=2,p=1"
    ]


def test_passwords() -> None:
    kept = hash_password("correct horse")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != hash_password("correct horse")
    assert verify_password(kept, "correct horse")
    assert not verify_password(kept, "correct horsf")
    assert not verify_password(None, "correct horse")
    assert not verify_password("not a hash", "correct horse")
    assert len({make_password() for _ in range(100)}) == 100


# ----------------------------------------------------------------- serve, secret, language
def test_serve_hands_the_address_to_the_server(embedded: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded.make()
    calls: list[tuple[str, str, int]] = []
    monkeypatch.setattr(serve_command, "run", lambda url, host, port: calls.append((url, host, port)))
    embedded("serve", "--port", str(_free_port()))
    assert [call[:2] for call in calls] == [(embedded.url, "127.0.0.1")]


def age(url: str) -> None:
    """Makes a database such as an older version of the program would have left it."""
    with closing(Database(url)) as database, database.writing.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE base_company DROP COLUMN phone")
        known = tables.ledger.c
        connection.execute(
            tables.ledger.delete().where(known.table_name == "base_company", known.name == "phone")
        )


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be served, by the server that needs nothing, which ends at once."""
    served: list[str] = []

    def run_simple(host: str, port: int, application: Any, **options: Any) -> None:
        with closing(application):
            served.extend(map(str, application.tenants["*"].site().assembly.names))

    monkeypatch.setitem(sys.modules, "gunicorn.app.base", None)
    monkeypatch.setattr("werkzeug.serving.run_simple", run_simple)
    return served


def test_a_database_that_is_older_than_the_program_is_not_served(shell: Shell, begun: list[str]) -> None:
    """Each page would fail that asks for what is not there."""
    shell.make()
    age(shell.url)
    result = shell("serve", "--port", str(_free_port()), code=1)
    assert "base_company.phone is missing" in result.stderr and "lumbung addons upgrade" in result.stderr
    assert "Lumbung is at" not in result.output and begun == []
    shell("addons", "install", "base")
    assert "Lumbung is at" in shell("serve", "--port", str(_free_port())).stdout
    assert begun == ["base"]


def test_a_demo_that_is_older_than_the_program_is_brought_up_to_date(
    embedded: Shell, begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.make()
    with closing(Database(embedded.url)) as database, database.writing.begin() as connection:
        connection.execute(tables.registry_version.update().values(demo=demo_command.COMPLETE))
    age(embedded.url)
    embedded("demo", "--db", embedded.url, "--port", str(_free_port()))
    assert begun == ["base"]


def test_serve_says_that_the_port_is_taken(embedded: Shell) -> None:
    embedded.make()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} of 127.0.0.1" in embedded("serve", "--port", str(port), code=1).stderr


def test_a_secret_is_made_once_and_kept_from_others(
    embedded: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_command, "run", lambda *args: None)
    embedded.make()
    file = tmp_path / "files" / "secret"
    embedded("serve", "--port", str(_free_port()))
    first = file.read_text()
    assert len(first) > 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    embedded("serve", "--port", str(_free_port()))
    assert file.read_text() == first


def test_a_secret_is_kept_where_a_file_cannot_be_locked(
    embedded: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(serve_command, "run", lambda *args: None)
    embedded.make()
    for _time in range(2):
        embedded("serve", "--port", str(_free_port()))
    assert len((tmp_path / "files" / "secret").read_text()) > 32


def test_a_short_secret_is_refused(embedded: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded.make()
    monkeypatch.setenv("LUMBUNG_SECRET", "x" * 31)
    result = embedded("serve", code=1)
    assert "LUMBUNG_SECRET is easy to guess: use a random text of 32" in result.stderr
    assert "x" * 31 not in result.output


@pytest.mark.parametrize(
    "address",
    [
        "mysql://root:geheim@host/x",
        "sqlite://",
        "postgresql://host",
        "nonsense://",
        "postgresql://me:geheim@host:harbour/x",
    ],
)
def test_an_odd_address_of_a_database_is_refused(address: str) -> None:
    result = CliRunner().invoke(main, ["addons", "list", "--db", address])
    assert result.exit_code == 1
    assert "is no address of a database" in result.stderr
    assert "geheim" not in result.output


@pytest.mark.parametrize(
    ("lang", "args", "message"),
    [
        ("id_ID.UTF-8", (), "Tidak ada database Lumbung"),
        ("C", (), "There is no Lumbung database"),
        ("id_ID.UTF-8", ("--lang", "en"), "There is no Lumbung database"),
        ("en_GB.UTF-8", ("--lang", "id"), "Tidak ada database Lumbung"),
        ("", (), "no Lumbung database"),
    ],
)
def test_messages_are_in_the_language_of_the_system_or_the_one_asked_for(
    embedded: Shell, monkeypatch: pytest.MonkeyPatch, lang: str, args: tuple[str, ...], message: str
) -> None:
    monkeypatch.setenv("LANG", lang)
    before = catalogs.current_language()
    assert message in embedded(*args, "user", "add", EMAIL, code=1).stderr
    assert catalogs.current_language() == before


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


def test_an_unknown_command_is_a_matter_of_usage() -> None:
    assert CliRunner().invoke(main, ["instal"]).exit_code == 2


# ----------------------------------------------------------------- demo
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


# ----------------------------------------------------------------- a real process
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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
