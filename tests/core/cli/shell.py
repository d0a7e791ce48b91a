"""A person at the command line."""

from __future__ import annotations

import json
import shutil
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from click.testing import CliRunner, Result

from core.access.passwords import verify_password
from core.cli import main
from core.orm.database import Database
from tests.core.test_schema import look

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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
