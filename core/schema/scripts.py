"""Upgrade scripts: what an addon does once, on its way to a version, to the data that is there.

`upgrades/1.1.py` holds `before(tables)`, `after(env)` or both. `before` runs while the tables are those of the version
of before: it renames, takes away and changes them. Then everything that only adds is done. `after` runs when the models
fit the tables, in an env without rights, and fills what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.catalogue import Found
from core.checks.manifest import VERSION
from core.errors import LoadError, Origin, UserError
from core.faults import blame, in_words
from core.i18n.lazy import _
from core.schema import tables
from core.schema.turns import is_in_the_way
from core.schema.versions import version

if TYPE_CHECKING:
    from core.orm.env import Env
    from core.schema.upgrading import Tables

FOLDER = "upgrades"
STEPS = ("before", "after")
KIND = "script"
"""What the ledger calls one that was run."""


@dataclass
class Script:
    """One script, by the version that it leads to; it is read when first asked for."""

    addon: str
    version: str
    file: Path
    folder: Path
    package: str
    _module: ModuleType | None = None

    def run(self, step: str, given: Tables | Env) -> None:
        """Calls `before` or `after` where it has it. Raises LoadError, which names file and line, where that fails."""
        function: Callable[[Any], object] | None = getattr(self.read(), step, None)
        if function is not None:
            self._blamed(lambda: function(given))

    def read(self) -> ModuleType:
        """Its code. Raises LoadError, which names file and line, where that cannot be read."""
        if self._module is None:
            module = ModuleType(f"{self.package}.{FOLDER}.{self.version.replace('.', '_')}")
            module.__file__ = str(self.file)
            self._blamed(
                lambda: exec(
                    compile(self.file.read_bytes(), self.file, "exec", dont_inherit=True), vars(module)
                )
            )
            if not any(callable(getattr(module, step, None)) for step in STEPS):
                raise LoadError(
                    _("The upgrade script has neither before(tables) nor after(env)."),
                    _("Write one of them, or take the file away."),
                    addon=self.addon,
                    origin=Origin(str(self.file), 1),
                )
            self._module = module
        return self._module

    def _blamed(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            if is_in_the_way(error):
                raise
            fault = _(
                "The upgrade to %(version)s fails: %(error)s.", version=self.version, error=in_words(error)
            )
            named = blame(error, self.addon, self.folder, fault, Origin(str(self.file), 1))
            if not isinstance(error, LoadError):
                named.remedy = _("Nothing was changed. Correct what is done there, then upgrade again.")
            raise named from error


def pending(connection: sa.Connection, found: Found, since: str) -> list[Script]:
    """The scripts of an addon between the version `since` and its own, in that order, that were not run yet.

    Raises LoadError on a file that is called by no version, or by one to come.
    """
    ledger = tables.ledger.c
    run = set(
        connection.scalars(
            sa.select(ledger.name).where(ledger.kind == KIND, ledger.table_name == found.addon.name)
        )
    )
    scripts = [script for script in _all(found) if script.file.name not in run]
    return [script for script in scripts if version(script.version) > version(since)]


def faults(found: Found) -> Iterator[LoadError]:
    """What is wrong with the scripts of an addon, as far as it shows when they are read."""
    try:
        scripts = _all(found)
    except LoadError as error:
        yield error
        return
    for script in scripts:
        try:
            script.read()
        except LoadError as error:
            yield error


def check_downgrade(found: Found, since: str) -> None:
    """Raises UserError where the installed version of an addon is newer than the one that is found."""
    if version(since) > version(found.addon.version):
        raise UserError(
            _(
                "%(addon)s %(installed)s is installed, but version %(found)s is found. Install the package of "
                "%(addon)s %(installed)s or newer again; data does not go back to an older version.",
                addon=found.addon.name,
                installed=since,
                found=found.addon.version,
            )
        )


def remember(connection: sa.Connection, scripts: Iterable[Script]) -> None:
    """Notes that they were run, in the transaction in which they were."""
    rows = [
        {"addon": script.addon, "kind": KIND, "table_name": script.addon, "name": script.file.name}
        for script in scripts
    ]
    if rows:
        connection.execute(tables.ledger.insert(), rows)


def _all(found: Found) -> list[Script]:
    files = [file for file in (found.folder / FOLDER).glob("*.py") if not file.stem.startswith("_")]
    for file in files:
        if not VERSION.fullmatch(file.stem):
            raise _misnamed(found, file, _("Call it by the version that it leads to, as 1.1.py."))
        if version(file.stem) > version(found.addon.version):
            remedy = _("Raise version= of the addon to %(version)s, or rename the file.", version=file.stem)
            raise _misnamed(found, file, remedy)
    scripts = [Script(found.addon.name, file.stem, file, found.folder, found.module) for file in files]
    return sorted(scripts, key=lambda script: version(script.version))


def _misnamed(found: Found, file: Path, remedy: Any) -> LoadError:
    return LoadError(
        _(
            "%(file)s is no upgrade script of version %(version)s.",
            file=file.name,
            version=found.addon.version,
        ),
        remedy,
        addon=found.addon.name,
        origin=Origin(str(file), 1),
    )


__all__ = ["Script", "check_downgrade", "faults", "pending", "remember"]
