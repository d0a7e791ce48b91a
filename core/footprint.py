"""What each addon adds to a set of addons, what it wraps of others, and where two of them meet.

Told before an addon is installed and of those that are, by `lumbung addons plan` and the Apps page.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from core.errors import Origin
from core.i18n.catalogs import LANGUAGES, size
from core.i18n.lazy import TextLike, _
from core.orm.choices import MoreChoices
from core.orm.compose import Finding
from core.orm.fields import Field
from core.orm.model import Model
from core.plugins import RETURNS
from core.views.nodes import Extension, Node, Operation, View

if TYPE_CHECKING:
    from core.assembly import Assembly

Kind: TypeAlias = Literal[
    "model", "mixin", "field", "choices", "rights", "method", "view", "node", "menu", "role", "rule", "page", "hook",
    "texts",
]  # fmt: skip
WRAPPING = ("replace", "hide", "attrs", "override", "method")
"""How something of another is changed; all else stands beside it."""
KINDS: Mapping[Kind, TextLike] = {
    "model": _("model"), "mixin": _("mixin"), "field": _("field"), "choices": _("choices"), "rights": _("rights"),
    "method": _("method"), "view": _("view"), "node": _("part of a view"), "menu": _("menu"), "role": _("role"),
    "rule": _("rule"), "page": _("page"), "hook": _("hook"), "texts": _("texts"),
}  # fmt: skip


@dataclass(frozen=True)
class Touch:
    """One thing that an addon adds or wraps.

    `place` is a model, view or hook that can be explained, or empty; `name` what it is there, `how` it comes to it: an
    operator of views with its `anchor`, override, method, or nothing where it is only added. `calls` are the addons
    that have a part in the same thing, in the order in which they are called or applied.
    """

    addon: str
    kind: Kind
    place: str
    name: str
    how: str = ""
    anchor: str = ""
    calls: tuple[str, ...] = ()
    origin: Origin | None = None

    @property
    def wraps(self) -> bool:
        """Whether it changes what another addon made."""
        return self.how in WRAPPING and set(self.calls) > {self.addon}

    @property
    def label(self) -> str:
        """Its name with its place, where that does not say it."""
        return (
            f"{self.place}: {self.name}"
            if self.kind in ("node", "hook", "rule") and self.place
            else self.name
        )

    @property
    def told(self) -> TextLike:
        """How it comes to its place, in words."""
        at = self.anchor
        said: dict[str, TextLike] = {
            "": "", "override": _("overrides it"), "method": _("wraps it"), "after": _("after %(anchor)s", anchor=at),
            "before": _("before %(anchor)s", anchor=at), "into": _("into %(anchor)s", anchor=at),
            "replace": _("instead of %(anchor)s", anchor=at), "hide": _("hides %(anchor)s", anchor=at),
            "attrs": _("changes %(anchor)s", anchor=at),
        }  # fmt: skip
        return said[self.how]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "kind": self.kind, "place": self.place, "name": self.name, "how": self.how, "anchor": self.anchor,
            "wraps": self.wraps, "calls": list(self.calls), "file": self.origin.file if self.origin else "",
            "line": self.origin.line if self.origin else 0,
        }  # fmt: skip


@dataclass(frozen=True)
class Clash:
    """Something that several addons wrap, or what else is likely a mistake of one: `says` it."""

    addons: tuple[str, ...]
    says: TextLike
    origin: Origin | None = None

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"addons": list(self.addons), "message": str(self.says), "place": str(self.origin or "")}


@dataclass(frozen=True)
class Footprint:
    """What some addons add or wrap, by addon, and where they meet with others."""

    touches: Mapping[str, Sequence[Touch]] = field(default_factory=dict)
    clashes: Sequence[Clash] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "touches": {addon: [touch.as_json() for touch in own] for addon, own in self.touches.items()},
            "clashes": [clash.as_json() for clash in self.clashes],
        }


def footprint(assembly: Assembly, names: Iterable[str]) -> Footprint:
    """That of the addons `names`, and what the others do to what is theirs."""
    chosen = {name for name in names if name in assembly.names}
    theirs = {one.name for one in (*assembly.registry, *assembly.views.values()) if one.addon in chosen}
    found: dict[str, list[Touch]] = {name: [] for name in assembly.names}
    for touch in _touches(assembly):
        if touch.addon in chosen or touch.place in theirs or (touch.wraps and chosen & set(touch.calls)):
            found[touch.addon].append(touch)
    return Footprint(
        {addon: sorted(own, key=_place_of_kind) for addon, own in found.items() if own},
        [
            *_met(touch for own in found.values() for touch in own if touch.wraps),
            *(_told(item) for item in assembly.findings if item.addon in chosen),
        ],
    )


def _place_of_kind(touch: Touch) -> int:
    return list(KINDS).index(touch.kind)


def _met(touches: Iterable[Touch]) -> Iterator[Clash]:
    """What more than one addon wraps."""
    together: dict[tuple[str, ...], list[Touch]] = {}
    for touch in touches:
        together.setdefault((touch.kind, touch.place, touch.anchor or touch.name), []).append(touch)
    for (_kind, place, name), same in together.items():
        addons = tuple(addon for addon in same[0].calls if any(touch.addon == addon for touch in same))
        if len(addons) > 1:
            says = _("%(place)s: %(name)s is wrapped by %(addons)s, in this order.", place=place, name=name,
                     addons=", ".join(addons))  # fmt: skip
            yield Clash(addons, says, same[-1].origin)


def _told(finding: Finding) -> Clash:
    return Clash((finding.addon,), finding.text, finding.origin)


def _touches(assembly: Assembly) -> Iterator[Touch]:
    yield from _of_models(assembly)
    yield from _of_views(assembly)
    for menu in assembly.menus:
        yield Touch(menu.addon, "menu", "", str(menu.value.label), origin=menu.value.origin)
    for role in assembly.roles:
        yield Touch(role.addon, "role", "", str(role.value.label), origin=role.value.origin)
    for rule in assembly.rules:
        model = rule.value.model.__lumbung__.model
        yield Touch(
            rule.addon, "rule", model, str(rule.value.name or rule.value.operations), origin=rule.value.origin
        )
    for page in assembly.pages:
        name = f"{'/'.join(page.value.methods)} {page.value.path}"
        yield Touch(page.addon, "page", "", name, origin=page.value.origin)
    yield from _of_hooks(assembly)
    for addon in assembly.names:
        counts = {language: size(addon, language) for language in LANGUAGES}
        if any(counts.values()):
            yield Touch(addon, "texts", "", ", ".join(f"{code} {count}" for code, count in counts.items()))


def _of_hooks(assembly: Assembly) -> Iterator[Touch]:
    """The functions that are called while it runs; what the others return is told by itself."""
    for hook in dict.fromkeys(item.hook for item in assembly.plugins.implementations):
        if hook not in RETURNS:
            items = assembly.plugins.of(hook)
            calls = tuple(dict.fromkeys(item.addon for item in items))
            for item in items:
                yield Touch(item.addon, "hook", hook, item.module, calls=calls, origin=item.origin)


# ----------------------------------------------------------------- models
def _of_models(assembly: Assembly) -> Iterator[Touch]:
    publication = assembly.registry.publication
    for model, fragments in publication.fragments.items():
        known = assembly.registry.models.get(model)
        line = known.cls.__mro__[1:] if known else (*reversed(fragments), Model)
        owners, seen = _Owners(publication.addon_of, line), set[type]()
        for part in fragments:
            addon, said = publication.owner(part), part.__lumbung__
            if said.extends:
                new = [piece for piece in part.__mro__ if piece not in seen]  # a mixin of its own comes along
                yield from _of_fragment(new, addon, model, known is not None, owners)
            else:
                yield Touch(
                    addon, "model" if known else "mixin", model if known else "", model, origin=said.origin
                )
            seen.update(part.__mro__)


@dataclass(frozen=True)
class _Owners:
    """Which addons have a part in an attribute of a model, in the order of super()."""

    addon_of: Mapping[type, str]
    line: Sequence[type]

    def of(self, key: str, kind: Any = object) -> tuple[str, ...]:
        mine = (part for part in self.line if key in vars(part) and isinstance(vars(part)[key], kind))
        found = (self.addon_of.get(part, "") for part in mine)
        return tuple(dict.fromkeys(filter(None, found)))


def _of_fragment(
    pieces: Sequence[type], addon: str, model: str, is_known: bool, owners: _Owners
) -> Iterator[Touch]:
    """What a fragment with the mixins that it brings does to the model that it extends."""
    place = model if is_known else ""
    for key, value in ((key, value) for piece in pieces for key, value in vars(piece).items()):
        if isinstance(value, Field):
            calls = owners.of(key, Field) or (addon,)
            how = "override" if calls[-1] != addon else ""
            yield Touch(addon, "field", place, f"{model}.{key}", how, calls=calls, origin=value.origin)
        elif isinstance(value, MoreChoices):
            calls = owners.of(key, Field | MoreChoices)
            yield Touch(addon, "choices", place, f"{model}.{key}", calls=calls, origin=value.origin)
        elif (function := _function(key, value)) is not None:
            calls = owners.of(key)
            if calls[-1:] != (addon,):
                code = function.__code__
                origin = Origin(code.co_filename, code.co_firstlineno)
                yield Touch(addon, "method", place, f"{model}.{key}()", "method", calls=calls, origin=origin)
    said = pieces[0].__lumbung__  # type: ignore[attr-defined]
    for role in said.access or {}:
        yield Touch(addon, "rights", place, f"{model}: {role}", origin=said.origin)


def _function(key: str, value: Any) -> Any:
    if key.startswith("__"):
        return None
    function = inspect.unwrap(value.__func__ if isinstance(value, classmethod | staticmethod) else value)
    return function if inspect.isfunction(function) else None


# ----------------------------------------------------------------- views
def _of_views(assembly: Assembly) -> Iterator[Touch]:
    """Views, and what is changed of those of others, in the order in which it is applied."""
    placed: dict[tuple[str, str], str] = {}
    changed: dict[tuple[str, str], list[str]] = {}
    later: list[Touch] = []
    for item in assembly.plugins.collect("views"):
        if isinstance(item.value, View):
            placed |= {(item.value.name, name): item.addon for name in _names(item.value.body.nodes)}
            yield Touch(item.addon, "view", item.value.name, item.value.name, origin=item.value.origin)
            continue
        for operation in item.value.operations:
            touch = _of_operation(assembly, item.addon, item.value, operation, placed)
            placed |= {(item.value.name, name): item.addon for name in _names(operation.nodes)}
            if touch.how in WRAPPING:
                changed.setdefault((touch.place, touch.anchor), []).append(item.addon)
            later.append(touch)
    for touch in later:
        others = changed.get((touch.place, touch.anchor), ()) if touch.how in WRAPPING else (touch.addon,)
        calls = tuple(dict.fromkeys(filter(None, (*touch.calls, *others))))
        yield Touch(
            touch.addon, "node", touch.place, touch.name, touch.how, touch.anchor, calls, touch.origin
        )


def _of_operation(
    assembly: Assembly,
    addon: str,
    extension: Extension,
    operation: Operation,
    placed: Mapping[tuple[str, str], str],
) -> Touch:
    view = assembly.views.get(extension.name)
    maker = placed.get((extension.name, operation.anchor), "")
    if not maker and view is not None:
        known = view.model.fields.get(operation.anchor)
        maker = view.addon if known is None else assembly.registry.addon_of(known) or view.addon
    names = [name for name, _value in operation.attrs] or [node.name for node in operation.nodes]
    return Touch(
        addon, "node", extension.name if view else "", ", ".join(names) or operation.anchor,
        operation.operator, operation.anchor, (maker,), operation.origin,
    )  # fmt: skip


def _names(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        yield node.name
        yield from _names(node.children)
