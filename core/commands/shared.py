"""What several commands share: the database, the addons that are found, and how results are printed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from core import settings
from core.errors import DatabaseError
from core.i18n.lazy import LazyText, TextLike, _

if TYPE_CHECKING:
    from core.assembly import Assembly
    from core.orm.database import Database

F = TypeVar("F", bound=Callable[..., Any])

database_option = click.option("--db", metavar="URL", help="The database (else LUMBUNG_DB).")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Try everything, then take it all back.")


def say(text: TextLike) -> None:
    """Progress and remarks: to standard error, so that results can be piped."""
    click.echo(str(text), err=True)


def print_json(value: object) -> None:
    """A result for programs; lazy texts become texts."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@contextlib.contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database at `url`, closed at the end; what goes wrong with it is said in words."""
    import sqlalchemy as sa

    from core.orm.database import Database, in_words

    with contextlib.closing(Database(url)) as database:
        try:
            with in_words(database):
                yield database
        except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
            raise DatabaseError(
                _("The database reports: %(error)s", error=str(error.orig).strip())
            ) from error
        except ModuleNotFoundError as error:
            if error.name != "psycopg":
                raise
            raise DatabaseError(
                _("PostgreSQL needs the package psycopg. Install it with: pip install 'psycopg[binary]'")
            ) from error


@contextlib.contextmanager
def existing(given: str | None) -> Iterator[Database]:
    """The database of a command that needs one. Raises DatabaseError where none was made yet."""
    with opened(settings.database_url(given)) as database:
        if not _installed(database):
            raise DatabaseError(_none_at(database))
        yield database


def _none_at(database: Database) -> LazyText:
    where = database.path or database.url.render_as_string()
    return _("There is no Lumbung database at %(where)s. Make one with “lumbung init”.", where=where)


def _installed(database: Database) -> list[str]:
    """The names of the installed addons; an embedded database is not made by looking for it."""
    from core.schema.preparing import installed

    if is_missing(database):
        return []
    with database.reading.connect() as connection:
        return installed(connection)


def is_missing(database: Database) -> bool:
    """Whether this is an embedded database without a file."""
    return database.path is not None and not database.path.exists()


def installed_or_none(given: str | None) -> list[str] | None:
    """The names of the installed addons, None where there is no database yet."""
    with opened(settings.database_url(given)) as database:
        return _installed(database) or None


def versions(given: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """The versions of the installed addons, and of those whose data is kept.

    Where there is no database yet there are none, and that is said.
    """
    from core.schema.preparing import PARKED
    from core.schema.preparing import versions as noted

    with opened(settings.database_url(given)) as database:
        if not _installed(database):
            say(_none_at(database))
            return {}, {}
        with database.reading.connect() as connection:
            return noted(connection), noted(connection, PARKED)


def assembled(given: str | None) -> Assembly:
    """The installed addons put together; where there is no database yet, all that are found."""
    from core.assembly import assemble
    from core.loader import discover

    catalogue = discover()
    names = installed_or_none(given)
    return assemble(catalogue, sorted(catalogue.addons) if names is None else names)


@contextlib.contextmanager
def new_file(database: Database, *, keep: bool = True) -> Iterator[None]:
    """Makes the folder of an embedded database. What the block made goes again if it fails or is not kept."""
    path = database.path
    if path is None or path.exists():
        yield
        return
    folders = [folder for folder in path.absolute().parents if not folder.exists()]
    done = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
        done = keep
    except OSError as error:
        raise settings.unusable(path, error) from error
    finally:
        if not done:
            database.close()
            _remove(path, folders)


def remove_file(path: Path) -> None:
    """Removes an embedded database with the files that SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _remove(path: Path, folders: list[Path]) -> None:
    with contextlib.suppress(OSError):  # not made yet, or used by somebody else meanwhile
        remove_file(path)
        for folder in folders:
            folder.rmdir()


def new_password(from_stdin: bool) -> tuple[str, bool]:
    """A password from standard input or asked for on the terminal; made up where there is none to ask.

    The second value says that it was made up, and so has to be shown.
    """
    import sys

    from core.access.passwords import make_password

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        text = str(_("Password (leave it empty to have one made up)"))
        given = click.prompt(text, hide_input=True, confirmation_prompt=True, default="", show_default=False)
        if given:
            return str(given), False
    return make_password(), True
