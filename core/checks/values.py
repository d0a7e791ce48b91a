"""Names in what addons declare that stand for nothing: an order, a tone, an icon, what a deletion does."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from core.errors import Origin
from core.faults import did_you_mean
from core.i18n.lazy import LazyText, _
from core.manifest import Menu, Page
from core.orm.choices import MoreChoices
from core.orm.compose import Finding
from core.orm.info import ModelInfo
from core.orm.kinds import Select
from core.orm.links import Many2one, OnDelete
from core.orm.registry import Registry
from core.plugins import Contribution
from core.views.nodes import TONES

if TYPE_CHECKING:
    from core.web.templating import LayerEnvironment

SPRITE = Path(__file__).parents[1] / "web" / "static" / "icons.svg"
DRAWINGS = ("art-", "mark")
"""Begin the names of what is no icon: what is drawn large on empty pages, and the sign of the house."""


@cache
def icons() -> frozenset[str]:
    """The icons that there are."""
    names = re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text("utf-8"))
    return frozenset(name for name in names if not name.startswith(DRAWINGS))


def wrong_values(
    registry: Registry, menus: Sequence[Contribution[Menu]], pages: Sequence[Contribution[Page]]
) -> Iterator[Finding]:
    """A finding for each name in models, menus and buttons that stands for nothing."""
    seen = set[type]()
    for info in registry:
        for part in info.cls.__mro__[1:]:
            if part not in seen and "__lumbung__" in vars(part):
                seen.add(part)
                addon = registry.publication.owner(part) or info.addon
                yield from _of_class(info, part, addon)
    for item in menus:
        what = _("The menu %(name)s", name=item.value.name)
        yield from _icon(what, item.value.icon, item.addon, item.value.origin)
    for page in pages:
        if page.value.offer is not None:
            what = _("The button to %(path)s", path=page.value.path)
            yield from _icon(what, page.value.offer.icon, page.addon, page.value.origin)


def _of_class(info: ModelInfo, part: Any, addon: str) -> Iterator[Finding]:
    order = getattr(part.__lumbung__, "order", None)
    if order is not None:
        yield from _order(info, order, addon, part.__lumbung__.origin)
    for key, value in vars(part).items():
        where = f"{info.name}.{key}"
        if isinstance(value, Select | MoreChoices):
            for tone in filter(None, dict.fromkeys(value.tones.values())):
                text = _("%(field)s has the tone “%(name)s”, which there is not.", field=where, name=tone)
                yield from _unknown(text, tone, TONES, addon, value.origin)
            for symbol in dict.fromkeys(value.symbols.values()):
                yield from _icon(where, symbol, addon, value.origin)
        elif isinstance(value, Many2one):
            text = _("%(field)s has ondelete=“%(name)s”.", field=where, name=value.ondelete)
            yield from _unknown(text, value.ondelete, get_args(OnDelete), addon, value.origin)


def _order(info: ModelInfo, order: str, addon: str, origin: Origin) -> Iterator[Finding]:
    known = [item.name for item in info.fields.values() if item.sortable]
    text = _("%(model)s is ordered by “%(name)s”, which is no field that its records can be ordered by.",
             model=info.name, name=order)  # fmt: skip
    otherwise = _("Name one of its fields, with - before it for the last first.")
    yield from _unknown(text, order.removeprefix("-"), known, addon, origin, otherwise)


def _icon(what: object, name: str, addon: str, origin: Origin | None) -> Iterator[Finding]:
    text = _("%(what)s has the icon “%(name)s”, which there is not.", what=what, name=name)
    yield from _unknown(text, name, icons(), addon, origin)


def _unknown(
    text: LazyText,
    name: str,
    known: Collection[str],
    addon: str,
    origin: Origin | None,
    otherwise: LazyText | None = None,
) -> Iterator[Finding]:
    """The finding, unless the name is a known one."""
    if name not in known:
        otherwise = otherwise or _("There are: %(names)s.", names=", ".join(sorted(known)))
        hint = did_you_mean(name, known, otherwise)
        yield Finding(addon, _("%(text)s %(hint)s", text=text, hint=hint), origin)


# ----------------------------------------------------------------- templates
def unknown_icons(templates: LayerEnvironment) -> Iterator[Finding]:
    """A finding for each icon that a template names and that there is not; templates that can be read are."""
    from jinja2 import TemplateError, nodes

    for version in templates.list_templates():
        addon, _mark, name = version.partition("!")
        try:
            source, file, _fresh = templates.layer_loader.get_source(templates, version)
            tree = templates.parse(source, name, file) if "icon" in source else None
        except (TemplateError, UnicodeDecodeError):
            continue
        for call in tree.find_all(nodes.Call) if tree else ():
            is_icon = isinstance(call.node, nodes.Name) and call.node.name == "icon"
            for named in call.args[:1] if is_icon else ():
                if isinstance(named, nodes.Const):
                    what = _("The template %(name)s", name=name)
                    yield from _icon(what, str(named.value), addon, Origin(file, call.lineno))
