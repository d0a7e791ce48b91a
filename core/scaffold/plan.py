"""The names of a new addon: worked out from what was asked for, and refused where they cannot be."""

from __future__ import annotations

import importlib.util
import keyword
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.assembly import assemble
from core.catalogue import BASE, Catalogue, closure
from core.checks.manifest import check_manifest
from core.errors import LoadError, UserError
from core.faults import did_you_mean
from core.i18n.lazy import _
from core.loader import OWN_ROOMS
from core.manifest import Addon
from core.orm.info import ModelInfo
from core.orm.model import RESERVED
from core.orm.names import MODEL_NAME

if TYPE_CHECKING:
    from core.orm.registry import Registry

PREFIX = "lumbung"
MODULES = frozenset({"hooks", "tests", "translations", "data", "demo", "templates"})
"""What else lies in the package of an addon."""


@dataclass(frozen=True)
class Part:
    """A model of the new addon: its name, module, class and labels."""

    model: str
    module: str
    name: str
    label: str
    plural: str


@dataclass(frozen=True)
class Extended:
    """A model of another addon that gets a field: `name` of its class, imported from `package` under `alias`."""

    model: str
    addon: str
    module: str
    package: str
    name: str
    alias: str
    field: str
    after: str


@dataclass(frozen=True)
class Plan:
    """All that the templates need to know."""

    addon: str
    label: str
    own: Part | None = None
    extended: Extended | None = None

    @property
    def package(self) -> str:
        """The import name, which is its own: `core` and `addons` belong to Lumbung."""
        return f"{PREFIX}_{self.addon}"

    @property
    def folder(self) -> str:
        """The folder of the project, which Python cannot take for the package."""
        return self.package.replace("_", "-")

    @property
    def class_name(self) -> str:
        """The addon's name as that of a class."""
        return _class_name(self.addon)

    def class_of(self, part: Part | Extended) -> str:
        """The name of the class of a part; an extension is called like its model, unless the own one is."""
        is_taken = self.own is not None and part is not self.own and part.name == self.own.name
        return f"Extended{part.name}" if is_taken else part.name

    @property
    def depends(self) -> tuple[str, ...]:
        """The addon that is extended; base is always there."""
        other = self.extended.addon if self.extended else BASE
        return () if other == BASE else (other,)


def planned(catalogue: Catalogue, addon: str, model: str | None, extends: str | None) -> Plan:
    """The plan of a new addon. Raises LoadError or UserError, with the remedy, where a name cannot be."""
    _check_name(catalogue, addon)
    own = _own(addon, model) if model else None
    extended = None
    if extends:
        assembly = assemble(catalogue, _around(catalogue, extends))
        try:
            after = _first_shown(assembly.views, extends)
            extended = _extended(assembly.registry, catalogue, addon, own, extends, after)
        finally:
            assembly.dispose()
    return Plan(addon, in_words(addon), own, extended)


def in_words(name: str) -> str:
    """A name as a label: `land_plot` is “Land plot”."""
    return name.replace("_", " ").capitalize()


def _check_name(catalogue: Catalogue, addon: str) -> None:
    try:
        check_manifest(Addon(addon, version="1.0"), reserved=OWN_ROOMS)
    except LoadError as error:  # which tells of a place in a file
        raise UserError(f"{error.fault} {error.remedy}") from error
    package = f"{PREFIX}_{addon}"
    if addon in catalogue.addons or addon in catalogue.broken:
        raise UserError(_("There is an addon “%(name)s” already. Choose another name.", name=addon))
    if addon in sys.stdlib_module_names or keyword.iskeyword(addon):
        raise UserError(_("“%(name)s” is a name of Python itself. Choose another name.", name=addon))
    if importlib.util.find_spec(package) is not None:
        raise UserError(
            _(
                "The import name “%(package)s” is taken by another package. Choose another name.",
                package=package,
            )
        )


def _own(addon: str, model: str) -> Part:
    if not MODEL_NAME.fullmatch(f"{addon}.{model}") or keyword.iskeyword(model) or model in MODULES:
        raise UserError(
            _(
                "“%(model)s” cannot be the name of a model. Write a word in small letters, such as “unit”.",
                model=model,
            )
        )
    label = in_words(model)
    return Part(f"{addon}.{model}", model, _class_name(model), label, _plural(label))


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _plural(label: str) -> str:
    if label.endswith("y") and label[-2:-1] not in "aeiou":
        return f"{label[:-1]}ies"
    return f"{label}es" if label.endswith(("s", "x", "z", "ch", "sh")) else f"{label}s"


# ----------------------------------------------------------------- what is extended
def _around(catalogue: Catalogue, model: str) -> list[str]:
    """The addon that a model's name begins with, and what that depends on; else all, to tell the nearest name."""
    owner = model.partition(".")[0]
    return closure(catalogue, [owner]) if owner in catalogue.addons else sorted(catalogue.addons)


def _first_shown(views: object, model: str) -> str:
    """The field behind which a new one stands: the first of the form."""
    found = views.get(f"{model}.form") if isinstance(views, dict) else None
    return next((node.name for node in found.fields), "") if found is not None else ""


def _extended(
    registry: Registry, catalogue: Catalogue, addon: str, own: Part | None, model: str, after: str
) -> Extended:
    if model not in registry.models:
        hint = did_you_mean(
            model, registry.models, _("Correct the name, or install the package of its addon.")
        )
        raise UserError(_("There is no model “%(model)s”. %(hint)s", model=model, hint=hint))
    info = registry.models[model]
    cls = next(part for part in info.fragments if not part.__lumbung__.extends)
    module = model.partition(".")[2]
    taken = {own.module} if own else set()
    package = catalogue.addons[info.addon].module
    is_public = getattr(sys.modules[package], cls.__name__, None) is cls
    wanted = own.module if own else "reference"
    return Extended(
        model=model,
        addon=info.addon,
        module=module if module not in taken | MODULES else model.replace(".", "_"),
        package=package if is_public else cls.__module__,
        name=cls.__name__,
        alias=f"{_class_name(info.addon)}{cls.__name__}",
        field=_free(info, (wanted, f"{addon}_{wanted}", f"{addon}_{wanted}_2")),
        after=after,
    )


def _free(info: ModelInfo, names: Iterable[str]) -> str:
    """The first name that no field of a model has, nor the column of one."""
    taken = {name for item in info.fields.values() for name in (item.name, item.key)} | RESERVED
    return next(name for name in names if not {name, f"{name}_id"} & taken)
