"""The sources of an addon, by reading them: also those that nobody imports."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.catalogue import Found
from core.errors import Origin
from core.i18n.extract import LEFT_OUT


@dataclass(frozen=True)
class Module:
    """One source file of an addon."""

    name: str
    file: Path
    tree: ast.Module

    def at(self, node: ast.AST) -> Origin:
        """Where something stands in it."""
        return Origin(str(self.file), getattr(node, "lineno", 1))

    def absolute(self, node: ast.ImportFrom) -> str:
        """The module that an import is from."""
        if not node.level:
            return node.module or ""
        is_package = self.file.name == "__init__.py"
        parts = self.name.split(".")[: None if is_package and node.level == 1 else is_package - node.level]
        return ".".join([*parts, *filter(None, [node.module])])


def sources(found: Found) -> Iterator[Module]:
    """The modules of an addon, without its tests. Raises SyntaxError."""
    folder = found.folder
    single = folder.with_suffix(".py")
    if not (folder / "__init__.py").is_file():
        yield Module(found.module, single, ast.parse(single.read_bytes(), str(single)))
        return
    for file in sorted(folder.rglob("*.py")):
        inside = file.relative_to(folder)
        if not LEFT_OUT.intersection(inside.parts):
            parts = [found.module, *inside.with_suffix("").parts]
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield Module(name, file, ast.parse(file.read_bytes(), str(file)))


def heard(found: Found, active: Collection[str] | None = None) -> list[str]:
    """The modules of an addon whose hooks are heard, where the addons `active` are; by default wherever it may be."""
    extras = [name for other, name in found.addon.extras.items() if active is None or other in active]
    return [found.module, *(f"{found.module}.{name}" for name in (*found.addon.modules, *extras))]


def reached(modules: Mapping[str, Module], names: Iterable[str]) -> set[str]:
    """The modules `names` with all that they import of these."""
    seen, open_ = set[str](), list(names)
    while open_:
        name = open_.pop()
        if name in modules and name not in seen:
            seen.add(name)
            open_ += _imported(modules[name])
    return seen


def _imported(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = module.absolute(node)
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def is_marked(function: ast.FunctionDef) -> bool:
    """Whether a function has the mark of a hook."""
    marks = (mark.func if isinstance(mark, ast.Call) else mark for mark in function.decorator_list)
    return any("hookimpl" in (getattr(mark, "id", ""), getattr(mark, "attr", "")) for mark in marks)
