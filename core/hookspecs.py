"""Every hook that an addon can implement. Each returns values; the core merges them in dependency order.

Build-time hooks are called once per set of addons, without env and database, and are pure. Run-time hooks take
an env, and batches of records, never one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from core.dashboard import DashboardCard, DashboardTile
    from core.manifest import Demo, Menu, Page, Role, Rows, Rule
    from core.orm.env import Env
    from core.orm.happened import Event
    from core.orm.model import Model
    from core.timeline import TimelineItem
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


@hookspec
def record_created(env: Env, records: Sequence[Model]) -> None:
    """New records of one model, written but not committed; raising refuses them."""


@hookspec
def record_updated(env: Env, records: Sequence[Model], changed: Mapping[int, frozenset[str]]) -> None:
    """Changed records of one model, written but not committed, with the names of the changed fields by id."""


@hookspec
def record_deleted(env: Env, model: str, ids: Sequence[int]) -> None:
    """Keys of deleted records of one model, gone but not committed; raising refuses it."""


@hookspec
def after_commit(env: Env, events: Sequence[Event]) -> None:
    """What was committed, in a new transaction; an error is logged and undoes nothing."""


@hookspec
def timeline(  # type: ignore[empty-body]
    env: Env, record: Model, before: dt.datetime | None, limit: int
) -> Iterable[TimelineItem]:
    """What happened around a record until a moment: of each kind the latest, as the reader may see it."""


@hookspec
def dashboard(env: Env) -> Iterable[DashboardCard | DashboardTile]:  # type: ignore[empty-body]
    """What somebody finds on the home page of their own work: cards with rows, and figures above them."""


@hookspec
def tiles(env: Env, record: Model) -> Iterable[DashboardTile]:  # type: ignore[empty-body]
    """Figures above a record on its page; of what there is none there is no tile."""
