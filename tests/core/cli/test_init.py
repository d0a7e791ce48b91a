"""`lumbung init`: a database in which the administrator can sign in."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli import main
from core.orm.database import Database
from tests.core.cli.shell import EMAIL, Shell


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
