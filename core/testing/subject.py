"""The addon that is under test: its sources, and what it is together with what it depends on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.catalogue import Found, reach
from core.errors import LoadError, Origin
from core.i18n.extract import LEFT_OUT, TEMPLATES
from core.orm.fields import Field
from core.orm.info import ModelInfo
from core.testing.stock import Installation, Stock


@dataclass(frozen=True)
class Module:
    """One source file of an addon."""

    name: str
    file: Path
    tree: ast.Module

    def at(self, node: ast.AST) -> Origin:
        """Where something stands in it."""
        return Origin(str(self.file), getattr(node, "lineno", 1))


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
            self._modules = list(self._read())
        return self._modules

    def _read(self) -> Iterator[Module]:
        folder = self.found.folder
        single = folder.with_suffix(".py")
        if not (folder / "__init__.py").is_file():
            yield Module(self.found.module, single, ast.parse(single.read_bytes(), str(single)))
            return
        for file in sorted(folder.rglob("*.py")):
            inside = file.relative_to(folder)
            if not LEFT_OUT.intersection(inside.parts):
                parts = [self.found.module, *inside.with_suffix("").parts]
                name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                yield Module(name, file, ast.parse(file.read_bytes(), str(file)))

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
        registry = self.installation.assembly.registry
        found = {
            id(item): (info, item)
            for info in registry
            for item in info.own_fields
            if registry.addon_of(item) == self.name
        }
        return list(found.values())
