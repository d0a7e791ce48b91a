"""What the environment says: where database and data folder are, the secret, the proxies in front of the site."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from core.errors import LumbungError
from core.i18n.lazy import TextLike, _

DATA, DATABASE, SECRET = "LUMBUNG_DATA", "LUMBUNG_DB", "LUMBUNG_SECRET"
PROXIES, PROXIES_MAX = "LUMBUNG_PROXIES", 9
"""The names of the variables; LUMBUNG_ADDONS_PATH is read by the loader."""
BACKENDS = ("sqlite", "postgresql")
SECRET_LENGTH = 32
LETTERS_MIN = 10
"""Different characters in a secret: `xxxx…` is long as well."""


class SettingsError(LumbungError):
    """Something outside of the program is not as it has to be: a variable, a folder, a file."""

    def __init__(self, message: TextLike) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


def data_folder() -> Path:
    """The folder of everything that is kept in files: LUMBUNG_DATA, else `data` where one is."""
    return Path(os.environ.get(DATA) or "data")


def database_url(given: str | None = None) -> str:
    """The address of the database: `given`, else LUMBUNG_DB, else a SQLite file in the data folder.

    A path without a scheme is a SQLite file. Raises SettingsError on what is no such address.
    """
    address = given or os.environ.get(DATABASE) or f"sqlite:///{data_folder() / 'lumbung.db'}"
    return _checked(address if "://" in address else f"sqlite:///{address}")


def _checked(address: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from core.orm.database import normal_url

    try:
        url = make_url(normal_url(address))
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in BACKENDS or not url.database:
        raise SettingsError(
            _(
                "“%(address)s” is no address of a database. Write sqlite:///path/to/file.db or "
                "postgresql://user@host/name.",
                address=url.render_as_string() if url else address.partition("://")[0] + "://…",
            )
        )
    return address


def secret() -> str:
    """What cookies are signed with: LUMBUNG_SECRET, else one that is made once and kept in the data folder.

    Raises SettingsError where it is too weak to protect anything, or cannot be kept.
    """
    given = os.environ.get(SECRET)
    if given is None:
        return _kept_secret(data_folder() / "secret")
    if len(given) < SECRET_LENGTH or len(set(given)) < LETTERS_MIN:
        raise SettingsError(
            _(
                "%(name)s is easy to guess: use a random text of %(length)s characters or more.",
                name=SECRET,
                length=SECRET_LENGTH,
            )
        )
    return given


def proxies() -> int:
    """How many proxies stand in front of the server, each of which adds to X-Forwarded-For and -Proto: 0 unless
    LUMBUNG_PROXIES says so. Only what that many wrote is believed. Raises SettingsError on what is no such number.
    """
    given = os.environ.get(PROXIES, "").strip() or "0"
    if not (given.isascii() and given.isdigit() and int(given) <= PROXIES_MAX):
        raise SettingsError(
            _(
                "%(name)s says how many proxies stand in front of the server: write a number from 0 to %(most)s.",
                name=PROXIES,
                most=PROXIES_MAX,
            )
        )
    return int(given)


def _kept_secret(path: Path) -> str:
    """The secret in a file that only its owner can read; of two processes that make it, one wins."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "r+", encoding="ascii") as file:
            _lock(file.fileno())
            text = file.read().strip()
            if len(text) < SECRET_LENGTH:
                text = secrets.token_urlsafe(SECRET_LENGTH)
                file.seek(0)
                file.write(text)
            return text
    except OSError as error:
        raise unusable(path, error) from error


def _lock(handle: int) -> None:
    """Held until the file is closed. Windows has no such lock; there one process serves."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(handle, fcntl.LOCK_EX)


def unusable(path: Path, error: OSError) -> SettingsError:
    """The error for a file or folder that the system does not let us use."""
    return SettingsError(
        _(
            "%(path)s cannot be used: %(reason)s. Check the folder and its permissions, or set %(name)s.",
            path=path,
            reason=error.strerror or str(error),
            name=DATA,
        )
    )
