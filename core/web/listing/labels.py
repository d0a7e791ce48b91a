"""The labels of linked records: each model is asked once for those that a page shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from core.web.shell import initials, tone

if TYPE_CHECKING:
    from core.orm.env import Env


class Label(NamedTuple):
    """A linked record as it is shown; the initials and the colour are those of a person."""

    text: str
    initials: str
    tone: str


class Labels:
    """Looks up labels and keeps them. A record that the reader may not see has none."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._known: dict[str, dict[int, Label | None]] = {}

    def forget(self) -> None:
        """Begins anew."""
        self._known.clear()

    def get(self, model: str, keys: Iterable[int | None]) -> dict[int, Label]:
        """The labels of those of `keys` that may be seen."""
        known = self._known.setdefault(model, {})
        wanted = {key for key in keys if key is not None}
        missing = sorted(wanted - known.keys())
        if missing:
            known.update(dict.fromkeys(missing))
            for record in self._env.read(self._env.registry[model], missing):
                text = record.display_label()
                known[record.id] = Label(text, initials(text), tone(record.id))
        return {key: label for key in wanted if (label := known[key]) is not None}
