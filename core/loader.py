"""The loader: finds addons and imports them. Finding an addon installs nothing.

A fault in one addon never hides another: what cannot be loaded stands in `Catalogue.broken`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

from core.catalogue import BASE, Catalogue, Found, Source, closure, order
from core.checks.manifest import check_manifest
from core.errors import LoadError, Origin
from core.faults import blame, in_words, inside
from core.i18n.catalogs import register_domain
from core.i18n.lazy import _
from core.manifest import Addon
from core.orm.compose import Finding

__all__ = ["BASE", "Catalogue", "Found", "closure", "discover", "import_module", "order"]

DISTRIBUTION = "lumbung"
GROUP = "lumbung.addons"
PATH_VARIABLE = "LUMBUNG_ADDONS_PATH"
CORE = Path(__file__).resolve().parent
OWN_ROOMS: Mapping[str, Path] = {"core": CORE, "addons": CORE.parent / "addons"}
"""The import names that belong to the product, and where they lie."""


@dataclass(frozen=True)
class _Candidate:
    """What may be an addon: `name` is what it is called before it is loaded, `file` where it must lie."""

    name: str
    module: str
    source: Source
    file: Path | None = None
    distribution: str | None = None


_Loaded: TypeAlias = tuple[_Candidate, Found | LoadError]


def discover(
    paths: Sequence[str] | None = None,
    *,
    base: str = "core.base",
    entry_points: Iterable[importlib.metadata.EntryPoint] | None = None,
) -> Catalogue:
    """Finds base, the addons of entry points, and those in `paths` (else in LUMBUNG_ADDONS_PATH).

    Imports them and registers their texts. Never raises for a faulty addon.
    """
    if paths is None:
        paths = [path for path in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if path]
    if entry_points is None:
        entry_points = importlib.metadata.entry_points(group=GROUP)
    catalogue = Catalogue()
    register_domain("core", "core", CORE / "translations")
    candidates = [_Candidate(BASE, base, "built-in"), *_announced(entry_points), *_in_paths(paths, catalogue)]
    catalogue.broken |= _foreign_rooms(*map(Path, sys.path))
    _settle(_load_all(candidates), catalogue)
    for found in catalogue.addons.values():
        register_domain(found.addon.name, found.module, found.folder / "translations")
    return catalogue


# ----------------------------------------------------------------- find
def _announced(entry_points: Iterable[importlib.metadata.EntryPoint]) -> list[_Candidate]:
    found = {
        _Candidate(
            entry.name, entry.value, "entry point", distribution=entry.dist.name if entry.dist else None
        )
        for entry in entry_points
    }
    return sorted(found, key=lambda candidate: (candidate.name, candidate.module))


def _in_paths(paths: Sequence[str], catalogue: Catalogue) -> Iterator[_Candidate]:
    """The children of folders that look like addons; the folders are put at the end of `sys.path`."""
    importlib.invalidate_caches()
    for folder in (Path(path).expanduser().resolve() for path in paths):
        try:
            children = sorted(folder.iterdir())
        except OSError as error:
            text = _(
                "The folder of addons %(folder)s cannot be read: %(error)s.",
                folder=folder,
                error=error.strerror,
            )
            catalogue.findings.append(Finding("", text))
            continue
        catalogue.broken |= _foreign_rooms(folder)
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        for child in children:
            file = _source_of(child)
            if file is not None and child.stem not in OWN_ROOMS and _declares_addon(file):
                yield _Candidate(child.stem, child.stem, "path", file.resolve())


def _source_of(child: Path) -> Path | None:
    """The file that Python runs when it imports `child`; None where that is no package or module."""
    file = child / "__init__.py" if child.is_dir() else child
    return file if file.suffix == ".py" and file.is_file() and child.stem.isidentifier() else None


def _declares_addon(file: Path) -> bool:
    """Whether its text makes a manifest: nothing is imported just because it lies there."""
    try:
        return b"Addon(" in file.read_bytes()
    except OSError:  # importing it tells what is wrong
        return True


def _foreign_rooms(*folders: Path) -> dict[str, LoadError]:
    """A fault where `core` or `addons`, looked for in `folders`, is a file that is not the product's."""
    broken = {}
    for room, own in OWN_ROOMS.items():
        files = (_source_of(child) for folder in folders for child in (folder / room, folder / f"{room}.py"))
        file = next(filter(None, files), None)
        if file is not None and not inside(file, own):
            broken[room] = LoadError(
                _(
                    "%(file)s takes the import name “%(name)s”, which belongs to Lumbung.",
                    file=file,
                    name=room,
                ),
                _("Remove it, or give that package a name of its own and an entry point."),
                addon=room,
                origin=Origin(str(file), 1),
            )
    return broken


# ----------------------------------------------------------------- load
def _load_all(candidates: Iterable[_Candidate]) -> dict[str, list[_Loaded]]:
    """What was loaded under each addon's name, best source first."""
    by_name: dict[str, list[_Loaded]] = defaultdict(list)
    modules: dict[str, Path | None] = {}
    for candidate in candidates:
        if candidate.module in modules and modules[candidate.module] == candidate.file:
            continue  # an installed package whose folder is in the path too
        try:
            found = _load(candidate)
        except LoadError as error:
            error.addon = candidate.name
            by_name[candidate.name].append((candidate, error))
            continue
        modules[candidate.module] = _file_of(sys.modules[candidate.module])
        by_name[found.addon.name].append((candidate, found))
    return by_name


def _settle(by_name: Mapping[str, list[_Loaded]], catalogue: Catalogue) -> None:
    """One addon per name: the best source wins, two of the same source are refused."""
    for name, loaded in by_name.items():
        source = loaded[0][0].source
        rivals = [result for candidate, result in loaded if candidate.source == source]
        if len(rivals) > 1:
            catalogue.broken[name] = _ambiguous(name, rivals)
        elif isinstance(rivals[0], Found):
            catalogue.addons[name] = rivals[0]
        else:
            catalogue.broken[name] = rivals[0]
        for candidate, result in loaded[len(rivals) :]:
            text = _(
                "%(module)s is a second addon “%(name)s” and is left out: that of the %(source)s counts.",
                module=candidate.file or candidate.module,
                name=name,
                source=source,
            )
            catalogue.findings.append(Finding(name, text, result.origin))


def _ambiguous(name: str, rivals: Sequence[Found | LoadError]) -> LoadError:
    origins = [rival.origin for rival in rivals if rival.origin is not None]
    return LoadError(
        _(
            "Several addons have the name “%(name)s”: %(places)s.",
            name=name,
            places=", ".join(map(str, origins)),
        ),
        _("Remove all but one, or rename them."),
        addon=name,
        origin=origins[-1] if origins else None,
    )


def _load(candidate: _Candidate) -> Found:
    """Imports a candidate and reads its manifest. Raises LoadError."""
    if candidate.distribution not in (None, DISTRIBUTION) and candidate.module.split(".")[0] in OWN_ROOMS:
        raise LoadError(
            _(
                "%(distribution)s installs the addon “%(name)s” as %(module)s, in the rooms of Lumbung.",
                distribution=candidate.distribution,
                name=candidate.name,
                module=candidate.module,
            ),
            _("Give its package an import name of its own."),
        )
    module = import_module(candidate.module, candidate.name, _expected_folder(candidate))
    file = _file_of(module)
    if file is None or (candidate.file is not None and file != candidate.file):
        raise LoadError(
            _("The import name “%(module)s” is taken by %(file)s.", module=candidate.module, file=file),
            _("Rename the package so that its import name is its own."),
            origin=Origin(str(candidate.file), 1) if candidate.file else None,
        )
    addon = _manifest(candidate, module, file)
    check_manifest(addon, reserved=OWN_ROOMS)
    return Found(addon, candidate.module, candidate.source, _folder_of(file))


def import_module(name: str, addon: str, folder: Path, origin: Origin | None = None) -> ModuleType:
    """Imports a module of an addon. Raises LoadError with the deepest line inside `folder`, else `origin`."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        fault = _("%(module)s cannot be imported: %(error)s.", module=name, error=in_words(error))
        raise blame(error, addon, folder, fault, origin) from error


def _expected_folder(candidate: _Candidate) -> Path:
    """Where the addon's files lie, before it was imported."""
    if candidate.file is not None:
        return _folder_of(candidate.file)
    try:
        spec = importlib.util.find_spec(candidate.module)
    except Exception:  # a parent package that fails: importing tells
        spec = None
    return _folder_of(Path(spec.origin)) if spec and spec.origin else CORE / candidate.module


def _file_of(module: ModuleType) -> Path | None:
    return Path(module.__file__).resolve() if module.__file__ else None


def _folder_of(file: Path) -> Path:
    return file.parent if file.name == "__init__.py" else file.with_suffix("")


# ----------------------------------------------------------------- manifest
def _manifest(candidate: _Candidate, module: ModuleType, file: Path) -> Addon:
    addon = getattr(module, "addon", None)
    if not isinstance(addon, Addon):
        raise LoadError(
            _("%(module)s has no manifest.", module=candidate.module),
            _('Write addon = Addon("%(name)s", version="1.0") at its top level.', name=candidate.name),
            origin=Origin(str(file), 1),
        )
    if not inside(addon.origin.file, _folder_of(file)):
        raise LoadError(
            _(
                "%(module)s shows the manifest of another addon, “%(name)s”.",
                module=candidate.module,
                name=addon.name,
            ),
            _("Give it a manifest of its own, and do not import that of others."),
            origin=Origin(str(file), 1),
        )
    if candidate.source != "path" and addon.name != candidate.name:
        raise LoadError(
            _(
                "The addon calls itself “%(name)s”, but is announced as “%(announced)s”.",
                name=addon.name,
                announced=candidate.name,
            ),
            _("Let the manifest and the entry point say the same name."),
            origin=addon.origin,
        )
    return addon
