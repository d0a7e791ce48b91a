"""Plugins: which functions of addons answer a hook, and what each returns, kept with its addon."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic, TypeVar

import pluggy

from core import hookspecs
from core.catalogue import Catalogue, Found
from core.errors import LoadError, Origin
from core.faults import blame, did_you_mean, in_words
from core.i18n.lazy import _
from core.loader import import_module
from core.manifest import Demo, Menu, Page, Role, Rows, Rule
from core.orm.compose import Finding
from core.orm.model import Model
from core.views.nodes import Extension, View

T = TypeVar("T")

RETURNS: Mapping[str, tuple[type, ...]] = {
    "models": (type,),
    "views": (View, Extension),
    "menus": (Menu,),
    "roles": (Role,),
    "rules": (Rule,),
    "pages": (Page,),
    "data": (Rows,),
    "demo": (Demo,),
}
"""What each hook returns a sequence of; of `models`, classes that build on Model."""
ORDERING_OPTIONS = ("wrapper", "hookwrapper", "tryfirst", "trylast")


@dataclass(frozen=True)
class Contribution(Generic[T]):
    """One value that one addon gave to one hook, the module that gave it, and where its function stands."""

    addon: str
    module: str
    value: T
    origin: Origin | None = None


@dataclass(frozen=True)
class Implementation:
    """A function by which an addon answers a hook."""

    hook: str
    addon: str
    module: str
    function: Callable[..., Any]
    origin: Origin


class Plugins(pluggy.PluginManager):
    """The hook implementations of one set of addons, registered in dependency order.

    The package of an addon, each of its `modules`, and the modules of its active `extras` are plugins of
    their own. Raises LoadError naming the addon at fault.
    """

    def __init__(self, catalogue: Catalogue, names: Sequence[str]) -> None:
        super().__init__("lumbung")
        self.add_hookspecs(hookspecs)
        self._catalogue = catalogue
        self.implementations: list[Implementation] = []
        self.unmarked: list[Implementation] = []
        """Functions that have the name of a hook and are none."""
        for name in names:
            found = catalogue.addons[name]
            for module in _modules(found, names):
                self._adopt(found, module)

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """As pluggy does, but a function that was only imported belongs to the module that defines it."""
        if getattr(getattr(plugin, name, None), "__module__", None) != plugin.__name__:
            return None
        return super().parse_hookimpl_opts(plugin, name)

    @property
    def hooks(self) -> list[str]:
        """The names of all hooks that there are."""
        return [name for name, caller in vars(self.hook).items() if caller.has_spec()]

    def of(self, hook: str) -> list[Implementation]:
        """The implementations of a hook, in the order in which they are called."""
        return [item for item in self.implementations if item.hook == hook]

    def collect(self, hook: str) -> list[Contribution[Any]]:
        """What the implementations of a hook return, in order. Raises LoadError naming the addon at fault."""
        return [
            Contribution(item.addon, item.module, value, item.origin)
            for item in self.of(hook)
            for value in _call(item, self._catalogue.addons[item.addon])
        ]

    @contextmanager
    def hinting(self) -> Iterator[None]:
        """For a block: a load error of an addon that left a hook unmarked says so, as that may be why."""
        try:
            yield
        except LoadError as error:
            for item in self.unmarked:
                if item.addon == error.addon:
                    error.remedy = _(
                        "%(hook)s() in %(where)s has the name of a hook, but not its mark: write @hookimpl above it. "
                        "%(remedy)s", hook=item.hook, where=item.origin.near, remedy=error.remedy)  # fmt: skip
            raise

    def findings(self) -> Iterator[Finding]:
        """Of each function that has the name of a hook and is none, that it lacks the mark."""
        for item in self.unmarked:
            text = _(
                "%(hook)s() has the name of a hook, but not its mark. Write @hookimpl above it, or give it another "
                "name.", hook=item.hook)  # fmt: skip
            yield Finding(item.addon, text, item.origin)

    def _adopt(self, found: Found, module: ModuleType) -> None:
        """Checks the implementations in a module, then registers it."""
        for name in dir(module):
            options = self.parse_hookimpl_opts(module, name)
            function = getattr(module, name)
            if options is None:
                if name in self.hooks and _is_of(module, function):
                    item = Implementation(
                        name, found.addon.name, module.__name__, function, _origin(function)
                    )
                    self.unmarked.append(item)
                continue
            item = Implementation(
                options.get("specname") or name,
                found.addon.name,
                module.__name__,
                function,
                _origin(function),
            )
            if self._is_known(item, optional=options["optionalhook"]):
                self._check(item, options)
                self.implementations.append(item)
        self.register(module, module.__name__)

    def _is_known(self, item: Implementation, *, optional: bool) -> bool:
        if item.hook in self.hooks or optional:
            return item.hook in self.hooks
        raise LoadError(
            _("%(hook)s() is marked as a hook, but there is no hook of that name.", hook=item.hook),
            did_you_mean(item.hook, self.hooks, _("Take the mark away, or write optionalhook=True.")),
            addon=item.addon,
            origin=item.origin,
        )

    def _check(self, item: Implementation, options: Mapping[str, Any]) -> None:
        spec = getattr(self.hook, item.hook).spec
        unknown = [name for name in _arguments(item.function) if name not in spec.argnames]
        if unknown:
            known = ", ".join(spec.argnames) or "–"
            raise LoadError(
                _(
                    "The hook %(hook)s() gives no argument “%(argument)s”.",
                    hook=item.hook,
                    argument=unknown[0],
                ),
                _("Take a subset of its arguments, by name: %(known)s.", known=known),
                addon=item.addon,
                origin=item.origin,
            )
        if any(options.get(name) for name in ORDERING_OPTIONS):
            raise LoadError(
                _("%(hook)s() asks for a place in the order of calls.", hook=item.hook),
                _("Take the option away: addons are called in the order of depends."),
                addon=item.addon,
                origin=item.origin,
            )


def _is_of(module: ModuleType, value: Any) -> bool:
    """Whether it is a function that the module itself defines."""
    return inspect.isfunction(value) and value.__module__ == module.__name__


def _modules(found: Found, active: Sequence[str]) -> Iterator[ModuleType]:
    """The modules of an addon that take part where the addons `active` are."""
    extras = [module for other, module in found.addon.extras.items() if other in active]
    yield import_module(found.module, found.addon.name, found.folder, found.origin)
    for name in dict.fromkeys((*found.addon.modules, *extras)):
        yield import_module(f"{found.module}.{name}", found.addon.name, found.folder, found.origin)


def _call(item: Implementation, found: Found) -> Sequence[Any]:
    try:
        values = item.function()
    except Exception as error:
        fault = _("The hook %(hook)s() fails: %(error)s.", hook=item.hook, error=in_words(error))
        raise blame(error, item.addon, found.folder, fault, item.origin) from error
    wanted = RETURNS[item.hook]
    names = "Model" if item.hook == "models" else " | ".join(kind.__name__ for kind in wanted)
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise _wrong_type(item, type(values).__name__, names)
    for value in values:
        if not isinstance(value, wanted) or (item.hook == "models" and not _is_fragment(value)):
            raise _wrong_type(item, f"[{getattr(value, '__name__', type(value).__name__)}, …]", names)
    return values


def _wrong_type(item: Implementation, given: str, wanted: str) -> LoadError:
    return LoadError(
        _("The hook %(hook)s() returns %(given)s.", hook=item.hook, given=given),
        _("Return a list of %(wanted)s.", wanted=wanted),
        addon=item.addon,
        origin=item.origin,
    )


def _is_fragment(value: Any) -> bool:
    return issubclass(value, Model) and value is not Model


def _arguments(function: Callable[..., Any]) -> list[str]:
    """The arguments that a function cannot be called without."""
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _origin(function: Callable[..., Any]) -> Origin:
    code = inspect.unwrap(function).__code__
    return Origin(code.co_filename, code.co_firstlineno)
