"""A workshop for addons: tests write them as real files, and the loader finds them like anybody's."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

from core.assembly import Assembly, assemble
from core.i18n import catalogs
from core.loader import GROUP, Catalogue, discover

MARK = "# here"
BASE = """\
from core import *

addon = Addon("base", version="1.0")

class User(Model, name="base.user", label="User", access={"base.user": "r", "base.admin": "rwcd"}):
    name = Char(required=True, label="Name")

@hookimpl
def models():
    return [User]

@hookimpl
def roles():
    return [Role("base.user", "User"), Role("base.admin", "Administrator", implies=("base.user",))]
"""
GOOD = """\
from core import *

addon = Addon("good", version="1.2")

class Sized(Model, name="good.sized", abstract=True):
    size = Integer(label="Size")

class Dyed(Model, name="good.dyed", abstract=True):
    dye = Char(label="Dye")

class Thing(Model, name="good.thing", label="Thing", access={"base.user": "rwcd"}):
    title = Char(required=True, label="Title")
    weight = Integer(label="Weight")

    def display_label(self):
        return "thing " + super().display_label()

@hookimpl
def models():
    return [Sized, Dyed, Thing]

@hookimpl
def views():
    return [View("good.thing.form", Thing, form(Group("head", "title", "weight")))]

@hookimpl
def pages():
    return [Page("/good/map", print, roles=("base.user",))]
"""


class Workshop:
    """A folder of addons and one with a small base; `paths` is what an operator would set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "addons_here"
        self.folder.mkdir()
        self.base = folder / "base_here"
        self.base.mkdir()
        self._assemblies: list[Assembly] = []
        self._write(self.base / "workshop_base.py", BASE)

    def write(self, files: Mapping[str, str]) -> None:
        """Writes addons: a name without a suffix is a package."""
        for name, source in files.items():
            self._write(self.folder / (name if name.endswith(".py") else f"{name}/__init__.py"), source)

    def _write(self, file: Path, source: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")

    def discover(self, *more: Path, entry_points: Mapping[str, str] | None = None) -> Catalogue:
        """What the loader finds here; `entry_points` are those of installed packages."""
        announced = [EntryPoint(name, value, GROUP) for name, value in (entry_points or {}).items()]
        return discover([str(self.folder), *map(str, more)], base="workshop_base", entry_points=announced)

    def assemble(self, *installed: str) -> Assembly:
        """The assembly of what is here; the workshop disposes it."""
        assembly = assemble(self.discover(), installed)
        self._assemblies.append(assembly)
        return assembly

    def marked(self) -> tuple[str, int]:
        """File and line of the one line that is marked `# here`."""
        found = [
            (str(file), number)
            for file in sorted(self.folder.rglob("*.py"))
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
            if line.endswith(MARK)
        ]
        assert len(found) == 1, found
        return found[0]

    def dispose(self) -> None:
        """Gives the models back."""
        for assembly in self._assemblies:
            assembly.dispose()


@contextmanager
def workshop(folder: Path) -> Iterator[Workshop]:
    """A workshop that speaks English, whose modules, import paths and texts are forgotten afterwards."""
    path, domains, folders = list(sys.path), dict(catalogs._domains), dict(catalogs._folders)
    made = Workshop(folder)
    sys.path.append(str(made.base))
    language = catalogs.set_language("en")
    try:
        yield made
    finally:
        made.dispose()
        catalogs.reset_language(language)
        sys.path[:] = path
        forget(folder)
        for kept, now in ((domains, catalogs._domains), (folders, catalogs._folders)):
            now.clear()
            now.update(kept)
        catalogs.domain_of.cache_clear()
        catalogs.forget()


def forget(folder: Path) -> None:
    """Takes what was imported from `folder` out of this process, and what Python compiled of it.

    A file that is written anew within a second, with as many letters, would be taken for the one of before.
    """
    for compiled in list(folder.rglob("__pycache__")):
        shutil.rmtree(compiled)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
