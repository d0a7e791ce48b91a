"""The addon that is under test: its sources, and what it is together with what it depends on."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.catalogue import Found, reach
from core.checks.sources import Module, sources
from core.errors import LoadError, Origin
from core.i18n.extract import TEMPLATES
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.testing.stock import Installation, Stock


@dataclass(eq=False)
class Subject:
    """An addon, among those of a stock."""

    stock: Stock
    found: Found
    _modules: list[Module] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name."""
        return self.found.addon.name

    @property
    def installation(self) -> Installation:
        """It and what it depends on. The test fails where it cannot be put together."""
        return self.stock.of(self.name)

    def fault(self, origin: Origin | None, what: str, remedy: str) -> LoadError:
        """A fault of this addon."""
        return LoadError(what, remedy, addon=self.name, origin=origin or self.found.origin)

    # ------------------------------------------------------------- sources
    @property
    def modules(self) -> list[Module]:
        """Its sources, read once. Raises SyntaxError."""
        if not self._modules:
            self._modules = list(sources(self.found))
        return self._modules

    @property
    def templates(self) -> list[Path]:
        """Its templates."""
        folder = self.found.folder / "templates"
        return sorted(path for path in folder.rglob("*") if path.suffix in TEMPLATES and path.is_file())

    def constants(self) -> set[str]:
        """All texts that are written out in its sources."""
        nodes = (node for module in self.modules for node in ast.walk(module.tree))
        return {
            node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }

    # ------------------------------------------------------------- what it adds
    @property
    def near(self) -> frozenset[str]:
        """The addons that it may build on: its extras are named too, wherever they are installed."""
        names = self.installation.names
        return reach(self.stock.catalogue, names)[self.name] | set(self.found.addon.extras)

    def own(self, gathered: Any) -> list[Any]:
        """What it contributed of what was gathered by a hook."""
        return [item.value for item in gathered if item.addon == self.name]

    def models(self) -> list[ModelInfo]:
        """The models that begin here."""
        return [info for info in self.installation.assembly.registry if info.addon == self.name]

    def fields(self) -> list[tuple[ModelInfo, Field[Any]]]:
        """The fields that it declares, each with a model that has it."""
        return self.installation.assembly.registry.declared_by(self.name)
