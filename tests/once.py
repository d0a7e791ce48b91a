"""What the tests of a process do once: put the same addons together, and read the texts of the same sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from core import assembly
from core.assembly import Assembly
from core.catalogue import Catalogue
from core.errors import LoadError
from core.i18n import extract
from core.i18n.extract import Call
from core.orm.registry import Registry
from core.plugins import Plugins

IDLE = 6
"""How many are kept that nobody uses; each is some 20 MB."""


@dataclass
class _Kept:
    made: Assembly
    findings: int
    """How many of its findings come before those of its own."""
    addons: list[Any]
    """What its key tells by identity and must live as long."""
    users: int = 0


@contextmanager
def put_together_once() -> Iterator[None]:
    """The same hooks of the same addons make the same assembly. What fails is put together each time."""
    put_together, dispose = assembly._put_together, Assembly.dispose
    kept: dict[tuple[Any, ...], _Kept] = {}
    keys: dict[Registry, tuple[Any, ...]] = {}

    def once(
        catalogue: Catalogue, names: Sequence[str], plugins: Plugins, quarantined: dict[str, LoadError]
    ) -> Assembly:
        addons = [catalogue.addons[name].addon for name in names]
        hooks = [(item.hook, item.function) for item in plugins.implementations]
        key = (*map(id, addons), *(catalogue.addons[name].folder for name in names), *hooks)
        before = [*catalogue.findings, *plugins.findings()]
        if key not in kept:
            made = put_together(catalogue, names, plugins, quarantined)
            kept[key], keys[made.registry] = _Kept(made, len(before), addons), key
        found = kept[key] = kept.pop(key)  # the one used last is the last
        found.users += 1
        _as_new(found.made.registry)
        findings = [*before, *found.made.findings[found.findings :]]
        return replace(found.made, plugins=plugins, findings=findings, quarantined=quarantined)

    def given_back(used: Assembly) -> None:
        key = keys.get(used.registry)
        if key is None:
            dispose(used)
            return
        kept[key].users -= 1
        for idle in [key for key, found in kept.items() if found.users <= 0][:-IDLE]:
            gone = kept.pop(idle).made
            del keys[gone.registry]
            dispose(gone)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "_put_together", once)
        patch.setattr(Assembly, "dispose", given_back)
        yield


def _as_new(registry: Registry) -> None:
    """Takes away what SQLAlchemy notes at links that it adds after both tables: not to make them with these."""
    for table in registry.metadata.tables.values():
        for constraint in table.foreign_key_constraints:
            constraint._create_rule = None


@contextmanager
def texts_read_once() -> Iterator[None]:
    """The same source has the same texts; a check of all addons reads them all."""
    in_module, in_template = extract._in_module, extract._in_template

    @cache
    def module(source: str, file: str) -> tuple[Call, ...]:
        return tuple(in_module(source, file))

    @cache
    def template(source: str, file: str) -> tuple[Call, ...]:
        return tuple(in_template(source, file))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extract, "_in_module", module)
        patch.setattr(extract, "_in_template", template)
        yield
