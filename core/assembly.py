"""The assembly: all that one set of addons makes together, without those that are at fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.access.rights import Policy
from core.catalogue import BASE, Catalogue, dependants, order, reach
from core.checks.models import check_models, check_reach
from core.checks.pages import check_menus, check_pages, check_rows
from core.checks.roles import check_access, check_roles, check_rules
from core.checks.values import wrong_values
from core.errors import LoadError
from core.faults import blame, in_words, inside
from core.i18n.lazy import TextLike, _
from core.manifest import Demo, Menu, Page, Role, Rows, Rule
from core.orm.compose import Finding
from core.orm.events import Listeners
from core.orm.model import Model
from core.orm.registry import Registry
from core.plugins import RETURNS, Contribution, Plugins
from core.views.resolve import ResolvedView, resolve_views


@dataclass(eq=False)
class Assembly:
    """What the addons `names` make together; databases with the same `signature` can share it.

    `quarantined` says of each installed addon that is left out why; `dispose()` frees the models.
    """

    names: tuple[str, ...]
    signature: str
    plugins: Plugins
    registry: Registry
    views: dict[str, ResolvedView]
    menus: list[Contribution[Menu]]
    roles: list[Contribution[Role]]
    rules: list[Contribution[Rule]]
    pages: list[Contribution[Page]]
    data: list[Contribution[Rows]]
    demo: list[Contribution[Demo]]
    folders: dict[str, Path]
    labels: dict[str, TextLike]
    """What each addon is called."""
    findings: list[Finding]
    quarantined: dict[str, LoadError]

    def dispose(self) -> None:
        """Gives the models back; the assembly is of no use afterwards."""
        self.registry.dispose()


def assemble(catalogue: Catalogue, installed: Sequence[str]) -> Assembly:
    """Puts the installed addons together, base always among them.

    An addon at fault is left out with all that depend on it, and the rest goes on. Raises LoadError where
    base is at fault, or nobody can be named.
    """
    active = {BASE, *installed}
    quarantined: dict[str, LoadError] = {}
    for name in sorted(active - catalogue.addons.keys()):
        _quarantine(catalogue, catalogue.error_of(name), active, quarantined)
    while True:
        try:
            return _assemble(catalogue, active, quarantined)
        except Exception as error:
            _quarantine(catalogue, _as_load_error(catalogue, error, active), active, quarantined)


def signature_of(catalogue: Catalogue, names: Sequence[str]) -> str:
    """The text that is the same for the same addons in the same versions."""
    return " ".join(f"{name}={catalogue.addons[name].addon.version}" for name in names)


def _assemble(catalogue: Catalogue, active: set[str], quarantined: dict[str, LoadError]) -> Assembly:
    names = order(catalogue, active)
    plugins = Plugins(catalogue, names)
    with plugins.hinting():
        return _put_together(catalogue, names, plugins, quarantined)


def _put_together(
    catalogue: Catalogue, names: Sequence[str], plugins: Plugins, quarantined: dict[str, LoadError]
) -> Assembly:
    gathered = {hook: plugins.collect(hook) for hook in sorted(RETURNS)}
    near = reach(catalogue, names)
    roles = {item.value.name for item in gathered["roles"]}
    check_models(gathered["models"], near)
    check_roles(gathered["roles"])
    check_access(gathered["models"], roles)
    check_rules(gathered["rules"], gathered["models"], roles)
    check_pages(gathered["pages"], roles)
    registry = Registry(_published(names, gathered["models"]), near)
    try:
        registry.listeners = Listeners(
            (item.hook, item.addon, item.function) for item in plugins.implementations
        )
        rules = gathered["rules"]
        owners = {id(item.value): item.addon for item in rules}
        registry.policy = Policy(registry, [item.value for item in rules], owners)
        check_reach(registry, near)
        check_menus(gathered["menus"], registry)
        check_rows(gathered["data"], registry)
        views, findings = resolve_views(registry, gathered["views"])
        findings += wrong_values(registry, gathered["menus"], gathered["pages"])
    except Exception:
        registry.dispose()
        raise
    return Assembly(
        names=tuple(names),
        signature=signature_of(catalogue, names),
        plugins=plugins,
        registry=registry,
        views=views,
        menus=gathered["menus"],
        roles=gathered["roles"],
        rules=gathered["rules"],
        pages=gathered["pages"],
        data=gathered["data"],
        demo=gathered["demo"],
        folders={name: catalogue.addons[name].folder for name in names},
        labels={name: catalogue.addons[name].addon.label or name for name in names},
        findings=[*catalogue.findings, *plugins.findings(), *registry.findings, *findings],
        quarantined=quarantined,
    )


def _published(
    names: Sequence[str], models: Sequence[Contribution[type[Model]]]
) -> dict[str, list[type[Model]]]:
    """The fragments of each addon, each behind those of the same addon that it builds on."""
    published = {name: [item.value for item in models if item.addon == name] for name in names}
    return {
        name: sorted(own, key=lambda fragment: len(set(own).intersection(fragment.__mro__)))
        for name, own in published.items()
    }


# ----------------------------------------------------------------- quarantine
def _quarantine(
    catalogue: Catalogue, error: LoadError, active: set[str], quarantined: dict[str, LoadError]
) -> None:
    """Takes the addon at fault and its dependants out of `active`. Raises the error where that cannot be."""
    if error.addon == BASE or error.addon not in active:
        raise error
    quarantined[error.addon] = error
    for name, lost in dependants(catalogue, error.addon, active).items():
        quarantined[name] = LoadError(
            _(
                "%(addon)s is left out, as it depends on %(lost)s and %(culprit)s is at fault.",
                addon=name,
                lost=lost,
                culprit=error.addon,
            ),
            _("Repair %(culprit)s.", culprit=error.addon),
            addon=name,
            origin=catalogue.addons[name].origin,
        )
        active.discard(name)
    active.discard(error.addon)


def _as_load_error(catalogue: Catalogue, error: Exception, active: set[str]) -> LoadError:
    """The error with the addon at fault: whose file it names, else with which the set begins to fail.

    Raises `error` itself where that is base.
    """
    if isinstance(error, LoadError):
        origin = error.origin
        if not error.addon and origin is not None:
            inner = (name for name in active if inside(origin.file, catalogue.addons[name].folder))
            error.addon = next(inner, "")
        return error
    name, first = _first_failure(catalogue, order(catalogue, active), error)
    if isinstance(first, LoadError):
        return _as_load_error(catalogue, first, active)
    if name == BASE:
        raise error
    found = catalogue.addons[name]
    fault = _("%(addon)s cannot be put together: %(error)s.", addon=name, error=in_words(first))
    return blame(first, name, found.folder, fault, found.origin)


def _first_failure(catalogue: Catalogue, names: Sequence[str], error: Exception) -> tuple[str, Exception]:
    """The addon that lets the set fail with which `error` came, found by halving, and what it fails with."""
    sound, failing = 0, len(names)
    while failing - sound > 1:
        middle = (sound + failing) // 2
        try:
            _assemble(catalogue, set(names[:middle]), {}).dispose()
            sound = middle
        except Exception as earlier:
            failing, error = middle, earlier
    return names[failing - 1], error
