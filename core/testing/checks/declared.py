"""What an addon declares: manifest, labels, access, views, menus, roles and hooks."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from werkzeug.exceptions import HTTPException

from core.access.grants import granted
from core.catalogue import BASE
from core.checks.bare import bare
from core.checks.forgotten import forgotten
from core.checks.labels import unlabelled, untranslated
from core.checks.values import unknown_icons
from core.errors import LoadError
from core.i18n.lazy import LazyText
from core.manifest import Role
from core.plugins import RETURNS
from core.testing.subject import Subject
from core.views.nodes import View

ADDRESS = re.compile(r" at 0x[0-9a-f]+")
STANDARD = ("form", "list", "search", "kanban")
"""Views of these kinds are shown by the generic pages."""
STAFF = f"{BASE}.user"


def manifest(subject: Subject) -> Iterator[LoadError]:
    """A label, and a version that can rise."""
    addon = subject.found.addon
    yield from unlabelled(addon)
    if "." not in addon.version:
        yield subject.fault(
            addon.origin, f"The version {addon.version} has one number only.", 'Write such as version="1.0".'
        )


def findings(subject: Subject) -> Iterator[LoadError]:
    """What works but is likely a mistake: missing anchors, classes that nobody publishes, texts without mark."""
    unseen = forgotten(subject.found, subject.installation.names)
    drawn = unknown_icons(subject.installation.site.templates)
    for item in (*subject.installation.assembly.findings, *unseen, *drawn, *bare(subject.found)):
        if item.addon == subject.name:
            yield subject.fault(item.origin, str(item.text), "")


def labels(subject: Subject) -> Iterator[LoadError]:
    """Whatever people read of it has a label that is translated."""
    yield from untranslated(subject.installation.assembly, subject.name)


# ----------------------------------------------------------------- access
def access(subject: Subject) -> Iterator[LoadError]:
    """What nobody may read is of no use. That every model and page says who may do what is asked when it loads."""
    for info in subject.models():
        if granted(info.name, info.access, info.access, {}).get("r", "none") == "none":
            origin = info.fragments[0].__lumbung__.origin
            yield subject.fault(
                origin, f"Nobody may read {info.name}.", "Grant “r” to those who may do more."
            )


def roles(subject: Subject) -> Iterator[LoadError]:
    """A role includes what everyone who signs in may do."""
    known = {item.value.name: item.value for item in subject.installation.assembly.roles}
    for role in subject.own(subject.installation.assembly.roles):
        if STAFF not in all_roles(known, role.name):
            yield subject.fault(
                role.origin,
                f"The role {role.name} does not include {STAFF}: who has it alone sees no home page.",
                f'Add implies=("{STAFF}",), or a role that implies it.',
            )


def all_roles(known: Mapping[str, Role], name: str) -> set[str]:
    """A role with all that it implies."""
    return {name}.union(*(all_roles(known, other) for other in known[name].implies))


# ----------------------------------------------------------------- views and menus
def unused_views(subject: Subject) -> Iterator[LoadError]:
    """A view is of a kind that the generic pages show, or something names it."""
    for item in subject.own(subject.installation.assembly.plugins.collect("views")):
        name = item.name if isinstance(item, View) else ""
        model = subject.installation.assembly.registry.info(item.model).name if name else ""
        is_standard = name in {f"{model}.{kind}" for kind in STANDARD}
        if name and not is_standard and _times(subject, name) < 2:
            yield subject.fault(
                item.origin,
                f"Nothing shows the view {name}.",
                f"Call it {model}.{item.body.kind}, or take it away.",
            )


def _times(subject: Subject, text: str) -> int:
    nodes = (node for module in subject.modules for node in ast.walk(module.tree))
    return sum(isinstance(node, ast.Constant) and node.value == text for node in nodes)


def menus(subject: Subject) -> Iterator[LoadError]:
    """A menu leads to a page that is there, or to a model; that somebody may read it is asked of the model."""
    for menu in subject.own(subject.installation.assembly.menus):
        if isinstance(menu.target, str) and not _leads_somewhere(subject, menu.target):
            yield subject.fault(
                menu.origin,
                f"The menu {menu.name} leads to {menu.target}, where no page is.",
                "Let it lead to a page of pages(), or to a model.",
            )


def _leads_somewhere(subject: Subject, target: str) -> bool:
    path = target.partition("?")[0]
    try:
        subject.installation.site.app.url_map.bind("localhost").match(path, "GET")
    except HTTPException:
        return False
    model = path.removeprefix("/app/").partition("/")[0]
    return not path.startswith("/app/") or model in subject.installation.assembly.registry.models


# ----------------------------------------------------------------- hooks
def impure_hooks(subject: Subject) -> Iterator[LoadError]:
    """What a build-time hook gives is the same each time: it is called once for many databases."""
    for item in subject.installation.assembly.plugins.implementations:
        if item.addon != subject.name or item.hook not in RETURNS:
            continue
        first, second = item.function(), item.function()
        is_other = item.hook == "models" and any(
            one is not two for one, two in zip(first, second, strict=False)
        )
        if is_other or shape(first) != shape(second):
            yield subject.fault(
                item.origin,
                f"{item.hook}() gives something else each time.",
                "Let it depend on nothing but the code: no time, no chance, no files that change; classes at the top.",
            )


def shape(value: Any) -> Any:
    """A value without what differs between two calls of the same code: where functions and texts lie in memory."""
    if isinstance(value, LazyText):
        return ("text", value.message, shape(value.args))
    if isinstance(value, partial):
        return ("partial", shape(value.func), shape(value.args), shape(value.keywords))
    if isinstance(value, FunctionType | MethodType):
        return ("function", value.__module__, value.__qualname__, value.__code__.co_firstlineno)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {item.name: shape(getattr(value, item.name)) for item in dataclasses.fields(value)}
        return (type(value).__name__, tuple(parts.items()))
    if isinstance(value, Mapping):
        return tuple((shape(key), shape(one)) for key, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(map(shape, value))
    return ADDRESS.sub("", repr(value))
