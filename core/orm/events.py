"""The hooks that are told what was written: in the transaction, in rounds, and once it is committed."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from core import failures
from core.dashboard import DashboardCard, DashboardTile
from core.orm.happened import Event, Happened, Kind
from core.timeline import TimelineItem

if TYPE_CHECKING:
    from core.orm.changes import Changes
    from core.orm.database import Database
    from core.orm.env import Env
    from core.orm.info import ModelInfo
    from core.orm.session import Session

log = logging.getLogger("lumbung.events")
ROUNDS = 10
"""So often hooks are told what the round before wrote."""
WITHIN: dict[str, Kind] = {
    "record_created": "created",
    "record_updated": "updated",
    "record_deleted": "deleted",
}
AFTER = "after_commit"
ASKED: dict[str, tuple[type, ...]] = {
    "timeline": (TimelineItem,),
    "dashboard": (DashboardCard, DashboardTile),
    "tiles": (DashboardTile,),
}
"""Those that pages ask, and what they give; one that fails is told of on Apps, and the page goes without it."""


class Listener(NamedTuple):
    """An implementation of a hook, the addon that it belongs to, and the arguments that it takes."""

    addon: str
    function: Callable[..., Any]
    takes: frozenset[str]

    def call(self, arguments: Mapping[str, Any]) -> Any:
        """With as many of the arguments as it takes."""
        return self.function(**{name: value for name, value in arguments.items() if name in self.takes})


class Listeners:
    """The implementations of the run-time hooks of one set of addons, in call order."""

    def __init__(self, found: Iterable[tuple[str, str, Callable[..., Any]]] = ()) -> None:
        """From hook, addon and function."""
        self._of: dict[str, list[Listener]] = {hook: [] for hook in (*WITHIN, AFTER, *ASKED)}
        for hook, addon, function in found:
            if hook in self._of:
                takes = frozenset(inspect.signature(function).parameters)
                self._of[hook].append(Listener(addon, function, takes))
        self.within = frozenset(kind for hook, kind in WITHIN.items() if self._of[hook])
        """What hooks want to be told in the transaction: nothing else is held for them."""
        self.after = self._of[AFTER]

    def of(self, hook: str) -> Sequence[Listener]:
        """Those of one hook."""
        return self._of[hook]


def note(session: Session, changes: Changes) -> None:
    """Remembers what a flush wrote, where somebody listens."""
    listeners: Listeners = session.env.registry.listeners
    if listeners.within:
        session.happened.add(Happened.of(changes, listeners.within))
    if listeners.after:
        session.to_tell += Happened.of(changes).events()


def note_rows(session: Session, info: ModelInfo, keys: Sequence[int], fields: frozenset[str] | None) -> None:
    """The same for rows that a statement wrote; without fields, that it deleted."""
    listeners: Listeners = session.env.registry.listeners
    kind: Kind = "deleted" if fields is None else "updated"
    if not keys:
        return
    if kind in listeners.within:
        happened = Happened()
        if fields is None:
            happened.deleted[info] = list(keys)
        elif records := session.env.read(info.cls, keys):
            happened.updated[info] = dict.fromkeys(records, fields)
        session.happened.add(happened)
    if listeners.after:
        session.to_tell.append(Event(kind, info.name, tuple(keys), fields or frozenset()))


def flush(env: Env) -> None:
    """Writes what is pending, and calls the `record_*` hooks until they change nothing more.

    Raises what a hook raises, and RuntimeError naming the addons that still change something after ROUNDS. Called by a
    hook it only writes, as the round goes on behind it; called by a `before_*` method it does nothing: what those
    change is written by the flush that calls them.
    """
    session = env.session
    if session.is_flushing:
        return
    session.flush()
    if not session.is_telling and session.happened:
        session.is_telling = True
        try:
            _tell_in_rounds(env)
        finally:
            session.is_telling = False


def _tell_in_rounds(env: Env) -> None:
    session, busy = env.session, set(env.session.telling)
    for _round in range(ROUNDS - len(session.telling)):  # in sudo of a hook, whose own rounds count too
        if not session.happened:
            return
        happened, session.happened = session.happened, Happened()
        busy = set(_tell(env, happened))
    if session.happened:
        raise RuntimeError(f"record hooks go on changing records: {', '.join(sorted(busy))}")


def _tell(env: Env, happened: Happened) -> Iterator[str]:
    """One round; names the addons that changed something."""
    for hook, arguments in _arguments(env, happened):
        for listener in env.registry.listeners.of(hook):
            session = env.session
            before, session.telling = session.happened.count, (*session.telling, listener.addon)
            try:
                listener.call(arguments)
                session.flush()
            except Exception as error:
                failures.note(env.database, listener.addon, hook, listener.function, error)
                raise
            finally:
                session.telling = session.telling[:-1]
            if session.happened.count > before:
                yield listener.addon


def _arguments(env: Env, happened: Happened) -> Iterator[tuple[str, dict[str, Any]]]:
    for records in happened.created.values():
        if there := [record for record in records if record in env.session]:  # not deleted since
            yield "record_created", {"env": env, "records": there}
    for changed in happened.updated.values():
        names = {record.id: fields for record, fields in changed.items() if record in env.session}
        if names:
            there = [record for record in changed if record.id in names]
            yield "record_updated", {"env": env, "records": there, "changed": names}
    for info, ids in happened.deleted.items():
        yield "record_deleted", {"env": env, "model": info.name, "ids": ids}


def ask(env: Env, hook: str, **arguments: Any) -> Iterator[Any]:
    """What the implementations of one of ASKED answer, in order."""
    for listener in env.registry.listeners.of(hook):
        try:
            answers = list(listener.call({"env": env, **arguments}))
            for answer in answers:
                if not isinstance(answer, ASKED[hook]):
                    raise TypeError(f"it gives {type(answer).__name__}")
        except Exception as error:
            if not failures.note(env.database, listener.addon, hook, listener.function, error):
                log.exception("%s of addon %s failed", hook, listener.addon)
        else:
            yield from answers


def tell_committed(
    listeners: Listeners,
    events: Sequence[Event],
    database: Database,
    new_env: Callable[[], AbstractContextManager[Env]],
) -> None:
    """Calls `after_commit`, each implementation in a transaction of its own.

    What fails is logged with its addon; it undoes nothing and keeps no other from being told.
    """
    for listener in listeners.after:
        try:
            with new_env() as env:
                listener.call({"env": env, "events": events})
        except Exception as error:
            if not failures.note(database, listener.addon, AFTER, listener.function, error):
                log.exception("after_commit of addon %s failed", listener.addon)
    failures.write(database)
