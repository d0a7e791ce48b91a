"""Which addons there are, and what installing some would bring: what the command and the Apps page both tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from core.catalogue import BASE, Catalogue, closure, order
from core.errors import LoadError
from core.footprint import Footprint, footprint
from core.i18n.lazy import TextLike
from core.schema.plan import Refusal, Step
from core.schema.shipped import shipped, unreadable

if TYPE_CHECKING:
    from core.schema.parking import Kept
    from core.schema.preparing import Preparation


@dataclass(frozen=True)
class App:
    """An addon as an administrator sees it; `fault` says why it is quarantined.

    `noted` is the version in which it is installed, or in which it was where its data is kept.
    """

    name: str
    version: str | None = None
    label: TextLike = ""
    summary: TextLike = ""
    depends: tuple[str, ...] = ()
    module: str | None = None
    is_installed: bool = False
    fault: LoadError | None = None
    noted: str | None = None

    @property
    def state(self) -> Literal["installed", "found", "parked", "quarantined"]:
        """What there is to say of it in one word."""
        if self.fault and not (self.is_parked and self.version is None):
            return "quarantined"
        return "installed" if self.is_installed else "parked" if self.is_parked else "found"

    @property
    def is_parked(self) -> bool:
        """Whether it was uninstalled and its data is kept."""
        return self.noted is not None and not self.is_installed

    @property
    def can_be_upgraded(self) -> bool:
        """Whether another version of it is found than that which is installed."""
        return self.is_installed and None not in (self.noted, self.version) and self.noted != self.version

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "name": self.name,
            "version": self.version,
            "installed_version": self.noted if self.is_installed else None,
            "label": str(self.label),
            "state": self.state,
            "installed": self.is_installed,
            "depends": list(self.depends),
            "module": self.module,
            "message": str(self.fault) if self.fault else None,
        }


def listed(
    catalogue: Catalogue,
    installed: Mapping[str, str],
    quarantined: Mapping[str, LoadError],
    parked: Mapping[str, str] | None = None,
) -> list[App]:
    """Every addon that was found, is installed or kept: in the order of composition, behind them those at fault.

    `quarantined` is what the assembly of the installed ones left out. `installed` and `parked` name versions.
    """
    names, faults = _in_order(catalogue)
    faults, noted = {**faults, **quarantined}, {**(parked or {}), **installed}
    return [
        replace(_app(catalogue, name, installed, faults.get(name)), noted=noted.get(name))
        for name in [*names, *sorted({*faults, *noted} - set(names))]
    ]


def quarantined(catalogue: Catalogue, installed: Sequence[str]) -> dict[str, LoadError]:
    """What is wrong with addons, as it shows only when they are put together: installed ones, and the others."""
    return _together(catalogue, installed) | unfit(catalogue, installed)


def unfit(catalogue: Catalogue, installed: Sequence[str]) -> dict[str, LoadError]:
    """What is wrong with addons that are not installed: each beside those that are.

    Two that only keep each other out are both well.
    """
    others = catalogue.addons.keys() - {BASE, *installed}
    suspects = _together(catalogue, [*installed, *others], others) if others else {}
    beside = ((name, _beside(catalogue, installed, name)) for name in sorted(others & suspects.keys()))
    return {name: error for name, error in beside if error is not None}


def companions(catalogue: Catalogue, installed: Sequence[str]) -> tuple[list[str], dict[str, LoadError]]:
    """The installed addons with all that could come at once, and what keeps the others apart from these.

    Whatever is at fault by itself is among the former: it keeps nobody out.
    """
    others = sorted(catalogue.addons.keys() - {BASE, *installed})
    before = _together(catalogue, installed)
    fresh = _together(catalogue, [*installed, *others], others).keys() - before.keys()
    doubtful = [name for name in others if name in fresh or fresh & set(installed)]
    names = [*installed, *(name for name in others if name not in doubtful)]
    faulty, apart = list[str](), dict[str, LoadError]()
    for name in doubtful:
        try:
            needed = closure(catalogue, [name])
        except LoadError:
            needed = []
        if not needed or _together(catalogue, needed, needed):
            faulty.append(name)
            continue
        faults = _together(catalogue, [*names, *needed])
        if new := [error for other, error in faults.items() if other not in before]:
            apart[name] = new[0]
        else:
            names += [other for other in needed if other not in names]
    return [*names, *faulty], apart


def _beside(catalogue: Catalogue, installed: Sequence[str], name: str) -> LoadError | None:
    """Why an addon cannot come to those that are installed."""
    try:
        needed = closure(catalogue, [name])
        return _together(catalogue, [*installed, *needed], needed).get(name)
    except LoadError as error:
        return error


def _together(catalogue: Catalogue, names: Sequence[str], new: Collection[str] = ()) -> dict[str, LoadError]:
    """What is wrong with addons in an assembly; of those that are `new` the rows are read as well."""
    from core.assembly import assemble

    assembly = assemble(catalogue, names)
    try:
        return unreadable(assembly, new) | assembly.quarantined
    finally:
        assembly.dispose()


def _app(catalogue: Catalogue, name: str, installed: Collection[str], fault: LoadError | None) -> App:
    found = catalogue.addons.get(name)
    if found is None:
        return App(name, is_installed=name in installed, fault=fault or catalogue.error_of(name))
    addon = found.addon
    return App(
        name, addon.version, addon.label, addon.summary, addon.depends, found.module, name in installed, fault
    )


def _in_order(catalogue: Catalogue) -> tuple[list[str], dict[str, LoadError]]:
    """The addons that can be put in an order, and what keeps the others from it."""
    names, faults = set(catalogue.addons), dict(catalogue.broken)
    while True:
        try:
            return order(catalogue, names), faults
        except LoadError as error:
            if error.addon not in names:
                raise
            faults[error.addon] = error
            names.discard(error.addon)


# ----------------------------------------------------------------- what an installation brings
@dataclass(frozen=True)
class Part:
    """What one addon would bring: tables with their number of columns, columns of tables that are there, ..."""

    app: App
    tables: Sequence[tuple[str, TextLike, int]]
    columns: Sequence[tuple[str, str]]
    indexes: int
    rows: int
    roles: Sequence[TextLike]
    menus: Sequence[TextLike]


@dataclass(frozen=True)
class Outlook:
    """What installing addons would do: `addons` are those to come, dependencies first.

    `raised` are versions of before and now, `scripts` what is run for that, `returning` what is kept and comes back.
    """

    asked: Sequence[str]
    addons: Sequence[str]
    steps: Sequence[Step]
    refused: Sequence[Refusal]
    rows: Mapping[str, int]
    parts: Sequence[Part]
    raised: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    scripts: Sequence[tuple[str, str]] = ()
    returning: Sequence[tuple[str, str, str]] = ()
    footprint: Footprint = field(default_factory=Footprint)
    """What they add and wrap, and where they meet with others."""

    @property
    def pulled_in(self) -> list[str]:
        """What comes along because something depends on it."""
        return [name for name in self.addons if name not in self.asked]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to be done."""
        return not (self.addons or self.steps or self.refused or self.raised or self.scripts)

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "pulled_in": self.pulled_in,
            "addons": list(self.addons),
            "steps": [asdict(step) for step in self.steps],
            "refused": [
                {
                    "addon": item.addon,
                    "table": item.table,
                    "reason": str(item.reason),
                    "remedy": str(item.remedy),
                }
                for item in self.refused
            ],
            "rows": dict(self.rows),
            "raised": {name: list(versions) for name, versions in self.raised.items()},
            "scripts": [{"addon": addon, "version": version} for addon, version in self.scripts],
            "returning": [
                {"addon": addon, "table": table, "name": name} for addon, table, name in self.returning
            ],
            **self.footprint.as_json(),
        }


def outlook(ready: Preparation, catalogue: Catalogue, asked: Sequence[str]) -> Outlook:
    """What a preparation would do, in values that outlive it. Raises LoadError where rows cannot be read."""
    rows: Counter[str] = Counter()
    for addon, _model, values in shipped(ready.assembly):
        if addon in ready.new:
            rows[addon] += len(values)
    steps = list(ready.plan.steps())
    owners = dict.fromkeys([*ready.new, *(step.addon for step in steps if step.addon in catalogue.addons)])
    parts = [_part(ready, _app(catalogue, name, ready.before, None), steps, rows[name]) for name in owners]
    returning = [(entry.addon, entry.table, entry.name) for entry in ready.returning if _is_told(entry)]
    scripts = [(script.addon, script.version) for script in ready.scripts]
    touched = footprint(ready.assembly, {*asked, *ready.new, *ready.raised})
    return Outlook(
        asked,
        ready.new,
        steps,
        ready.plan.refused,
        dict(rows),
        parts,
        ready.raised,
        scripts,
        returning,
        touched,
    )


def _is_told(entry: Kept) -> bool:
    """Whether what comes back is named: a column of a table that comes back as a whole is not."""
    return entry.kind == "table" or entry.parked_as != entry.name


def _part(ready: Preparation, app: App, steps: Sequence[Step], rows: int) -> Part:
    labels = {info.table.name: info.plural for info in ready.assembly.registry}
    whole = {step.table: 0 for step in steps if step.kind == "table"}
    mine = [step for step in steps if step.addon == app.name]
    for step in steps:
        if step.kind == "column" and step.table in whole:
            whole[step.table] += 1
    is_new = app.name in ready.new
    return Part(
        app,
        tables=[
            (step.table, labels.get(step.table, ""), whole[step.table])
            for step in mine
            if step.kind == "table"
        ],
        columns=[
            (step.table, step.name) for step in mine if step.kind == "column" and step.table not in whole
        ],
        indexes=sum(step.kind == "index" for step in mine),
        rows=rows,
        roles=[item.value.label for item in ready.assembly.roles if is_new and item.addon == app.name],
        menus=[item.value.label for item in ready.assembly.menus if is_new and item.addon == app.name],
    )
