"""Every hook that an addon can implement. Each returns values; the core merges them in dependency order.

All here are build-time hooks: called once per set of addons, without env and database, and pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from core.manifest import Demo, Menu, Page, Role, Rows, Rule
    from core.orm.model import Model
    from core.views.nodes import Extension, View

hookspec = pluggy.HookspecMarker("lumbung")
hookimpl = pluggy.HookimplMarker("lumbung")


@hookspec
def models() -> Sequence[type[Model]]:  # type: ignore[empty-body]
    """The fragments that this addon adds: models, extensions and mixins."""


@hookspec
def views() -> Sequence[View | Extension]:  # type: ignore[empty-body]
    """Views of this addon, and what it adds to the views of others by name."""


@hookspec
def menus() -> Sequence[Menu]:  # type: ignore[empty-body]
    """Links in the sidebar."""


@hookspec
def roles() -> Sequence[Role]:  # type: ignore[empty-body]
    """Roles that users can be given."""


@hookspec
def rules() -> Sequence[Rule]:  # type: ignore[empty-body]
    """Record rules: what records of a model must meet for whom."""


@hookspec
def pages() -> Sequence[Page]:  # type: ignore[empty-body]
    """Pages made by hand."""


@hookspec
def data() -> Sequence[Rows]:  # type: ignore[empty-body]
    """Records that belong to the addon and follow its versions."""


@hookspec
def demo() -> Sequence[Demo]:  # type: ignore[empty-body]
    """Believable sample data, made on request only."""
