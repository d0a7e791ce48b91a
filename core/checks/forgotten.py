"""Classes that say something of a model and that no models() returns: nothing of them is ever seen."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.catalogue import Found
from core.checks.sources import Module, heard, is_marked, reached, sources
from core.errors import Origin
from core.i18n.lazy import LazyText, _
from core.orm.compose import Finding
from core.orm.model import Fragment, Model


@dataclass(frozen=True)
class _Declared:
    """What a class statement says: its model, nothing where it has none, and whether it is a mixin."""

    model: str
    abstract: bool
    extends: bool = False


def forgotten(found: Found, active: Collection[str]) -> Iterator[Finding]:
    """A finding for each class that begins or extends a model beside the addons `active`, and is not published.

    Modules that nobody imports are read as well; not those that wait for addons that are not active (`extras`).
    """
    given = _published(found, active)
    if given is None:
        return
    try:
        modules = {module.name: module for module in sources(found)}
    except SyntaxError as error:
        text = _("A source of “%(domain)s” cannot be read: %(error)s.", domain=found.addon.name, error=error)
        yield Finding(found.addon.name, text, Origin(str(error.filename), error.lineno or 1))
        return
    now = heard(found, active)
    waiting = reached(modules, set(heard(found)).difference(now)) - reached(modules, now)
    deaf = [module for module in modules.values() if module.name not in heard(found)]
    for module in modules.values():
        for node, said in _declarations(module):
            is_here = said.model.partition(".")[0] in {found.addon.name, *active}
            is_seen = said.abstract or module.name in waiting or (module.name, node.name) in given
            if is_here and not is_seen:
                remedy = _remedy(found, [one for one in deaf if _publishes(one, node.name)])
                yield Finding(found.addon.name, _text(module, node, said, remedy), module.at(node))


def _text(module: Module, node: ast.ClassDef, said: _Declared, remedy: LazyText) -> LazyText:
    names = {"name": f"{module.name}.{node.name}", "model": said.model, "remedy": remedy}
    if said.extends:
        return _("“%(name)s” extends %(model)s, but models() does not return it. %(remedy)s", **names)
    return _("“%(name)s” begins %(model)s, but models() does not return it. %(remedy)s", **names)


def _remedy(found: Found, deaf: Sequence[Module]) -> LazyText:
    """A list in a module that nobody hears may have it already."""
    if not deaf:
        return _("Add it to the list.")
    names = ", ".join(f'"{module.name.removeprefix(f"{found.module}.")}"' for module in deaf)
    return _(
        "Add %(names)s to modules= of the manifest: the hooks there are not called.",
        names=names,
    )


def _publishes(module: Module, name: str) -> bool:
    """Whether it has a models() with the mark of a hook that names a class."""
    return any(
        name in (getattr(part, "id", ""), getattr(part, "attr", ""))
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "models" and is_marked(node)
        for part in ast.walk(node)
    )


def _published(found: Found, active: Collection[str]) -> set[tuple[str, str]] | None:
    """Module and name of what models() returns; None where it cannot be asked, which is told elsewhere."""
    given = set[tuple[str, str]]()
    for name in heard(found, active):
        if name not in sys.modules:  # what failed before it was imported
            return None
        function: Any = getattr(sys.modules[name], "models", None)
        if getattr(function, "__module__", None) == name and hasattr(function, "lumbung_impl"):
            try:
                given |= {(item.__module__, item.__qualname__) for item in function()}
            except Exception:
                return None
    return given


# ----------------------------------------------------------------- reading
def _declarations(module: Module) -> Iterator[tuple[ast.ClassDef, _Declared]]:
    """The classes at the top of a module that build on models, as its imports say."""
    known: dict[str, Any] = {}
    for node in module.tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                known[alias.asname or name] = sys.modules.get(name)
        elif isinstance(node, ast.ImportFrom):
            known |= _taken(module, node)
        elif isinstance(node, ast.ClassDef) and (said := _said(node, known)):
            known[node.name] = said
            yield node, said


def _taken(module: Module, node: ast.ImportFrom) -> dict[str, Any]:
    origin = module.absolute(node)
    there = sys.modules.get(origin)
    if any(alias.name == "*" for alias in node.names):
        return dict(vars(there)) if there else {}
    return {
        alias.asname or alias.name: getattr(there, alias.name, sys.modules.get(f"{origin}.{alias.name}"))
        for alias in node.names
    }


def _said(node: ast.ClassDef, known: dict[str, Any]) -> _Declared | None:
    bases = [said for base in node.bases if (said := _of(_value(base, known)))]
    if not bases:
        return None
    words = {word.arg: getattr(word.value, "value", None) for word in node.keywords}
    models = [said.model for said in bases if said.model and not said.abstract]
    model = models[0] if models else str(words.get("name") or "")
    return _Declared(model, bool(words.get("abstract")), bool(models))


def _of(value: Any) -> _Declared | None:
    """What a base class says of itself."""
    if isinstance(value, _Declared):
        return value
    if not isinstance(value, type) or not issubclass(value, Model):
        return None
    said = value.__lumbung__
    return (
        _Declared(said.model, said.abstract) if isinstance(said, Fragment) else _Declared("", abstract=True)
    )


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    """What a name in the source stands for; a generic class stands for itself."""
    if isinstance(node, ast.Subscript):
        return _value(node.value, known)
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, known), node.attr, None)
    return known.get(node.id) if isinstance(node, ast.Name) else None
