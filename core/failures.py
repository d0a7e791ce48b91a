"""What addons do wrong while they run: logged, kept in the database for the Apps page, and said in words.

An error while addons are put together is a LoadError. This is of hooks, methods, computes and defaults that fail
later, when somebody works.
"""

from __future__ import annotations

import datetime as dt
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.catalogue import BASE
from core.errors import LumbungError, Origin, UserError
from core.faults import in_words, inside, where
from core.i18n.lazy import TextLike, _
from core.schema.tables import addon_failure

if TYPE_CHECKING:
    from core.orm.database import Database

log = logging.getLogger("lumbung.addons")
KNOWN = (LumbungError, sa.exc.SQLAlchemyError)
"""What is raised on purpose, or by the database: no failure of an addon."""
MISTAKES = (sa.exc.ArgumentError, sa.exc.CompileError)
"""But these are a statement that is written wrong; no database has seen it."""
AGAIN = dt.timedelta(minutes=1)
"""So often one process writes down the same failure."""
KEPT = dt.timedelta(days=7)
MARK = "lumbung_failure"
LONGEST = 500


@dataclass(frozen=True)
class Failure:
    """A hook or method of an addon that failed: what with, in which line, when last."""

    addon: str
    hook: str
    fault: str
    origin: Origin
    at: dt.datetime


class AddonFailed(UserError):
    """A failure of an addon, for whoever was at work."""

    def __init__(self, addon: str, message: TextLike) -> None:
        super().__init__(message)
        self.addon = addon


def note(database: Database, addon: str, hook: str, function: Callable[..., Any], error: Exception) -> bool:
    """Logs a failure, marks the error with it, and keeps it until `write` finds time.

    False where no addon is at fault: then nothing is logged either. What was noted before is not noted again.
    """
    if not _is_fault(error):
        return behind(error) is not None
    code = getattr(function, "__code__", None)
    file, line = (code.co_filename, code.co_firstlineno) if code else ("", 0)
    origin = where(error, Path(file).parent) or Origin(file, line)
    _keep(database, addon, hook, origin, error)
    return True


def look_for_culprit(database: Database, folders: Mapping[str, Path], error: Exception) -> None:
    """Notes an error that came up in no hook: the deepest line that lies in an addon's folder is to blame.

    That is how a method of a model, a compute or a default fails, which the core calls from many places.
    """
    if not _is_fault(error):
        return
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        for addon, folder in folders.items():
            if addon != BASE and inside(frame.filename, folder):
                _keep(database, addon, frame.name, Origin(frame.filename, frame.lineno or 1), error)
                return


def _is_fault(error: Exception) -> bool:
    """Whether an addon is to blame for it, and was not yet."""
    return (isinstance(error, MISTAKES) or not isinstance(error, KNOWN)) and not hasattr(error, MARK)


def _keep(database: Database, addon: str, hook: str, origin: Origin, error: Exception) -> None:
    failure = Failure(addon, hook, in_words(error)[:LONGEST], origin, dt.datetime.now(dt.UTC))
    setattr(error, MARK, failure)
    log.error("%s() of addon %s failed (%s)", hook, addon, origin, exc_info=error)
    last = database.failures.get((addon, hook))
    is_same = last is not None and (last.fault, last.origin) == (failure.fault, failure.origin)
    if last is None or not is_same or last.at < failure.at - AGAIN:
        database.failures[addon, hook] = failure
        database.unwritten.append(failure)


def behind(error: Exception) -> Failure | None:
    """The failure of an addon that an error was noted as."""
    return getattr(error, MARK, None)


def in_words_for_users(error: Exception) -> AddonFailed | None:
    """What a user is told of an error that an addon raised by mistake; None if it is no such error."""
    failure = behind(error)
    if failure is None:
        return None
    return AddonFailed(
        failure.addon,
        _(
            "The addon “%(addon)s” failed, so nothing was saved. Your administrator finds the fault on “Apps”.",
            addon=failure.addon,
        ),
    )


def write(database: Database) -> None:
    """Writes down what was noted. Called where no transaction of this thread is open; never raises."""
    while database.unwritten:
        failure = database.unwritten.pop()
        key = (addon_failure.c.addon == failure.addon, addon_failure.c.hook == failure.hook)
        values = {
            "fault": failure.fault,
            "file": failure.origin.file,
            "line": failure.origin.line,
            "at": failure.at,
        }
        try:
            with database.writing.begin() as connection:
                if not connection.execute(addon_failure.update().where(*key).values(values)).rowcount:
                    names = {"addon": failure.addon, "hook": failure.hook}
                    connection.execute(addon_failure.insert().values(names | values))
        except sa.exc.SQLAlchemyError as error:  # it stands in the log
            log.info("a failure of addon %s is not written down: %s", failure.addon, type(error).__name__)


def recent(connection: sa.Connection) -> list[Failure]:
    """What failed in the last days, the latest first."""
    found = addon_failure.c
    since = dt.datetime.now(dt.UTC) - KEPT
    rows = connection.execute(sa.select(addon_failure).where(found.at > since).order_by(found.at.desc()))
    return [Failure(row.addon, row.hook, row.fault, Origin(row.file, row.line), row.at) for row in rows]
