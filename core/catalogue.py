"""The catalogue of all addons that were found, and the order in which a set of them comes."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from core.errors import LoadError, Origin
from core.faults import did_you_mean
from core.i18n.lazy import _
from core.manifest import Addon
from core.orm.compose import Finding

BASE = "base"
Source: TypeAlias = Literal["built-in", "entry point", "path"]


@dataclass(frozen=True)
class Found:
    """An addon that can be installed. `folder` holds its templates, static files and translations.

    The folder of an addon that is a single module `x.py` is the folder `x` beside it, which need not exist.
    """

    addon: Addon
    module: str
    source: Source
    folder: Path

    @property
    def origin(self) -> Origin:
        """Where its manifest stands."""
        return self.addon.origin


@dataclass
class Catalogue:
    """The addons that were found, by name; those that could not be loaded; and what looks like a mistake."""

    addons: dict[str, Found] = field(default_factory=dict)
    broken: dict[str, LoadError] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def error_of(self, name: str) -> LoadError:
        """Why the addon `name` cannot be used: it is broken, or nobody ever found it."""
        return self.broken.get(name) or LoadError(
            _("The addon “%(name)s” is nowhere to be found.", name=name),
            did_you_mean(name, self.addons, _("Install its package again, or uninstall the addon.")),
            addon=name,
        )


def order(catalogue: Catalogue, names: Iterable[str]) -> list[str]:
    """`names` and base, each behind what it depends on (and behind its active extras), ties by name.

    Raises LoadError on a dependency that is not among them, and on a cycle.
    """
    active = {BASE, *names}
    waits = {name: set(_needs(catalogue, name, active)) for name in sorted(active)}
    ready = [BASE]
    ordered: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        ordered.append(name)
        for other in sorted(waits):
            if name in waits[other]:
                waits[other].remove(name)
                if not waits[other]:
                    heapq.heappush(ready, other)
    if len(ordered) < len(active):
        raise _cycle(catalogue, {name: waits[name] for name in active - set(ordered)})
    return ordered


def closure(catalogue: Catalogue, names: Iterable[str]) -> list[str]:
    """`names` with all that they depend on, in order: what installing them installs. Raises LoadError."""
    wanted, open_ = set[str](), list(names)
    while open_:
        name = open_.pop()
        if name not in wanted:
            wanted.add(name)
            addon = _found(catalogue, name).addon
            for other in addon.depends:
                if other not in {**catalogue.addons, **catalogue.broken}:
                    raise _missing(catalogue, addon, other)
                open_.append(other)
    return order(catalogue, wanted)


def reach(catalogue: Catalogue, ordered: Iterable[str]) -> dict[str, frozenset[str]]:
    """What each addon may build on: itself, base, dependencies and active extras, and what these reach."""
    reached: dict[str, frozenset[str]] = {}
    active = list(ordered)
    for name in active:
        needs = _needs(catalogue, name, set(active))
        reached[name] = frozenset({name}).union(*(reached[other] for other in needs))
    return reached


def dependants(catalogue: Catalogue, name: str, active: Collection[str]) -> dict[str, str]:
    """The active addons that cannot be without `name`, each with the dependency through which it needs it."""
    gone: dict[str, str] = {}
    open_ = [name]
    while open_:
        lost = open_.pop(0)
        for other in sorted(set(active) - gone.keys() - {name}):
            if other in catalogue.addons and lost in catalogue.addons[other].addon.depends:
                gone[other] = lost
                open_.append(other)
    return gone


def _found(catalogue: Catalogue, name: str) -> Found:
    if name not in catalogue.addons:
        raise catalogue.error_of(name)
    return catalogue.addons[name]


def _needs(catalogue: Catalogue, name: str, active: Collection[str]) -> list[str]:
    """What must come before an addon."""
    addon = _found(catalogue, name).addon
    for missing in (other for other in addon.depends if other not in active):
        raise _missing(catalogue, addon, missing)
    implied = [] if name == BASE else [BASE]
    return [*implied, *addon.depends, *(other for other in addon.extras if other in active)]


def _missing(catalogue: Catalogue, addon: Addon, missing: str) -> LoadError:
    if missing in catalogue.addons:
        fault = _(
            "%(addon)s depends on %(missing)s, which is not installed.", addon=addon.name, missing=missing
        )
        remedy = _("Install %(missing)s first.", missing=missing)
    elif missing in catalogue.broken:
        fault = _(
            "%(addon)s depends on %(missing)s, which cannot be loaded.", addon=addon.name, missing=missing
        )
        remedy = _("Repair %(missing)s first.", missing=missing)
    else:
        fault = _(
            "%(addon)s depends on %(missing)s, which does not exist.", addon=addon.name, missing=missing
        )
        remedy = did_you_mean(
            missing, catalogue.addons, _("Install the package that brings it, or take it out of depends.")
        )
    return LoadError(fault, remedy, addon=addon.name, origin=addon.origin)


def _cycle(catalogue: Catalogue, waits: Mapping[str, Collection[str]]) -> LoadError:
    """The error for addons that wait for each other: follows them until one comes again."""
    path = [min(waits)]
    while path.count(path[-1]) == 1:
        path.append(min(name for name in waits[path[-1]] if name in waits))
    circle = path[path.index(path[-1]) :]
    first = min(circle)
    start = circle.index(first)
    shown = " → ".join([*circle[start:-1], *circle[:start], first])
    return LoadError(
        _("Addons depend on each other in a circle: %(circle)s.", circle=shown),
        _("Take one of these out of depends, or use extras."),
        addon=first,
        origin=catalogue.addons[first].origin,
    )
