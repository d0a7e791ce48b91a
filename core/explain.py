"""What `lumbung explain` and the Apps page tell: where each part of a model, view or hook comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from core.assembly import Assembly
from core.errors import Origin, UserError
from core.faults import did_you_mean
from core.i18n.lazy import _
from core.orm.info import ModelInfo
from core.orm.model import Model
from core.views.nodes import Node
from core.views.resolve import ResolvedView


@dataclass(frozen=True)
class Entry:
    """One part and where it was written: `depth` is how far it stands inside others."""

    name: str
    kind: str
    addon: str
    file: str
    line: int
    depth: int = 0

    @property
    def near(self) -> str:
        """The last folder, file and line; nothing where it stands in no file."""
        return Origin(self.file, self.line).near if self.file else ""


@dataclass(frozen=True)
class Explanation:
    """Of a model: its fields, and its fragments in the order in which `super()` goes through them.

    Of a view: its nodes from top to bottom. Of a hook: its implementations in the order of calls.
    """

    name: str
    kind: Literal["model", "view", "hook"]
    addon: str
    entries: tuple[Entry, ...]
    fragments: tuple[Entry, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as plain mappings, lists, texts and numbers."""
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]


def explain(assembly: Assembly, name: str) -> Explanation:
    """Explains the model, view or hook `name`. Raises UserError where there is none."""
    if name in assembly.registry.models:
        return _model(assembly, assembly.registry.models[name])
    if name in assembly.views:
        return _view(assembly.views[name])
    hooks = assembly.plugins.hooks
    if name in hooks:
        return Explanation(name, "hook", "core", tuple(_implementations(assembly, name)))
    addon = name.partition(".")[0]
    if addon in assembly.quarantined:
        raise UserError(_("“%(name)s” cannot be explained, as its addon is quarantined: %(why)s", name=name,
                          why=str(assembly.quarantined[addon])))  # fmt: skip
    known = [*assembly.registry.models, *assembly.views, *hooks]
    remedy = did_you_mean(name, known, _("Name a model, a view or a hook, such as base.partner."))
    raise UserError(_("There is no model, view or hook “%(name)s”. %(remedy)s", name=name, remedy=remedy))


def _model(assembly: Assembly, info: ModelInfo) -> Explanation:
    owner = assembly.registry.publication.owner
    fields = tuple(
        _entry(item.name, type(item).__name__, owner(item.owner), item.origin) for item in info.own_fields
    )
    fragments = tuple(
        _entry(part.__qualname__, part.__lumbung__.model, owner(part), part.__lumbung__.origin)
        for part in info.cls.__mro__[1:]
        if part is not Model and issubclass(part, Model)
    )
    return Explanation(info.name, "model", info.addon, fields, fragments)


def _view(view: ResolvedView) -> Explanation:
    return Explanation(view.name, "view", view.addon, tuple(_nodes(view.nodes, 0)))


def _nodes(nodes: Sequence[Node], depth: int) -> Iterator[Entry]:
    for node in nodes:
        yield _entry(node.name, node.kind, node.addon, node.origin, depth)
        yield from _nodes(node.children, depth + 1)


def _implementations(assembly: Assembly, hook: str) -> Iterator[Entry]:
    for item in assembly.plugins.of(hook):
        yield _entry(item.module, "function", item.addon, item.origin)


def _entry(name: str, kind: str, addon: str, origin: Origin | None, depth: int = 0) -> Entry:
    file, line = origin or ("", 0)
    return Entry(name, kind, addon, file, line, depth)
