"""Which addons there are, and what installing some would bring: what the command and the Apps page both tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.catalogue import Catalogue, order
from core.errors import LoadError
from core.i18n.lazy import TextLike
from core.schema.install import shipped
from core.schema.plan import Refusal, Step

if TYPE_CHECKING:
    from core.schema.install import Preparation


@dataclass(frozen=True)
class App:
    """An addon as an administrator sees it; `fault` says why it is quarantined."""

    name: str
    version: str | None = None
    label: TextLike = ""
    summary: TextLike = ""
    depends: tuple[str, ...] = ()
    module: str | None = None
    is_installed: bool = False
    fault: LoadError | None = None

    @property
    def state(self) -> Literal["installed", "found", "quarantined"]:
        """What there is to say of it in one word."""
        return "quarantined" if self.fault else "installed" if self.is_installed else "found"

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "name": self.name,
            "version": self.version,
            "label": str(self.label),
            "state": self.state,
            "installed": self.is_installed,
            "depends": list(self.depends),
            "module": self.module,
            "message": str(self.fault) if self.fault else None,
        }


def listed(
    catalogue: Catalogue, installed: Collection[str], quarantined: Mapping[str, LoadError]
) -> list[App]:
    """Every addon that was found or is installed: in the order of composition, behind them those at fault.

    `quarantined` is what the assembly of the installed ones left out.
    """
    names, faults = _in_order(catalogue)
    faults = {**faults, **quarantined}
    return [
        _app(catalogue, name, installed, faults.get(name))
        for name in [*names, *sorted({*faults, *installed} - set(names))]
    ]


def quarantined(catalogue: Catalogue, installed: Sequence[str]) -> dict[str, LoadError]:
    """What is wrong with installed addons, as it shows only when they are put together."""
    from core.assembly import assemble

    if not installed:
        return {}
    assembly = assemble(catalogue, installed)
    assembly.dispose()
    return assembly.quarantined


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
    """What installing addons would do: `addons` are those to come, dependencies first."""

    asked: Sequence[str]
    addons: Sequence[str]
    steps: Sequence[Step]
    refused: Sequence[Refusal]
    rows: Mapping[str, int]
    parts: Sequence[Part]

    @property
    def pulled_in(self) -> list[str]:
        """What comes along because something depends on it."""
        return [name for name in self.addons if name not in self.asked]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to be done."""
        return not (self.addons or self.steps or self.refused)

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
    return Outlook(asked, ready.new, steps, ready.plan.refused, dict(rows), parts)


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
