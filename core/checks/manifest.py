"""The manifest: names and version that can be used everywhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from core.errors import LoadError
from core.i18n.lazy import _
from core.manifest import Addon
from core.orm.names import ADDON_NAME

VERSION = re.compile(r"[0-9]+(\.[0-9]+){0,3}")


def check_manifest(addon: Addon, reserved: Collection[str]) -> None:
    """Raises LoadError on a manifest that says what cannot be."""
    if not _matches(ADDON_NAME, addon.name) or addon.name in reserved:
        raise LoadError(
            _("“%(name)s” cannot be the name of an addon.", name=addon.name),
            _("Use small letters and digits, single _ between them, and no name of Lumbung."),
            origin=addon.origin,
        )
    if not _matches(VERSION, addon.version):
        raise LoadError(
            _("“%(version)s” is not a version.", version=addon.version),
            _('Write numbers with points, such as version="1.0".'),
            origin=addon.origin,
        )
    for option, names in {"depends": addon.depends, "modules": addon.modules, "extras": addon.extras}.items():
        if not _are_names(names):
            raise LoadError(
                _("%(option)s does not hold names: %(value)s.", option=option, value=repr(names)),
                _('Write a tuple of texts, such as ("crm",): the comma makes it one.'),
                origin=addon.origin,
            )


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _are_names(names: Any) -> bool:
    if isinstance(names, Mapping):
        names = [*names, *names.values()]
    return isinstance(names, tuple | list) and all(isinstance(name, str) for name in names)
