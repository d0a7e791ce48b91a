"""Labels that are missing, or that nobody can translate as they are plain texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from core.assembly import Assembly
from core.errors import LoadError, Origin
from core.i18n.lazy import LazyText, _
from core.manifest import Addon
from core.orm.kinds import Select

TRANSLATE = _('Write it as _("…"), and translate it in every catalogue.')
Named: TypeAlias = "tuple[LazyText, Any, Origin | None]"
"""What has a label, the label, and where."""


def unlabelled(addon: Addon) -> Iterator[LoadError]:
    """A fault where a manifest has no label that is translated."""
    if not isinstance(addon.label, LazyText):
        yield LoadError(
            _("The manifest has no label that is translated."),
            _("Add label=. %(more)s", more=TRANSLATE), addon=addon.name, origin=addon.origin)  # fmt: skip


def untranslated(assembly: Assembly, name: str) -> Iterator[LoadError]:
    """A fault for whatever people read of an addon that has no label, or one that is not translated."""
    for what, text, origin in _named(assembly, name):
        if text in (None, "") or not str(text).strip():
            yield LoadError(_("%(what)s has no label.", what=what), TRANSLATE, addon=name, origin=origin)
        elif not isinstance(text, LazyText):
            fault = _("%(what)s has a label that is not translated, “%(text)s”.", what=what, text=text)
            yield LoadError(fault, TRANSLATE, addon=name, origin=origin)


def _named(assembly: Assembly, name: str) -> Iterator[Named]:
    for info in assembly.registry:
        parts = [part.__lumbung__ for part in info.fragments]  # an addon may extend its own model
        labels = [part.label for part in parts if part.label is not None]
        plurals = [part.plural for part in parts if part.plural is not None]
        if info.addon == name:
            yield _("The model %(name)s", name=info.name), labels[-1] if labels else None, parts[0].origin
            plural = _("The plural of %(name)s (plural=)", name=info.name)
            yield plural, plurals[-1] if plurals else None, parts[0].origin
    for info, item in assembly.registry.declared_by(name):
        where = f"{info.name}.{item.name}"
        yield _("The field %(name)s", name=where), item._label, item.origin
        if item.help is not None:
            yield _("The help of %(name)s", name=where), item.help, item.origin
        if isinstance(item, Select):
            yield from _choices(where, item)
    yield from _named_places(assembly, name)


def _named_places(assembly: Assembly, name: str) -> Iterator[Named]:
    for role in (item.value for item in assembly.roles if item.addon == name):
        yield _("The role %(name)s", name=role.name), role.label, role.origin
        if role.help:
            yield _("The help of %(name)s", name=role.name), role.help, role.origin
    for menu in (item.value for item in assembly.menus if item.addon == name):
        yield _("The menu %(name)s", name=menu.name), menu.label, menu.origin
        yield _("The group of the menu %(name)s (group=)", name=menu.name), menu.group, menu.origin
    for page in (item.value for item in assembly.pages if item.addon == name):
        if page.offer is not None:
            yield _("The button to %(path)s", path=page.path), page.offer.label, page.origin
    for view in assembly.views.values():
        for node in view.walk():
            if node.addon == name and node.attrs.get("label") is not None:
                where = _("%(node)s in %(view)s", node=node.name, view=view.name)
                yield where, node.attrs["label"], node.origin


def _choices(name: str, item: Select[Any]) -> Iterator[Named]:
    """Of choices none is a plain text, unless all are: proper names are not translated."""
    texts = list(item.choices.values())
    if any(isinstance(text, LazyText) for text in texts):
        for key, text in item.choices.items():
            yield _("The choice %(key)s of %(name)s", key=key, name=name), text, item.origin
